using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Limpid.Core.Schemas;

/// <summary>A member that a schema names.</summary>
/// <param name="Bit">Its number among them.</param>
/// <param name="Node">What its value has to be, or null.</param>
internal sealed record NamedMember(string Name, int Bit, SchemaNode? Node)
{
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Name);
}

/// <param name="Bit">Of the member whose presence asks for more.</param>
/// <param name="Members">Bits of members that then have to be there as well.</param>
/// <param name="Node">What the whole object then has to be.</param>
internal sealed record Dependency(int Bit, int[] Members, SchemaNode? Node);

/// <summary>What a schema asks of objects.</summary>
internal sealed class ObjectRules(IReadOnlyList<NamedMember> members)
{
    private const int BitsAWord = 64;

    private readonly Dictionary<byte[], NamedMember>.AlternateLookup<ReadOnlySpan<byte>> _members =
        members.ToDictionary(member => member.Utf8, ValueForm.Comparer).GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Bits of the members that have to be there.</summary>
    public int[] Required { get; init; } = [];

    /// <summary>64 at most.</summary>
    public (Regex Pattern, SchemaNode Node)[] Patterns { get; init; } = [];

    public SchemaNode? Additional { get; init; }

    public SchemaNode? Names { get; init; }

    public Dependency[] Dependencies { get; init; } = [];

    public int MinProperties { get; init; }

    public int MaxProperties { get; init; } = int.MaxValue;

    public IEnumerable<SchemaNode> InPlace => Dependencies.Select(dependency => dependency.Node).OfType<SchemaNode>();

    public IEnumerable<SchemaNode> Deeper =>
        members.Select(member => member.Node).Concat(Patterns.Select(pattern => pattern.Node)).Append(Additional).Append(Names).OfType<SchemaNode>();

    public bool Check(ref Utf8JsonReader reader, Validation validation)
    {
        Utf8JsonReader whole = reader;
        scoped Span<ulong> seen = stackalloc ulong[4];
        if (members.Count > seen.Length * BitsAWord)
            seen = new ulong[members.Count / BitsAWord + 1];
        seen.Clear();
        int count = 0;
        for (; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; count++)
        {
            if (!CheckMember(ref reader, seen, validation))
                return false;
        }
        if (count < MinProperties)
            return validation.Fail("minProperties");
        if (count > MaxProperties)
            return validation.Fail("maxProperties");
        return IsThere(Required, seen) ? CheckDependencies(whole, seen, validation) : validation.Fail("required");
    }

    private bool CheckMember(ref Utf8JsonReader reader, scoped Span<ulong> seen, Validation validation)
    {
        // All that the name decides is decided first: its bytes don't outlive the reading of the value.
        ReadOnlySpan<byte> name = validation.TextOf(ref reader);
        if (_members.TryGetValue(name, out NamedMember? member))
            seen[member.Bit / BitsAWord] |= 1UL << member.Bit % BitsAWord;
        ulong matched = Matched(name);
        if (Names is not null && !CheckName(ref reader, validation))
            return validation.Fail("propertyNames");
        reader.Read();
        Utf8JsonReader value = reader;
        if (member?.Node is null && matched == 0)
        {
            if (Additional is null)
                reader.Skip();
            else if (Additional.AllowsNothing)
                return validation.Fail("additionalProperties");
            else if (!Additional.Check(ref reader, validation))
                return validation.FailedIn("*");
            return true;
        }
        if (member?.Node is null)
            reader.Skip();
        else if (!member.Node.Check(ref reader, validation))
            return validation.FailedIn(SchemaLocation.Escaped(member.Name));
        for (int i = 0; matched != 0; i++, matched >>= 1)
        {
            Utf8JsonReader again = value;
            if ((matched & 1) != 0 && !Patterns[i].Node.Check(ref again, validation))
                return validation.FailedIn(member?.Node is null ? "*" : SchemaLocation.Escaped(member.Name));
        }
        return true;
    }

    private ulong Matched(ReadOnlySpan<byte> name)
    {
        if (Patterns.Length == 0)
            return 0;
        string text = Encoding.UTF8.GetString(name);
        ulong matched = 0;
        for (int i = 0; i < Patterns.Length; i++)
            matched |= Patterns[i].Pattern.IsMatch(text) ? 1UL << i : 0;
        return matched;
    }

    private bool CheckName(ref Utf8JsonReader reader, Validation validation)
    {
        byte[] quoted = [(byte)'"', .. reader.ValueSpan, (byte)'"'];
        var name = new Utf8JsonReader(quoted);
        name.Read();
        return Names!.Check(ref name, validation);
    }

    private bool CheckDependencies(Utf8JsonReader whole, ReadOnlySpan<ulong> seen, Validation validation)
    {
        foreach (Dependency dependency in Dependencies)
        {
            if (!IsThere(dependency.Bit, seen))
                continue;
            if (!IsThere(dependency.Members, seen))
                return validation.Fail("dependencies");
            Utf8JsonReader again = whole;
            if (dependency.Node?.Check(ref again, validation) == false)
                return false;
        }
        return true;
    }

    private static bool IsThere(int[] bits, ReadOnlySpan<ulong> seen)
    {
        foreach (int bit in bits)
        {
            if (!IsThere(bit, seen))
                return false;
        }
        return true;
    }

    private static bool IsThere(int bit, ReadOnlySpan<ulong> seen) => (seen[bit / BitsAWord] >> bit % BitsAWord & 1) != 0;
}
