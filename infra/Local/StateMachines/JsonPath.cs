using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>What one step of a path picks out of a value.</summary>
internal abstract record PathStep
{
    /// <summary>Whether the step picks one place and no more.</summary>
    public virtual bool Definite => false;

    internal sealed record Name(string Key) : PathStep
    {
        public override bool Definite => true;
    }

    internal sealed record Index(int At) : PathStep
    {
        public override bool Definite => true;
    }

    internal sealed record Wildcard : PathStep;

    internal sealed record Names(IReadOnlyList<string> Keys) : PathStep;

    internal sealed record Indexes(IReadOnlyList<int> At) : PathStep;

    internal sealed record Slice(int? From, int? To, int? Stride) : PathStep;

    /// <summary>The steps that follow apply to the value and to everything in it.</summary>
    internal sealed record Descend : PathStep;

    internal sealed record Filter(PathFilter Condition) : PathStep;
}

/// <summary>
/// A JSONPath as the States Language uses it: names, indexes, wildcards, slices, unions, deep scans and filters.
/// Functions such as <c>length()</c> are not part of it. A path of names and indexes alone yields one value or none,
/// every other path an array, empty where nothing matches.
/// </summary>
public sealed class JsonPath
{
    private readonly IReadOnlyList<PathStep> steps;

    internal JsonPath(string text, IReadOnlyList<PathStep> steps)
    {
        Text = text;
        this.steps = steps;
        Definite = steps.All(s => s.Definite);
    }

    /// <summary>The path as it was written.</summary>
    public string Text { get; }

    /// <summary>Whether the path picks one place: only names and indexes.</summary>
    public bool Definite { get; }

    internal IReadOnlyList<PathStep> Steps => steps;

    /// <summary>Reads a path that begins with <c>$</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonPath? path)
    {
        var scanner = new PathScanner(text, 0);
        path = scanner.TryRoot() && scanner.TrySteps(out var steps) && scanner.AtEnd ? new(text, steps) : null;
        return path is not null;
    }

    /// <summary>What the path picks out of <paramref name="root"/>, or the reason why it picks nothing.</summary>
    public bool TryEvaluate(JsonData root, [NotNullWhen(true)] out JsonData? value, out string reason)
    {
        reason = "";
        if (Definite)
            return TryPick(root, out value, out reason);
        var found = new List<JsonData>();
        Collect(root, root, 0, found);
        value = JsonData.Array(found);
        return true;
    }

    internal bool TryEvaluate(JsonData root, [NotNullWhen(true)] out JsonData? value) => TryEvaluate(root, out value, out _);

    /// <summary>Whether the path ends at an index of an array that has fewer elements.</summary>
    internal bool IsPastAnEnd(JsonData root) => Definite && steps.Count > 0 && steps[^1] is PathStep.Index last
        && new JsonPath("", [.. steps.SkipLast(1)]).TryEvaluate(root, out JsonData? array) && array.Kind == JsonValueKind.Array && At(array, last.At) is null;

    /// <summary>The values that the path picks, with <paramref name="root"/> for the <c>$</c> of filters.</summary>
    internal List<JsonData> Matches(JsonData from, JsonData root)
    {
        var found = new List<JsonData>();
        Collect(from, root, 0, found);
        return found;
    }

    private bool TryPick(JsonData root, [NotNullWhen(true)] out JsonData? value, out string reason)
    {
        value = root;
        reason = "";
        string walked = "$";
        for (int i = 0; i < steps.Count; i++)
        {
            JsonData? next = One(value, steps[i]);
            string name = steps[i] is PathStep.Name n ? $"['{n.Key}']" : $"[{((PathStep.Index)steps[i]).At}]";
            if (next is null)
            {
                reason = Missing(value, steps[i], walked, name, last: i == steps.Count - 1);
                value = null;
                return false;
            }
            walked += name;
            value = next;
        }
        return true;
    }

