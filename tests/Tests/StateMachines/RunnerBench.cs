using Limpid.Core.Ports;
using Limpid.Local;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>A state folder and a virtual clock; runners come and go on them as processes do.</summary>
internal sealed class RunnerBench : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("limpid-runner-").FullName;

    public RunnerBench() => Store = ExecutionStore.Open(folder);

    public VirtualTime Time { get; init; } = new();

    public ExecutionStore Store { get; private set; }

    public Dictionary<string, StateMachineDefinition> Machines { get; } = [];

    public ITaskIntegrations Tasks { get; set; } = new ScriptedTasks();

    public MemoryItems Items { get; } = new();

    public string Folder => folder;

    public void Add(string name, string definition, Func<TaskResource, bool>? supports = null)
    {
        DefinitionResult result = StateMachineDefinition.Parse(name, definition, null, supports);
        Assert.True(result.Definition is not null, string.Join('\n', result.Problems));
        Machines[name] = result.Definition;
    }

    public StateMachineRunner Runner(Action? stored = null, int statesPerTurn = 256, Action? storing = null) =>
        new(Store, Machines, Tasks, Items, Time, seed: 7) { Storing = storing, Stored = stored, StatesPerTurn = statesPerTurn };

    /// <summary>Runs an execution that was begun to its end, by processes that are killed at these writes, each counted from the one before, and by a last one.</summary>
    /// <returns>How many writes the last of them made.</returns>
    public async Task<int> RunKilledAsync(string machine, string name, params Kill[] kills)
    {
        foreach (Kill? kill in kills.Cast<Kill?>().Append(null))
        {
            int writes = 0;
            StateMachineRunner runner = Runner(
                storing: () => { if (++writes == kill?.Write && kill.Before) throw new ProcessKilledException(); },
                stored: () => { if (writes == kill?.Write) throw new ProcessKilledException(); }, statesPerTurn: 1);
            try
            {
                await runner.RunUntilClosedAsync(machine, name, TestContext.Current.CancellationToken);
                return writes;
            }
            catch (ProcessKilledException)
            {
                Reopen();
            }
        }
        throw new InvalidOperationException("the last run is not killed");
    }

    public async Task<ExecutionInfo> RunAsync(string machine, string input, string name = "one")
    {
        StateMachineRunner runner = Runner();
        Assert.Equal(StartOutcome.Started, await runner.StartAsync(machine, name, input, TestContext.Current.CancellationToken));
        return (await runner.RunUntilClosedAsync(machine, name, TestContext.Current.CancellationToken))!;
    }

    /// <summary>What a new process sees: nothing but the disk.</summary>
    /// <param name="meanwhile">What happens to the disk while nobody has it open.</param>
    public void Reopen(Action? meanwhile = null)
    {
        Store.Dispose();
        meanwhile?.Invoke();
        Store = ExecutionStore.Open(folder);
    }

    public string[] History(string machine = "m", string name = "one") => [.. Store.History(machine, name).Select(e => RecordedExecution.Outline(e.ToJson()))];

    public void Dispose()
    {
        Store.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>A process dies at its nth write: just before it is on disk, or just after.</summary>
internal sealed record Kill(int Write, bool Before = false)
{
    public override string ToString() => $"{(Before ? "before" : "after")} write {Write}";
}

internal sealed class ProcessKilledException : Exception;

/// <summary>Functions written down in a test.</summary>
internal sealed class ScriptedTasks(Func<string, JsonData, CancellationToken, Task<TaskResult>>? function = null) : ITaskInvoker, ITaskIntegrations
{
    private readonly Func<string, JsonData, CancellationToken, Task<TaskResult>> function = function ?? ((_, payload, _) => Task.FromResult(TaskResult.Success(payload)));

    public ScriptedTasks(Func<string, JsonData, TaskResult> function)
        : this((name, payload, _) => Task.FromResult(function(name, payload)))
    {
    }

    public Task<TaskResult> InvokeAsync(string functionName, ReadOnlyMemory<byte> payload, CancellationToken cancellation) =>
        function(functionName, JsonData.Parse(payload.Span), cancellation);

    public Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation) => new FunctionTasks(this).CallAsync(call, cancellation);
}

/// <summary>Objects in memory.</summary>
internal sealed class MemoryItems : IItemSource
{
    public Dictionary<string, byte[]> Objects { get; } = [];

    public Task<Stream?> OpenAsync(string bucket, string key, CancellationToken cancellation) =>
        Task.FromResult<Stream?>(Objects.TryGetValue($"{bucket}/{key}", out byte[]? bytes) ? new MemoryStream(bytes) : null);

    public async IAsyncEnumerable<JsonData> ListAsync(string bucket, string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Yield();
        foreach (var (key, bytes) in Objects.Where(o => o.Key.StartsWith($"{bucket}/{prefix}", StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal))
            yield return JsonData.Object(("Key", JsonData.Of(key[(bucket.Length + 1)..])), ("Size", JsonData.Of(bytes.Length)));
    }

    public async Task WriteAsync(string bucket, string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        using var stream = new MemoryStream();
        await write(stream, cancellation);
        Objects[$"{bucket}/{key}"] = stream.ToArray();
    }
}
