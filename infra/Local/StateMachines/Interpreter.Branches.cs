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
                Event(child, "MapIterationStarted", ("index", JsonData.Of(index)), ("name", JsonData.Of(parent.StateName)));
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
        if (child is { IsIteration: true, IsChildExecution: false })
            Event(child, "MapIterationSucceeded", ("index", JsonData.Of(child.Index)), ("name", JsonData.Of(parent.StateName)));
        if (child.Gone)
            return;
        Remove(child);
        journal.PutResult(parent, new(child.Index, true, output));
        Progress progress = parent.Progress!;
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
        Event(frame, "ParallelStateSucceeded");
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
        if (child.IsIteration)
        {
            JsonData name = JsonData.Of(parent.StateName);
            Event(child, "MapIterationFailed", ("index", JsonData.Of(child.Index)), ("name", name));
            foreach (Frame sibling in parent.Children.Where(c => c != child).OrderBy(c => c.Index).ToList())
                Event(sibling, "MapIterationAborted", ("index", JsonData.Of(sibling.Index)), ("name", name));
        }
        if (!child.Gone)
            Guard(parent, () => throw failure);
    }
}
