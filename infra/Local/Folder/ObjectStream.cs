using Limpid.Core.Ports;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// Reads one file and examines it after every read, before the bytes are handed out: bytes that were handed out were all there at
/// one and the same moment. A writer through a memory map can escape this, since its stamps come late; replacing and removing
/// find it by the lease.
/// </summary>
/// <param name="folder">Disposed with the stream, or null.</param>
/// <param name="isUnchanged">Asked after each read, with whether it is the last: then the name is to be looked at as well.</param>
internal sealed class ObjectStream(SafeFileHandle file, SafeFileHandle? folder, long size, long offset, Func<bool, bool> isUnchanged) : Stream
{
    private long position = offset;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => size;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => Checked(RandomAccess.Read(file, buffer, position), buffer.Length);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Checked(await RandomAccess.ReadAsync(file, buffer, position, cancellationToken).ConfigureAwait(false), buffer.Length);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
            folder?.Dispose();
        }
        base.Dispose(disposing);
    }

    private int Checked(int read, int asked)
    {
        position += read;
        bool isEnd = position >= size || (read == 0 && asked > 0);
        if ((isEnd && position < size) || !isUnchanged(isEnd))
            throw new ObjectChangedException("The object changed while it was read.");
        return read;
    }
}
