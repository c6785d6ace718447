using System.Buffers.Text;
using System.IO.Compression;

namespace Limpid.Benchmarks;

/// <summary>A lake of made-up reviews in a temporary folder, the same at every run; gone when disposed.</summary>
internal sealed class GeneratedLake : IDisposable
{
    /// <summary>With its newline.</summary>
    public const int LineLength = 763;

    public const string Key = "reviews/reviews.ndjson";
    public const string Approver = "dpo@bench.example";

    /// <summary>Instead of a number of people: every row is another person's.</summary>
    public const int EveryRowAnother = 0;

    private readonly string _folder = Directory.CreateTempSubdirectory("limpid-bench-").FullName;

    public GeneratedLake(int megabytes, int people, bool gzip = false)
    {
        Directory.CreateDirectory(Path.Combine(Root, "reviews"));
        SetErase("blank");
        using Stream file = new FileStream(File, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        using Stream target = gzip ? new GZipStream(file, CompressionLevel.Fastest) : file;
        Rows = megabytes * 1_000_000L / LineLength;
        Bytes = Rows * LineLength;
        Write(target, Rows, people);
    }

    public string Root => Path.Combine(_folder, "lake");

    /// <summary>Where secrets are kept while it lasts.</summary>
    public string Home => Path.Combine(_folder, "home");

    public string File => Path.Combine(Root, Key);

    public long Rows { get; }

    /// <summary>Of the content, decompressed.</summary>
    public long Bytes { get; }

    public string NewState() => Path.Combine(_folder, "state-" + Guid.NewGuid().ToString("N"));

    public void SetErase(string mode) => System.IO.File.WriteAllText(
        Path.Combine(Root, "lake.yaml"),
        $$"""
        lake: bench
        kinds:
          customer: {}
        grace: 0
        unattended: true
        datasets:
          - name: reviews
            location: reviews/
            format: ndjson
            subjects:
              - {kind: customer, field: CustomerId}
            erase: {{mode}}
            approvers: [{{Approver}}]
        """ + "\n");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Write(Stream target, long rows, int people)
    {
        var random = new Random(1);
        byte[] block = new byte[LineLength * 1_000];
        for (long row = 0; row < rows;)
        {
            int used = 0;
            for (; used < block.Length && row < rows; row++, used += LineLength)
                WriteLine(block.AsSpan(used, LineLength), row, people == EveryRowAnother ? row : random.Next(people), random);
            target.Write(block, 0, used);
        }
    }

    private static void WriteLine(Span<byte> line, long row, long customer, Random random)
    {
        Span<byte> rest = line;
        Add(ref rest, "{\"ReviewId\":"u8);
        Add(ref rest, 1_000_000 + row);
        Add(ref rest, ",\"ProductId\":\"B"u8);
        Add(ref rest, random.Next(100_000));
        Add(ref rest, "\",\"CustomerId\":"u8);
        Add(ref rest, customer);
        Add(ref rest, ",\"Stars\":"u8);
        Add(ref rest, random.Next(1, 6));
        Add(ref rest, ",\"Verified\":true,\"Title\":\"a good thing\",\"Country\":\"GR\",\"At\":\"2026-11-22T06:00:00Z\",\"Text\":\""u8);
        while (rest.Length > 3)
            Add(ref rest, "it works well and does what it says, "u8[..Math.Min(37, rest.Length - 3)]);
        Add(ref rest, "\"}\n"u8);
    }

    private static void Add(ref Span<byte> rest, ReadOnlySpan<byte> text)
    {
        text.CopyTo(rest);
        rest = rest[text.Length..];
    }

    private static void Add(ref Span<byte> rest, long number)
    {
        Utf8Formatter.TryFormat(number, rest, out int length);
        rest = rest[length..];
    }
}
