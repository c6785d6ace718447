using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.State;

/// <param name="RequestId">That erased the person.</param>
internal sealed record SuppressionEntry(string RequestId, DateTimeOffset Since);

/// <param name="Object">As the index names it.</param>
internal sealed record Resurfaced(string Object, string Dataset, SubjectKey Subject, string RequestId, DateTimeOffset SeenAt);

/// <summary>Who was erased, by subject key, for as long as the lake is kept: arriving data of such a person is reported, and a human decides.</summary>
internal sealed class Suppression(IStateTable table)
{
    private const string Partition = "suppression";

    public async Task AddAsync(IEnumerable<SubjectIdentity> subject, string requestId, DateTimeOffset at, CancellationToken cancellation)
    {
        var entry = new SuppressionEntry(requestId, at);
        foreach (SubjectKey key in subject.SelectMany(s => s.Keys))
            await table.UpdateAsync(Partition, key.ToString(), _ => entry, Records.Default.SuppressionEntry, cancellation);
    }

    /// <summary>Null for somebody who was never erased.</summary>
    public async Task<SuppressionEntry?> FindAsync(SubjectKey key, CancellationToken cancellation) =>
        (await table.GetAsync(Partition, key.ToString(), Records.Default.SuppressionEntry, cancellation))?.Value;

    /// <summary>All of it: to be held against everybody in an arriving object.</summary>
    public async Task<IReadOnlyDictionary<SubjectKey, SuppressionEntry>> AllAsync(CancellationToken cancellation)
    {
        var all = new Dictionary<SubjectKey, SuppressionEntry>();
        await foreach (StateItem item in table.QueryAsync(Partition, "", cancellation))
        {
            if (SubjectKey.TryParse(item.Sort, out SubjectKey key) && await FindAsync(key, cancellation) is { } entry)
                all[key] = entry;
        }
        return all;
    }

    public Task ReportAsync(Resurfaced seen, CancellationToken cancellation) =>
        table.UpdateAsync(
            "resurfaced", $"{seen.Subject}/{seen.Object}", stored => stored is null ? seen : null, Records.Default.Resurfaced, cancellation);

    public IAsyncEnumerable<Resurfaced> ReportedAsync(CancellationToken cancellation) =>
        table.QueryAsync("resurfaced", "", Records.Default.Resurfaced, cancellation);
}
