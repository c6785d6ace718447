using Limpid.Core.Formats;
using Limpid.Core.Subjects;
using Limpid.Functions.Adapters.DynamoDb;

namespace Limpid.Functions.Adapters;

/// <summary>
/// What work on objects costs on AWS, by what the functions do for one: so many requests, and so many times reading the whole of it.
/// The tests count these on the wire. Buckets keep no versions here, and the lake's own storage is not counted.
/// </summary>
/// <param name="Bytes">Of one object, as it is stored.</param>
/// <param name="RowBytes">Of one row, decompressed.</param>
/// <param name="Expansion">Decompressed bytes of a stored one; 1 where it is not compressed.</param>
internal readonly record struct LakePrice(double Objects, double Bytes, int RowBytes = 763, double Expansion = 1)
{
    /// <summary>How often erasing from an object reads the whole of it: planning, matching again, planning the splice or rewriting, proving, indexing what was written, and the second pass.</summary>
    public const int ReadsOfErasing = 6;

    /// <summary>Of an object that is rewritten whole in one request: what is proven never left memory.</summary>
    public const int ReadsOfSmall = 5;

    // One connection to S3 gives a function 85 to 90 MB/s (docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html).
    private const double BytesASecond = 85e6;

    // BENCHMARKS.md: indexing 1 GB where every row is another person's, 3.67 processor seconds of one processor; the other scans take less. The same for gzip
    // by 5 GB that take 4.27 to index and 27.05 to erase.
    private const double SecondsAGigabyte = 3.67;
    private const double GzipSecondsAGigabyte = 27.05 / 5;

    // At 1,769 MB a function has one whole processor (docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html), which is what the
    // functions get that read objects; others get 512 MB.
    private const double ScannersGigabytes = 1769 / 1024.0;
    private const double OthersGigabytes = 0.5;

    /// <summary>Of everything that is no scan: a warm function with a handful of requests.</summary>
    private const double Overhead = 0.15;

    private const double Gigabyte = 1e9;
    private const double ListedAtOnce = 1000;

    private bool IsSmall => Bytes <= SplicePlan.RewrittenWhole;

    private double People => Math.Max(1, Bytes * Expansion / RowBytes);

    /// <summary>Every object once, whoever is in it: every row another person.</summary>
    public CloudUse Indexing
    {
        get
        {
            IndexPrice index = IndexPrice.OfObject((long)People);
            return (Scan(1) + new CloudUse
            {
                Invocations = 1,
                S3Writes = index.Uploads + 1 / ListedAtOnce,
                S3Reads = 4,
                WriteUnits = index.WriteUnits,
                ReadUnits = index.ReadUnits,
            }) * Objects;
        }
    }

    /// <summary>A month in which a hundredth of the objects is new, and every day the lake is listed and held against the index; with the index's storage.</summary>
    public CloudUse Month
    {
        get
        {
            const double New = 0.01, Days = 30;
            CloudUse events = new() { Events = 1, Messages = 3 };
            CloudUse day = new() { S3Writes = 1 / ListedAtOnce, S3Reads = 2, ReadUnits = 2, GigabyteSeconds = 0.002 * ScannersGigabytes };
            double kept = People * (SubjectKey.ByteLength + 13) / Gigabyte;
            CloudUse storage = People > DynamoIndex.DefaultPackAbove
                ? new() { S3GigabyteMonths = kept, TableGigabyteMonths = 2e3 / Gigabyte }
                : new() { TableGigabyteMonths = People * 350 / Gigabyte };
            return Indexing * New + (events * New + day * Days + storage) * Objects;
        }
    }

    /// <summary>What every request for an erasure takes, whatever it is of.</summary>
    public static CloudUse ARequest => new()
    {
        Invocations = 20,
        Transitions = 40,
        GigabyteSeconds = 20 * 2 * OthersGigabytes,
        S3Writes = 50,
        S3Reads = 100,
        WriteUnits = 150,
        ReadUnits = 500,
        KeyUses = 100,
    };

    /// <summary>One person, who is in every one of the objects: from the request to the certificate, with two listings.</summary>
    public CloudUse Erasing => ErasingObjects + ARequest;

    /// <summary><see cref="Erasing"/> without what the request itself takes.</summary>
    public CloudUse ErasingObjects
    {
        get
        {
            double parts = Math.Ceiling(Bytes / S3PartBytes);
            IndexPrice index = IndexPrice.OfObject((long)People);
            CloudUse each = Scan(IsSmall ? ReadsOfSmall : ReadsOfErasing) + new CloudUse
            {
                Invocations = 2,
                Transitions = 4,
                GigabyteSeconds = 2 * Overhead * ScannersGigabytes,
                S3Writes = (IsSmall ? 14 : 23 + 2 * parts) + index.Uploads,
                S3Reads = 80,
                WriteUnits = 12 + index.WriteUnits,
                ReadUnits = 45 + index.ReadUnits,
            };
            return each * Objects;
        }
    }

    private const double S3PartBytes = 5.0 * (1L << 30);

    // Reading and looking go on side by side: whichever is slower.
    private CloudUse Scan(int reads)
    {
        double seconds = Expansion > 1
            ? Math.Max(reads * Bytes / BytesASecond, Bytes * Expansion / Gigabyte * GzipSecondsAGigabyte * reads / ReadsOfErasing)
            : reads * Math.Max(Bytes / BytesASecond, Bytes / Gigabyte * SecondsAGigabyte);
        return new CloudUse { GigabyteSeconds = seconds * ScannersGigabytes };
    }
}
