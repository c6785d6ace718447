using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>
/// Writes an object anew with some of its rows blanked, dropped or masked; every other byte is copied as it stands. Packed content is
/// unpacked and packed again on the way. Streams, in memory that does not grow with the object.
/// </summary>
/// <param name="subject">
/// Where every rule of the dataset speaks of rows, a row that does not name the subject is refused. Empty: no subject is looked for
/// (vacuuming drops rows that name nobody any more).
/// </param>
public sealed class RowRewriter(
    Dataset dataset, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher, IReadOnlyList<SubjectIdentity> subject)
{
    private const int ReadAtOnce = 256 * 1024;

    // Of a plan, replacements and what is noted of each; with more than this there is little left that need not be written.
    private const long MostHeld = 64L << 20;
    private const int HeldForEach = 64;

    /// <summary>Leaves both streams open. After an exception the target holds a torso that must not take the object's place.</summary>
    /// <param name="edits">Ascending, one a row.</param>
    /// <exception cref="InvalidDataException">The source is not what was scanned: an edit's place holds no whole row, or not the subject's.</exception>
    public Task<RewriteReport> RewriteAsync(Stream source, Stream target, IEnumerable<RowEdit> edits, CancellationToken cancellation) =>
        RunAsync(source, target, edits, null, cancellation);

    /// <summary>
    /// Reads content that is not packed and writes nothing: the edits of its bytes that <see cref="RewriteAsync"/> would make, and what
    /// their result is proven against. No edits where it is packed after all, or they are too many to be held.
    /// </summary>
    /// <exception cref="InvalidDataException">As of <see cref="RewriteAsync"/>.</exception>
    public async Task<(RewriteReport Report, IReadOnlyList<ByteEdit>? Edits)> PlanAsync(
        Stream source, IEnumerable<RowEdit> edits, CancellationToken cancellation)
    {
        var made = new List<ByteEdit>();
        RewriteReport report = await RunAsync(source, Stream.Null, edits, made, cancellation).ConfigureAwait(false);
        return (report, report.Compression == Compression.None && made.Count == report.RowsEdited ? made : null);
    }

    private async Task<RewriteReport> RunAsync(
        Stream source, Stream target, IEnumerable<RowEdit> edits, List<ByteEdit>? made, CancellationToken cancellation)
    {
        Content opened = await Content.OpenAsync(source, cancellation).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            var window = new ContentBuffer(opened.Bytes, RowLimits.Bytes + 64 * 1024);
            await using ConfiguredAsyncDisposable closing = window.ConfigureAwait(false);
            using var digests = new RewriteDigests();
            long rowsEdited;
            var packed = new PackedTarget(target, opened.Compression);
            await using (packed.ConfigureAwait(false))
            {
                var pass = new Pass(new RowEditing(dataset, kinds, hasher, subject), window, packed.Stream, digests, made);
                await pass.RunAsync(edits, cancellation).ConfigureAwait(false);
                rowsEdited = pass.RowsEdited;
                await packed.EndAsync(digests.Bytes, cancellation).ConfigureAwait(false);
            }
            return digests.Report(opened.Compression, rowsEdited, window.Offset);
        }
    }

    /// <summary>Reads a result back: it is, to the last byte, what was written, and it is packed as the source was.</summary>
    public static async Task<bool> ProveAsync(Stream rewritten, RewriteReport report, CancellationToken cancellation)
    {
        Content opened = await Content.OpenAsync(rewritten, cancellation).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            if (opened.Compression != report.Compression)
                return false;
            var window = new ContentBuffer(opened.Bytes, ReadAtOnce);
            await using ConfiguredAsyncDisposable closing = window.ConfigureAwait(false);
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            try
            {
                while (!window.AtEnd)
                {
                    await window.FillAsync(cancellation).ConfigureAwait(false);
                    digest.AppendData(window.Unread);
                    window.Advance(window.Unread.Length);
                }
            }
            catch (InvalidDataException) when (opened.Compression == Compression.Gzip)
            {
                return false;
            }
            return window.Offset == report.ContentBytesAfter && digest.GetHashAndReset().AsSpan().SequenceEqual(report.Digest.Span);
        }
    }

    private sealed class Pass(RowEditing editing, ContentBuffer window, Stream target, RewriteDigests digests, List<ByteEdit>? made)
    {
        private readonly ArrayBufferWriter<byte> _edited = new();
        private long _held;

        // The byte before the window: the start of the content counts as the end of a line.
        private byte _before = (byte)'\n';

        public long RowsEdited { get; private set; }

        public async Task RunAsync(IEnumerable<RowEdit> edits, CancellationToken cancellation)
        {
            await window.FillAsync(cancellation).ConfigureAwait(false);
            foreach (RowEdit edit in edits)
            {
                if (RowsEdited++ == 0)
                    await PassMarkAndHeaderAsync(cancellation).ConfigureAwait(false);
                if (edit.Row.Offset < window.Offset || edit.Row.Length is <= 0 or > RowLimits.Bytes)
                    throw NotARow();
                await CopyToAsync(edit.Row.Offset, cancellation).ConfigureAwait(false);
                await EditAsync(edit, cancellation).ConfigureAwait(false);
            }
            await CopyToAsync(long.MaxValue, cancellation).ConfigureAwait(false);
        }

        private async ValueTask PassMarkAndHeaderAsync(CancellationToken cancellation)
        {
            if (window.Unread.StartsWith(ByteOrderMark.Utf8))
            {
                await CopyAsync(ByteOrderMark.Utf8.Length, cancellation).ConfigureAwait(false);
                _before = (byte)'\n';
            }
            while (editing.NeedsHeader)
            {
                int header = editing.ReadHeader(window.Unread, window.AtEnd);
                if (header > 0)
                    await CopyAsync(header, cancellation).ConfigureAwait(false);
                else if (window.AtEnd || window.IsFull)
                    throw NotARow();
                else
                    await window.FillAsync(cancellation).ConfigureAwait(false);
            }
        }

        private async ValueTask CopyToAsync(long end, CancellationToken cancellation)
        {
            while (window.Offset < end)
            {
                if (window.Unread.IsEmpty)
                    await window.FillAsync(cancellation).ConfigureAwait(false);
                if (window.Unread.IsEmpty)
                {
                    if (end < long.MaxValue)
                        throw NotARow();
                    return;
                }
                await CopyAsync((int)Math.Min(end - window.Offset, window.Unread.Length), cancellation).ConfigureAwait(false);
            }
        }

        private async ValueTask CopyAsync(int count, CancellationToken cancellation)
        {
            if (count == 0)
                return;
            digests.AddSurvivor(window.Unread[..count]);
            await target.WriteAsync(window.UnreadMemory[..count], cancellation).ConfigureAwait(false);
            _before = window.Unread[count - 1];
            window.Advance(count);
        }

        private async ValueTask EditAsync(RowEdit edit, CancellationToken cancellation)
        {
            RowRef row = edit.Row;
            const int LongestEnding = 2;
            while (window.Unread.Length < row.Length + LongestEnding && !window.AtEnd)
                await window.FillAsync(cancellation).ConfigureAwait(false);
            if (_before != '\n' || window.Unread.Length < row.Length)
                throw NotARow();
            int ending = EndingAfter(row.Length);
            editing.Apply(edit, window.Unread[..row.Length], _edited);
            digests.AddEdited(_edited.WrittenSpan);
            await target.WriteAsync(_edited.WrittenMemory, cancellation).ConfigureAwait(false);
            Hold(row.Offset, row.Length + (edit.Action == RowAction.Drop ? ending : 0));
            window.Advance(row.Length);
            if (edit.Action == RowAction.Drop)
                window.Advance(ending);
            else
                await CopyAsync(ending, cancellation).ConfigureAwait(false);
            _before = ending == 0 ? (byte)0 : (byte)'\n';
        }

        private void Hold(long offset, long length)
        {
            _held += _edited.WrittenCount + HeldForEach;
            if (made is not null && _held <= MostHeld)
                made.Add(new ByteEdit(offset, length, _edited.WrittenSpan.ToArray()));
        }

        private int EndingAfter(int length)
        {
            ReadOnlySpan<byte> after = window.Unread[length..];
            return after switch
            {
                [] => 0,
                [(byte)'\n', ..] => 1,
                [(byte)'\r', (byte)'\n', ..] => 2,
                _ => throw NotARow(),
            };
        }

        private static InvalidDataException NotARow() => new("there is no row where an edit expects one");
    }
}
