namespace Limpid.Core.Formats;

/// <summary>Knows files of other formats by their first bytes, so that the report can say what they are.</summary>
internal static class ForeignFormat
{
    /// <summary>Why this can't be a line format, or null where nothing speaks against it.</summary>
    public static string? Recognise(ReadOnlySpan<byte> first) => first switch
    {
        [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..] => "it is a Parquet file",
        [(byte)'P', (byte)'K', 3, 4, ..] => "it is a ZIP archive",
        [(byte)'O', (byte)'b', (byte)'j', 1, ..] => "it is an Avro file",
        [(byte)'O', (byte)'R', (byte)'C', ..] => "it is an ORC file",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "it is compressed with Zstandard",
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => "it is compressed with XZ",
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31, 0x41, 0x59, ..] => "it is compressed with bzip2",
        [0x1f, 0x8b, ..] => "it is gzip inside gzip",
        [0xff, 0xfe, ..] or [0xfe, 0xff, ..] => "it is UTF-16, not UTF-8",
        _ => null,
    };
}
