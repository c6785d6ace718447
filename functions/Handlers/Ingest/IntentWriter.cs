using System.Security.Cryptography;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Ingest;

/// <summary>Writes the objects of an intent and indexes them. None is ever written over, and none is written that was there before.</summary>
internal sealed class IntentWriter(Ports ports)
{
    // No row is as short, and what erasing leaves of one isn't either: it is told from everything that was ever written.
    private static readonly byte[] Fence = "{}\n"u8.ToArray();

    private readonly ObjectIndexer _indexer = new(ports);

    /// <summary>False where an object can't be written any more, because somebody who ended this intent otherwise took its name.</summary>
    public async Task<bool> TryWriteAsync(Intent intent, IReadOnlyList<ReadOnlyMemory<byte>> contents, CancellationToken cancellation)
    {
        foreach ((IntendedObject intended, ReadOnlyMemory<byte> content) in intent.Objects.Zip(contents))
        {
            Dataset dataset = ports.Lake.Named(intended.Dataset)!;
            if (!await IsGoneAsync(dataset, intended.Key, cancellation) && !await TryCreateAsync(dataset, intended, content, cancellation))
                return false;
            await _indexer.RefreshAsync(dataset, intended.Key, "", null, cancellation);
        }
        return true;
    }

    /// <summary>Whether the object stands, or stood. Else its name is taken, so that it never will.</summary>
    public async Task<bool> StandsAsync(IntendedObject intended, CancellationToken cancellation)
    {
        Dataset dataset = ports.Lake.Named(intended.Dataset)!;
        bool stands = await IsGoneAsync(dataset, intended.Key, cancellation);
        if (!stands)
        {
            StoreResult result = await CreateAsync(intended.Key, Fence, cancellation);
            stands = result.Outcome == StoreOutcome.Changed && !await IsFenceAsync(intended.Key, cancellation);
        }
        await _indexer.RefreshAsync(dataset, intended.Key, "", null, cancellation);
        return stands;
    }

    private async Task<bool> TryCreateAsync(Dataset dataset, IntendedObject intended, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        if ((await CreateAsync(intended.Key, content, cancellation)).Outcome == StoreOutcome.Done)
            return true;
        if (await IsFenceAsync(intended.Key, cancellation))
            return false;
        // It stands: ours, as it was or with rows erased since, which the index knows of. Nobody else's bytes are taken for a row of ours.
        return await DigestAsync(intended.Key, cancellation) == intended.Sha256
            || await ports.Index.VersionsAsync(ports.Names.NameOf(dataset, intended.Key).Object, cancellation).AnyAsync(cancellation)
                ? true
                : throw new IOException("an object that nobody knows of has the name that records are to be written under");
    }

    private async Task<StoreResult> CreateAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        StoreResult result = await ports.Objects.CreateAsync(key, (target, token) => target.WriteAsync(content, token).AsTask(), cancellation);
        return result.Outcome is StoreOutcome.Done or StoreOutcome.Changed
            ? result
            : throw new IOException($"records could not be written: {result.Reason ?? result.Outcome.ToString()}");
    }

    /// <summary>
    /// Whether rows went from it, or all of it, since it was written. Only what was indexed is ever erased, and the record of the version
    /// that held the rows stays behind, whatever stands there now.
    /// </summary>
    private async Task<bool> IsGoneAsync(Dataset dataset, string key, CancellationToken cancellation)
    {
        bool wasSeen = false;
        await foreach (ObjectRecord record in ports.Index.VersionsAsync(ports.Names.NameOf(dataset, key).Object, cancellation))
        {
            if (record.State == RecordState.Deleted)
                return true;
            wasSeen = true;
        }
        return wasSeen && await ports.Objects.HeadAsync(key, cancellation) is null;
    }

    private async Task<bool> IsFenceAsync(string key, CancellationToken cancellation) =>
        await ports.Objects.HeadAsync(key, cancellation) is { } info && info.Size == Fence.Length
        && await DigestAsync(key, cancellation) == Convert.ToHexStringLower(SHA256.HashData(Fence));

    private async Task<string?> DigestAsync(string key, CancellationToken cancellation)
    {
        if (await ports.Objects.HeadAsync(key, cancellation) is not { } info)
            return null;
        await using Stream stream = await ports.Objects.OpenReadAsync(info, 0, cancellation);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
    }
}
