namespace Limpid.Core.Formats;

/// <summary>What bounds the memory of a scan.</summary>
public static class RowLimits
{
    /// <summary>Rows of more bytes than this (16 MiB) are malformed: reported with their position, and passed over in flat memory.</summary>
    public const int Bytes = 16 * 1024 * 1024;

    /// <summary>Rows that name more people than this are malformed: a row of 16 MiB may hold millions of identifiers.</summary>
    public const int People = 65_536;

    /// <summary>A CSV header with more columns than this makes the file unreadable.</summary>
    public const int Columns = 65_536;
}
