using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Ports;

namespace Limpid.Functions.Partitions;

/// <summary>What became of the raw objects of an hour since it was copied.</summary>
internal enum RawChange
{
    None,

    /// <summary>There are others, or some have another content: the hour is to be copied anew.</summary>
    Later,

    /// <summary>There are others, and some of those that were copied are gone: copied anew, the hour would lose their rows.</summary>
    LaterAndGone,
}

/// <summary>The raw objects of an hour at one moment, by hashes of their keys and ETags: names of objects are kept nowhere.</summary>
internal sealed class RawObjects
{
    /// <summary>What an item of the state table holds, in base64 and with room to spare.</summary>
    public const int HashesAnItem = 10_000;

    private const int Length = 16;

    /// <summary>ETag hashes by key hashes.</summary>
    private readonly Dictionary<ulong, ulong> _objects = [];

    public int Count => _objects.Count;

    public static async Task<RawObjects> ListAsync(IObjectStore store, string prefix, CancellationToken cancellation)
    {
        var objects = new RawObjects();
        // Empty ones are what consoles make of folders, and Athena reads nothing of them.
        await foreach (ObjectInfo info in store.ListAsync(prefix, null, cancellation).Where(i => i is { IsCurrent: true, IsDeleteMarker: false, Size: > 0 }))
            objects._objects[Hash(info.Key)] = Hash(info.ETag);
        return objects;
    }

    public static RawObjects Of(IEnumerable<byte[]> items)
    {
        var objects = new RawObjects();
        foreach (byte[] hashes in items)
        {
            for (int at = 0; at < hashes.Length; at += Length)
                objects._objects[BinaryPrimitives.ReadUInt64BigEndian(hashes.AsSpan(at))] = BinaryPrimitives.ReadUInt64BigEndian(hashes.AsSpan(at + sizeof(ulong)));
        }
        return objects;
    }

    public IEnumerable<byte[]> ToItems() => _objects.Chunk(HashesAnItem).Select(some =>
    {
        byte[] hashes = new byte[some.Length * Length];
        foreach ((int at, (ulong key, ulong etag)) in some.Index())
        {
            BinaryPrimitives.WriteUInt64BigEndian(hashes.AsSpan(at * Length), key);
            BinaryPrimitives.WriteUInt64BigEndian(hashes.AsSpan(at * Length + sizeof(ulong)), etag);
        }
        return hashes;
    });

    /// <summary>What is different now. Objects that only went away (raw data is kept for a time) are no change: their rows are in the copy.</summary>
    public RawChange To(RawObjects now)
    {
        if (now._objects.All(o => _objects.TryGetValue(o.Key, out ulong etag) && etag == o.Value))
            return RawChange.None;
        return IsAllIn(now) ? RawChange.Later : RawChange.LaterAndGone;
    }

    /// <summary>Whether none of them went away, whatever its content is then.</summary>
    public bool IsAllIn(RawObjects later) => _objects.Keys.All(later._objects.ContainsKey);

    private static ulong Hash(string text) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
