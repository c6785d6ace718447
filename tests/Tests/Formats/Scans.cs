using System.IO.Compression;
using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Formats;

/// <summary>What the tests of the formats share: a small lake, and ways to read and rewrite bytes in it.</summary>
internal static class Scans
{
    public static readonly SubjectHasher Hasher = new([new SubjectSecret(1, Enumerable.Repeat((byte)7, 32).ToArray())]);

    public static readonly Dictionary<string, Kind> Kinds = new()
    {
        ["customer"] = new Kind(),
        ["email"] = new Kind { Normalize = [Normalization.Trim, Normalization.Lower, Normalization.Nfc] },
    };

    public static Dataset Ndjson(params string[] customerFields) => Of(DataFormat.Ndjson, customerFields);

    public static Dataset Csv(params string[] customerFields) => Of(DataFormat.Csv, customerFields);

    public static SubjectKey Key(string kind, string identifier) =>
        Hasher.KeysOf(kind, Identifier.FromText(Kinds[kind], identifier))[0];

    public static SubjectIdentity Subject(string kind, string identifier) => new(kind, [Key(kind, identifier)]);

    public static async Task<ScannedObject> ScanAsync(Dataset dataset, byte[] content, int readAtMost = int.MaxValue)
    {
        var sink = new ScannedObject();
        sink.Report = await new ObjectScanner(dataset, Kinds, Hasher)
            .ScanAsync(new ShortReads(content, readAtMost), sink, TestContext.Current.CancellationToken);
        return sink;
    }

    public static Task<ScannedObject> ScanAsync(Dataset dataset, string content) => ScanAsync(dataset, Encoding.UTF8.GetBytes(content));

    /// <summary>Edits every row that names the subject, and proves the result.</summary>
    public static async Task<byte[]> EraseAsync(Dataset dataset, byte[] content, RowAction action, params SubjectIdentity[] subject)
    {
        ScannedObject scanned = await ScanAsync(dataset, content);
        Assert.Null(scanned.Report.Unreadable);
        var matcher = new SubjectMatcher(subject);
        RowEdit[] edits =
        [
            .. from row in scanned.Rows
               let match = matcher.Match(row.People)
               where match != RowMatch.None
               select new RowEdit(row.Row, action, match == RowMatch.Shared)
        ];
        (byte[] result, _) = await RewriteAsync(dataset, content, edits, subject);
        return result;
    }

    public static async Task<string> EraseAsync(Dataset dataset, string content, RowAction action, params SubjectIdentity[] subject) =>
        Encoding.UTF8.GetString(await EraseAsync(dataset, Encoding.UTF8.GetBytes(content), action, subject));

    public static async Task<(byte[] Result, RewriteReport Report)> RewriteAsync(
        Dataset dataset, byte[] content, RowEdit[] edits, params SubjectIdentity[] subject)
    {
        using var target = new MemoryStream();
        RewriteReport report = await new RowRewriter(dataset, Kinds, Hasher, subject)
            .RewriteAsync(new ShortReads(content, 1_000), target, edits, TestContext.Current.CancellationToken);
        byte[] result = target.ToArray();
        Assert.True(await RowRewriter.ProveAsync(new ShortReads(result, 1_000), report, TestContext.Current.CancellationToken));
        await AgreesWithItsPlanAsync(new RowRewriter(dataset, Kinds, Hasher, subject), content, edits, result, report);
        return (result, report);
    }

    // What a store that splices is told comes to the same bytes, and is proven against the same report.
    private static async Task AgreesWithItsPlanAsync(RowRewriter rewriter, byte[] content, RowEdit[] edits, byte[] result, RewriteReport report)
    {
        (RewriteReport planned, IReadOnlyList<ByteEdit>? bytes) =
            await rewriter.PlanAsync(new ShortReads(content, 1_000), edits, TestContext.Current.CancellationToken);
        Assert.Equal(report.SurvivorDigest.ToArray(), planned.SurvivorDigest.ToArray());
        Assert.Equal(report.Digest.ToArray(), planned.Digest.ToArray());
        Assert.Equal(report.Compression == Compression.None, bytes is not null);
        if (bytes is null)
            return;
        using var target = new MemoryStream();
        await ByteEdits.ApplyAsync(new ShortReads(content, 1_000), bytes, target, TestContext.Current.CancellationToken);
        Assert.Equal(result, target.ToArray());
    }

    public static byte[] Gzip(ReadOnlySpan<byte> content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }

    public static byte[] Gunzip(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    private static Dataset Of(DataFormat format, string[] customerFields) => new()
    {
        Name = "reviews",
        Location = "reviews/",
        Format = format,
        Subjects = [.. customerFields.Select(field => new SubjectRule { Kind = "customer", Field = field })],
        Approvers = ["dpo@acme.example"],
    };
}

internal readonly record struct ScannedRow(RowRef Row, RowPerson[] People)
{
    public SubjectKey[] Keys => [.. People.Select(person => person.Keys[0])];
}

internal sealed class ScannedObject : IRowSink
{
    public List<ScannedRow> Rows { get; } = [];

    public ScanReport Report { get; set; } = new();

    public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people) => Rows.Add(new ScannedRow(row, people.ToArray()));

    public IEnumerable<RowRef> RowsOf(string kind, string identifier) =>
        from row in Rows where row.Keys.Contains(Scans.Key(kind, identifier)) select row.Row;
}

/// <summary>Gives no more than so many bytes at a read, as pipes and sockets do.</summary>
internal sealed class ShortReads(byte[] content, int readAtMost) : MemoryStream(content, writable: false)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, readAtMost)], cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, readAtMost));

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, readAtMost)]);
}
