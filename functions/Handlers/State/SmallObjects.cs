using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <param name="Bytes">All of it.</param>
/// <param name="Info">What a conditional write or removal must name.</param>
internal sealed record SmallObject(byte[] Bytes, ObjectInfo Info);

/// <summary>Small objects of the lake that are read whole and changed by compare-and-swap: pointers and flags.</summary>
internal static class SmallObjects
{
    /// <summary>Null where there is none.</summary>
    public static async Task<SmallObject?> ReadSmallAsync(this IObjectStore store, string key, CancellationToken cancellation)
    {
        while (await store.HeadAsync(key, cancellation) is { } info)
        {
            try
            {
                await using Stream content = await store.OpenReadAsync(info, 0, cancellation);
                using var bytes = new MemoryStream();
                await content.CopyToAsync(bytes, cancellation);
                return new SmallObject(bytes.ToArray(), info);
            }
            catch (ObjectChangedException)
            {
                // Somebody was faster: what stands there now counts.
            }
        }
        return null;
    }

    /// <summary>Writes the object if it still is what was read (null: there was none); says whether it did.</summary>
    /// <exception cref="IOException">The store can't; says why.</exception>
    public static async Task<bool> TryWriteSmallAsync(this IObjectStore store, string key, ObjectInfo? read, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        StoreResult result = read is null
            ? await store.CreateAsync(key, WriteAsync, cancellation)
            : await store.ReplaceAsync(read, WriteAsync, ProveAsync, cancellation);
        return result.Outcome switch
        {
            StoreOutcome.Done => true,
            StoreOutcome.Changed or StoreOutcome.Gone => false,
            _ => throw new IOException($"{key} could not be written: {result.Reason ?? result.Outcome.ToString()}"),
        };

        Task WriteAsync(Stream target, CancellationToken token) => target.WriteAsync(bytes, token).AsTask();

        async Task<bool> ProveAsync(Stream written, CancellationToken token)
        {
            using var back = new MemoryStream();
            await written.CopyToAsync(back, token);
            return back.GetBuffer().AsSpan(0, (int)back.Length).SequenceEqual(bytes.Span);
        }
    }

    /// <summary>
    /// Removes the object if it still is what was read; says whether nothing stands there any more. On a store with versions the older
    /// ones go first: each would come up again as soon as what lies on it is gone.
    /// </summary>
    /// <exception cref="IOException">The store can't; says why.</exception>
    public static async Task<bool> TryRemoveAsync(this IObjectStore store, ObjectInfo read, CancellationToken cancellation)
    {
        ObjectInfo[] versions = await store.ListAsync(read.Key, null, cancellation).Where(info => info.Key == read.Key).ToArrayAsync(cancellation);
        if (versions.FirstOrDefault(v => v.IsCurrent) is { } current && (current.ETag != read.ETag || current.Version != read.Version))
            return false;
        foreach (ObjectInfo version in versions.Where(v => !v.IsCurrent).Reverse().Append(read))
        {
            StoreResult result = await store.DeleteAsync(version, cancellation);
            if (result.Outcome is not (StoreOutcome.Done or StoreOutcome.Gone or StoreOutcome.Changed))
                throw new IOException($"{read.Key} could not be removed: {result.Reason ?? result.Outcome.ToString()}");
        }
        return await store.HeadAsync(read.Key, cancellation) is null;
    }
}
