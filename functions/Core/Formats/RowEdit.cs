using Limpid.Core.Index;

namespace Limpid.Core.Formats;

/// <summary>What is done to a row.</summary>
public enum RowAction
{
    /// <summary>Overwrite it with <c>{}</c> and spaces to the same length. NDJSON only.</summary>
    Blank,

    /// <summary>Remove it with its line ending.</summary>
    Drop,

    /// <summary>Overwrite the values of the dataset's <c>fields</c>: <c>null</c> in JSON, nothing in CSV.</summary>
    Mask,
}

/// <param name="Row">As a scan of the same bytes gave it.</param>
/// <param name="Shared">
/// Whether the row names others as well. Masking then overwrites the subject's own values alone where a field names people.
/// </param>
public readonly record struct RowEdit(RowRef Row, RowAction Action, bool Shared);
