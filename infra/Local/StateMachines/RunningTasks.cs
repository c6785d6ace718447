using Microsoft.Extensions.Logging;

namespace Limpid.Local.StateMachines;

/// <summary>What goes on outside: tasks, item readers and result writers, up to a number at once. Their answers come back as signals.</summary>
internal sealed partial class RunningTasks(
    ITaskIntegrations tasks, IItemSource items, ExecutionStore store, int limit, Action<Action<Interpreter>> signal, Action ended, ILogger logger, CancellationToken stopping) : IAsyncDisposable
{
    private readonly ILogger logger = logger;
    private readonly SemaphoreSlim slots = new(limit);
    private readonly Dictionary<(long, long, int), CancellationTokenSource> cancels = [];
    private readonly Dictionary<(long, long, int), ItemCursor> cursors = [];
    private readonly HashSet<Task> running = [];
    private readonly Lock gate = new();

    /// <summary>How many are at work.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return running.Count;
        }
    }

    public void Begin(IEnumerable<Effect> effects)
    {
        foreach (Effect effect in effects)
        {
            var key = (effect.Frame.Execution.Id, effect.Frame.Id, effect.Attempt);
            switch (effect)
            {
                case Effect.Cancel:
                    Cancel(key);
                    break;
                case Effect.Invoke invoke:
                    Start(key, c => InvokeAsync(key, invoke, c));
                    break;
                case Effect.ReadItems read:
                    Start(key, c => ReadAsync(key, read, c));
                    break;
                case Effect.WriteResults write:
                    Start(key, c => WriteAsync(key, write, c));
                    break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] left;
        lock (gate)
            left = [.. running];
        await Task.WhenAll(left);
        foreach (ItemCursor cursor in cursors.Values)
            await cursor.DisposeAsync();
        slots.Dispose();
    }

    private void Start((long, long, int) key, Func<CancellationToken, Task> work)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        lock (gate)
        {
            cancels[key] = cancel;
            Track(Task.Run(() => GuardedAsync(work, cancel.Token), CancellationToken.None), () =>
            {
                if (cancels.TryGetValue(key, out CancellationTokenSource? mine) && mine == cancel)
                    cancels.Remove(key);
                cancel.Dispose();
            });
        }
    }

    /// <summary>Counts a task until it ends; within the gate.</summary>
    private void Track(Task task, Action? after = null)
    {
        running.Add(task);
        task.ContinueWith(
            done =>
            {
                lock (gate)
                {
                    running.Remove(done);
                    after?.Invoke();
                }
                ended();
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task GuardedAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            await slots.WaitAsync(cancellation);
            try
            {
                await work(cancellation);
            }
            finally
            {
                slots.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && cancellation.IsCancellationRequested)
        {
            // Nobody wants the answer any more.
        }
    }

    private void Cancel((long, long, int) key)
    {
        lock (gate)
        {
            if (cancels.Remove(key, out CancellationTokenSource? cancel))
                cancel.Cancel();
            if (cursors.Remove(key, out ItemCursor? cursor))
                Track(Task.Run(() => cursor.DisposeAsync().AsTask(), CancellationToken.None));
        }
    }

    private async Task InvokeAsync((long Execution, long Frame, int Attempt) key, Effect.Invoke invoke, CancellationToken cancellation)
    {
        TaskResult result;
        try
        {
            result = await tasks.CallAsync(invoke.Call, cancellation);
        }
#pragma warning disable CA1031 // The edge: whatever a task throws is the task's failure, not the runner's.
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            // The message may name a person; the type can't.
            LogThrown(invoke.Call.Resource.Arn, e.GetType().FullName);
            result = TaskResult.Failure("Lambda.Unknown", $"The task ended by an exception: {e.GetType().Name}.");
        }
        signal(i => i.Answer(key.Execution, key.Frame, key.Attempt, result));
    }

    private async Task ReadAsync((long Execution, long Frame, int Attempt) key, Effect.ReadItems read, CancellationToken cancellation)
    {
        ItemCursor? cursor;
        lock (gate)
        {
            if (!cursors.TryGetValue(key, out cursor))
                cursors[key] = cursor = new(items, read.Request);
        }
        try
        {
            // The cursor outlives this reading, so it is bound to the runner's end, not to this task's.
            var (found, end) = await cursor.ReadAsync(read.From, read.Count, stopping);
            if (end)
                await ForgetAsync(key, cursor);
            signal(i => i.ItemsRead(key.Execution, key.Frame, key.Attempt, found, cursor.Pairs, end, null));
        }
        catch (Exception e) when (e is ItemReaderException or IOException or UnauthorizedAccessException)
        {
            await ForgetAsync(key, cursor);
            string problem = e is ItemReaderException ? e.Message : $"Reading s3://{read.Request.Bucket}/{read.Request.Key} failed: {e.GetType().Name}.";
            signal(i => i.ItemsRead(key.Execution, key.Frame, key.Attempt, [], pairs: false, end: false, problem));
        }
    }

    private async Task ForgetAsync((long, long, int) key, ItemCursor cursor)
    {
        lock (gate)
            cursors.Remove(key);
        await cursor.DisposeAsync();
    }

    private async Task WriteAsync((long Execution, long Frame, int Attempt) key, Effect.WriteResults write, CancellationToken cancellation)
    {
        string? manifest = null;
        string? problem = null;
        try
        {
            manifest = await new ResultFiles(items, store).WriteAsync(write.Frame.Execution, write.Frame, write.Request, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"Writing to s3://{write.Request.Bucket}/{write.Request.Prefix} failed: {e.GetType().Name}.";
        }
        signal(i => i.ResultsWritten(key.Execution, key.Frame, key.Attempt, write.Request, manifest, problem));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Task {Resource} threw {Exception}")]
    private partial void LogThrown(string resource, string? exception);
}
