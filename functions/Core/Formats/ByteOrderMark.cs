namespace Limpid.Core.Formats;

internal static class ByteOrderMark
{
    public static ReadOnlySpan<byte> Utf8 => [0xef, 0xbb, 0xbf];
}
