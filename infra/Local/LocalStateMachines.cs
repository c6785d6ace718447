using Limpid.Core.Ports;
using Limpid.Functions;
using Limpid.Local.StateMachines;

namespace Limpid.Local;

/// <summary>The state machine files that AWS runs too, with what stands for their placeholders here.</summary>
internal static class LocalStateMachines
{
    public const string EvidenceBucket = "evidence";

    /// <exception cref="InvalidDataException">One of them is wrong; says where.</exception>
    public static IReadOnlyDictionary<string, StateMachineDefinition> Load()
    {
        string[] files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "statemachines"), "*.asl.json");
        var machines = new Dictionary<string, StateMachineDefinition>();
        foreach (string file in files)
        {
            string name = NameOf(file);
            DefinitionResult read = StateMachineDefinition.Parse(name, File.ReadAllText(file), Substitutions(files));
            machines.Add(name, read.Definition
                ?? throw new InvalidDataException($"{Path.GetFileName(file)}: {string.Join("; ", read.Problems)}"));
        }
        return machines;
    }

    /// <summary>What stands for <c>${EraseRows}</c>, <c>${ApprovalStateMachine}</c> and <c>${EvidenceBucket}</c>.</summary>
    private static Dictionary<string, string> Substitutions(IEnumerable<string> files)
    {
        var values = FunctionTable.All.ToDictionary(f => f.Placeholder, f => f.Name);
        foreach (string name in files.Select(NameOf))
            values.Add(char.ToUpperInvariant(name[0]) + name[1..] + "StateMachine", Arns.StateMachine(name));
        values.Add("EvidenceBucket", EvidenceBucket);
        return values;
    }

    private static string NameOf(string file) => Path.GetFileName(file).Replace(".asl.json", "", StringComparison.Ordinal);
}

/// <summary>The functions of <see cref="FunctionTable"/>, run in this process.</summary>
internal sealed class FunctionsInProcess : ITaskInvoker
{
    private Dictionary<string, Handler> _handlers = [];

    /// <summary>To be called once, before anything is invoked: functions start workflows, and workflows run functions.</summary>
    public void Attach(Ports ports) => _handlers = FunctionTable.All.ToDictionary(f => f.Name, f => f.Build(ports));

    public async Task<TaskResult> InvokeAsync(string functionName, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        if (!_handlers.TryGetValue(functionName, out Handler? handler))
            return TaskResult.Failure("Lambda.ResourceNotFoundException", $"there is no function {functionName}");
        try
        {
            ReadOnlyMemory<byte> result = await handler(payload, cancellation);
            return TaskResult.Success(JsonData.Parse(result.Span));
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // The edge of a function: as in Lambda, what it threw becomes the error that the state machine sees.
            return TaskResult.Failure(failed.GetType().Name, failed.Message);
        }
    }
}

/// <summary>What a Map reads from the evidence store.</summary>
internal sealed class EvidenceItems(IObjectStore evidence) : IItemSource
{
    public async Task<Stream?> OpenAsync(string bucket, string key, CancellationToken cancellation) =>
        bucket == LocalStateMachines.EvidenceBucket && await evidence.HeadAsync(key, cancellation) is { } info
            ? await evidence.OpenReadAsync(info, 0, cancellation)
            : null;

    public IAsyncEnumerable<JsonData> ListAsync(string bucket, string prefix, CancellationToken cancellation) =>
        throw new NotSupportedException("no state machine of Limpid lists the evidence store");

    public Task WriteAsync(string bucket, string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) =>
        evidence.CreateAsync(key, write, cancellation);
}
