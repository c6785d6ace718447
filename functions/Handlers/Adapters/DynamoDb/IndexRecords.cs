using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.DynamoDBv2.Model;
using Limpid.Core.Index;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>The records, and for each dataset a list of those that it has or had.</summary>
internal sealed class IndexRecords(DynamoTable table)
{
    private const string Revision = "recordRevision";
    private const string Dataset = "datasetName";
    private const string Json = "json";
    public const string Object = "objectName";
    public const string Version = "objectVersion";

    // Drawn anew for each write. Where an answer is lost, the repeated request finds its own first try and would be refused.
    private const string Writer = "writer";

    private const int ReadAtOnce = 100;

    public async Task<ObjectRecord?> GetAsync(string objectId, string version, CancellationToken cancellation) =>
        await table.GetAsync(IndexKeys.ObjectPk(objectId), IndexKeys.RecordSk(version), cancellation) is { } item ? RecordOf(item) : null;

    /// <summary>Those that are there, by the ids of their object versions.</summary>
    public async Task<Dictionary<string, ObjectRecord>> GetAllAsync(IEnumerable<VersionName> names, CancellationToken cancellation)
    {
        List<Dictionary<string, AttributeValue>> items = await table.GetAllAsync(
            names.Select(n => DynamoTable.Key(IndexKeys.ObjectPk(n.Object), IndexKeys.RecordSk(n.Version))), cancellation);
        return items.Select(RecordOf).ToDictionary(record => VersionName.Of(record.Object, record.Version).Id);
    }

    public async Task<bool> TryPutAsync(ObjectRecord record, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(record.Revision, 1);
        string writer = RandomNumberGenerator.GetHexString(32, lowercase: true);
        Dictionary<string, AttributeValue> item = DynamoTable.Key(IndexKeys.ObjectPk(record.Object), IndexKeys.RecordSk(record.Version));
        item[Revision] = new AttributeValue { N = record.Revision.ToString(CultureInfo.InvariantCulture) };
        item[Dataset] = new AttributeValue(record.Dataset);
        item[Json] = new AttributeValue { B = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(record, IndexRecordJson.Default.ObjectRecord)) };
        item[Writer] = new AttributeValue(writer);
        string before = (record.Revision - 1).ToString(CultureInfo.InvariantCulture);

        // Into the dataset's list first: a record that is in no list would not be missed when its object is gone.
        if (record.Revision == 1)
        {
            await ListInAsync(record, cancellation);
            if (await table.PutIfAsync(item, $"attribute_not_exists({DynamoTable.Pk})", null, cancellation))
                return true;
        }
        else if (await table.PutIfAsync(
            item, $"{Revision} = :before AND {Dataset} = :dataset", new() { [":before"] = new AttributeValue { N = before }, [":dataset"] = new(record.Dataset) }, cancellation))
        {
            return true;
        }
        if (await table.GetAsync(IndexKeys.ObjectPk(record.Object), IndexKeys.RecordSk(record.Version), cancellation) is not { } now)
            return false;
        if (now[Writer].S == writer)
            return true;
        if (now[Revision].N != before)
            return false;
        // It moves to another dataset. It stays in the list of the old one, where it is passed over from now on.
        await ListInAsync(record, cancellation);
        return await table.PutIfAsync(item, $"{Revision} = :before", new() { [":before"] = new AttributeValue { N = before } }, cancellation)
            || (await table.GetAsync(IndexKeys.ObjectPk(record.Object), IndexKeys.RecordSk(record.Version), cancellation))?[Writer].S == writer;
    }

    public IAsyncEnumerable<ObjectRecord> VersionsAsync(string objectId, CancellationToken cancellation) =>
        table.QueryAsync(IndexKeys.ObjectPk(objectId), IndexKeys.RecordSk(""), cancellation).Select(RecordOf);

    public async IAsyncEnumerable<ObjectRecord> ListAsync(string dataset, VersionName? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (int shard = after is null ? 0 : IndexKeys.ShardOf(after); shard < IndexKeys.Shards; shard++)
        {
            string pk = IndexKeys.DatasetPk(dataset, shard);
            await foreach (VersionName[] page in NamesAsync(table.QueryAsync(pk, "", after?.Id, cancellation)).Chunk(ReadAtOnce).WithCancellation(cancellation))
            {
                // A batch comes in no order.
                Dictionary<string, ObjectRecord> records = await GetAllAsync(page, cancellation);
                foreach (VersionName name in page)
                {
                    if (records.TryGetValue(name.Id, out ObjectRecord? record) && record.Dataset == dataset)
                        yield return record;
                }
            }
            after = null;
        }
    }

    /// <summary>What names an object version beside its digest.</summary>
    public static void Name(Dictionary<string, AttributeValue> item, VersionName name)
    {
        item[Object] = new AttributeValue(name.Object);
        if (name.Version.Length > 0)
            item[Version] = new AttributeValue(name.Version);
    }

    public static VersionName NameOf(Dictionary<string, AttributeValue> item) =>
        VersionName.Of(item[Object].S, item.GetValueOrDefault(Version)?.S ?? "");

    public static IAsyncEnumerable<VersionName> NamesAsync(IAsyncEnumerable<Dictionary<string, AttributeValue>> items) => items.Select(NameOf);

    private Task ListInAsync(ObjectRecord record, CancellationToken cancellation)
    {
        VersionName name = VersionName.Of(record.Object, record.Version);
        Dictionary<string, AttributeValue> item = DynamoTable.Key(IndexKeys.DatasetPk(record.Dataset, IndexKeys.ShardOf(name)), name.Id);
        Name(item, name);
        return table.PutAsync(item, cancellation);
    }

    private static ObjectRecord RecordOf(Dictionary<string, AttributeValue> item) =>
        JsonSerializer.Deserialize(item[Json].B.ToArray(), IndexRecordJson.Default.ObjectRecord)
        ?? throw new InvalidDataException("the index holds a record that is none");
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ObjectRecord))]
internal sealed partial class IndexRecordJson : JsonSerializerContext;
