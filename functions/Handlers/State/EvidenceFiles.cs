using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <summary>Small files in the evidence store, written once.</summary>
internal sealed class EvidenceFiles(IObjectStore evidence)
{
    /// <summary>Null where there is none.</summary>
    public async Task<byte[]?> ReadAsync(string key, CancellationToken cancellation)
    {
        if (await evidence.HeadAsync(key, cancellation) is not { } info)
            return null;
        await using Stream stream = await evidence.OpenReadAsync(info, 0, cancellation);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellation);
        return bytes.ToArray();
    }

    /// <summary>The first content under a key stands; a second one is not stored.</summary>
    public Task CreateAsync(string key, byte[] bytes, CancellationToken cancellation) =>
        CreateAsync(key, (target, token) => target.WriteAsync(bytes, token).AsTask(), cancellation);

    /// <param name="write">Writes the content, from its beginning each time it is called.</param>
    /// <inheritdoc cref="CreateAsync(string, byte[], CancellationToken)"/>
    public async Task CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        StoreResult result = await evidence.CreateAsync(key, write, cancellation);
        if (result.Outcome is not (StoreOutcome.Done or StoreOutcome.Changed))
            throw new IOException($"{key} could not be kept as evidence: {result.Reason ?? result.Outcome.ToString()}");
    }
}
