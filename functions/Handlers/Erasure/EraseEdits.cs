using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;

namespace Limpid.Functions.Erasure;

/// <summary>Which rows of an object are touched, and how, by what its dataset says of erasing and of shared rows.</summary>
internal static class EraseEdits
{
    public static string SharedReason(long rows) =>
        rows == 1 ? "1 row names somebody else as well" : $"{rows} rows name somebody else as well";

    /// <summary>Why an object whose name or metadata file names several people may not be touched; null where it may.</summary>
    public static string? WhySharedWhole(Dataset dataset, SubjectRows rows) =>
        rows.WholeIsShared && (dataset.Erase == EraseMode.Delete || dataset.Shared != SharedMode.Erase)
            ? "its name or metadata file names somebody else as well"
            : null;

    /// <summary>Ascending. Empty for <see cref="EraseMode.Delete"/> of a whole object that holds no rows.</summary>
    public static List<RowEdit> Of(Dataset dataset, SubjectRows rows)
    {
        var edits = new List<RowEdit>(rows.Own.Count + rows.Shared.Count);
        RowAction action = ActionOf(dataset.Erase);
        foreach (RowRef row in rows.Own)
            edits.Add(new RowEdit(row, action, Shared: false));
        if (dataset.Shared != SharedMode.Block)
        {
            foreach (RowRef row in rows.Shared)
                edits.Add(new RowEdit(row, dataset.Shared == SharedMode.Mask ? RowAction.Mask : action, Shared: true));
        }
        edits.Sort((a, b) => a.Row.Offset.CompareTo(b.Row.Offset));
        return edits;
    }

    public static List<RowRef> RowsOf(Dataset dataset, SubjectRows rows) => Of(dataset, rows).ConvertAll(e => e.Row);

    private static RowAction ActionOf(EraseMode erase) => erase switch
    {
        EraseMode.Blank => RowAction.Blank,
        EraseMode.Mask => RowAction.Mask,
        _ => RowAction.Drop,
    };
}
