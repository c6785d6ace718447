using System.Buffers;
using System.Buffers.Binary;
using Limpid.Core.Subjects;

namespace Limpid.Core.Index;

/// <summary>Makes one encoded row set of several parts of one subject, in the order in which they were added.</summary>
public delegate void JoinRows(IReadOnlyList<ReadOnlyMemory<byte>> parts, IBufferWriter<byte> joined);

/// <summary>
/// Brings entries into ascending order of subject in bounded memory, as <see cref="Ports.ISubjectIndex.WriteEntriesAsync"/> takes
/// them: beyond <paramref name="capacity"/> parts, or 16 bytes of rows for each of them, sorted runs go to scratch streams and are
/// merged in the end. A subject may be added any number of times. Not thread-safe.
/// </summary>
/// <param name="scratch">Makes an empty stream that can be written, read and sought, and that leaves nothing behind when disposed.</param>
/// <param name="join">Called for subjects that were added more than once.</param>
/// <param name="capacity">Parts held in memory, 32 bytes each besides their rows.</param>
public sealed class EntrySorter(Func<Stream> scratch, JoinRows join, int capacity = EntrySorter.DefaultCapacity) : IDisposable
{
    public const int DefaultCapacity = 1 << 19;

    private const int RowBytesAPart = 16;
    private const int SmallCapacity = 1 << 16;

    private readonly List<Stream> _runs = [];
    private Part[] _parts = new Part[Math.Min(capacity, 256)];
    private byte[] _rows = new byte[4096];
    private int _count;
    private int _rowBytes;

    public void Add(SubjectKey subject, ReadOnlySpan<byte> rows)
    {
        if (_count > 0 && (_count == capacity || (long)_rowBytes + rows.Length > (long)capacity * RowBytesAPart))
            Spill();
        if (_count == _parts.Length)
            Array.Resize(ref _parts, Grown(_parts.Length, 1, SmallCapacity, capacity));
        if (_rows.Length - _rowBytes < rows.Length)
            Array.Resize(ref _rows, Grown(_rowBytes, rows.Length, SmallCapacity * RowBytesAPart, capacity * (long)RowBytesAPart));
        rows.CopyTo(_rows.AsSpan(_rowBytes));
        _parts[_count++] = new Part(subject.Hash, _rowBytes, rows.Length, subject.Secret);
        _rowBytes += rows.Length;
    }

    /// <summary>
    /// Everything added so far, ascending, each subject once; the rows of an entry are good until the next one is asked for.
    /// To be enumerated once, with nothing added meanwhile.
    /// </summary>
    public IEnumerable<IndexEntry> Sorted() => _runs.Count == 0 ? InMemory() : Merged();

    public void Dispose()
    {
        foreach (Stream run in _runs)
            run.Dispose();
        _runs.Clear();
    }

    // An array that was never touched costs no resident memory, so the last step goes to the full size at once
    // instead of holding an old and a new copy of nearly that.
    private static int Grown(int used, int more, long small, long full)
    {
        long needed = (long)used + more;
        long doubled = Math.Max(needed, used * 2L);
        return checked((int)(doubled <= small ? doubled : Math.Max(needed, full)));
    }

    private void Spill()
    {
        Stream run = scratch();
        _runs.Add(run);
        Run.Write(run, InMemory());
        _count = 0;
        _rowBytes = 0;
    }

    private IEnumerable<IndexEntry> InMemory()
    {
        _parts.AsSpan(0, _count).Sort();
        var same = new List<ReadOnlyMemory<byte>>();
        var joined = new ArrayBufferWriter<byte>();
        for (int i = 0; i < _count;)
        {
            SubjectKey subject = _parts[i].Subject;
            int end = i + 1;
            while (end < _count && _parts[end].Subject == subject)
                end++;
            if (end == i + 1)
            {
                yield return new IndexEntry(subject, RowsOf(_parts[i]));
            }
            else
            {
                same.Clear();
                for (int part = i; part < end; part++)
                    same.Add(RowsOf(_parts[part]));
                joined.ResetWrittenCount();
                join(same, joined);
                yield return new IndexEntry(subject, joined.WrittenMemory);
            }
            i = end;
        }
    }

