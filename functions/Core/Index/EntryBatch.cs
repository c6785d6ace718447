using System.Buffers;
using Limpid.Core.Subjects;

namespace Limpid.Core.Index;

/// <summary>The entries of a generation, held as long as they are few; beyond that, what was held and what is still to come.</summary>
public sealed class EntryBatch : IDisposable
{
    private readonly ArrayBufferWriter<byte> _subjects = new();
    private readonly ArrayBufferWriter<byte> _rows = new();
    private readonly List<int> _ends = [];
    private readonly IEnumerator<IndexEntry> _source;

    /// <summary>Takes entries until there are more than <paramref name="entries"/>, or <paramref name="rowBytes"/> of rows.</summary>
    /// <exception cref="ArgumentException">They do not ascend.</exception>
    public EntryBatch(IEnumerable<IndexEntry> source, int entries, int rowBytes)
    {
        _source = source.GetEnumerator();
        try
        {
            SubjectKey last = default;
            while (!IsFull && _source.MoveNext())
            {
                (SubjectKey subject, ReadOnlyMemory<byte> rows) = _source.Current;
                if (_ends.Count > 0 && subject <= last)
                    throw new ArgumentException("entries come in ascending order of subject, each subject once", nameof(source));
                last = subject;
                subject.WriteTo(_subjects.GetSpan(SubjectKey.ByteLength));
                _subjects.Advance(SubjectKey.ByteLength);
                _rows.Write(rows.Span);
                _ends.Add(_rows.WrittenCount);
                IsFull = _ends.Count > entries || _rows.WrittenCount > rowBytes;
            }
        }
        catch
        {
            _source.Dispose();
            throw;
        }
    }

    /// <summary>Whether a limit was passed, so that more may come.</summary>
    public bool IsFull { get; private set; }

    public int Count => _ends.Count;

    /// <summary>The keys that are held, ascending, 18 bytes each.</summary>
    public ReadOnlyMemory<byte> Subjects => _subjects.WrittenMemory;

    public ReadOnlyMemory<byte> SubjectAt(int i) => Subjects.Slice(i * SubjectKey.ByteLength, SubjectKey.ByteLength);

    public ReadOnlyMemory<byte> RowsAt(int i)
    {
        int start = i == 0 ? 0 : _ends[i - 1];
        return _rows.WrittenMemory[start.._ends[i]];
    }

    /// <summary>Everything, from the first entry on; once.</summary>
    public IEnumerable<IndexEntry> All()
    {
        for (int i = 0; i < Count; i++)
            yield return new IndexEntry(SubjectKey.ReadFrom(SubjectAt(i).Span), RowsAt(i));
        while (_source.MoveNext())
            yield return _source.Current;
    }

    public void Dispose() => _source.Dispose();
}
