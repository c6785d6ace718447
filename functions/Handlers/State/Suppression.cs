using System.Text.Json;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.State;

/// <param name="RequestId">That erased the person.</param>
internal sealed record SuppressionEntry(string RequestId, DateTimeOffset Since);

/// <param name="Object">As the index names it.</param>
internal sealed record Resurfaced(string Object, string Dataset, SubjectKey Subject, string RequestId, DateTimeOffset SeenAt)
{
    /// <summary>Whether the requester and the operators have been told.</summary>
    public bool IsTold { get; init; }
}

/// <param name="Changes">How often the list was added to.</param>
internal sealed record SuppressionCount(long Changes);

/// <summary>Who was erased, by subject key, for as long as the lake is kept: arriving data of such a person is reported, and a human decides.</summary>
internal sealed class Suppression(IStateTable table)
{
    private const string Partition = "suppression";
    private const string Reports = "resurfaced";

    private (long Version, IReadOnlyDictionary<SubjectKey, SuppressionEntry> Entries) _read = (-1, new Dictionary<SubjectKey, SuppressionEntry>());

    public async Task AddAsync(IEnumerable<SubjectIdentity> subject, string requestId, DateTimeOffset at, CancellationToken cancellation)
    {
        var entry = new SuppressionEntry(requestId, at);
        foreach (SubjectKey key in subject.SelectMany(s => s.Keys))
            await table.UpdateAsync(Partition, key.ToString(), _ => entry, Records.Default.SuppressionEntry, cancellation);
        // Counted behind the entries: whoever reads the new count reads them too.
        await table.UpdateAsync("suppression-count", "count", stored => new SuppressionCount((stored?.Changes ?? 0) + 1), Records.Default.SuppressionCount, cancellation);
    }

    /// <summary>Everybody on the list: to be held against everybody in an arriving object. Read again only after it changed.</summary>
    public async Task<IReadOnlyDictionary<SubjectKey, SuppressionEntry>> AllAsync(CancellationToken cancellation)
    {
        long version = (await table.GetAsync("suppression-count", "count", Records.Default.SuppressionCount, cancellation))?.Value.Changes ?? 0;
        if (_read.Version == version)
            return _read.Entries;
        var all = new Dictionary<SubjectKey, SuppressionEntry>();
        await foreach (StateItem item in table.QueryAsync(Partition, "", cancellation))
        {
            if (SubjectKey.TryParse(item.Sort, out SubjectKey key))
                all[key] = JsonSerializer.Deserialize(item.Json.Span, Records.Default.SuppressionEntry)!;
        }
        _read = (version, all);
        return all;
    }

    /// <summary>Once a request, person and object.</summary>
    public Task ReportAsync(Resurfaced seen, CancellationToken cancellation) =>
        table.UpdateAsync(Reports, SortOf(seen), stored => stored is null ? seen : null, Records.Default.Resurfaced, cancellation);

    public Task MarkToldAsync(Resurfaced seen, CancellationToken cancellation) =>
        table.UpdateAsync(Reports, SortOf(seen), stored => stored is { IsTold: false } ? stored with { IsTold = true } : null, Records.Default.Resurfaced, cancellation);

    public IAsyncEnumerable<Resurfaced> ReportedAsync(CancellationToken cancellation) =>
        table.QueryAsync(Reports, "", Records.Default.Resurfaced, cancellation);

    private static string SortOf(Resurfaced seen) => $"{seen.RequestId}/{seen.Subject}/{seen.Object}";
}
