using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Limpid.Core.Subjects;

/// <summary>
/// The keyed hash of an identifier's kind and canonical text, cut to 128 bits, with the number of the secret in front: the only
/// form in which a person appears in the index, reports, logs, URLs, mails, metrics and execution names.
/// Text form: <c>1-9f86d081884c7d659a2feaa0c55ad015</c>. Binary form: 18 bytes, big-endian, ordered as the values are.
/// </summary>
[JsonConverter(typeof(SubjectKeyJson))]
public readonly record struct SubjectKey(ushort Secret, UInt128 Hash) : IComparable<SubjectKey>
{
    public const int ByteLength = 18;

    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, Secret);
        BinaryPrimitives.WriteUInt128BigEndian(destination[2..], Hash);
    }

    public byte[] ToByteArray()
    {
        byte[] bytes = new byte[ByteLength];
        WriteTo(bytes);
        return bytes;
    }

    public static SubjectKey ReadFrom(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt16BigEndian(source), BinaryPrimitives.ReadUInt128BigEndian(source[2..]));

    public static bool TryParse(string? text, out SubjectKey key)
    {
        key = default;
        int dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash <= 0 || text!.Length != dash + 33
            || !ushort.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out ushort secret)
            || !UInt128.TryParse(text.AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 hash))
            return false;
        key = new SubjectKey(secret, hash);
        return true;
    }

    public int CompareTo(SubjectKey other) => Secret != other.Secret ? Secret.CompareTo(other.Secret) : Hash.CompareTo(other.Hash);

    public static bool operator <(SubjectKey left, SubjectKey right) => left.CompareTo(right) < 0;
    public static bool operator >(SubjectKey left, SubjectKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(SubjectKey left, SubjectKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(SubjectKey left, SubjectKey right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Secret}-{Hash:x32}");
}
