namespace Limpid.Local.StateMachines;

/// <summary>What comes of a Map's iterations: failures that are tolerated or not, and the results, given back or written.</summary>
internal sealed partial class Interpreter
{
    private void ItemFailed(Frame child, StateFailure failure)
    {
        Frame parent = child.Parent!;
        Keep(child);
        Forget(child);
        JsonData told = ((MapState)parent.State).Map.Writer is null
            ? JsonData.Object(("Error", JsonData.Of(failure.Error ?? "")), ("Cause", JsonData.Of(failure.Cause ?? "")))
            : Described(child, "FAILED", [("Cause", Text(failure.Cause)), ("Error", Text(failure.Error))]);
        journal.PutResult(parent, new(child.Index, false, told));
        Progress progress = parent.Progress!;
        parent.Progress = progress with { Failed = progress.Failed + 1, Bytes = progress.Bytes + told.ToUtf8().Length + 1 };
        Guard(parent, () =>
        {
            Tolerate(parent.Progress);
            Feed(parent, (MapState)parent.State);
        });
    }

    /// <summary>A child execution as DescribeExecution gives it: what a ResultWriter writes of it unless it is to make that shorter.</summary>
    private JsonData Described(Frame child, string status, (string, JsonData?)[] ending)
    {
        Frame parent = child.Parent!;
        bool succeeded = status == "SUCCEEDED";
        string machine = $"{child.Execution.Definition.Name}/{Evaluation.Label(parent)}";
        string name = Evaluation.ChildName(child);
        (string Name, JsonData? Value)[] members =
        [
            .. ending, ("ExecutionArn", JsonData.Of(Arns.Execution(machine, name))), ("Input", JsonData.Of(child.Item!.ToString())),
            ("InputDetails", JsonData.Object(("Included", JsonData.True))), ("Name", JsonData.Of(name)), ("RedriveCount", JsonData.Of(0)),
            ("RedriveStatus", JsonData.Of(succeeded ? "NOT_REDRIVABLE" : "REDRIVABLE")),
            ("RedriveStatusReason", succeeded ? JsonData.Of("Execution is SUCCEEDED and cannot be redriven") : null),
            ("StartDate", JsonData.Of(Timestamps.Format(parent.EnteredAt))), ("StateMachineArn", JsonData.Of(Arns.StateMachine(machine))),
            ("Status", JsonData.Of(status)), ("StopDate", JsonData.Of(Timestamps.Format(Now))),
        ];
        return JsonData.Object([.. members.Where(m => m.Value is not null).OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => (m.Name, m.Value!))]);
    }

    private static void Tolerate(Progress progress)
    {
        // Shares are of all items; while an ItemReader has more, nobody knows how many those are.
        bool tooMany = progress.Failed > progress.ToleratedCount
            || progress.Total is > 0 and var total && progress.Failed * 100.0 / total > progress.ToleratedPercentage;
        if (tooMany)
            throw new StateFailure(StatesErrors.ExceedToleratedFailureThreshold, "The specified tolerated failure threshold was exceeded");
    }

    private void EndMap(Frame frame, MapState state)
    {
        MapFields map = state.Map;
        Progress progress = frame.Progress!;
        Tolerate(progress);
        if (map.Writer?.Parameters is not null)
        {
            frame.Phase = Phase.Results;
            ResumeWriting(frame);
            return;
        }
        if (progress.Bytes > StatesErrors.PayloadLimit)
            throw new StateFailure(StatesErrors.DataLimitExceeded, TooLarge(frame.StateName), terminal: true);
        IEnumerable<BranchResult> results = journal.Results(frame);
        MapSucceeded(frame, state, JsonData.Array([.. map.Writer is null ? results.Select(r => r.Output) : results.SelectMany(map.Writer.Shaped)]));
    }

    private void MapSucceeded(Frame frame, MapState state, JsonData output)
    {
        DropResults(frame);
        frame.Progress = null;
        long before = frame.LastEvent;
        if (state.Map.Distributed)
            Event(frame, "MapRunSucceeded");
        Event(frame, "MapStateSucceeded");
        if (frame.Gone)
            return;
        frame.LastEvent = before;
        Worked(frame, state, output);
    }

    private void ResumeWriting(Frame frame)
    {
        var state = (MapState)frame.State;
        Guard(frame, () =>
        {
            JsonData parameters = state.Map.Writer!.Parameters!.Fill(On(frame, InputOf(frame)));
            Effects.Add(new Effect.WriteResults(frame, frame.Attempt,
                new(state.Map.Writer, parameters.Get("Bucket")?.Text ?? "", parameters.Get("Prefix")?.Text ?? "", MapRunArn(frame, frame.Progress!.Run!))));
        });
    }

    /// <summary>A ResultWriter has written the results.</summary>
    /// <param name="key">The manifest's key, or null with the reason why there is none.</param>
    public void ResultsWritten(long execution, long frame, int attempt, ResultRequest request, string? key, string? problem)
    {
        if (Find(execution, frame, attempt) is not { Phase: Phase.Results } found)
            return;
        Change(found);
        Guard(found, () =>
        {
            if (key is null)
                throw new StateFailure(StatesErrors.ResultWriterFailed, problem);
            JsonData details = JsonData.Object(("Bucket", JsonData.Of(request.Bucket)), ("Key", JsonData.Of(key)));
            MapSucceeded(found, (MapState)found.State, JsonData.Object(("MapRunArn", JsonData.Of(request.MapRun)), ("ResultWriterDetails", details)));
        });
    }
}
