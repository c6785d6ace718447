using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>
/// Paths for the reference interpreter, read anew whenever they are used: names, indexes, wildcards, slices, deep scans, and
/// filters that compare one member with a number. Nothing of it is shared with what it is held against.
/// </summary>
internal static partial class ReferencePaths
{
    /// <summary>What a path without its <c>$</c> finds; null where a path to one place finds nothing.</summary>
    public static JsonData? Find(string path, JsonData root)
    {
        List<JsonData> found = [root];
        bool one = true;
        foreach (Match step in Step.Matches(path))
        {
            (Func<JsonData, IEnumerable<JsonData>> pick, bool single) = Pick(step.Value);
            found = [.. found.SelectMany(pick)];
            one &= single;
        }
        return one ? found.SingleOrDefault() : JsonData.Array(found);
    }

    /// <summary>The root with a value put where a path of names and indexes leads; null where it can't be put.</summary>
    public static JsonData? Put(string path, JsonData root, JsonData value) => Put([.. Step.Matches(path).Select(m => m.Value)], root, value, inside: false);

    private static JsonData? Put(string[] steps, JsonData? at, JsonData value, bool inside)
    {
        if (steps.Length == 0)
            return value;
        if (Name(steps[0]) is { } name)
        {
            // The language leaves open what becomes of a null on the way; as the runner does, this takes it for nothing there.
            if (at is null || at.Kind == JsonValueKind.Null && inside)
                at = JsonData.EmptyObject;
            if (at.Kind != JsonValueKind.Object || Put(steps[1..], at.Get(name), value, inside: true) is not { } member)
                return null;
            return at.With(name, member);
        }
        int index = int.Parse(steps[0][1..^1], CultureInfo.InvariantCulture);
        if (at?.Kind != JsonValueKind.Array || index >= at.Items.Count || Put(steps[1..], at.Items[index], value, inside: true) is not { } item)
            return null;
        return JsonData.Array([.. at.Items.Select((old, i) => i == index ? item : old)]);
    }

    private static (Func<JsonData, IEnumerable<JsonData>>, bool One) Pick(string step)
    {
        if (step.StartsWith("..", StringComparison.Ordinal))
            return (value => Everything(value).Select(v => v.Get(step[2..])).OfType<JsonData>(), false);
        if (Name(step) is { } name)
            return (value => value.Get(name) is { } member ? [member] : [], true);
        string inside = step[1..^1];
        if (inside == "*")
            return (Children, false);
        if (inside.StartsWith('?'))
        {
            Match filter = Filter.Match(inside);
            double limit = double.Parse(filter.Groups[3].Value, CultureInfo.InvariantCulture);
            return (value => Children(value).Where(v => v.Get(filter.Groups[1].Value) is { Kind: JsonValueKind.Number } n && (filter.Groups[2].Value == "<" ? n.Double() < limit : n.Double() > limit)), false);
        }
        if (inside.Contains(':', StringComparison.Ordinal))
        {
            string[] ends = inside.Split(':');
            return (value => Slice(value.Items, ends[0], ends[1]), false);
        }
        int index = int.Parse(inside, CultureInfo.InvariantCulture);
        return (value => value.Items.Where((_, i) => i == index || i == value.Items.Count + index), true);
    }

    private static IEnumerable<JsonData> Slice(IReadOnlyList<JsonData> items, string from, string to)
    {
        int Place(string text, int missing) => text.Length == 0 ? missing : int.Parse(text, CultureInfo.InvariantCulture) is var n && n < 0 ? items.Count + n : n;
        return items.Where((_, i) => i >= Place(from, 0) && i < Place(to, items.Count));
    }

    private static IEnumerable<JsonData> Children(JsonData value) => value.Kind == JsonValueKind.Array ? value.Items : value.Members.Values;

    private static IEnumerable<JsonData> Everything(JsonData value) => Children(value).SelectMany(Everything).Prepend(value);

    private static string? Name(string step) => step.StartsWith("['", StringComparison.Ordinal) ? step[2..^2] : step.StartsWith('.') ? step[1..] : null;

    [GeneratedRegex(@"\.\.\w+|\.\w+|\[[^\]]*\]")]
    private static partial Regex Step { get; }

    [GeneratedRegex(@"^\?\(@\.(\w+) ([<>]) ([\d.]+)\)$")]
    private static partial Regex Filter { get; }
}
