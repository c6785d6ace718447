namespace Limpid.Local.StateMachines;

/// <summary>
/// What is kept of what failed, and how it goes on from there: succeeded states, branches and iterations are not run again, the rest
/// is, with the same input and its retriers as if unused.
/// </summary>
internal sealed partial class Interpreter
{
    /// <summary>Ends the work of a frame that fails for good, and keeps what is below it as it stands.</summary>
    private void Halt(Frame frame)
    {
        foreach (Frame child in frame.Children.ToList())
            Keep(child);
        EndWork(frame);
        Change(frame);
    }

    /// <summary>Ends a frame and all below it, and keeps them as they stand.</summary>
    private void Keep(Frame frame)
    {
        Halt(frame);
        frame.Gone = true;
        frame.SetAside = SetAside.Left;
    }

    /// <summary>What was kept is on disk alone: an execution that goes on may have any number of failed items.</summary>
    private static void Forget(Frame frame)
    {
        foreach (Frame child in frame.Children.ToList())
            Forget(child);
        frame.Execution.Frames.Remove(frame.Id);
        frame.Parent!.Children.Remove(frame);
    }

    /// <summary>Nothing of a Map's or Parallel's branches is wanted any more.</summary>
    private void DropResults(Frame frame)
    {
        journal.DropResults(frame);
        if (frame.Progress is { Failed: > 0 } || frame.ToBeRedriven.Count > 0)
            journal.DropLeft(frame);
        frame.ToBeRedriven.Clear();
    }

    private void Redrive(Execution execution)
    {
        Frame root = execution.Root;
        root.LastEvent = root.Events;
        Redrive(root);
        foreach (Frame frame in execution.Frames.Values)
            Change(frame);
        execution.Redriving = false;
    }

    private void Redrive(Frame frame)
    {
        frame.SetAside = SetAside.No;
        frame.Retries = [];
        frame.WakeAt = frame.TimeoutAt = frame.HeartbeatAt = null;
        frame.Nested = null;
        frame.TokenSubmitted = false;
        frame.Attempt++;
        Change(frame);
        if (frame.Progress is { } progress && CanGoOn(frame, progress))
            RedriveBelow(frame, progress);
        else
        {
            foreach (Frame child in frame.Children.ToList())
                Cancel(child);
            if (frame.Progress is not null)
                DropResults(frame);
            frame.Progress = null;
            // One that was about to enter its state enters it; the others have entered theirs already.
            Enqueue(frame, frame.Phase == Phase.Enter ? Phase.Enter : Phase.Again);
        }
        Schedule(frame);
    }

    /// <summary>Whether what succeeded below is still there. It is not once all had been put together: then the state is run as a whole.</summary>
    private bool CanGoOn(Frame frame, Progress progress) =>
        progress.Bytes <= StatesErrors.PayloadLimit && (progress.Done == 0 || journal.CountResults(frame) == progress.Done);

    private void RedriveBelow(Frame frame, Progress progress)
    {
        frame.Phase = Phase.Children;
        List<Frame> below = [.. frame.Children.OrderBy(c => c.Index)];
        if (frame.State is MapState { Map.Distributed: true } map)
        {
            long freed = journal.DropFailed(frame);
            frame.Progress = progress with { Failed = 0, Bytes = progress.Bytes - freed };
            foreach (Frame child in below)
            {
                child.SetAside = SetAside.ToBeRedriven;
                child.Parent!.Children.Remove(child);
                frame.ToBeRedriven.Enqueue(child);
            }
            Event(frame, "MapRunRedriven", ("mapRunArn", JsonData.Of(MapRunArn(frame, progress.Run!))), ("redriveCount", JsonData.Of(frame.Execution.RedriveCount)));
            Guard(frame, () => Feed(frame, map));
            return;
        }
        foreach (Frame child in below)
            Redrive(child);
        if (frame.State is MapState inline)
            Guard(frame, () => Feed(frame, inline));
        else if (frame.Children.Count == 0)
            Guard(frame, () => Joined(frame));
    }

    private void RedriveItem(Frame child)
    {
        child.Parent!.Children.Add(child);
        Redrive(child);
    }
}
