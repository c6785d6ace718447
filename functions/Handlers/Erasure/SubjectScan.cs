using System.Buffers.Binary;
using System.Security.Cryptography;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Erasure;

/// <summary>What of one person stands in one object, by a scan of the whole of it.</summary>
internal sealed record SubjectRows
{
    /// <summary>Rows that are the person's alone.</summary>
    public required long Own { get; init; }

    /// <summary>Rows that name somebody else as well.</summary>
    public required long Shared { get; init; }

    /// <summary>Bytes of the person's own rows, and of the shared ones.</summary>
    public required long OwnBytes { get; init; }
    public required long SharedBytes { get; init; }

    /// <summary>Over the content of all of the person's rows, in order: unchanged while these rows are, whatever else changes around them.</summary>
    public required string Digest { get; init; }

    public required ScanReport Report { get; init; }

    /// <summary>Why it can't be told whose the object is as a whole: its tags or a metadata file can't be read. Null where it can.</summary>
    public required string? WhoseUnreadable { get; init; }

    /// <summary>Whether the object's name, tag or metadata file names the person.</summary>
    public required bool WholeObject { get; init; }

    /// <summary>Whether it names somebody else too, whose object it then is as well.</summary>
    public required bool IsSharedObject { get; init; }

    /// <summary>Whether this is an old version of a metadata file, which has no rows and names whom it names as a whole.</summary>
    public required bool IsOldSidecar { get; init; }

    /// <summary>The metadata files that speak of nobody else and go with the object.</summary>
    public required IReadOnlyList<ObjectInfo> Sidecars { get; init; }

    public bool HasSidecar => Sidecars.Count > 0;

    public bool IsAnywhere => WholeObject || Own > 0 || Shared > 0;

    /// <summary>Whether nothing in the object is anybody else's, or could be.</summary>
    public bool IsAllOf => Shared == 0 && !IsSharedObject && WhoseUnreadable is null && (WholeObject
        || (Report.Unreadable is null && Report.MalformedRows == 0 && Own == Report.Rows && Own > 0));
}

/// <summary>Matches a person's rows by identifier; nothing that an index says is taken on trust.</summary>
internal sealed class SubjectScan(Ports ports)
{
    private readonly PeopleInObject _people = new(ports);

    /// <param name="edits">Takes what is to be done row by row; null where counting is enough.</param>
    /// <param name="staying">Takes the rows that the dataset's rules leave as they are.</param>
    /// <param name="shared">Takes the rows that name somebody else as well and are not taken from them, though they lose the person's fields.</param>
    /// <exception cref="ObjectChangedException">The object changed while it was read.</exception>
    public async Task<SubjectRows> ReadAsync(
        Dataset dataset, ObjectInfo info, IReadOnlyList<SubjectIdentity> subject, RowEditLog? edits, CancellationToken cancellation,
        OthersInHistory.StayingRows? staying = null, OthersInHistory.StayingRows? shared = null)
    {
        WholeObject whole = await WholeAsync(dataset, info, cancellation);
        var matcher = new SubjectMatcher(subject);
        RowMatch owner = matcher.Match([.. whole.People]);
        using var sink = new Sink(dataset, matcher, owner, edits, staying, shared);
        bool isOldSidecar = PeopleInObject.IsOldSidecar(dataset, info);
        var report = new ScanReport();
        if (!PeopleInObject.HasNoRows(dataset, info))
        {
            try
            {
                await using Stream content = await ports.Objects.OpenReadAsync(info, 0, cancellation);
                report = await _people.ScannerOf(dataset).ScanAsync(ports.Watched(content), sink, cancellation);
            }
            catch (ObjectUnreadableException closed)
            {
                report = new ScanReport { Unreadable = closed.Message };
            }
        }
        // What was handed over before the object proved unreadable does not count.
        bool isReadable = report.Unreadable is null;
        if (!isReadable)
            edits?.Clear();
        return new SubjectRows
        {
            Own = isReadable ? sink.Own : 0,
            Shared = isReadable ? sink.Shared : 0,
            OwnBytes = isReadable ? sink.OwnBytes : 0,
            SharedBytes = isReadable ? sink.SharedBytes : 0,
            Digest = isReadable ? sink.Digest() : "",
            Report = report,
            WhoseUnreadable = whole.Unreadable,
            WholeObject = owner != RowMatch.None,
            IsSharedObject = owner == RowMatch.Shared,
            IsOldSidecar = isOldSidecar,
            Sidecars = [.. whole.SidecarsOf(matcher, dataset)],
        };
    }

    private async Task<WholeObject> WholeAsync(Dataset dataset, ObjectInfo info, CancellationToken cancellation)
    {
        try
        {
            return await _people.WholeAsync(dataset, info.Key, info, cancellation);
        }
        catch (ObjectUnreadableException closed)
        {
            return new WholeObject([], [], $"its metadata file can't be read: {closed.Message}");
        }
    }

    private sealed class Sink(
        Dataset dataset, SubjectMatcher matcher, RowMatch owner, RowEditLog? edits, OthersInHistory.StayingRows? staying, OthersInHistory.StayingRows? shared) : IRowSink, IDisposable
    {
        private readonly IncrementalHash _hash =
            IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, matcher.Subject[0].Keys[0].ToByteArray());

        public long Own { get; private set; }

        public long Shared { get; private set; }

        public long OwnBytes { get; private set; }

        public long SharedBytes { get; private set; }

        public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people)
        {
            RowMatch match = Match(people);
            RowAction? action = EraseEdits.ActionOn(dataset, match);
            if (action is null)
                staying?.Add(content);
            else if (match == RowMatch.Shared && !EraseEdits.TakesShared(dataset))
                shared?.Add(content);
            if (match == RowMatch.None)
                return;
            if (match == RowMatch.Own)
                (Own, OwnBytes) = (Own + 1, OwnBytes + row.Length);
            else
                (Shared, SharedBytes) = (Shared + 1, SharedBytes + row.Length);
            if (action is { } edit)
                edits?.Add(new RowEdit(row, edit, match == RowMatch.Shared));
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
            _hash.AppendData(length);
            _hash.AppendData(content);
        }

        public void OnMalformedRow(ReadOnlySpan<byte> content) => staying?.Add(content);

        public string Digest() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();

        // In a person's own object a row that names only somebody else is shared, and a row that names nobody is whose the object is.
        private RowMatch Match(ReadOnlySpan<RowPerson> people)
        {
            RowMatch match = matcher.Match(people);
            return match != RowMatch.None || owner == RowMatch.None ? match
                : matcher.NamesOthers(people) ? RowMatch.Shared
                : owner;
        }
    }
}
