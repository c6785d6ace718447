using Limpid.Core.Erasure;
using Limpid.Core.Lake;

namespace Limpid.Functions.Erasure;

/// <summary>Stores a file of items, or only digests it (a dry run), and returns its digest.</summary>
internal delegate Task<string> PutChunk(string requestId, IReadOnlyList<PlanItem> items, CancellationToken cancellation);

/// <summary>
/// A plan while it is made: its items as they are found, in files of <see cref="Plan.ItemsPerChunk"/>, and which objects it is through
/// with. A mark stands for each of these, since many an object gives no items, or items under the name of its metadata file.
/// </summary>
internal sealed class PlanDraft(LakeConfig lake, string requestId, PutChunk put)
{
    private const int MostSearchedShown = 20;

    private readonly List<string> _chunks = [];
    private readonly List<PlanItem> _begun = new(Plan.ItemsPerChunk);
    private readonly HashSet<UInt128> _through = [];
    private readonly List<UInt128> _unsaved = [];
    private readonly Dictionary<string, DatasetPlan> _sums = [];
    private int _savedChunks;

    /// <summary>The items that fill no file yet.</summary>
    public IReadOnlyList<PlanItem> Begun => _begun;

    /// <summary>The digests of the files that were filled since the last <see cref="MarkSaved"/>.</summary>
    public IReadOnlyList<string> UnsavedChunks => _chunks[_savedChunks..];

    /// <summary>The objects that were got through with since the last <see cref="MarkSaved"/>.</summary>
    public IReadOnlyList<UInt128> Unsaved => _unsaved;

    public int Items => (_chunks.Count * Plan.ItemsPerChunk) + _begun.Count;

    public bool IsThrough(string objectId) => _through.Contains(ItemHistory.MarkOf(objectId));

    /// <summary>The next item, which is given its number.</summary>
    public async Task AddAsync(PlanItem item, CancellationToken cancellation)
    {
        Begin(item with { Number = Items });
        if (_begun.Count < Plan.ItemsPerChunk)
            return;
        _chunks.Add(await put(requestId, _begun, cancellation));
        _begun.Clear();
    }

    /// <summary>All items of an object are in.</summary>
    public void GetThrough(string objectId)
    {
        UInt128 mark = ItemHistory.MarkOf(objectId);
        if (_through.Add(mark))
            _unsaved.Add(mark);
    }

    /// <summary>What an earlier call came to: comes before anything is added, in the order in which it was saved.</summary>
    /// <param name="chunk">The digest of a full file; null for the one that was begun, which is the last.</param>
    public void Resume(string? chunk, IReadOnlyList<PlanItem> items)
    {
        foreach (PlanItem item in items)
        {
            if (item.Number != Items)
                throw new InvalidDataException($"item {item.Number} of a begun plan of {requestId} is out of its place");
            Begin(item);
        }
        if (chunk is null)
            return;
        _chunks.Add(chunk);
        _savedChunks = _chunks.Count;
        _begun.Clear();
    }

    public void Resume(IEnumerable<UInt128> through) => _through.UnionWith(through);

    public void MarkSaved()
    {
        _savedChunks = _chunks.Count;
        _unsaved.Clear();
    }

    /// <summary>The last file of items, which need not be full, and no file where there is nothing left for it.</summary>
    public async Task<IReadOnlyList<string>> CompleteAsync(CancellationToken cancellation) =>
        _begun.Count == 0 ? _chunks : [.. _chunks, await put(requestId, _begun, cancellation)];

    /// <summary>What is planned of a dataset; nothing of what the index counts in it.</summary>
    public DatasetPlan SumOf(Dataset dataset) => _sums.GetValueOrDefault(dataset.Name) ?? new DatasetPlan
    {
        Name = dataset.Name,
        Erase = dataset.Erase,
        Format = dataset.Format,
        Approvers = dataset.Approvers,
        Searched = [.. dataset.Subjects.Select(Searched).Distinct().Take(MostSearchedShown)],
    };

    private void Begin(PlanItem item)
    {
        _begun.Add(item);
        _sums[item.Dataset] = Add(SumOf(lake.Named(item.Dataset)!), item);
    }

    private static string Searched(SubjectRule rule) => rule switch
    {
        { Sidecar: not null } => $"field {rule.Field} of the metadata file",
        { Field: not null } => $"field {rule.Field}",
        { FileName: not null } => "object name",
        _ => $"object tag {rule.Tag}",
    };

    private static DatasetPlan Add(DatasetPlan dataset, PlanItem item)
    {
        string? partly = item is { Blocked: null, KeepsShared: true } ? EraseEdits.SharedReason(item.SharedRows) : null;
        bool isBlocked = item.Blocked is not null;
        IReadOnlyList<OldVersion> old = item.Old ?? [];
        IReadOnlyList<SidecarVersion> sidecars = item.Sidecars ?? [];
        int versions = old.Count + sidecars.Count(s => !s.IsCurrent);
        return dataset with
        {
            ExternalPlaces = dataset.ExternalPlaces + (item.External && !isBlocked ? 1 : 0),
            Objects = dataset.Objects + (item.External || isBlocked ? 0 : 1),
            Rows = dataset.Rows + (isBlocked ? 0 : item.Rows) + old.Sum(o => o.Rows),
            RowBytes = dataset.RowBytes + (isBlocked ? 0 : item.RowBytes) + old.Sum(o => o.RowBytes),
            ObjectBytes = dataset.ObjectBytes + (isBlocked ? 0 : item.Size) + old.Sum(o => o.Size) + sidecars.Sum(s => s.Size),
            OldVersions = versions > 0 ? (dataset.OldVersions ?? 0) + versions : dataset.OldVersions,
            OthersRowsInHistory = dataset.OthersRowsInHistory + item.OthersRows,
            SharedRows = dataset.SharedRows + item.SharedRows + old.Sum(o => o.SharedRows),
            BlockedObjects = dataset.BlockedObjects + (isBlocked ? 1 : 0),
            Blocked = (item.Blocked ?? partly) is { } why && dataset.Blocked.Count < DatasetPlan.MostBlockedShown
                ? [.. dataset.Blocked, new BlockedObject(item.Object, why) { Version = item.Version.Length > 0 ? item.Version : null }]
                : dataset.Blocked,
        };
    }
}
