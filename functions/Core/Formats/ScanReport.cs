using Limpid.Core.Index;

namespace Limpid.Core.Formats;

/// <summary>A row that can't be read, so that nobody knows whom it names.</summary>
/// <param name="Row">Its length is cut to <see cref="int.MaxValue"/>.</param>
/// <param name="Reason">One line for people; never quotes the content.</param>
public readonly record struct MalformedRow(RowRef Row, string Reason);

/// <summary>What a scan saw, besides the rows that it handed over.</summary>
public sealed record ScanReport
{
    /// <summary>How many of the malformed rows <see cref="Malformed"/> lists.</summary>
    public const int ListedMalformedRows = 100;

    /// <summary>Well-formed data rows, with and without people.</summary>
    public long Rows { get; init; }

    /// <summary>Empty lines, and blanked rows (<c>{}</c> and spaces).</summary>
    public long EmptyRows { get; init; }

    public long MalformedRows { get; init; }

    /// <summary>The first <see cref="ListedMalformedRows"/> of them.</summary>
    public IReadOnlyList<MalformedRow> Malformed { get; init; } = [];

    public Compression Compression { get; init; }

    /// <summary>Bytes read, decompressed; less than the whole where <see cref="Unreadable"/> says why.</summary>
    public long ContentBytes { get; init; }

    /// <summary>
    /// Why the object is not what its dataset says, in one line; null where it is. Then the counts are not to be relied on and
    /// nothing in the object may be erased.
    /// </summary>
    public string? Unreadable { get; init; }
}
