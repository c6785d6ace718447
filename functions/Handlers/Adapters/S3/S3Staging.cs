using System.Security.Cryptography;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;

namespace Limpid.Functions.Adapters.S3;

/// <summary>
/// Where new content is put together and proven before it takes an object's place: a bucket of Limpid's own, in the lake's region.
/// Beside each staged object stands the id of the upload into the lake that was begun for it, so that what a killed function leaves
/// is found: by the next rewrite of the same object, once it is too old to be anybody's work. A lifecycle rule of a day does the rest.
/// </summary>
internal sealed class S3Staging(IAmazonS3 s3, S3Place place, TimeProvider time)
{
    // A function lives for 15 minutes at most.
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private const string UploadNote = ".upload";

    public InitiateMultipartUploadRequest Begin(string bucket, string name, S3Properties properties)
    {
        var request = new InitiateMultipartUploadRequest
        {
            BucketName = place.Bucket,
            Key = $"{FolderOf(bucket, name)}{RandomNumberGenerator.GetHexString(32, lowercase: true)}",
        };
        properties.GiveEncryptionTo(request);
        return request;
    }

    /// <summary>Ends an upload that was begun here. Its name is nobody else's, so that what stands under it is what was uploaded.</summary>
    public async Task<S3Source> CompleteAsync(InitiateMultipartUploadRequest begun, Func<Task> complete, long size, CancellationToken cancellation)
    {
        try
        {
            await complete();
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
            // The answer was lost, and the repeated request finds no such upload any more; or it was cleared away, and there is nothing.
        }
        GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = begun.BucketName, Key = begun.Key }, cancellation);
        return head.ContentLength == size
            ? new S3Source(begun.BucketName, begun.Key, S3Answers.VersionOf(head.VersionId), S3Answers.ETagOf(head.ETag), size)
            : throw new IOException($"what was uploaded has {head.ContentLength} bytes and not {size}");
    }

    /// <summary>Writes down an upload into the lake before it has parts.</summary>
    public Task NoteAsync(string bucket, string name, string uploadId, CancellationToken cancellation) =>
        s3.PutObjectAsync(new PutObjectRequest
        {
            BucketName = place.Bucket,
            Key = NoteOf(bucket, name, uploadId),
            InputStream = new MemoryStream(Encoding.UTF8.GetBytes(uploadId)),
        }, cancellation);

    public Task ForgetNoteAsync(string bucket, string name, string uploadId) => DeleteAsync(NoteOf(bucket, name, uploadId), null);

    public Task DeleteAsync(S3Source staged) => DeleteAsync(staged.Name, staged.Version.Length == 0 ? null : staged.Version);

    /// <summary>Removes what others began for the same object and never ended.</summary>
    public async Task ClearAsync(string bucket, string name, CancellationToken cancellation)
    {
        DateTimeOffset before = time.GetUtcNow() - Abandoned;
        string folder = FolderOf(bucket, name);
        ListMultipartUploadsResponse open = await s3.ListMultipartUploadsAsync(
            new ListMultipartUploadsRequest { BucketName = place.Bucket, Prefix = folder }, cancellation);
        foreach (MultipartUpload upload in open.MultipartUploads ?? [])
        {
            if (S3Answers.TimeOf(upload.Initiated) < before)
                await new S3Multipart(s3, place.Bucket, upload.Key, upload.UploadId).AbortAsync();
        }
        ListVersionsResponse left = await s3.ListVersionsAsync(new ListVersionsRequest { BucketName = place.Bucket, Prefix = folder }, cancellation);
        foreach (S3ObjectVersion version in left.Versions ?? [])
        {
            if (S3Answers.TimeOf(version.LastModified) >= before)
                continue;
            if (version.Key.EndsWith(UploadNote, StringComparison.Ordinal) && version.IsDeleteMarker != true)
            {
                using GetObjectResponse note = await s3.GetObjectAsync(
                    new GetObjectRequest { BucketName = place.Bucket, Key = version.Key, VersionId = version.VersionId }, cancellation);
                using var text = new StreamReader(note.ResponseStream);
                await new S3Multipart(s3, bucket, name, await text.ReadToEndAsync(cancellation)).AbortAsync();
            }
            await DeleteAsync(version.Key, version.VersionId);
        }
    }

    private async Task DeleteAsync(string name, string? version)
    {
        try
        {
            await s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = place.Bucket, Key = name, VersionId = version }, CancellationToken.None);
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
        }
    }

    private string NoteOf(string bucket, string name, string uploadId) => $"{FolderOf(bucket, name)}{Digest(uploadId)}{UploadNote}";

    // Names may be people's, and are longer than there is room.
    private string FolderOf(string bucket, string name) => $"{place.Prefix}{Digest($"{bucket}/{name}")}/";

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
