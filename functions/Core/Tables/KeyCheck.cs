using System.Buffers.Binary;
using System.Security.Cryptography;
using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Core.Tables;

/// <summary>
/// Finds out how many rows have the same key as another one, in bounded memory: keys are hashed to 128 bits under a secret of the run's own
/// and sorted outside of it. Not thread-safe.
/// </summary>
public sealed class KeyCheck : IDisposable
{
    private readonly IncrementalHash _hash;
    private readonly EntrySorter _sorter;
    private long _same;

    /// <param name="salt">Unguessable: what goes to scratch then says nothing of anybody.</param>
    /// <param name="scratch">Makes an empty stream that can be written, read and sought, and that leaves nothing behind when disposed.</param>
    /// <param name="capacity">Keys held in memory.</param>
    public KeyCheck(ReadOnlySpan<byte> salt, Func<Stream> scratch, int capacity = EntrySorter.DefaultCapacity)
    {
        _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, salt);
        _sorter = new EntrySorter(scratch, (parts, _) => _same += parts.Count - 1, capacity);
    }

    /// <summary>Begins with one part of a row's key, or goes on with the next.</summary>
    public void Append(ReadOnlySpan<byte> part)
    {
        // With its length, so that `ab` and `c` are not `a` and `bc`.
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        _hash.AppendData(length);
        _hash.AppendData(part);
    }

    /// <summary>The row's key is complete.</summary>
    public void EndRow()
    {
        Span<byte> hash = stackalloc byte[32];
        _hash.GetHashAndReset(hash);
        _sorter.Add(new SubjectKey(0, BinaryPrimitives.ReadUInt128BigEndian(hash)), []);
    }

    /// <summary>How many rows have a key that another row before them has. To be asked for once, at the end.</summary>
    public long CountSame()
    {
        foreach (IndexEntry entry in _sorter.Sorted())
            _ = entry;
        return _same;
    }

    public void Dispose()
    {
        _sorter.Dispose();
        _hash.Dispose();
    }
}
