using Amazon.S3;
using Amazon.S3.Model;

namespace Limpid.Functions.Adapters.S3;

/// <summary>
/// Takes content that is written front to back: in memory while it is little, and beyond that as an upload in parts to a name of
/// its own. Disposing it aborts an upload that was not completed.
/// </summary>
/// <param name="held">How much is little, and the length of a part; 5 MiB at least.</param>
internal sealed class S3Spool(IAmazonS3 s3, Func<InitiateMultipartUploadRequest> begin, int held = S3Spool.InMemory) : Stream
{
    /// <summary>What is written in one request, and held in memory until then.</summary>
    public const int InMemory = 16 << 20;

    // 10,000 parts of 16 MiB are 156 GiB. Growing parts take whatever S3 stores, up to 859 GiB.
    private const int PartsBeforeGrowth = 1_000;

    private readonly MemoryStream _held = new();
    private S3Multipart? _upload;
    private bool _isComplete;
    private int _parts;
    private long _sent;

    /// <summary>Everything, where it was little; null where it went into an upload.</summary>
    public ReadOnlyMemory<byte>? Content => _upload is null ? _held.GetBuffer().AsMemory(0, (int)_held.Length) : default(ReadOnlyMemory<byte>?);

    public override long Length => _sent + _held.Length;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int part = held * (1 + _parts / PartsBeforeGrowth);
        while (_held.Length + buffer.Length > part)
        {
            int room = (int)Math.Max(0, part - _held.Length);
            _held.Write(buffer.Span[..room]);
            buffer = buffer[room..];
            await SendAsync(cancellationToken);
        }
        _held.Write(buffer.Span);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Only held: what comes behind it in an asynchronous write sends it along.</summary>
    public override void Write(byte[] buffer, int offset, int count) => _held.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _held.Write(buffer);

    /// <summary>Ends an upload; to be called where <see cref="Content"/> is null.</summary>
    public async Task<CompleteMultipartUploadResponse> CompleteAsync(string? ifNoneMatch, CancellationToken cancellation)
    {
        if (_held.Length > 0)
            await SendAsync(cancellation);
        CompleteMultipartUploadResponse answer = await _upload!.CompleteAsync(null, ifNoneMatch, cancellation);
        _isComplete = true;
        return answer;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_upload is not null && !_isComplete)
            await _upload.AbortAsync();
        await base.DisposeAsync();
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        _upload ??= await S3Multipart.BeginAsync(s3, begin(), cancellation);
        await _upload.UploadAsync(++_parts, new ArraySegment<byte>(_held.GetBuffer(), 0, (int)_held.Length), cancellation);
        _sent += _held.Length;
        _held.SetLength(0);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
