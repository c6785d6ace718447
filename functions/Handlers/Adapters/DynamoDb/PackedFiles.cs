using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters.S3;

namespace Limpid.Functions.Adapters.DynamoDb;

internal sealed record PackedFile(string Name, string ETag, long Length);

/// <summary>
/// The sorted key files of objects with many people, in a bucket beside the index that keeps no versions: what is removed there is
/// meant to be gone. No name is ever used twice.
/// </summary>
internal sealed class PackedFiles(IAmazonS3 s3, S3Place place)
{
    private readonly S3Reading _reading = new(s3);

    public static string NameOf(VersionName name, Attempt attempt) => IndexKeys.EntrySk(name, attempt) + ".keys";

    /// <summary>Writes a file in bounded memory. It is there when this returns, and not at all when it throws.</summary>
    public async Task<PackedFile> WriteAsync(string name, IEnumerable<IndexEntry> entries, CancellationToken cancellation)
    {
        string key = place.Prefix + name;
        await using var spool = new S3Spool(s3, () => new InitiateMultipartUploadRequest { BucketName = place.Bucket, Key = key });
        var writer = new PackedKeyWriter(spool);
        foreach (IndexEntry entry in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            writer.Add(entry.Subject, entry.Rows.Span);
            // The writer knows no waiting; what it has written is sent off here.
            await spool.WriteAsync(ReadOnlyMemory<byte>.Empty, cancellation);
        }
        long length = writer.Complete();
        string etag = spool.Content is { } content
            ? (await s3.PutObjectAsync(new PutObjectRequest { BucketName = place.Bucket, Key = key, InputStream = new MemoryStream(content.ToArray(), writable: false) }, cancellation)).ETag
            : (await spool.CompleteAsync(null, cancellation)).ETag;
        return new PackedFile(name, S3Answers.ETagOf(etag), length);
    }

    /// <summary>A person's rows in a file; null where the person is not in it.</summary>
    /// <exception cref="ObjectChangedException">The file is gone.</exception>
    public async Task<ReadOnlyMemory<byte>?> FindAsync(PackedFile file, Core.Subjects.SubjectKey subject, CancellationToken cancellation)
    {
        var source = new S3Source(place.Bucket, place.Prefix + file.Name, "", file.ETag, file.Length);
        PackedKeyFile opened = await PackedKeyFile.OpenAsync(
            (offset, destination, token) => new ValueTask(_reading.ReadAsync(source, offset, destination, token)), file.Length, cancellation);
        return await opened.FindAsync(subject, cancellation);
    }

    /// <summary>Removes a file; it may be gone already, or never have been there.</summary>
    public Task RemoveAsync(string name, CancellationToken cancellation) =>
        s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = place.Bucket, Key = place.Prefix + name }, cancellation);
}
