using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Limpid.Core.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Limpid.Local.StateMachines;

/// <summary>Another process runs the executions of this folder.</summary>
public sealed class RunnerBusyException() : InvalidOperationException("Another process runs the executions of this state folder.");

/// <summary>
/// Runs state machines on one machine as Step Functions runs them. Every step is on disk before it counts: a process that is killed
/// and started again goes on, running again only the tasks that were running. Beginning, stopping and answering executions
/// only writes to the store, so that any process may do it, while one runs them.
/// </summary>
public sealed partial class StateMachineRunner(
    ExecutionStore store, IReadOnlyDictionary<string, StateMachineDefinition> machines, ITaskIntegrations tasks, IItemSource items,
    TimeProvider time, int seed = 0, ILogger? logger = null, int parallelTasks = 16) : IWorkflows
{
    /// <summary>How long it takes at most until another process's writing is noticed.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentQueue<Action<Interpreter>> signals = new();
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ILogger log = logger ?? NullLogger.Instance;

    /// <summary>How many states a turn moves on at most; a turn is stored as one.</summary>
    internal int StatesPerTurn { get; init; } = 256;

    /// <summary>Called whenever this runner becomes the one that runs executions, before it does: whoever did so before may have died in mid-work.</summary>
    internal Action<CancellationToken>? TakingOver { get; init; }

    /// <summary>Called when a turn is worked out and nothing of it is on disk.</summary>
    internal Action? Storing { get; init; }

    /// <summary>Called when a turn is on disk and nothing else has happened yet.</summary>
    internal Action? Stored { get; init; }

    public Task<StartOutcome> StartAsync(string stateMachine, string name, string input, CancellationToken cancellation) =>
        machines.TryGetValue(stateMachine, out StateMachineDefinition? machine)
            ? Task.FromResult(store.Start(machine, name, input, time.GetUtcNow()))
            : throw new ArgumentException($"There is no state machine '{stateMachine}'.", nameof(stateMachine));

    public Task<ExecutionInfo?> DescribeAsync(string stateMachine, string name, CancellationToken cancellation) => Task.FromResult(store.Describe(stateMachine, name));

    public Task StopAsync(string stateMachine, string name, string error, string cause, CancellationToken cancellation)
    {
        store.Stop(stateMachine, name, error, cause);
        return Task.CompletedTask;
    }

    /// <exception cref="ArgumentException">The output is no JSON.</exception>
    public Task<CallbackOutcome> SendTaskSuccessAsync(string token, string output, CancellationToken cancellation) => JsonData.TryParse(output, out JsonData? json)
        ? Task.FromResult(store.CallBack(token, TaskResult.Success(json)))
        : throw new ArgumentException("The output is no JSON.", nameof(output));

    public Task<CallbackOutcome> SendTaskFailureAsync(string token, string error, string cause, CancellationToken cancellation) =>
        Task.FromResult(store.CallBack(token, TaskResult.Failure(error, cause)));

    public Task<CallbackOutcome> SendTaskHeartbeatAsync(string token, CancellationToken cancellation) => Task.FromResult(store.Heartbeat(token, time.GetUtcNow()));

    /// <summary>Runs executions until cancelled.</summary>
    /// <exception cref="RunnerBusyException">Another process runs them.</exception>
    public Task RunAsync(CancellationToken cancellation) => LoopAsync(_ => false, cancellation);

    /// <summary>Runs executions until this one is closed, or nothing will ever happen by itself: it waits for a callback and has no time-out.</summary>
    /// <exception cref="RunnerBusyException">Another process runs them.</exception>
    public async Task<ExecutionInfo?> RunUntilStillAsync(string stateMachine, string name, CancellationToken cancellation)
    {
        await LoopAsync(idle => store.Describe(stateMachine, name) is not { Status: Execution.Running } || idle is not null && idle.NextDue() is null, cancellation);
        return store.Describe(stateMachine, name);
    }

    /// <summary>Runs executions until this one is closed.</summary>
    /// <exception cref="RunnerBusyException">Another process runs them.</exception>
    public async Task<ExecutionInfo?> RunUntilClosedAsync(string stateMachine, string name, CancellationToken cancellation)
    {
        await LoopAsync(_ => store.Describe(stateMachine, name) is not { Status: Execution.Running }, cancellation);
        return store.Describe(stateMachine, name);
    }

    /// <summary>Runs executions until nothing more happens by itself: all are closed, or wait for a callback or a time.</summary>
    /// <exception cref="RunnerBusyException">Another process runs them.</exception>
    public Task RunUntilIdleAsync(CancellationToken cancellation) => LoopAsync(idle => idle is not null, cancellation);

    /// <summary>Ends the executions that somebody asked to have stopped, where no runner is there to do it. Nothing else is begun.</summary>
    /// <returns>False where a runner is, which does it.</returns>
    public bool TryCarryOutStops()
    {
        using RunnerLock? mine = RunnerLock.TryAcquire(store.Folder);
        if (mine is null)
            return false;
        using var journal = new ExecutionJournal(store, machines, time);
        // Its effects are dropped, as if the process had ended here: the next runner begins them.
        Turn(new Interpreter(journal, time, seed, TokenOf, tasks.AnswersForGood), journal, states: 0, out _);
        return true;
    }

    /// <param name="done">Asked when something closed, with null, and when there is nothing to do, with the interpreter.</param>
    private async Task LoopAsync(Func<Interpreter?, bool> done, CancellationToken cancellation)
    {
        using RunnerLock mine = RunnerLock.TryAcquire(store.Folder) ?? throw new RunnerBusyException();
        TakingOver?.Invoke(cancellation);
        store.Sweep(time.GetUtcNow());
        using var journal = new ExecutionJournal(store, machines, time);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var interpreter = new Interpreter(journal, time, seed, TokenOf, tasks.AnswersForGood);
        var work = new RunningTasks(tasks, items, store, parallelTasks, Signal, Wake, log, stopping.Token);
        signals.Clear();
        store.Written += Wake;
        try
        {
            bool closed = true;
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (closed && done(null))
                    return;
                bool worked = Turn(interpreter, journal, StatesPerTurn, out closed);
                work.Begin(interpreter.Effects);
                interpreter.Effects.Clear();
                if (worked)
                    continue;
                if (work.Count == 0 && signals.IsEmpty && done(interpreter))
                    return;
                await PauseAsync(interpreter.NextDue(), work, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Being told to stop is how a runner ends.
        }
        finally
        {
            store.Written -= Wake;
            await stopping.CancelAsync();
            await work.DisposeAsync();
        }
    }

    /// <summary>Moves executions on by what has come in and what is due, and stores it.</summary>
    private bool Turn(Interpreter interpreter, ExecutionJournal journal, int states, out bool closed)
    {
        closed = false;
        bool news = journal.OthersWrote();
        if (!news && signals.IsEmpty && !interpreter.HasWork && !(interpreter.NextDue() <= time.GetUtcNow()))
            return false;
        bool any = interpreter.HasWork;
        journal.Begin();
        try
        {
            if (news)
                any |= TakeNews(interpreter, journal);
            while (signals.TryDequeue(out Action<Interpreter>? signal))
            {
                signal(interpreter);
                any = true;
            }
            any |= interpreter.Tick(journal.LastHeartbeat);
            for (int i = 0; i < states && interpreter.Step(); i++)
                any = true;
            closed = interpreter.Closed.Count > 0;
            journal.Save(interpreter.Changed, interpreter.Closed);
            if (any)
                Storing?.Invoke();
            journal.Commit();
        }
        catch
        {
            journal.RollBack();
            throw;
        }
        foreach (Execution execution in interpreter.Closed)
            LogClosed(execution.Definition.Name, execution.Name, execution.Status);
        interpreter.Changed.Clear();
        interpreter.Closed.Clear();
        if (any)
            Stored?.Invoke();
        return any;
    }

    private static bool TakeNews(Interpreter interpreter, ExecutionJournal journal)
    {
        bool any = false;
        foreach (Execution execution in journal.LoadOpen(interpreter.Executions))
        {
            interpreter.Adopt(execution);
            any = true;
        }
        foreach (var (execution, frame, attempt, result) in journal.TakeCallbacks())
            any |= interpreter.CallBack(execution, frame, attempt, result);
        foreach (var (id, error, cause) in journal.StopsAsked())
        {
            if (interpreter.Executions.TryGetValue(id, out Execution? execution))
            {
                interpreter.Abort(execution, error, cause);
                any = true;
            }
        }
        return any;
    }

    /// <summary>Waits for an answer, another's writing or the next thing that is due; on a virtual clock nothing but tasks is waited for.</summary>
    private async Task PauseAsync(DateTimeOffset? due, RunningTasks work, CancellationToken cancellation)
    {
        TimeSpan? wait = due is { } at ? at - time.GetUtcNow() : null;
        var clock = time as VirtualTime;
        if (clock is null && (wait is null || wait > Poll))
            wait = Poll;
        await using ITimer? timer = wait is { } span ? time.CreateTimer(_ => Wake(), null, span < TimeSpan.Zero ? TimeSpan.Zero : span, Timeout.InfiniteTimeSpan) : null;
        if (clock is { SkipsWaits: true } && work.Count == 0 && signals.IsEmpty && clock.AdvanceToNextTimer())
            return;
        await wake.Reader.ReadAsync(cancellation);
    }

    private void Signal(Action<Interpreter> signal)
    {
        signals.Enqueue(signal);
        Wake();
    }

    private void Wake() => wake.Writer.TryWrite(true);

    /// <summary>Nobody can guess a token, and a task that is run again after a crash gets the one that it had.</summary>
    private string TokenOf(Frame frame)
    {
        string place = $"{frame.Execution.Id}/{frame.Execution.Definition.Name}/{frame.Execution.Name}/{frame.Id}/{frame.Attempt}";
        return System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(store.Secret, Encoding.UTF8.GetBytes(place)));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Execution {Machine}/{Name} closed: {Status}")]
    private partial void LogClosed(string machine, string name, string status);
}
