namespace Limpid.Local.StateMachines;

/// <summary>Parallel, and what Parallel and Map have in common: children that end well or badly.</summary>
internal sealed partial class Interpreter
{
    private void BeginParallel(Frame frame, ParallelState parallel)
    {
        JsonData input = InputOf(frame);
        input = parallel.Work.Parameters?.Fill(On(frame, input)) ?? input;
        Event(frame, "ParallelStateStarted");
        if (frame.Gone)
            return;
        frame.Phase = Phase.Children;
        int count = parallel.Branches.Count;
        frame.Progress = new(count, count, count, 0, 0, 0, 0, null, null);
        for (int i = 0; i < count; i++)
            NewChild(frame, i, parallel.Branches[i], input, null);
    }

    private void NewChild(Frame parent, int index, Flow flow, JsonData input, JsonData? item)
    {
        Execution execution = parent.Execution;
        var child = new Frame(execution, execution.NextFrame++, parent, index, flow) { Input = input, Item = item };
        execution.Frames.Add(child.Id, child);
        parent.Children.Add(child);
        Change(execution.Root);
        if (child.IsChildExecution)
            child.Events = 1;
        else
        {
            child.LastEvent = parent.LastEvent;
            if (child.IsIteration)
                Event(child, "MapIterationStarted", IterationOf(child));
        }
        if (!child.Gone)
            Enqueue(child, Phase.Enter);
    }

    private void ChildDone(Frame child, JsonData output)
    {
        Frame parent = child.Parent!;
        Change(parent);
        if (!child.IsChildExecution)
            parent.LastEvent = child.LastEvent;
        Progress progress = parent.Progress!;
        if (child is { IsIteration: true, IsChildExecution: false })
        {
            Event(child, "MapIterationSucceeded", IterationOf(child));
            // The next iteration follows the last state of this one, only the Map's end follows the iteration's.
            if (progress.Done + 1 == progress.Total)
                parent.LastEvent = child.LastEvent;
        }
        if (child.Gone)
            return;
        Remove(child);
        if (parent.State is MapState { Map.Writer.Transformation: ResultWriter.Unshaped })
            output = Described(child, "SUCCEEDED", [("Output", JsonData.Of(output.ToString())), ("OutputDetails", JsonData.Object(("Included", JsonData.True)))]);
        journal.PutResult(parent, new(child.Index, true, output));
        parent.Progress = progress with { Succeeded = progress.Succeeded + 1, Bytes = progress.Bytes + output.ToUtf8().Length + 1 };
        if (parent.State is MapState map)
            Guard(parent, () => Feed(parent, map));
        else if (parent.Progress.Done == progress.Total)
            Guard(parent, () => Joined(parent));
    }

    private void Joined(Frame frame)
    {
        JsonData[] outputs = [.. journal.Results(frame).Select(r => r.Output)];
        DropResults(frame);
        Aside(frame, "ParallelStateSucceeded");
        if (!frame.Gone)
            Worked(frame, (WorkState)frame.State, JsonData.Array(outputs));
    }

    private void ChildFailed(Frame child, StateFailure failure)
    {
        Frame parent = child.Parent!;
        Change(parent);
        if (child.IsChildExecution)
        {
            ItemFailed(child, failure);
            return;
        }
        parent.LastEvent = child.LastEvent;
        // An error that nothing can catch ends the execution here and now, before anything else is told.
        if (!failure.Terminal)
            CutEvents(child);
        if (!child.Gone)
            Guard(parent, () => throw failure);
    }

    /// <summary>A branch or iteration failed: its task is over, and so are its siblings and the states that they are in.</summary>
    private void CutEvents(Frame failed)
    {
        if (failed.State is TaskState)
            Aside(failed, "TaskStateAborted");
        foreach (Frame sibling in failed.Parent!.Children.Where(c => c != failed).OrderBy(c => c.Index).ToList())
            CutEvents(failed, sibling);
        if (failed.IsIteration)
            Aside(failed, "MapIterationFailed", IterationOf(failed));
    }

    private void CutEvents(Frame failed, Frame cut)
    {
        if (cut.IsIteration)
            Aside(failed, "MapIterationAborted", IterationOf(cut));
        if (cut.Phase != Phase.Enter)
            Aside(failed, cut.State.Type + "StateAborted");
        foreach (Frame inner in cut.Children.Where(c => !c.IsChildExecution).OrderBy(c => c.Index).ToList())
            CutEvents(failed, inner);
    }

    private static (string, JsonData?)[] IterationOf(Frame frame) => [("index", JsonData.Of(frame.Index)), ("name", JsonData.Of(frame.Parent!.StateName))];
}
