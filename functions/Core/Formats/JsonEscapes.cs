using System.Text;

namespace Limpid.Core.Formats;

/// <summary>
/// Decodes the escapes of a JSON string whose syntax was proven. A surrogate without its other half becomes U+FFFD, where the
/// platform's own decoding throws: one strange string must not stop a file. Not thread-safe.
/// </summary>
internal sealed class JsonEscapes
{
    private byte[] _decoded = new byte[256];

    /// <param name="raw">What stands between the quotes.</param>
    /// <returns>Valid until the next call.</returns>
    public ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> raw)
    {
        // No escape is shorter than what it stands for.
        if (_decoded.Length < raw.Length)
            _decoded = new byte[raw.Length];
        int length = 0;
        while (true)
        {
            int plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
            {
                raw.CopyTo(_decoded.AsSpan(length));
                return _decoded.AsSpan(0, length + raw.Length);
            }
            raw[..plain].CopyTo(_decoded.AsSpan(length));
            length += plain;
            raw = raw[plain..];
            raw = raw[DecodeOne(raw, ref length)..];
        }
    }

    private int DecodeOne(ReadOnlySpan<byte> escape, ref int length)
    {
        if (escape[1] != 'u')
        {
            _decoded[length++] = escape[1] switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                byte itself => itself,
            };
            return 2;
        }
        char first = (char)Hex4(escape[2..]);
        int used = 6;
        if (!Rune.TryCreate(first, out Rune rune))
        {
            rune = Rune.ReplacementChar;
            if (char.IsHighSurrogate(first) && escape.Length >= 12 && escape[6] == '\\' && escape[7] == 'u'
                && Rune.TryCreate(first, (char)Hex4(escape[8..]), out Rune pair))
            {
                rune = pair;
                used = 12;
            }
        }
        length += rune.EncodeToUtf8(_decoded.AsSpan(length));
        return used;
    }

    private static int Hex4(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
            value = value << 4 | (digits[i] <= '9' ? digits[i] - '0' : (digits[i] | 0x20) - 'a' + 10);
        return value;
    }
}
