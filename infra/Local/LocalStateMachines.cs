using Limpid.Functions;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;

namespace Limpid.Local;

/// <summary>The state machine files that AWS runs too, with what stands for their placeholders here.</summary>
internal static class LocalStateMachines
{
    public const string EvidenceBucket = "evidence";

    /// <summary>Where queries would put their results; nothing answers them here.</summary>
    private const string StagingBucket = "staging";

    /// <summary>Where operators are told of failures: see <c>limpid messages --to operators</c>.</summary>
    public const string OperatorsTopic = "arn:aws:sns:local:000000000000:operators";

    /// <summary>Whose tasks the steps of derived tables are, where they are commands.</summary>
    public const string CommandActivity = "arn:aws:states:local:000000000000:activity:commands";

    /// <exception cref="InvalidDataException">One of them is wrong; says where.</exception>
    public static IReadOnlyDictionary<string, StateMachineDefinition> Load()
    {
        string[] files = Files();
        var machines = new Dictionary<string, StateMachineDefinition>();
        foreach (string file in files)
        {
            string name = NameOf(file);
            DefinitionResult read = StateMachineDefinition.Parse(name, File.ReadAllText(file), Substitutions(files), LocalIntegrations.Supports);
            machines.Add(name, read.Definition
                ?? throw new InvalidDataException($"{Path.GetFileName(file)}: {string.Join("; ", read.Problems)}"));
        }
        return machines;
    }

    /// <summary>Reads any definition, in which Limpid's own placeholders may stand; other text in their form stays as it is.</summary>
    /// <param name="supports">Whether tasks may name an integration.</param>
    public static DefinitionResult Read(string name, string text, Func<TaskResource, bool> supports)
    {
        foreach (var (placeholder, value) in Substitutions(Files()))
            text = text.Replace($"${{{placeholder}}}", value, StringComparison.Ordinal);
        return StateMachineDefinition.Parse(name, text, null, supports);
    }

    /// <summary>What is wrong with a definition that names functions and state machines as Limpid's own do.</summary>
    public static IReadOnlyList<DefinitionProblem> Check(string text)
    {
        string[] files = Files();
        var known = new KnownNames(FunctionTable.All.Select(f => f.Name).ToHashSet(), files.Select(NameOf).ToHashSet());
        return DefinitionCheck.Problems(text, Substitutions(files), LocalIntegrations.Supports, known);
    }

    /// <summary>What Limpid's own state machines are called.</summary>
    public static IReadOnlySet<string> Names => Files().Select(NameOf).ToHashSet();

    private static string[] Files() => Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "statemachines"), "*.asl.json");

    /// <summary>What stands for <c>${EraseRows}</c>, <c>${ApprovalStateMachine}</c>, <c>${EvidenceBucket}</c>, <c>${StagingBucket}</c>, <c>${OperatorsTopic}</c> and <c>${CommandActivity}</c>.</summary>
    private static Dictionary<string, string> Substitutions(IEnumerable<string> files)
    {
        var values = FunctionTable.All.ToDictionary(f => f.Placeholder, f => f.Name);
        foreach (string name in files.Select(NameOf))
            values.Add(char.ToUpperInvariant(name[0]) + name[1..] + "StateMachine", Arns.StateMachine(name));
        values.Add("EvidenceBucket", EvidenceBucket);
        values.Add("StagingBucket", StagingBucket);
        values.Add("OperatorsTopic", OperatorsTopic);
        values.Add("CommandActivity", CommandActivity);
        return values;
    }

    private static string NameOf(string file) => Path.GetFileName(file).Replace(".asl.json", "", StringComparison.Ordinal);
}

/// <summary>The functions of <see cref="FunctionTable"/>, run in this process.</summary>
/// <param name="ports">As they are now; another instance where lake.yaml changed, for which the functions are built anew.</param>
internal sealed class FunctionsInProcess(Func<Ports> ports) : ITaskInvoker
{
    private (Ports? Of, Dictionary<string, Handler> Handlers) _built = (null, []);

    public async Task<TaskResult> InvokeAsync(string functionName, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        try
        {
            if (!Handlers().TryGetValue(functionName, out Handler? handler))
                return TaskResult.Failure("Lambda.ResourceNotFoundException", $"there is no function {functionName}");
            ReadOnlyMemory<byte> result = await handler(payload, cancellation);
            return TaskResult.Success(JsonData.Parse(result.Span));
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // The edge of a function: as in Lambda, what it threw becomes the error that the state machine sees.
            return TaskResult.Failure(failed.GetType().Name, failed.Message);
        }
    }

    // Two that build at once build the same.
    private Dictionary<string, Handler> Handlers()
    {
        Ports now = ports();
        (Ports? of, Dictionary<string, Handler> handlers) = _built;
        if (ReferenceEquals(of, now))
            return handlers;
        handlers = FunctionTable.All.ToDictionary(f => f.Name, f => f.Build(now));
        _built = (now, handlers);
        return handlers;
    }
}
