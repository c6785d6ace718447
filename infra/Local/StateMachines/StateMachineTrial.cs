using System.Security.Cryptography;

namespace Limpid.Local.StateMachines;

/// <summary>Runs one execution of a definition in a store that is thrown away afterwards.</summary>
internal sealed class StateMachineTrial : IDisposable
{
    /// <summary>Its own each time: what tasks do outside goes by the execution's name.</summary>
    private readonly string name = "trial-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private readonly string folder = Directory.CreateTempSubdirectory("limpid-trial-").FullName;
    private readonly StateMachineDefinition definition;
    private readonly ExecutionStore store;
    private readonly StateMachineRunner runner;
    private readonly TimeProvider time;

    /// <param name="machines">Those that nested executions may name.</param>
    public StateMachineTrial(
        StateMachineDefinition definition, IReadOnlyDictionary<string, StateMachineDefinition> machines, ITaskIntegrations tasks, IItemSource items, TimeProvider time, int seed)
    {
        this.definition = definition;
        this.time = time;
        store = ExecutionStore.Open(folder, durable: false);
        runner = new(store, machines, tasks, items, time, seed);
    }

    public IReadOnlyList<HistoryEvent> History => store.History(definition.Name, name);

    /// <summary>Runs to the end, or until nothing will ever happen by itself (then it is still RUNNING); cancelling aborts it.</summary>
    /// <exception cref="ArgumentException">The input is no JSON or too large.</exception>
    public async Task<ExecutionDescription> RunAsync(string input, CancellationToken cancellation)
    {
        store.Start(definition, name, input, time.GetUtcNow());
        try
        {
            await runner.RunUntilStillAsync(definition.Name, name, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // It is aborted below, as StopExecution would.
        }
        if (cancellation.IsCancellationRequested)
        {
            store.Stop(definition.Name, name, null, null);
            runner.TryCarryOutStops();
        }
        return store.List(time.GetUtcNow(), definition.Name, null, name).Single();
    }

    public void Dispose()
    {
        store.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>Nothing to read, nowhere to write.</summary>
internal sealed class NoItems : IItemSource
{
    public Task<Stream?> OpenAsync(string bucket, string key, CancellationToken cancellation) => Task.FromResult<Stream?>(null);

    public IAsyncEnumerable<JsonData> ListAsync(string bucket, string prefix, CancellationToken cancellation) =>
        throw new ItemReaderException($"There is no bucket '{bucket}' here.");

    public Task WriteAsync(string bucket, string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) =>
        throw new IOException($"There is no bucket '{bucket}' here.");
}
