using Amazon.S3;
using Amazon.S3.Model;

namespace Limpid.Functions.Adapters.S3;

/// <summary>
/// One upload in parts, which may come in any order and at once. What is not completed is to be aborted. It is begun with CRC32, which the
/// SDK puts on every part by itself: S3 refuses a part with a checksum that its upload was not begun with.
/// </summary>
internal sealed class S3Multipart(IAmazonS3 s3, string bucket, string name, string id)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, PartETag> _parts = [];

    public string Id => id;

    public static async Task<S3Multipart> BeginAsync(IAmazonS3 s3, InitiateMultipartUploadRequest request, CancellationToken cancellation)
    {
        request.ChecksumAlgorithm = ChecksumAlgorithm.CRC32;
        return new S3Multipart(s3, request.BucketName, request.Key, (await s3.InitiateMultipartUploadAsync(request, cancellation)).UploadId);
    }

    public async Task UploadAsync(int part, ArraySegment<byte> bytes, CancellationToken cancellation)
    {
        using var stream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        UploadPartResponse answer = await s3.UploadPartAsync(new UploadPartRequest
        {
            BucketName = bucket,
            Key = name,
            UploadId = id,
            PartNumber = part,
            PartSize = bytes.Count,
            InputStream = stream,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
        }, cancellation);
        Keep(part, new PartETag(answer, copyChecksums: true));
    }

    /// <summary>A part that S3 copies itself, if its source still is what was seen.</summary>
    public async Task CopyAsync(int part, S3Source source, long from, long length, CancellationToken cancellation)
    {
        CopyPartResponse answer = await s3.CopyPartAsync(new CopyPartRequest
        {
            DestinationBucket = bucket,
            DestinationKey = name,
            UploadId = id,
            PartNumber = part,
            SourceBucket = source.Bucket,
            SourceKey = source.Name,
            SourceVersionId = S3Answers.IdOf(source.Version),
            ETagToMatch = [S3Answers.Quoted(source.ETag)],
            FirstByte = from,
            LastByte = from + length - 1,
        }, cancellation);
        Keep(part, new PartETag(answer, copyChecksums: true));
    }

    public Task<CompleteMultipartUploadResponse> CompleteAsync(string? ifMatch, string? ifNoneMatch, CancellationToken cancellation) =>
        s3.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest
        {
            BucketName = bucket,
            Key = name,
            UploadId = id,
            PartETags = [.. _parts.Values],
            IfMatch = ifMatch,
            IfNoneMatch = ifNoneMatch,
        }, cancellation);

    /// <summary>Whatever came before: the parts are removed, or were already.</summary>
    public async Task AbortAsync()
    {
        try
        {
            await s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket, Key = name, UploadId = id }, CancellationToken.None);
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
        }
    }

    // Completing asks for the checksum of each, those of copied parts too.
    private void Keep(int number, PartETag part)
    {
        part.PartNumber = number;
        lock (_gate)
            _parts[number] = part;
    }
}
