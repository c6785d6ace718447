using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Limpid.Core.Formats;
using Limpid.Core.Subjects;

namespace Limpid.Core.Schemas;

/// <summary>
/// Bytes that are the same for JSON values that are equal: numbers by their value, texts without escapes, members in order. Of a
/// member that stands twice the last counts.
/// </summary>
internal static class ValueForm
{
    /// <summary>Compares by content, and finds by spans.</summary>
    public static BytesComparer Comparer { get; } = new();

    /// <summary>Of the value that the reader stands on; reads to its end.</summary>
    public static byte[] Of(ref Utf8JsonReader reader)
    {
        var form = new ArrayBufferWriter<byte>();
        Write(ref reader, form, new JsonEscapes(), new DecimalText());
        return form.WrittenSpan.ToArray();
    }

    private static void Write(ref Utf8JsonReader reader, ArrayBufferWriter<byte> form, JsonEscapes escapes, DecimalText numbers)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                Put(form, 'd', numbers.PlainForm(reader.ValueSpan));
                break;
            case JsonTokenType.String:
                Put(form, 's', reader.ValueIsEscaped ? escapes.Decode(reader.ValueSpan) : reader.ValueSpan);
                break;
            case JsonTokenType.StartArray:
                Put(form, '[', []);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    Write(ref reader, form, escapes, numbers);
                Put(form, ']', []);
                break;
            case JsonTokenType.StartObject:
                WriteObject(ref reader, form, escapes, numbers);
                break;
            default:
                Put(form, 'w', reader.ValueSpan);
                break;
        }
    }

    private static void WriteObject(ref Utf8JsonReader reader, ArrayBufferWriter<byte> form, JsonEscapes escapes, DecimalText numbers)
    {
        var members = new SortedDictionary<byte[], byte[]>(Comparer);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            byte[] name = (reader.ValueIsEscaped ? escapes.Decode(reader.ValueSpan) : reader.ValueSpan).ToArray();
            reader.Read();
            members[name] = Of(ref reader);
        }
        Put(form, '{', []);
        foreach ((byte[] name, byte[] value) in members)
        {
            Put(form, 'm', name);
            form.Write(value);
        }
        Put(form, '}', []);
    }

    // With the length in front, so that no text can look like the end of another.
    private static void Put(ArrayBufferWriter<byte> form, char kind, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = form.GetSpan(5);
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], bytes.Length);
        form.Advance(5);
        form.Write(bytes);
    }

    public sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>, IComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>The values that <c>enum</c> or <c>const</c> lists.</summary>
internal sealed class ValueSet(string keyword, IEnumerable<byte[]> forms)
{
    private readonly HashSet<byte[]> _forms = new(forms, ValueForm.Comparer);

    public string Keyword => keyword;

    public bool Contains(ref Utf8JsonReader reader) => _forms.Contains(ValueForm.Of(ref reader));
}
