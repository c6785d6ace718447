namespace Limpid.Core.Index;

/// <summary>Whole numbers that are not negative, seven bits a byte, the lowest first; all bytes but the last have the high bit set.</summary>
internal static class Varint
{
    /// <summary>The most bytes that a number takes.</summary>
    public const int MostBytes = 9;

    /// <summary>Returns how many bytes it took.</summary>
    public static int Write(Span<byte> to, long value)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7)
            to[length++] = (byte)(value | 0x80);
        to[length++] = (byte)value;
        return length;
    }

    /// <summary>Takes one off the front; false where no whole one stands there.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> from, out long value)
    {
        value = 0;
        for (int i = 0; i < from.Length && i < MostBytes; i++)
        {
            value |= (long)(from[i] & 0x7f) << (7 * i);
            if (from[i] >= 0x80)
                continue;
            from = from[(i + 1)..];
            return true;
        }
        return false;
    }
}
