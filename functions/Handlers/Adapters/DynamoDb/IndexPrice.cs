using Limpid.Core.Subjects;
using Limpid.Functions.Adapters.S3;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>
/// What it costs to write the index of new data, by what <see cref="DynamoIndex"/> does for an object that is indexed for the first
/// time: the requests and their price, without the reading of the data itself and without storage.
/// </summary>
/// <param name="WriteUnits">Of DynamoDB: one for each item and each KB of it that is begun.</param>
/// <param name="ReadUnits">Of DynamoDB, consistent: one for each item or page and each 4 KB of it that are begun.</param>
/// <param name="Uploads">PUT and the like of S3.</param>
internal readonly record struct IndexPrice(double WriteUnits, double ReadUnits, double Uploads)
{
    // On demand, us-east-1, Standard table class and S3 Standard: aws.amazon.com/dynamodb/pricing/on-demand as lowered on 2024-11-01,
    // aws.amazon.com/s3/pricing; looked up on 2026-11-25.
    private const double DollarsAWriteUnit = 0.625e-6;
    private const double DollarsAReadUnit = 0.125e-6;
    private const double DollarsAnUpload = 5e-6;

    // Beside the object's key: of an entry, a note, a record (key twice: as its own and in its JSON).
    private const int EntryBytes = 220;
    private const int NoteBytes = 160;
    private const int RecordBytes = 900;

    /// <summary>A row set of one row in a large file, and its length.</summary>
    private const int RowsBytes = 12;

    private const double Gigabyte = 1e9;

    public double Dollars => WriteUnits * DollarsAWriteUnit + ReadUnits * DollarsAReadUnit + Uploads * DollarsAnUpload;

    /// <summary>Of one object in which each of so many people has one row.</summary>
    public static IndexPrice OfObject(long people, int keyBytes = 100, int packAbove = DynamoIndex.DefaultPackAbove)
    {
        // Claimed and done; looked at before, before the entries, after them, and by the sweep.
        double record = Units(RecordBytes + 2 * keyBytes, 1024), looks = 4 * Units(RecordBytes + 2 * keyBytes, 4096);
        const double ListedInDataset = 1, Announced = 1, Counted = 1, RememberedAsPacked = 1;
        if (people <= packAbove)
        {
            int note = NoteBytes + keyBytes + (int)people * SubjectKey.ByteLength;
            return new IndexPrice(
                2 * record + ListedInDataset + Announced + Counted + Units(note, 1024) + people * Units(EntryBytes + keyBytes + RowsBytes, 1024),
                looks + Units(note, 4096),
                0);
        }
        long file = people * (SubjectKey.ByteLength + 1 + RowsBytes);
        double uploads = file <= S3Spool.InMemory ? 1 : 2 + Units(file, S3Spool.InMemory);
        return new IndexPrice(2 * record + ListedInDataset + Announced + Counted + RememberedAsPacked + 1, looks + 1, uploads);
    }

    /// <summary>Of a gigabyte in objects of this size, every row another person's.</summary>
    public static IndexPrice OfGigabyte(long objectBytes, int rowBytes)
    {
        IndexPrice one = OfObject(objectBytes / rowBytes);
        double objects = Gigabyte / objectBytes;
        return new IndexPrice(one.WriteUnits * objects, one.ReadUnits * objects, one.Uploads * objects);
    }

    private static double Units(long bytes, int unit) => Math.Ceiling((double)bytes / unit);
}
