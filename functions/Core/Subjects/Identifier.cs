using System.Text;
using System.Text.Json;
using Limpid.Core.Formats;
using Limpid.Core.Lake;

namespace Limpid.Core.Subjects;

/// <summary>
/// The canonical text of identifiers, in UTF-8: what subject keys are made of. A text stands as it is, a number by its value
/// (<c>2</c>, <c>2.0</c>, <c>20e-1</c> and the text <c>2</c> are one, the text <c>007</c> is another), then the kind's normalisation
/// steps are taken in their order. Nothing here throws for what a file holds.
/// </summary>
public static class Identifier
{
    // What systems write when they know nobody; "0" is somebody's number in too many of them to be one.
    private static readonly HashSet<string> Placeholders = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "null", "(null)", "<null>", "none", "nil", "nan", "undefined", "unknown", "unk", "n/a", "#n/a", "n.a.", "na", "-", "--",
        "---", "?", "anonymous", "anon", "deleted", "removed", "redacted", "[redacted]", "[deleted]", "not available", "not set",
        "missing", "default", "empty",
    };

    /// <summary>Of a text that a person typed, or that stands in a file's name.</summary>
    /// <remarks>A surrogate without its other half becomes U+FFFD.</remarks>
    public static byte[] FromText(Kind kind, string text) => FromText(kind, Encoding.UTF8.GetBytes(text));

    /// <summary>Of a text in UTF-8. Bytes that are no UTF-8 are taken as they are, without normalisation.</summary>
    public static byte[] FromText(Kind kind, ReadOnlySpan<byte> utf8) => new CanonicalText(kind).OfText(utf8).ToArray();

    /// <summary>
    /// Of the JSON value that the reader stands on. False for what is no identifier: null, booleans, objects, arrays (their elements
    /// are for the caller to go through).
    /// </summary>
    public static bool TryFromJson(Kind kind, ref Utf8JsonReader reader, out byte[] canonical)
    {
        var text = new CanonicalText(kind);
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                canonical = text.OfNumber(Raw(ref reader)).ToArray();
                return true;
            case JsonTokenType.String:
                ReadOnlySpan<byte> raw = Raw(ref reader);
                canonical = text.OfText(reader.ValueIsEscaped ? new JsonEscapes().Decode(raw) : raw).ToArray();
                return true;
            default:
                canonical = [];
                return false;
        }
    }

    /// <summary>
    /// Whether it is empty or a word for nobody in particular (<c>null</c>, <c>unknown</c>, <c>n/a</c>, <c>-</c>, <c>deleted</c>, ...), in
    /// any case and with any white space around it. Rows of such a "person" are many people's. <c>0</c> is none.
    /// </summary>
    public static bool IsPlaceholder(ReadOnlySpan<byte> canonical)
    {
        const int LongerThanAny = 64;
        return canonical.Length <= LongerThanAny
            ? Placeholders.Contains(Encoding.UTF8.GetString(canonical).Trim())
            : string.IsNullOrWhiteSpace(Encoding.UTF8.GetString(canonical));
    }

    private static ReadOnlySpan<byte> Raw(ref Utf8JsonReader reader) =>
        reader.HasValueSequence ? System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence) : reader.ValueSpan;
}
