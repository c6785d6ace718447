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
    /// <summary>Rows that are the person's alone, ascending.</summary>
    public required IReadOnlyList<RowRef> Own { get; init; }

    /// <summary>Rows that name somebody else as well, ascending.</summary>
    public required IReadOnlyList<RowRef> Shared { get; init; }

    /// <summary>Over the content of all of the person's rows, in order: unchanged while these rows are, whatever else changes around them.</summary>
    public required string Digest { get; init; }

    public required ScanReport Report { get; init; }

    /// <summary>Whether the object's name or metadata file names the person.</summary>
    public required bool WholeObject { get; init; }

    /// <summary>Whether they name somebody else as well: nothing in the object is then the person's alone.</summary>
    public bool WholeIsShared { get; init; }

    /// <summary>The metadata file that does, or null.</summary>
    public string? SidecarKey { get; init; }

    public bool IsAnywhere => WholeObject || Own.Count > 0 || Shared.Count > 0;

    /// <summary>Whether nothing in the object is anybody else's, or could be.</summary>
    public bool IsAllOf => Shared.Count == 0 && !WholeIsShared && (WholeObject
        || (Report.Unreadable is null && Report.MalformedRows == 0 && Own.Count == Report.Rows && Own.Count > 0));
}

/// <summary>Matches a person's rows by identifier; nothing that an index says is taken on trust.</summary>
internal sealed class SubjectScan(Ports ports)
{
    private readonly PeopleInObject _people = new(ports);

    /// <exception cref="ObjectChangedException">The object changed while it was read.</exception>
    public async Task<SubjectRows> ReadAsync(Dataset dataset, ObjectInfo info, IReadOnlyList<SubjectIdentity> subject, CancellationToken cancellation)
    {
        WholeObject whole = await _people.WholeAsync(dataset, info.Key, cancellation);
        var matcher = new SubjectMatcher(subject);
        RowMatch ofWhole = matcher.Match([.. whole.People]);
        bool isWhole = ofWhole != RowMatch.None;
        using var sink = new Sink(matcher, subject, ofWhole);
        ScanReport report;
        await using (Stream content = await ports.Objects.OpenReadAsync(info, 0, cancellation))
            report = await new ObjectScanner(dataset, ports.Lake.Kinds, ports.Hasher).ScanAsync(ports.Watched(content), sink, cancellation);
        bool readable = report.Unreadable is null;
        return new SubjectRows
        {
            Own = readable ? sink.Own : [],
            Shared = readable ? sink.Shared : [],
            Digest = sink.Digest(),
            Report = report,
            WholeObject = isWhole,
            WholeIsShared = ofWhole == RowMatch.Shared,
            SidecarKey = isWhole ? whole.SidecarKey : null,
        };
    }

    private sealed class Sink(SubjectMatcher matcher, IReadOnlyList<SubjectIdentity> subject, RowMatch whole) : IRowSink, IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, subject[0].Keys[0].ToByteArray());
        private readonly HashSet<string> _kinds = [.. subject.Select(s => s.Kind)];

        public List<RowRef> Own { get; } = [];

        public List<RowRef> Shared { get; } = [];

        public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people)
        {
            switch (Match(people))
            {
                case RowMatch.Own:
                    Own.Add(row);
                    break;
                case RowMatch.Shared:
                    Shared.Add(row);
                    break;
                default:
                    return;
            }
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
            _hash.AppendData(length);
            _hash.AppendData(content);
        }

        public string Digest() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();

        // In a person's own object a row that names only somebody else is shared, and a row that names nobody is whose the object is.
        private RowMatch Match(ReadOnlySpan<RowPerson> people)
        {
            RowMatch match = matcher.Match(people);
            if (match != RowMatch.None || whole == RowMatch.None)
                return match;
            foreach (RowPerson person in people)
            {
                if (_kinds.Contains(person.Kind))
                    return RowMatch.Shared;
            }
            return whole;
        }
    }
}
