using System.Security.Cryptography;

namespace Limpid.Tests.WireS3;

/// <summary>Bytes that never change, in pieces that may be shared: a gigabyte is copied by naming it.</summary>
internal sealed class WireContent
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _pieces;

    private WireContent(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        _pieces = pieces;
        Length = pieces.Sum(piece => (long)piece.Length);
    }

    public long Length { get; }

    public static WireContent Of(params IReadOnlyList<ReadOnlyMemory<byte>> pieces) => new(pieces);

    public static WireContent Join(IEnumerable<WireContent> parts) => new([.. parts.SelectMany(part => part._pieces)]);

    public WireContent Slice(long from, long length)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        long at = 0;
        foreach (ReadOnlyMemory<byte> piece in _pieces)
        {
            long start = Math.Max(from, at);
            long end = Math.Min(from + length, at + piece.Length);
            if (start < end)
                pieces.Add(piece.Slice((int)(start - at), (int)(end - start)));
            at += piece.Length;
        }
        return new WireContent(pieces);
    }

    public async Task WriteToAsync(Stream target, CancellationToken cancellation)
    {
        foreach (ReadOnlyMemory<byte> piece in _pieces)
            await target.WriteAsync(piece, cancellation);
    }

    public byte[] ToArray() => [.. _pieces.SelectMany(piece => piece.ToArray())];

    public byte[] Md5()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (ReadOnlyMemory<byte> piece in _pieces)
            hash.AppendData(piece.Span);
        return hash.GetHashAndReset();
    }
}
