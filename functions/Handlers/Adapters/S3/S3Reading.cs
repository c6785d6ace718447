using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Formats;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>One version of one object, as it was seen.</summary>
internal readonly record struct S3Source(string Bucket, string Name, string Version, string ETag, long Size);

/// <summary>Reads exactly what was seen: every request names the version and the ETag.</summary>
internal sealed class S3Reading(IAmazonS3 s3)
{
    /// <exception cref="ObjectChangedException">It is gone, or is not what was seen.</exception>
    /// <exception cref="ObjectUnreadableException">It may not be read.</exception>
    public async Task<Stream> OpenAsync(S3Source source, long offset, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= source.Size)
        {
            await CheckAsync(source, cancellation);
            return Stream.Null;
        }
        return new S3ReadStream(this, source, offset, await GetAsync(source, offset, source.Size - 1, cancellation));
    }

    /// <summary>Fills the buffer from <paramref name="offset"/> on.</summary>
    public async Task ReadAsync(S3Source source, long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        if (destination.IsEmpty)
            return;
        await using var stream = new S3ReadStream(
            this, source with { Size = offset + destination.Length }, offset, await GetAsync(source, offset, offset + destination.Length - 1, cancellation))
        {
            IsPart = true,
        };
        await stream.ReadExactlyAsync(destination, cancellation);
    }

    public async Task<Stream> GetAsync(S3Source source, long from, long to, CancellationToken cancellation)
    {
        try
        {
            GetObjectResponse answer = await s3.GetObjectAsync(new GetObjectRequest
            {
                BucketName = source.Bucket,
                Key = source.Name,
                VersionId = S3Answers.IdOf(source.Version),
                EtagToMatch = S3Answers.Quoted(source.ETag),
                ByteRange = new ByteRange(from, to),
            }, cancellation);
            return answer.ResponseStream;
        }
        catch (AmazonS3Exception answer)
        {
            throw Meaning(answer);
        }
    }

    /// <summary>Throws where the version is gone or another: for those without an id, which a rival overwrites in place.</summary>
    public async Task CheckAsync(S3Source source, CancellationToken cancellation)
    {
        try
        {
            await s3.GetObjectMetadataAsync(new GetObjectMetadataRequest
            {
                BucketName = source.Bucket,
                Key = source.Name,
                VersionId = S3Answers.IdOf(source.Version),
                EtagToMatch = S3Answers.Quoted(source.ETag),
            }, cancellation);
        }
        catch (AmazonS3Exception answer)
        {
            throw Meaning(answer);
        }
    }

    // Without the answer itself, whose message names the object: errors go into histories and logs.
    private static Exception Meaning(AmazonS3Exception answer) => answer switch
    {
        { StatusCode: HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed or HttpStatusCode.MethodNotAllowed or HttpStatusCode.RequestedRangeNotSatisfiable }
            when answer.ErrorCode != "NoSuchBucket" => new ObjectChangedException("The object is not the one that was seen."),
        { ErrorCode: "InvalidObjectState" } => new ObjectUnreadableException("it is archived and has to be restored first"),
        { ErrorCode: "InvalidRequest" } => new ObjectUnreadableException(S3Describe.CustomerKey),
        { StatusCode: HttpStatusCode.Forbidden } => new ObjectUnreadableException($"S3 refuses to let it be read ({answer.ErrorCode})"),
        _ => answer,
    };
}

/// <summary>The bytes from an offset on. A broken connection is taken up again where it broke.</summary>
internal sealed class S3ReadStream(S3Reading reading, S3Source source, long position, Stream body) : ReadOnlyStream
{
    private const int Attempts = 5;

    private Stream _body = body;
    private bool _isChecked;

    /// <summary>Whether the end of the stream is not the object's, so that nothing is to be made sure of there.</summary>
    public bool IsPart { get; init; }

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        for (int attempt = 1; position < source.Size; attempt++)
        {
            Exception? broken = null;
            try
            {
                int read = await _body.ReadAsync(buffer, cancellationToken);
                position += read;
                if (read > 0)
                    return read;
            }
            catch (Exception e) when (e is IOException or HttpRequestException or AmazonClientException)
            {
                broken = e;
            }
            if (attempt == Attempts)
                throw new IOException("the connection to S3 keeps breaking", broken);
            await _body.DisposeAsync();
            _body = await reading.GetAsync(source, position, source.Size - 1, cancellationToken);
        }
        // S3 goes on sending what it began to send. A version without an id may have been overwritten since.
        if (!IsPart && source.Version.Length == 0 && !_isChecked)
            await reading.CheckAsync(source, cancellationToken);
        _isChecked = true;
        return 0;
    }

    // Nothing in Limpid reads it so; here for wrappers that fall back on it.
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override async ValueTask DisposeAsync()
    {
        await _body.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _body.Dispose();
        base.Dispose(disposing);
    }
}
