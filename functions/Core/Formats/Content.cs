namespace Limpid.Core.Formats;

/// <summary>An object's decompressed bytes.</summary>
/// <param name="Bytes">Throws <see cref="InvalidDataException"/> where a gzip stream is damaged, cut short or followed by something else.</param>
/// <param name="Compression">How they were packed.</param>
internal readonly record struct Content(Stream Bytes, Compression Compression) : IAsyncDisposable
{
    /// <summary>Looks at the first two bytes. Disposing what it returns leaves <paramref name="source"/> open.</summary>
    public static async Task<Content> OpenAsync(Stream source, CancellationToken cancellation)
    {
        byte[] first = new byte[2];
        int read = await source.ReadAtLeastAsync(first, 2, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        Stream whole = new JoinedStream(first.AsMemory(0, read), source, ReadOnlyMemory<byte>.Empty);
        return read == 2 && first is [0x1f, 0x8b]
            ? new Content(new WholeGzipStream(first, source), Compression.Gzip)
            : new Content(whole, Compression.None);
    }

    public ValueTask DisposeAsync() => Bytes.DisposeAsync();
}
