using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Erasure;

/// <summary>One item of an approved plan, to be carried out.</summary>
/// <param name="Key">Of the object, unsealed.</param>
/// <param name="Earlier">What was recorded of the item before; null at first.</param>
internal sealed record ItemWork(ErasureRequest Request, Plan Plan, PlanItem Item, Dataset Dataset, string Key, ItemOutcome? Earlier)
{
    /// <summary>Why nothing under its key may be read or written: it is a part of a table. Null where it may.</summary>
    public async Task<string?> RefusedAsync(IObjectStore store, CancellationToken cancellation) =>
        (await TableRoots.FindAboveAsync(store, Dataset, Key, cancellation)).Refuse(Key);

    /// <summary>What was recorded of the current version stays true, whatever keeps the rest from being done.</summary>
    public ItemOutcome Outcome(ItemStatus status, string? reason, DateTimeOffset at) => Earlier is { IsCurrentDone: true }
        ? Earlier with { Status = status, Reason = reason, At = at }
        : new ItemOutcome { Plan = Plan.Number, Item = Item.Number, Dataset = Item.Dataset, Object = Item.Object, Status = status, Reason = reason, At = at };
}

/// <summary>What became of the current version.</summary>
/// <param name="ByUs">Whether it was this item's doing.</param>
/// <param name="ETag">Empty where it was removed, or is gone.</param>
internal sealed record CurrentDone(bool ByUs, string ETag = "", string? Version = null, string? Survivors = null)
{
    /// <summary>As it was recorded before the process died; null where it was not.</summary>
    public static CurrentDone? Of(ItemOutcome? earlier) => earlier is { IsCurrentDone: true }
        ? new CurrentDone(earlier.RowsErased > 0 || earlier.ETag.Length > 0, earlier.ETag, earlier.Version, earlier.SurvivorsDigest)
        : null;
}

/// <summary>How far an item has come, over all attempts.</summary>
internal sealed class ItemProgress(ItemOutcome? earlier)
{
    /// <summary>Whether the write was begun, so that it may have happened: only then are rows that are gone this item's doing.</summary>
    public bool MayHaveWritten { get; set; } = earlier is { Status: ItemStatus.Interrupted };

    /// <summary>Null until the current version is done with.</summary>
    public CurrentDone? Current { get; set; }

    /// <summary>Whether old versions may have been removed.</summary>
    public bool IsRemoving { get; set; } = earlier is { IsCurrentDone: true };

    /// <summary>Ids of the old versions that were removed, oldest first.</summary>
    public List<string> Removed { get; } = [];

    /// <summary>Old versions of metadata files that were.</summary>
    public long SidecarsRemoved { get; set; }

    /// <summary>As interrupted, once the current version is done with.</summary>
    public ItemOutcome Outcome(ItemWork work, DateTimeOffset at) => work.Outcome(ItemStatus.Interrupted, "it was interrupted", at) with
    {
        RowsErased = (Current!.ByUs ? work.Item.Rows : 0) + OldVersions.RowsOf(work.Item, Removed),
        ETag = Current.ETag,
        Version = Current.Version is { Length: > 0 } version ? version : null,
        SurvivorsDigest = Current.Survivors,
        Removed = Removed.Count > 0 ? Removed : null,
        SidecarsRemoved = SidecarsRemoved > 0 ? SidecarsRemoved : null,
    };
}
