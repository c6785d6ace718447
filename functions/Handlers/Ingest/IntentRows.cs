using System.Buffers;
using System.Security.Cryptography;
using Limpid.Core.Ingest;
using Limpid.Core.Lake;

namespace Limpid.Functions.Ingest;

/// <summary>An intent with the bytes of its objects. The same records, configuration and reference data make the same.</summary>
/// <param name="Contents">In the order of the intent's objects.</param>
internal sealed record IntentRows(Intent Intent, IReadOnlyList<ReadOnlyMemory<byte>> Contents, SequenceNumber Last)
{
    /// <param name="records">Ascending; as many of them are taken as fit into the objects.</param>
    public static IntentRows Of(
        StreamSetup setup, LakeConfig lake, string shard, long number, IReadOnlyList<StreamRecord> records,
        IReadOnlyDictionary<string, ReferenceTable> references, int mostObjects)
    {
        var places = new Dictionary<(string Dataset, string Path), (List<int> Rows, ArrayBufferWriter<byte> Content)>();
        int count = 0;
        for (; count < records.Count; count++)
        {
            StreamRow row = setup.Rows.Make(records[count], shard, (reference, key, field) => references[reference].Look(key, field));
            if (row.Dataset is null)
                continue;
            if (!places.TryGetValue((row.Dataset, row.Path), out var place))
            {
                if (places.Count == mostObjects)
                    break;
                places[(row.Dataset, row.Path)] = place = ([], new ArrayBufferWriter<byte>());
            }
            place.Rows.Add(count);
            place.Content.Write(row.Line.Span);
        }
        StreamRecord[] taken = [.. records.Take(count)];
        string name = $"{setup.Stream.Name}-{shard}-{taken[0].Sequence}-{number}.ndjson";
        var intent = new Intent(
            taken[0].Sequence.ToString(), taken[^1].Sequence.ToString(), SequenceNumber.Pack(taken.Select(record => record.Sequence)),
            [.. taken.Select(ShardLedger.HourOf).Distinct()], references.ToDictionary(r => r.Key, r => r.Value.Version),
            [.. places.Select(p => new IntendedObject(
                p.Key.Dataset, lake.Named(p.Key.Dataset)!.Location + p.Key.Path + name, p.Value.Rows, Convert.ToHexStringLower(SHA256.HashData(p.Value.Content.WrittenSpan))))]);
        return new IntentRows(intent, [.. places.Values.Select(place => place.Content.WrittenMemory)], taken[^1].Sequence);
    }
}
