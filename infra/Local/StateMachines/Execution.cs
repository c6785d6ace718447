using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>One run of a state machine, as it stands in memory; <see cref="ExecutionStore"/> has the same on disk.</summary>
internal sealed class Execution(long id, string name, StateMachineDefinition definition, JsonData input, DateTimeOffset started)
{
    public const string Running = "RUNNING";

    public long Id => id;
    public string Name => name;
    public StateMachineDefinition Definition => definition;
    public JsonData Input => input;
    public DateTimeOffset Started => started;

    /// <summary>RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.</summary>
    public string Status { get; set; } = Running;

    public JsonData? Output { get; set; }
    public string? Error { get; set; }
    public string? Cause { get; set; }
    public DateTimeOffset? Stopped { get; set; }

    /// <summary>How often it was redriven, and when last.</summary>
    public int RedriveCount { get; init; }
    public DateTimeOffset? Redriven { get; init; }

    /// <summary>Whether a redrive was asked for and its frames still stand as they were left.</summary>
    public bool Redriving { get; set; }

    /// <summary>Frames are numbered in the order in which they came up, so that the same run gives them the same numbers.</summary>
    public long NextFrame { get; set; } = 2;

    public Dictionary<long, Frame> Frames { get; } = [];

    public Frame Root => Frames[1];

    public DateTimeOffset? TimeoutAt => Definition.TimeoutSeconds is { } seconds ? (Redriven ?? Started).AddSeconds(seconds) : null;

    public string Arn => Arns.Execution(Definition.Name, Name);
}

/// <summary>The names that AWS would give, with an account that there is not.</summary>
internal static class Arns
{
    public const string Region = "local";
    public const string Role = "arn:aws:iam::000000000000:role/local";
    private const string Prefix = "arn:aws:states:local:000000000000";

    public static string StateMachine(string machine) => $"{Prefix}:stateMachine:{machine}";

    public static string Execution(string machine, string name) => $"{Prefix}:execution:{machine}:{name}";

    public static string MapRun(string machine, string label, string id) => $"{Prefix}:mapRun:{machine}/{label}:{id}";

    /// <summary>The machine's name out of its ARN, or as it stands.</summary>
    public static string MachineName(string nameOrArn) => nameOrArn[(nameOrArn.LastIndexOf(':') + 1)..];
}

/// <summary>What a frame waits for.</summary>
internal enum Phase
{
    /// <summary>Its turn to enter the state.</summary>
    Enter,

    /// <summary>Its turn to run the entered state again, after a retrier's delay.</summary>
    Again,

    /// <summary>The end of a Wait state.</summary>
    Wait,

    /// <summary>The end of a retrier's delay.</summary>
    Backoff,

    /// <summary>A task that runs; after a crash it is run again.</summary>
    Task,

    /// <summary>A callback with the task's token.</summary>
    Token,

    /// <summary>Another execution.</summary>
    Nested,

    /// <summary>Branches or iterations.</summary>
    Children,

    /// <summary>Items from an ItemReader, with none at hand.</summary>
    Items,

    /// <summary>A ResultWriter.</summary>
    Results,
}

/// <summary>Whether a frame that doesn't run is kept for a redrive.</summary>
internal enum SetAside
{
    No,

    /// <summary>It failed or was aborted, and stands as it did then.</summary>
    Left,

    /// <summary>Its execution was redriven, and its turn has not come.</summary>
    ToBeRedriven,
}

/// <summary>Where one line of states has got to: the machine's own, a branch's, or an iteration's.</summary>
internal sealed class Frame(Execution execution, long id, Frame? parent, int index, Flow flow)
{
    public Execution Execution => execution;
    public long Id => id;
    public Frame? Parent => parent;

    /// <summary>The branch's or iteration's number.</summary>
    public int Index => index;

    public Flow Flow => flow;

    public Phase Phase { get; set; }
    public string StateName { get; set; } = flow.StartAt;
    public State State => Flow.States[StateName];

    /// <summary>The state's raw input.</summary>
    public JsonData Input { get; set; } = JsonData.Null;

    /// <summary>The item of this iteration, for <c>$$.Map.Item.Value</c>; of a child execution, its input.</summary>
    public JsonData? Item { get; set; }

    /// <summary>What was assigned in this scope.</summary>
    public Dictionary<string, JsonData> Variables { get; } = [];

    public long EnteredEvent { get; set; }
    public long LastEvent { get; set; }
    public DateTimeOffset EnteredAt { get; set; }

