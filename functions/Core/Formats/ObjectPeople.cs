using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>People that stand for a whole object: by its name, its tags, or a metadata file beside it. Thread-safe.</summary>
public static class ObjectPeople
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);
    private static readonly ConditionalWeakTable<SubjectRule, Regex> Patterns = [];

    /// <summary>The people whom the <c>fileName</c> rules find in an object's name.</summary>
    /// <param name="nameBelowLocation">The key below the dataset's location.</param>
    /// <exception cref="InvalidDataException">A pattern takes too long on this name; the message does not quote it.</exception>
    public static IReadOnlyList<RowPerson> FromName(
        Dataset dataset, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher, string nameBelowLocation)
    {
        var people = new PeopleInRow();
        foreach (SubjectRule rule in dataset.Subjects)
        {
            if (rule.FileName is not null && IdentifierIn(rule, nameBelowLocation) is { } identifier)
                people.Add(new RowPerson(rule.Kind, hasher.KeysOf(rule.Kind, Identifier.FromText(kinds[rule.Kind], identifier))));
        }
        return [.. people.People];
    }

    /// <summary>The people whom the <c>tag</c> rules find in an object's tags. An empty tag names nobody.</summary>
    public static IReadOnlyList<RowPerson> FromTags(
        Dataset dataset, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher, IReadOnlyDictionary<string, string> tags)
    {
        var people = new PeopleInRow();
        foreach (SubjectRule rule in dataset.Subjects)
        {
            if (rule.Tag is { } tag && tags.GetValueOrDefault(tag) is { Length: > 0 } identifier)
                people.Add(new RowPerson(rule.Kind, hasher.KeysOf(rule.Kind, Identifier.FromText(kinds[rule.Kind], identifier))));
        }
        return [.. people.People];
    }

    /// <summary>The key of the metadata file that speaks of <paramref name="key"/>.</summary>
    /// <param name="rule">A <c>sidecar</c> rule.</param>
    public static string SidecarKey(SubjectRule rule, string key) => rule.Sidecar!.Replace("{key}", key, StringComparison.Ordinal);

    /// <summary>The people whom a metadata file names in the rule's field; null where the file is no JSON object.</summary>
    public static IReadOnlyList<RowPerson>? FromSidecar(
        SubjectRule rule, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher, ReadOnlyMemory<byte> json)
    {
        var fields = new SubjectFields([rule], kinds, hasher);
        var people = new PeopleInRow();
        var row = new JsonRow();
        ReadOnlySpan<byte> text = json.Span;
        if (text.StartsWith(ByteOrderMark.Utf8))
            text = text[ByteOrderMark.Utf8.Length..];
        var visitor = new JsonPeople(fields, row.Escapes, people);
        return row.Walk(text, FieldTree.Of(fields.Names).Root, ref visitor) switch
        {
            JsonRowShape.Object => [.. people.People],
            JsonRowShape.Empty => [],
            _ => null,
        };
    }

    private static string? IdentifierIn(SubjectRule rule, string name)
    {
        try
        {
            Match match = Patterns.GetValue(rule, PatternOf).Match(name);
            return match.Groups["id"] is { Success: true } id ? id.Value : null;
        }
        catch (RegexMatchTimeoutException)
        {
            // The exception itself holds the name.
            throw new InvalidDataException($"the fileName pattern of kind '{rule.Kind}' takes too long on an object's name");
        }
    }

    // Without backtracking where the pattern allows, so that no name can make it slow.
    private static Regex PatternOf(SubjectRule rule)
    {
        const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
        try
        {
            return new Regex(rule.FileName!, Options | RegexOptions.NonBacktracking, LongestMatch);
        }
        catch (NotSupportedException)
        {
            return new Regex(rule.FileName!, Options, LongestMatch);
        }
    }
}