    private static string Missing(JsonData value, PathStep step, string walked, string name, bool last) => (step, value.Kind) switch
    {
        (PathStep.Index, JsonValueKind.Array) => $"Index out of bounds when evaluating path {walked}{name}",
        (PathStep.Index, _) => $"Filter: {name} can only be applied to arrays. Current context is: {value}",
        (PathStep.Name, JsonValueKind.Object) when last => $"No results for path: {walked}{name}",
        (PathStep.Name, JsonValueKind.Object) => $"Missing property in path {walked}{name}",
        (PathStep.Name, JsonValueKind.Null) => $"Missing property in path {walked}{name}",
        _ => $"Expected to find an object with property {name} in path {walked} but found '{JavaName(value)}'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.",
    };

    private static string JavaName(JsonData value) => value.Kind switch
    {
        JsonValueKind.String => "java.lang.String",
        JsonValueKind.Number => value.TryInteger(out _) ? "java.lang.Integer" : "java.lang.Double",
        JsonValueKind.True or JsonValueKind.False => "java.lang.Boolean",
        JsonValueKind.Array => "net.minidev.json.JSONArray",
        _ => "null",
    };

    private static JsonData? One(JsonData value, PathStep step) => step switch
    {
        PathStep.Name name => value.Get(name.Key),
        PathStep.Index index => At(value, index.At),
        _ => null,
    };

    private static JsonData? At(JsonData value, int index)
    {
        if (value.Kind != JsonValueKind.Array)
            return null;
        int at = index < 0 ? value.Items.Count + index : index;
        return at >= 0 && at < value.Items.Count ? value.Items[at] : null;
    }

    private void Collect(JsonData value, JsonData root, int step, List<JsonData> found)
    {
        if (step == steps.Count)
        {
            found.Add(value);
            return;
        }
        switch (steps[step])
        {
            case PathStep.Name or PathStep.Index:
                if (One(value, steps[step]) is { } one)
                    Collect(one, root, step + 1, found);
                break;
            case PathStep.Wildcard:
                foreach (JsonData child in Children(value))
                    Collect(child, root, step + 1, found);
                break;
            case PathStep.Names names:
                CollectNames(value, root, names.Keys, step, found);
                break;
            case PathStep.Indexes indexes:
                foreach (int index in indexes.At)
                {
                    if (At(value, index) is { } item)
                        Collect(item, root, step + 1, found);
                }
                break;
            case PathStep.Slice slice:
                foreach (JsonData item in Sliced(value.Items, slice))
                    Collect(item, root, step + 1, found);
                break;
            case PathStep.Filter filter:
                foreach (JsonData child in value.Kind == JsonValueKind.Object ? [value] : value.Items)
                {
                    if (filter.Condition.Holds(child, root))
                        Collect(child, root, step + 1, found);
                }
                break;
            case PathStep.Descend:
                Descend(value, root, step + 1, found);
                break;
        }
    }

    private void CollectNames(JsonData value, JsonData root, IReadOnlyList<string> keys, int step, List<JsonData> found)
    {
        if (value.Kind != JsonValueKind.Object)
            return;
        if (step < steps.Count - 1)
        {
            foreach (string key in keys)
            {
                if (value.Get(key) is { } member)
                    Collect(member, root, step + 1, found);
            }
            return;
        }
        // Several names at the end of a path pick one object of those members.
        found.Add(JsonData.Object(keys.Where(k => value.Get(k) is not null).Select(k => KeyValuePair.Create(k, value.Get(k)!))));
    }

    private void Descend(JsonData value, JsonData root, int step, List<JsonData> found)
    {
        if (step < steps.Count && steps[step] is not PathStep.Filter || value.Kind is JsonValueKind.Array)
            Collect(value, root, step, found);
        foreach (JsonData child in Children(value))
            Descend(child, root, step, found);
    }

    private static IEnumerable<JsonData> Children(JsonData value) => value.Kind == JsonValueKind.Object ? value.Members.Values : value.Items;

    private static IEnumerable<JsonData> Sliced(IReadOnlyList<JsonData> items, PathStep.Slice slice)
    {
        int from = Bound(slice.From ?? 0, items.Count);
        int to = Bound(slice.To ?? items.Count, items.Count);
        for (int i = from; i < to; i += slice.Stride ?? 1)
            yield return items[i];
    }

    private static int Bound(int at, int count) => Math.Clamp(at < 0 ? count + at : at, 0, count);

    public override string ToString() => Text;
}
