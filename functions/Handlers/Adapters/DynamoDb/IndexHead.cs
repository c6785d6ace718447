using System.Globalization;
using Amazon.DynamoDBv2.Model;
using Limpid.Core.Index;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>Which attempt of a generation counts.</summary>
/// <param name="Live">Its id.</param>
/// <param name="File">Its key file, where it is packed; else null.</param>
internal sealed record IndexHead(string Live, PackedFile? File)
{
    private const string LiveName = "liveAttempt";
    private const string PendingName = "pendingAttempts";
    private const string ETagName = "fileETag";
    private const string LengthName = "fileLength";

    /// <summary>An attempt is under way.</summary>
    public static Task AnnounceAsync(DynamoTable table, VersionName name, Attempt attempt, CancellationToken cancellation) =>
        table.UpdateAsync(
            IndexKeys.ObjectPk(name.Object), IndexKeys.HeadSk(name.Version, attempt.Generation), $"ADD {PendingName} :id", null,
            new() { [":id"] = new AttributeValue { SS = [attempt.Id] } }, cancellation);

    /// <summary>
    /// From now on this attempt counts, and none that is still under way ever will. Returns the one that counted before, if any;
    /// false where somebody else's came first or the generation was swept.
    /// </summary>
    public static async Task<(bool Done, string? Before)> SwitchAsync(
        DynamoTable table, VersionName name, Attempt attempt, PackedFile? file, CancellationToken cancellation)
    {
        string pk = IndexKeys.ObjectPk(name.Object), sk = IndexKeys.HeadSk(name.Version, attempt.Generation);
        var values = new Dictionary<string, AttributeValue> { [":id"] = new(attempt.Id) };
        string change = $"SET {LiveName} = :id REMOVE {PendingName}, {ETagName}, {LengthName}";
        if (file is not null)
        {
            change = $"SET {LiveName} = :id, {ETagName} = :etag, {LengthName} = :length REMOVE {PendingName}";
            values[":etag"] = new AttributeValue(file.ETag);
            values[":length"] = new AttributeValue { N = file.Length.ToString(CultureInfo.InvariantCulture) };
        }
        Dictionary<string, AttributeValue>? before = await table.UpdateAsync(pk, sk, change, $"contains({PendingName}, :id)", values, cancellation);
        if (before is not null)
            return (true, before.GetValueOrDefault(LiveName)?.S);
        // The answer may have been lost, and the repeated request finds what its first try did.
        return ((await GetAsync(table, name, attempt.Generation, cancellation))?.Live == attempt.Id, null);
    }

    public static async Task<IndexHead?> GetAsync(DynamoTable table, VersionName name, long generation, CancellationToken cancellation) =>
        await table.GetAsync(IndexKeys.ObjectPk(name.Object), IndexKeys.HeadSk(name.Version, generation), cancellation) is { } item
            ? Of(name, generation, item)
            : null;

    /// <summary>Of records and their generations, by the id of the object version.</summary>
    public static async Task<Dictionary<string, IndexHead>> GetAllAsync(
        DynamoTable table, IReadOnlyList<(VersionName Name, ObjectRecord Record)> records, CancellationToken cancellation)
    {
        List<Dictionary<string, AttributeValue>> items = await table.GetAllAsync(
            records.Select(r => DynamoTable.Key(IndexKeys.ObjectPk(r.Name.Object), IndexKeys.HeadSk(r.Name.Version, r.Record.Generation))), cancellation);
        var byKey = items.ToDictionary(item => (item[DynamoTable.Pk].S, item[DynamoTable.Sk].S));
        var heads = new Dictionary<string, IndexHead>();
        foreach ((VersionName name, ObjectRecord record) in records)
        {
            if (byKey.TryGetValue((IndexKeys.ObjectPk(name.Object), IndexKeys.HeadSk(name.Version, record.Generation)), out var item)
                && Of(name, record.Generation, item) is { } head)
                heads[name.Id] = head;
        }
        return heads;
    }

    private static IndexHead? Of(VersionName name, long generation, Dictionary<string, AttributeValue> item)
    {
        if (item.GetValueOrDefault(LiveName)?.S is not { } live)
            return null;
        PackedFile? file = item.GetValueOrDefault(ETagName)?.S is { } etag
            ? new PackedFile(PackedFiles.NameOf(name, new Attempt(generation, live)), etag, long.Parse(item[LengthName].N, CultureInfo.InvariantCulture))
            : null;
        return new IndexHead(live, file);
    }
}