    private IEnumerable<IndexEntry> Merged()
    {
        // By subject, then by age, so that parts come to be joined in the order in which they were added.
        var waiting = new PriorityQueue<IEnumerator<IndexEntry>, (SubjectKey Subject, int Age)>(_runs.Count + 1);
        var sources = _runs.Select(Run.Read).Append(InMemory()).Select(source => source.GetEnumerator()).ToArray();
        try
        {
            for (int age = 0; age < sources.Length; age++)
                Await(age);
            var ages = new List<int>();
            var same = new List<ReadOnlyMemory<byte>>();
            var joined = new ArrayBufferWriter<byte>();
            while (waiting.TryPeek(out _, out (SubjectKey Subject, int Age) first))
            {
                ages.Clear();
                same.Clear();
                while (waiting.TryPeek(out IEnumerator<IndexEntry>? source, out var next) && next.Subject == first.Subject)
                {
                    waiting.Dequeue();
                    ages.Add(next.Age);
                    same.Add(source.Current.Rows);
                }
                if (same.Count == 1)
                {
                    yield return new IndexEntry(first.Subject, same[0]);
                }
                else
                {
                    joined.ResetWrittenCount();
                    join(same, joined);
                    yield return new IndexEntry(first.Subject, joined.WrittenMemory);
                }
                foreach (int age in ages)
                    Await(age);
            }
        }
        finally
        {
            foreach (IEnumerator<IndexEntry> source in sources)
                source.Dispose();
        }

        void Await(int age)
        {
            if (sources[age].MoveNext())
                waiting.Enqueue(sources[age], (sources[age].Current.Subject, age));
        }
    }

    private ReadOnlyMemory<byte> RowsOf(Part part) => _rows.AsMemory(part.Offset, part.Length);

    private readonly record struct Part(UInt128 Hash, int Offset, int Length, ushort Secret) : IComparable<Part>
    {
        public SubjectKey Subject => new(Secret, Hash);

        // Later parts of a subject lie further on in the rows, so that the order of adding survives an unstable sort.
        public int CompareTo(Part other) =>
            Secret != other.Secret ? Secret.CompareTo(other.Secret)
            : Hash != other.Hash ? (Hash < other.Hash ? -1 : 1)
            : Offset.CompareTo(other.Offset);
    }

    /// <summary>One sorted run: 18 bytes of key, 4 of length (little-endian), the rows; and so on to the end of the stream.</summary>
    private static class Run
    {
        private const int HeadLength = SubjectKey.ByteLength + sizeof(int);
        private const int BufferLength = 1 << 16;

        public static void Write(Stream run, IEnumerable<IndexEntry> entries)
        {
            byte[] buffer = new byte[BufferLength];
            int used = 0;
            foreach (IndexEntry entry in entries)
            {
                if (buffer.Length - used < HeadLength + entry.Rows.Length)
                {
                    run.Write(buffer.AsSpan(0, used));
                    used = 0;
                }
                if (buffer.Length < HeadLength + entry.Rows.Length)
                    buffer = new byte[HeadLength + entry.Rows.Length];
                entry.Subject.WriteTo(buffer.AsSpan(used));
                BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(used + SubjectKey.ByteLength), entry.Rows.Length);
                entry.Rows.Span.CopyTo(buffer.AsSpan(used + HeadLength));
                used += HeadLength + entry.Rows.Length;
            }
            run.Write(buffer.AsSpan(0, used));
            run.Flush();
        }

        public static IEnumerable<IndexEntry> Read(Stream run)
        {
            run.Position = 0;
            byte[] buffer = new byte[BufferLength];
            int start = 0;
            int end = 0;
            while (Have(HeadLength) || end > start)
            {
                SubjectKey subject = SubjectKey.ReadFrom(buffer.AsSpan(start, HeadLength));
                int length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start + SubjectKey.ByteLength));
                if (!Have(HeadLength + length))
                    throw new EndOfStreamException("a sorted run of the index ends in the middle of an entry");
                yield return new IndexEntry(subject, buffer.AsMemory(start + HeadLength, length));
                start += HeadLength + length;
            }

            bool Have(int wanted)
            {
                if (end - start >= wanted)
                    return true;
                byte[] target = buffer.Length >= wanted ? buffer : new byte[wanted];
                buffer.AsSpan(start, end - start).CopyTo(target);
                (end, start, buffer) = (end - start, 0, target);
                end += run.ReadAtLeast(buffer.AsSpan(end), wanted - end, throwOnEndOfStream: false);
                return end >= wanted;
            }
        }
    }
}