    /// <summary>How often each retrier of the state was used.</summary>
    public List<int> Retries { get; set; } = [];

    /// <summary>Counts the times that the frame's work was begun, so that the answer to an older one is not taken for the newer's.</summary>
    public int Attempt { get; set; }

    public DateTimeOffset? WakeAt { get; set; }
    public DateTimeOffset? TimeoutAt { get; set; }
    public DateTimeOffset? HeartbeatAt { get; set; }

    /// <summary>Whether the task that was given a token has taken its request, so that only the callback is waited for.</summary>
    public bool TokenSubmitted { get; set; }

    /// <summary>The execution that this one waits for.</summary>
    public long? Nested { get; set; }

    /// <summary>How a Map or Parallel stands.</summary>
    public Progress? Progress { get; set; }

    /// <summary>How many events the history has; kept where a history begins.</summary>
    public long Events { get; set; }

    public HashSet<Frame> Children { get; } = [];
    public bool Gone { get; set; }
    public SetAside SetAside { get; set; }

    /// <summary>Failed items of a distributed Map that was redriven.</summary>
    public Queue<Frame> ToBeRedriven { get; } = new();

    /// <summary>The items of a Map that come from its input; found again when they are needed.</summary>
    public IReadOnlyList<JsonData>? Given { get; set; }

    /// <summary>Items that were read and whose iterations have not begun; lost in a crash and read again.</summary>
    public Queue<JsonData> ReadAhead { get; } = new();

    /// <summary>Whether the items at hand are the members of an object, each with its key and value.</summary>
    public bool Pairs { get; set; }
    public bool Reading { get; set; }

    public bool IsIteration => Parent?.State is MapState;

    /// <summary>Whether this is the root of an execution that a distributed Map made for an item.</summary>
    public bool IsChildExecution => Parent?.State is MapState { Map.Distributed: true };

    /// <summary>The frame where this frame's history begins.</summary>
    public Frame History
    {
        get
        {
            Frame frame = this;
            while (frame.Parent is not null && !frame.IsChildExecution)
                frame = frame.Parent;
            return frame;
        }
    }

    public int RetryCount => Retries.Sum();

    public DateTimeOffset? Due()
    {
        DateTimeOffset? due = WakeAt;
        foreach (DateTimeOffset? other in (ReadOnlySpan<DateTimeOffset?>)[TimeoutAt, HeartbeatAt, Parent is null ? Execution.TimeoutAt : null])
        {
            if (other < due || due is null)
                due = other;
        }
        return due;
    }
}

/// <summary>How far the branches or iterations of a state are.</summary>
/// <param name="Total">Null while an ItemReader has more.</param>
/// <param name="NextItem">The first item that no iteration was begun for.</param>
/// <param name="NextIndex">The number of the next iteration.</param>
/// <param name="Concurrency">0: no limit.</param>
/// <param name="ToleratedCount">Null with a percentage: any number.</param>
/// <param name="Run">The id of a distributed Map's run, which a redrive goes on with.</param>
internal sealed record Progress(
    long? Total, long NextItem, int NextIndex, int Succeeded, int Failed, long Bytes, long Concurrency, long? ToleratedCount, double? ToleratedPercentage, string? Run = null)
{
    public int Done => Succeeded + Failed;

    public string ToJson() => JsonData.Array([.. ((long?[])[Total, NextItem, NextIndex, Succeeded, Failed, Bytes, Concurrency, ToleratedCount])
        .Select(n => n is { } number ? JsonData.Of(number) : JsonData.Null)
        .Append(ToleratedPercentage is { } share ? JsonData.Number(share.ToString(System.Globalization.CultureInfo.InvariantCulture)) : JsonData.Null)
        .Append(Run is null ? JsonData.Null : JsonData.Of(Run))]).ToString();

    public static Progress Parse(string json)
    {
        IReadOnlyList<JsonData> n = JsonData.Parse(json).Items;
        long? Number(int at) => n[at].TryInteger(out long value) ? value : null;
        return new(Number(0), Number(1) ?? 0, (int)(Number(2) ?? 0), (int)(Number(3) ?? 0), (int)(Number(4) ?? 0), Number(5) ?? 0, Number(6) ?? 0, Number(7),
            n[8].Kind == JsonValueKind.Number ? n[8].Double() : null, n.ElementAtOrDefault(9) is { Kind: JsonValueKind.String } run ? run.Text : null);
    }
}
