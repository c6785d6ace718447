using Limpid.Core.Index;
using Limpid.Core.Lake;

namespace Limpid.Local.Cli;

/// <param name="Key">Of the object, or its keyed reference where keys are identifiers.</param>
internal sealed record ObjectReport(string Key, string Reason);

/// <summary>What the index holds of a dataset.</summary>
internal sealed record IndexedDataset(
    string Name, long Objects, long Rows, long PeopleInObjects, long MalformedRows,
    IReadOnlyList<ObjectReport> Unreadable, IReadOnlyList<ObjectReport> Malformed)
{
    /// <summary>Why somebody may stand in the dataset and not be found, a line each.</summary>
    public IEnumerable<string> Remarks(LakeConfig lake)
    {
        foreach (ObjectReport unreadable in Unreadable)
            yield return Printable.Of($"not read: {unreadable.Key}: {unreadable.Reason}");
        // A field that is spelt wrongly finds nobody, which looks like a dataset without people.
        if (Rows > 0 && PeopleInObjects == 0)
        {
            string fields = string.Join(", ", lake.Named(Name)!.Subjects.Select(s => s.Field).OfType<string>());
            yield return Printable.Of($"nobody found: {Name}: none of its rows names anybody{(fields.Length > 0 ? $"; is the field right? {fields}" : "")}");
        }
    }

    public static async Task<IndexedDataset[]> ReadAllAsync(LocalLake lake, CancellationToken cancellation) =>
        await lake.Config.Datasets.Where(d => d.Format != DataFormat.External).ToAsyncEnumerable()
            .Select(async (Dataset dataset, CancellationToken token) => await ReadAsync(lake.Ports, dataset, token)).ToArrayAsync(cancellation);

    private static async Task<IndexedDataset> ReadAsync(Functions.Ports ports, Dataset dataset, CancellationToken cancellation)
    {
        long objects = 0, rows = 0, people = 0, malformed = 0;
        var unreadable = new List<ObjectReport>();
        var withMalformed = new List<ObjectReport>();
        await foreach (ObjectRecord record in ports.Index.ListAsync(dataset.Name, null, cancellation))
        {
            string key = ports.Names.KeyOf(record.Object, record.SealedKey);
            if (record.State == RecordState.Deleted || !dataset.Counts(key))
                continue;
            objects += dataset.Holds(key) ? 1 : 0;
            rows += record.Rows;
            people += record.People;
            malformed += record.MalformedRows;
            if (record.Unreadable is { } why)
                unreadable.Add(new ObjectReport(record.Object, why));
            else if (record.MalformedRows > 0)
                withMalformed.Add(new ObjectReport(record.Object, record.MalformedAt ?? ""));
        }
        unreadable.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        withMalformed.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return new IndexedDataset(dataset.Name, objects, rows, people, malformed, unreadable, withMalformed);
    }
}
