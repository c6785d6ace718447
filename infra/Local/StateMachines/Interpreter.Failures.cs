namespace Limpid.Local.StateMachines;

/// <summary>What becomes of a state that fails: it is tried again, caught, or fails what is around it.</summary>
internal sealed partial class Interpreter
{
    /// <summary>Lets a failure of a state take its course instead of the runner's.</summary>
    private void Guard(Frame frame, Action act)
    {
        try
        {
            act();
        }
        catch (StateFailure failure) when (!frame.Gone)
        {
            try
            {
                Failed(frame, failure);
            }
            catch (StateFailure second)
            {
                // A catcher that fails itself, by its Assign or ResultPath, fails the state for good.
                Fatal(frame, second);
            }
        }
    }

    /// <summary>A state failed: try again, go on at a catcher, or fail what is around it.</summary>
    private void Failed(Frame frame, StateFailure failure)
    {
        Change(frame);
        bool ran = frame is { Progress: not null, State: MapState { Map.Distributed: true } };
        WorkFields? work = failure.Terminal ? null : (frame.State as WorkState)?.Work;
        int retrier = work is null ? -1 : RetrierOf(frame, work, failure);
        Catcher? catcher = work?.Catch.FirstOrDefault(c => c.ErrorEquals.Any(e => StatesErrors.Matches(e, failure)));
        if (retrier < 0 && catcher is null)
            Halt(frame);
        else
            Cancel(frame, keep: true);
        StateFailure told = Located(frame, failure);
        if (ran && !failure.Terminal)
            Event(frame, "MapRunFailed", ("cause", Text(told.Cause)), ("error", Text(told.Error)));
        if (retrier >= 0)
        {
            TryAgain(frame, work!.Retry[retrier], retrier);
            return;
        }
        if (work is not null)
            WorkFailedEvent(frame);
        if (catcher is not null)
            Catch(frame, catcher, told);
        else
            Fatal(frame, told);
    }

    /// <summary>Causes that come from running a state say where.</summary>
    private static StateFailure Located(Frame frame, StateFailure failure) =>
        failure.Error is StatesErrors.Runtime or StatesErrors.IntrinsicFailure or StatesErrors.ResultPathMatchFailure
            && failure.Cause?.StartsWith("An error occurred", StringComparison.Ordinal) == false
            ? new(failure.Error, $"An error occurred while executing the state '{frame.StateName}' (entered at the event id #{frame.EnteredEvent}). {failure.Cause}", failure.Terminal)
            : failure;

    /// <summary>The first retrier that names the error, if it has a try left; else -1.</summary>
    private static int RetrierOf(Frame frame, WorkFields work, StateFailure failure)
    {
        for (int i = 0; i < work.Retry.Count; i++)
        {
            if (work.Retry[i].ErrorEquals.Any(e => StatesErrors.Matches(e, failure)))
                return (frame.Retries.Count > i ? frame.Retries[i] : 0) < work.Retry[i].MaxAttempts ? i : -1;
        }
        return -1;
    }

    private void TryAgain(Frame frame, Retrier retrier, int number)
    {
        while (frame.Retries.Count <= number)
            frame.Retries.Add(0);
        double delay = retrier.IntervalSeconds * Math.Pow(retrier.BackoffRate, frame.Retries[number]);
        delay = Math.Min(delay, retrier.MaxDelaySeconds ?? 99_999_999);
        frame.Retries[number]++;
        if (retrier.Jitter)
            delay *= On(frame, frame.Input).Chance.NextDouble();
        frame.WakeAt = Now.AddSeconds(delay);
        frame.Phase = Phase.Backoff;
        Schedule(frame);
    }

    private void Catch(Frame frame, Catcher catcher, StateFailure failure)
    {
        JsonData error = JsonData.Object(("Error", JsonData.Of(failure.Error ?? "")), ("Cause", JsonData.Of(failure.Cause ?? "")));
        JsonData output = Placed(frame.Input, catcher.ResultPath, error);
        JsonData? assigned = catcher.Assign?.Fill(On(frame, error));
        Limit(frame, output);
        Exit(frame, output, assigned, catcher.Next);
    }

    /// <summary>Nothing catches the failure here: it fails the branch's or iteration's state, or the execution.</summary>
    private void Fatal(Frame frame, StateFailure failure)
    {
        if (frame.Parent is null)
            Close(frame.Execution, "FAILED", null, failure.Error, failure.Cause);
        else
            ChildFailed(frame, failure);
    }
}
