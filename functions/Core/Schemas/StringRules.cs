using System.Text;
using System.Text.RegularExpressions;

namespace Limpid.Core.Schemas;

/// <summary>What a schema asks of texts.</summary>
internal sealed class StringRules
{
    /// <summary>In characters, of which one may be two <see cref="char"/>s.</summary>
    public int MinLength { get; init; }

    public int MaxLength { get; init; } = int.MaxValue;

    public Regex? Pattern { get; init; }

    public Func<string, bool>? Format { get; init; }

    /// <summary>The keyword that the text breaks, or null.</summary>
    public string? WhyNot(ReadOnlySpan<byte> utf8)
    {
        if (MinLength > 0 || MaxLength < int.MaxValue)
        {
            int length = 0;
            foreach (byte unit in utf8)
                length += (unit & 0xC0) == 0x80 ? 0 : 1;
            if (length < MinLength)
                return "minLength";
            if (length > MaxLength)
                return "maxLength";
        }
        if (Pattern is null && Format is null)
            return null;
        string text = Encoding.UTF8.GetString(utf8);
        return Pattern?.IsMatch(text) == false ? "pattern" : Format?.Invoke(text) == false ? "format" : null;
    }
}
