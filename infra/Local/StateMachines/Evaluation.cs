using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Limpid.Local.StateMachines;

/// <summary>The item that a Map is at, for <c>$$.Map.Item</c>.</summary>
/// <param name="Key">Its name, where the Map goes through an object.</param>
/// <param name="Source">Where it was read from; found out only when somebody asks.</param>
internal sealed record MapItem(int Index, JsonData? Key, JsonData Value, Func<string> Source)
{
    public JsonData ToJson()
    {
        (string, JsonData)[] members = [("Index", JsonData.Of(Index)), ("Value", Value), ("Source", JsonData.Of(Source()))];
        return JsonData.Object(Key is null ? members : [.. members, ("Key", Key)]);
    }
}

/// <summary>What expressions see from a frame.</summary>
internal sealed class Evaluation(Frame frame, JsonData input, int seed, string? token = null, MapItem? item = null) : IEvaluation
{
    private JsonData? context;
    private Random? chance;

    public JsonData Input => input;

    public JsonData Context => context ??= BuildContext();

    public Random Chance => chance ??= new(Seed());

    public JsonData? Variable(string name)
    {
        for (Frame? scope = frame; scope is not null; scope = scope.IsChildExecution ? null : scope.Parent)
        {
            if (scope.Variables.TryGetValue(name, out JsonData? value))
                return value;
        }
        return null;
    }

    public Evaluation On(JsonData other) => new(frame, other, seed, token, item) { context = context, chance = chance };

    public Evaluation WithItem(MapItem at) => new(frame, input, seed, token, at);

    /// <summary>The same for the same visit of a state, whenever it is run; another one for each attempt and item.</summary>
    private int Seed()
    {
        string visit = $"{seed}/{frame.Execution.Definition.Name}/{frame.Execution.Name}/{frame.Id}/{frame.EnteredEvent}/{frame.RetryCount}/{item?.Index}{(frame.Execution.RedriveCount > 0 ? $"/{frame.Execution.RedriveCount}" : "")}";
        return BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(visit)));
    }

    private JsonData BuildContext()
    {
        Execution execution = frame.Execution;
        Frame root = frame.History;
        (string name, string machine, JsonData given, DateTimeOffset started) = root.Parent is { } map
            ? (ChildName(root), $"{execution.Definition.Name}/{Label(map)}", root.Item!, map.EnteredAt)
            : (execution.Name, execution.Definition.Name, execution.Input, execution.Started);
        (string, JsonData)[] redriven = execution.Redriven is { } at ? [("RedriveTime", JsonData.Of(Timestamps.Format(at)))] : [];
        (string, JsonData)[] state = [("Name", JsonData.Of(frame.StateName)), ("EnteredTime", JsonData.Of(Timestamps.Format(frame.EnteredAt)))];
        // Only states that can be retried count how often they were.
        if (frame.State is WorkState)
            state = [.. state, ("RetryCount", JsonData.Of(frame.RetryCount))];
        var members = new List<(string, JsonData)>
        {
            ("Execution", JsonData.Object([("Id", JsonData.Of(Arns.Execution(machine, name))), ("Input", given),
                ("Name", JsonData.Of(name)), ("RoleArn", JsonData.Of(Arns.Role)), ("StartTime", JsonData.Of(Timestamps.Format(started))), ("RedriveCount", JsonData.Of(execution.RedriveCount)), .. redriven])),
            ("StateMachine", JsonData.Object(("Id", JsonData.Of(Arns.StateMachine(machine))), ("Name", JsonData.Of(machine)))),
            ("State", JsonData.Object(state)),
        };
        if (token is not null)
            members.Add(("Task", JsonData.Object(("Token", JsonData.Of(token)))));
        if (CurrentItem() is { } current)
            members.Add(("Map", JsonData.Object(("Item", current.ToJson()))));
        return JsonData.Object([.. members]);
    }

    private MapItem? CurrentItem()
    {
        if (item is not null)
            return item;
        for (Frame? f = frame; f is not null && !f.IsChildExecution; f = f.Parent)
        {
            if (f.IsIteration && f.Item is not null)
                return new(f.Index, null, f.Item, () => StateData);
        }
        return null;
    }

    /// <summary>The source of items that come from the state's input.</summary>
    internal const string StateData = "STATE_DATA";

    internal static string Label(Frame map) => ((MapState)map.State).Map.Label ?? map.StateName;

    internal static string ChildName(Frame child) => $"{child.Execution.Name}-{child.Parent!.Id}-{child.Index}";
}
