using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>What goes with old versions though nobody asked for it.</summary>
/// <param name="Rows">In all of them together: a row that stands in several is one.</param>
/// <param name="Versions">In each, in the order in which they were asked about.</param>
internal sealed record HistoryLoss(long Rows, IReadOnlyList<VersionLoss> Versions);

/// <param name="Digest">Over the content of the rows, whatever their order; empty where there are none.</param>
internal sealed record VersionLoss(long Rows, string Digest);

/// <summary>
/// Tells which rows that nobody asked to erase stand in old versions of an object and not in its current one. Rows are compared by
/// their bytes, as often as they stand there; malformed ones too. Memory stays flat, however large the object is.
/// </summary>
internal sealed class OthersInHistory(Ports ports) : IDisposable
{
    private const int HashBytes = 16;

    private readonly EntrySorter _rows = new(ports.Scratch, Join);

    /// <summary>Takes the rows that stay of the current version.</summary>
    public StayingRows OfCurrent(SubjectMatcher subject) => new(this, subject, 0);

    /// <summary>Takes the rows of an old version that would stay, were it not removed.</summary>
    /// <param name="number">From 0.</param>
    public StayingRows OfOld(SubjectMatcher subject, int number) => new(this, subject, number + 1);

    /// <param name="going">Numbers of the old versions that would be removed.</param>
    public HistoryLoss Settle(IReadOnlyList<int> going)
    {
        var counts = going.ToDictionary(number => number + 1, _ => 0L);
        var digests = going.ToDictionary(number => number + 1, _ => IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        long rows = 0;
        Span<byte> line = stackalloc byte[HashBytes + sizeof(long)];
        foreach (IndexEntry row in _rows.Sorted())
        {
            ReadOnlySpan<byte> parts = row.Rows.Span;
            long current = 0, most = 0;
            while (Read(ref parts, out long version, out long count))
            {
                if (version == 0)
                    current = count;
                else if (count > current && digests.TryGetValue((int)version, out IncrementalHash? digest))
                {
                    BinaryPrimitives.WriteUInt128BigEndian(line, row.Subject.Hash);
                    BinaryPrimitives.WriteInt64BigEndian(line[HashBytes..], count - current);
                    digest.AppendData(line);
                    counts[(int)version] += count - current;
                    most = Math.Max(most, count - current);
                }
            }
            rows += most;
        }
        return new HistoryLoss(rows, [.. going.Select(number =>
        {
            using IncrementalHash digest = digests[number + 1];
            return new VersionLoss(counts[number + 1], counts[number + 1] == 0 ? "" : Convert.ToHexStringLower(digest.GetHashAndReset()));
        })]);
    }

    public void Dispose() => _rows.Dispose();

    private void Add(UInt128 row, int version)
    {
        Span<byte> part = stackalloc byte[2 * sizeof(int)];
        Write(part, version, 1);
        _rows.Add(new SubjectKey(0, row), part);
    }

    // Counts of one row in each version, ascending by version.
    private static void Join(IReadOnlyList<ReadOnlyMemory<byte>> parts, IBufferWriter<byte> joined)
    {
        var counts = new SortedDictionary<long, long>();
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            ReadOnlySpan<byte> rest = part.Span;
            while (Read(ref rest, out long version, out long count))
                counts[version] = counts.GetValueOrDefault(version) + count;
        }
        foreach ((long version, long count) in counts)
        {
            Write(joined.GetSpan(2 * sizeof(int)), version, count);
            joined.Advance(2 * sizeof(int));
        }
    }

    private static void Write(Span<byte> to, long version, long count)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, (int)version);
        BinaryPrimitives.WriteInt32BigEndian(to[sizeof(int)..], checked((int)count));
    }

    private static bool Read(ref ReadOnlySpan<byte> from, out long version, out long count)
    {
        (version, count) = (0, 0);
        if (from.Length < 2 * sizeof(int))
            return false;
        version = BinaryPrimitives.ReadInt32BigEndian(from);
        count = BinaryPrimitives.ReadInt32BigEndian(from[sizeof(int)..]);
        from = from[(2 * sizeof(int))..];
        return true;
    }

    /// <summary>Rows of one version, by keyed hash: what is spilled to scratch quotes nobody.</summary>
    internal sealed class StayingRows(OthersInHistory history, SubjectMatcher subject, int version)
    {
        private readonly byte[] _key = subject.Subject[0].Keys[0].ToByteArray();

        public void Add(ReadOnlySpan<byte> content)
        {
            Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(_key, content, hash);
            history.Add(BinaryPrimitives.ReadUInt128BigEndian(hash), version);
        }
    }
}
