using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>What is done to a person's row, by what its dataset says of erasing and of shared rows.</summary>
internal static class EraseEdits
{
    public static string SharedReason(long rows) =>
        rows == 1 ? "1 row names somebody else as well" : $"{rows} rows name somebody else as well";

    /// <summary>Null for a row that stays as it is.</summary>
    public static RowAction? ActionOn(Dataset dataset, RowMatch match) => (match, dataset.Shared) switch
    {
        (RowMatch.None, _) or (RowMatch.Shared, SharedMode.Block) => null,
        (RowMatch.Shared, SharedMode.Mask) => RowAction.Mask,
        _ => dataset.Erase switch
        {
            EraseMode.Blank => RowAction.Blank,
            EraseMode.Mask => RowAction.Mask,
            _ => RowAction.Drop,
        },
    };

    /// <summary>Whether rows that name somebody else as well go whole by the dataset's rules, for the others too.</summary>
    public static bool TakesShared(Dataset dataset) => dataset is { Shared: SharedMode.Erase, Erase: EraseMode.Blank or EraseMode.Drop };

    /// <summary>How many rows go.</summary>
    public static long RowsOf(Dataset dataset, SubjectRows rows) => rows.Own + (dataset.Shared == SharedMode.Block ? 0 : rows.Shared);

    /// <summary>How many bytes of rows go.</summary>
    public static long BytesOf(Dataset dataset, SubjectRows rows) => rows.OwnBytes + (dataset.Shared == SharedMode.Block ? 0 : rows.SharedBytes);

    /// <summary>Whether nothing of the person is left that the dataset's rules would take away.</summary>
    public static bool IsNothingLeft(Dataset dataset, SubjectRows rows) =>
        RowsOf(dataset, rows) == 0 && !rows.HasSidecar && !(rows.WholeObject && !rows.IsSharedObject && dataset.Erase == EraseMode.Delete);

    /// <summary>
    /// Whether an old version goes, which it only can whole: it holds something of the person that the dataset's rules take away, and
    /// what says whose it is can be read.
    /// </summary>
    public static bool GoesWhole(Dataset dataset, SubjectRows rows) => rows.WhoseUnreadable is null && (rows.IsOldSidecar
        ? (rows.WholeObject && (!rows.IsSharedObject || dataset is { Shared: SharedMode.Erase, Erase: not EraseMode.Delete }))
            // Or it only has a metadata file's name, and rows.
            || (!rows.WholeObject && dataset.Erase != EraseMode.Delete && RowsOf(dataset, rows) > 0)
        : dataset.Erase == EraseMode.Delete
            // Somebody else's object too, as a whole: as the current version it would stay.
            ? !rows.IsSharedObject && (rows.WholeObject || RowsOf(dataset, rows) > 0)
            : RowsOf(dataset, rows) > 0);

    /// <summary>Why an old version that holds something of the person stays; it is none that goes whole.</summary>
    public static string WhyOldStays(SubjectRows rows) =>
        rows.IsSharedObject ? "its name, tag or metadata file names somebody else as well"
        : rows.Shared > 0 ? SharedReason(rows.Shared)
        : "its name or tag still names the person; only `erase: delete` removes them";
}
