using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Tests.Adapters;

namespace Limpid.Tests.WireS3;

/// <summary>The rules that the stand-in keeps, by S3's documentation. On another endpoint they are held against that.</summary>
public sealed class WireS3Tests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(5 * MiB - 1, "EntityTooSmall")]
    [InlineData(5 * MiB, null)]
    public async Task F47_Only_the_last_part_may_be_small(int first, string? fault)
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        string id = await BeginAsync(lab, "a");
        var parts = new List<PartETag> { await PartAsync(lab, id, 1, first), await PartAsync(lab, id, 2, 1) };
        var complete = new CompleteMultipartUploadRequest { BucketName = lab.LakeName, Key = "a", UploadId = id, PartETags = parts };
        if (fault is null)
            Assert.EndsWith("-2\"", (await lab.Client.CompleteMultipartUploadAsync(complete, Cancellation)).ETag, StringComparison.Ordinal);
        else
            Assert.Equal(fault, (await Assert.ThrowsAsync<AmazonS3Exception>(() => lab.Client.CompleteMultipartUploadAsync(complete, Cancellation))).ErrorCode);
    }

    [Fact]
    public async Task F47_There_are_ten_thousand_parts_at_most()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        string id = await BeginAsync(lab, "a");
        await PartAsync(lab, id, 10_000, 1);
        Assert.Equal("InvalidArgument", (await Assert.ThrowsAsync<AmazonS3Exception>(() => PartAsync(lab, id, 10_001, 1))).ErrorCode);
    }

    [Fact]
    public async Task F43_A_condition_is_held_against_the_current_version()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System, versioned: true);
        lab.Put("a", "1");
        string etag = (await lab.Client.GetObjectMetadataAsync(lab.LakeName, "a", Cancellation)).ETag;
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(lab, "a", "\"another\"", null));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(lab, "a", null, "*"));
        Assert.Equal(HttpStatusCode.NotFound, await PutAsync(lab, "b", etag, null));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(lab, "a", etag, null));
        lab.Remove("a");
        Assert.Equal(HttpStatusCode.NotFound, await PutAsync(lab, "a", etag, null));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(lab, "a", null, "*"));
    }

    [Fact]
    public async Task F47_A_copied_part_must_be_of_the_source_that_was_named()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        lab.Put("a", "0123456789");
        string id = await BeginAsync(lab, "b");
        var copy = new CopyPartRequest
        {
            SourceBucket = lab.LakeName,
            SourceKey = "a",
            DestinationBucket = lab.LakeName,
            DestinationKey = "b",
            UploadId = id,
            PartNumber = 1,
            FirstByte = 2,
            LastByte = 4,
            ETagToMatch = ["\"another\""],
        };
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Assert.ThrowsAsync<AmazonS3Exception>(() => lab.Client.CopyPartAsync(copy, Cancellation))).StatusCode);
        copy.ETagToMatch = null;
        CopyPartResponse copied = await lab.Client.CopyPartAsync(copy, Cancellation);
        await lab.Client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = lab.LakeName, Key = "b", UploadId = id, PartETags = [new PartETag(copied, copyChecksums: true)] }, Cancellation);
        using GetObjectResponse read = await lab.Client.GetObjectAsync(lab.LakeName, "b", Cancellation);
        Assert.Equal("234", await new StreamReader(read.ResponseStream).ReadToEndAsync(Cancellation));
        copy.LastByte = 10;
        Assert.NotNull((await Assert.ThrowsAsync<AmazonS3Exception>(() => lab.Client.CopyPartAsync(copy, Cancellation))).ErrorCode);
    }

    // The SDK puts a CRC32 on every part by itself.
    [Fact]
    public async Task F47_An_upload_takes_the_checksum_that_it_was_begun_with_and_is_completed_with_all_of_them()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        string undeclared = await BeginAsync(lab, "a", declares: false);
        AmazonS3Exception part = await Assert.ThrowsAsync<AmazonS3Exception>(() => PartAsync(lab, undeclared, 1, 1));
        Assert.Contains("expected checksum Type: null, actual checksum Type: crc32", part.Message, StringComparison.Ordinal);
        string declared = await BeginAsync(lab, "a");
        PartETag whole = await PartAsync(lab, declared, 1, 1);
        Assert.NotNull(whole.ChecksumCRC32);
        var complete = new CompleteMultipartUploadRequest { BucketName = lab.LakeName, Key = "a", UploadId = declared, PartETags = [new PartETag(1, whole.ETag)] };
        AmazonS3Exception without = await Assert.ThrowsAsync<AmazonS3Exception>(() => lab.Client.CompleteMultipartUploadAsync(complete, Cancellation));
        Assert.Equal((HttpStatusCode.BadRequest, "InvalidRequest"), (without.StatusCode, without.ErrorCode));
        complete.PartETags = [whole];
        await lab.Client.CompleteMultipartUploadAsync(complete, Cancellation);
    }

    [Fact]
    public async Task A_body_that_is_not_what_its_checksum_says_is_refused()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        AmazonS3Exception refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => lab.Client.PutObjectAsync(
            new PutObjectRequest { BucketName = lab.LakeName, Key = "a", ContentBody = "1", ChecksumCRC32 = "AAAAAA==" }, Cancellation));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    private static async Task<PartETag> PartAsync(S3Lab lab, string id, int number, int length)
    {
        UploadPartResponse part = await lab.Client.UploadPartAsync(new UploadPartRequest
        {
            BucketName = lab.LakeName,
            Key = "a",
            UploadId = id,
            PartNumber = number,
            InputStream = new MemoryStream(new byte[length]),
        }, Cancellation);
        return new PartETag(part, copyChecksums: true);
    }

    private static async Task<string> BeginAsync(S3Lab lab, string name, bool declares = true) => (await lab.Client.InitiateMultipartUploadAsync(
        new InitiateMultipartUploadRequest { BucketName = lab.LakeName, Key = name, ChecksumAlgorithm = declares ? ChecksumAlgorithm.CRC32 : null }, Cancellation)).UploadId;

    private static async Task<HttpStatusCode> PutAsync(S3Lab lab, string key, string? ifMatch, string? ifNoneMatch)
    {
        try
        {
            return (await lab.Client.PutObjectAsync(
                new PutObjectRequest { BucketName = lab.LakeName, Key = key, ContentBody = "2", IfMatch = ifMatch, IfNoneMatch = ifNoneMatch }, Cancellation)).HttpStatusCode;
        }
        catch (AmazonS3Exception answer)
        {
            return answer.StatusCode;
        }
    }
}
