using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Limpid.Local.StateMachines;

/// <summary>What expressions see from a frame.</summary>
internal sealed class Evaluation(Frame frame, JsonData input, int seed, string? token = null, (int Index, JsonData Value)? item = null) : IEvaluation
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

    public Evaluation WithItem(int index, JsonData value) => new(frame, input, seed, token, (index, value));

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
        var members = new List<(string, JsonData)>
        {
            ("Execution", JsonData.Object([("Id", JsonData.Of(Arns.Execution(machine, name))), ("Input", given),
                ("Name", JsonData.Of(name)), ("RoleArn", JsonData.Of(Arns.Role)), ("StartTime", JsonData.Of(Timestamps.Format(started))), ("RedriveCount", JsonData.Of(execution.RedriveCount)), .. redriven])),
            ("StateMachine", JsonData.Object(("Id", JsonData.Of(Arns.StateMachine(machine))), ("Name", JsonData.Of(machine)))),
            ("State", JsonData.Object(("Name", JsonData.Of(frame.StateName)), ("EnteredTime", JsonData.Of(Timestamps.Format(frame.EnteredAt))), ("RetryCount", JsonData.Of(frame.RetryCount)))),
        };
        if (token is not null)
            members.Add(("Task", JsonData.Object(("Token", JsonData.Of(token)))));
        if (MapItem() is { } current)
            members.Add(("Map", JsonData.Object(("Item", JsonData.Object(("Index", JsonData.Of(current.Index)), ("Value", current.Value))))));
        return JsonData.Object([.. members]);
    }

    private (int Index, JsonData Value)? MapItem()
    {
        if (item is not null)
            return item;
        for (Frame? f = frame; f is not null && !f.IsChildExecution; f = f.Parent)
        {
            if (f.IsIteration && f.Item is not null)
                return (f.Index, f.Item);
        }
        return null;
    }

    internal static string Label(Frame map) => ((MapState)map.State).Map.Label ?? map.StateName;

    private static string ChildName(Frame child) => $"{child.Execution.Name}-{child.Parent!.Id}-{child.Index}";
}
