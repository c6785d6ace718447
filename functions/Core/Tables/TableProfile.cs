namespace Limpid.Core.Tables;

/// <summary>What a version of a table consists of, in numbers alone: no value of any row.</summary>
/// <param name="Columns">In the order in which they first came up.</param>
public sealed record TableProfile(long Rows, IReadOnlyList<ColumnProfile> Columns)
{
    /// <summary>Rows that lack a column of the key; 0 where there is no key.</summary>
    public long RowsWithoutKey { get; init; }

    /// <summary>Rows whose key another row before them has.</summary>
    public long RowsWithKeyOfAnother { get; init; }

    public ColumnProfile? Column(string name)
    {
        foreach (ColumnProfile column in Columns)
        {
            if (column.Name == name)
                return column;
        }
        return null;
    }
}

/// <param name="Types">That its values have: <c>text</c>, <c>number</c>, <c>boolean</c>, <c>object</c>, <c>array</c>; of CSV the first two.</param>
/// <param name="Filled">Rows that have a value: not null, and of CSV not empty without quotes.</param>
/// <param name="Distinct">How many different values there are.</param>
/// <param name="IsExact">Whether that is their number, or an estimate.</param>
public sealed record ColumnProfile(string Name, IReadOnlyList<string> Types, long Filled, long Distinct, bool IsExact);
