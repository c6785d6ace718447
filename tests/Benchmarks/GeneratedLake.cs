using System.IO.Compression;

namespace Limpid.Benchmarks;

/// <summary>A lake of one file of made-up reviews in a temporary folder; gone when disposed.</summary>
internal sealed class GeneratedLake : IDisposable
{
    public const string Key = "reviews/reviews.data";
    public const string Approver = "dpo@bench.example";

    private readonly string _folder = Directory.CreateTempSubdirectory("limpid-bench-").FullName;
    private readonly bool _csv;

    public GeneratedLake(GeneratedRows rows, bool gzip = false)
    {
        _csv = rows.Csv;
        Directory.CreateDirectory(Path.Combine(Root, "reviews"));
        SetErase("drop");
        using Stream file = new FileStream(File, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        using Stream target = gzip ? new GZipStream(file, CompressionLevel.Fastest) : file;
        (Rows, Bytes) = rows.Write(target);
    }

    public string Root => Path.Combine(_folder, "lake");

    /// <summary>Where secrets are kept while it lasts.</summary>
    public string Home => Path.Combine(_folder, "home");

    public string File => Path.Combine(Root, Key);

    /// <summary>That can be read.</summary>
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
            format: {{(_csv ? "csv" : "ndjson")}}
            subjects:
              - {kind: customer, field: CustomerId}
            erase: {{mode}}
            {{(mode == "mask" ? "fields: [CustomerId]" : "")}}
            approvers: [{{Approver}}]
        """ + "\n");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
