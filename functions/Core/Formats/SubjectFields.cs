using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>
/// The fields of a dataset's rows that name people, and how their values become people. Holds caches: not thread-safe.
/// </summary>
internal sealed class SubjectFields
{
    private readonly FieldIdentity[] _fields;

    public SubjectFields(IEnumerable<SubjectRule> rules, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher)
    {
        Dictionary<string, IdentityOfKind> byKind = new(StringComparer.Ordinal);
        _fields = [.. rules.Select(rule => new FieldIdentity(rule.Field!, Identity(rule.Kind)))];

        IdentityOfKind Identity(string kind)
        {
            if (!byKind.TryGetValue(kind, out IdentityOfKind? identity))
                byKind.Add(kind, identity = new IdentityOfKind(new CanonicalText(kinds[kind]), new PersonCache(kind, hasher)));
            return identity;
        }
    }

    /// <summary>The fields' paths or column names; a field's number is its place here.</summary>
    public IReadOnlyList<string> Names => [.. _fields.Select(identity => identity.Name)];

    public int Count => _fields.Length;

    /// <summary>The person that a JSON value names; false for what is no identifier.</summary>
    public bool TryPerson(int field, ref Utf8JsonReader reader, JsonEscapes escapes, out RowPerson person)
    {
        IdentityOfKind identity = _fields[field].Identity;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                ReadOnlySpan<byte> raw = reader.ValueSpan;
                person = identity.OfText(reader.ValueIsEscaped ? escapes.Decode(raw) : raw);
                return true;
            case JsonTokenType.Number:
                person = identity.OfNumber(reader.ValueSpan);
                return true;
            default:
                person = default;
                return false;
        }
    }

    /// <summary>The person that a text names.</summary>
    public RowPerson Person(int field, ReadOnlySpan<byte> text) => _fields[field].Identity.OfText(text);

    /// <summary>The person that a JSON number names.</summary>
    public RowPerson PersonOfNumber(int field, ReadOnlySpan<byte> number) => _fields[field].Identity.OfNumber(number);

    private sealed class IdentityOfKind(CanonicalText canonical, PersonCache people)
    {
        public RowPerson OfText(ReadOnlySpan<byte> text) => people.Of(canonical.OfText(text));

        public RowPerson OfNumber(ReadOnlySpan<byte> number) => people.Of(canonical.OfNumber(number));
    }

    private readonly record struct FieldIdentity(string Name, IdentityOfKind Identity);
}
