using System.Runtime.CompilerServices;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions;

namespace Limpid.Local.Steps;

/// <summary>What a step reads: the objects at a location, and the same as files.</summary>
internal sealed class StepInputs(Ports ports, LakeFolder folder)
{
    /// <summary>The objects there with their rows' format; metadata files beside them are none.</summary>
    /// <param name="location">A prefix that ends with a slash, or one object's key.</param>
    /// <exception cref="CommandFailedException">One of them can't be read.</exception>
    public async IAsyncEnumerable<(ObjectInfo Info, DataFormat Format)> ObjectsAsync(string location, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (ObjectInfo info in ports.Objects.ListAsync(location, null, cancellation))
        {
            if (!info.IsCurrent || info.IsDeleteMarker || info.Key != location == !location.EndsWith('/'))
                continue;
            Dataset? dataset = ports.Lake.DatasetOf(info.Key);
            if (dataset?.OwnerOfSidecar(info.Key) is not null)
                continue;
            if (info.Unreadable is { } why)
                throw new CommandFailedException($"an object under {location} can't be read: {why}");
            yield return (info, dataset?.Format ?? DataFormat.Ndjson);
        }
    }

    /// <summary>
    /// The path of a folder or file with what is at a location: the lake's own, or, where the lake is in buckets, <paramref name="copy"/>,
    /// to which it is fetched. Where there is nothing yet, an empty folder.
    /// </summary>
    public async Task<string> PlaceAsync(string location, string copy, CancellationToken cancellation)
    {
        string own = Path.Combine(folder.Root, location);
        if (!folder.IsOnS3 && Path.Exists(own))
            return own;
        Directory.CreateDirectory(copy);
        if (!folder.IsOnS3)
            return copy;
        bool isOne = !location.EndsWith('/');
        await foreach ((ObjectInfo info, _) in ObjectsAsync(location, cancellation))
        {
            string file = Path.Combine(copy, isOne ? location[(location.LastIndexOf('/') + 1)..] : info.Key[location.Length..]);
            // Keys of buckets may be anything.
            if (!Path.GetFullPath(file).StartsWith(copy + "/", StringComparison.Ordinal))
                throw new CommandFailedException($"an object under {location} has a name that no file can have");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await using Stream content = await ports.Objects.OpenReadAsync(info, 0, cancellation);
            await using FileStream target = File.Create(file);
            await content.CopyToAsync(target, cancellation);
            if (isOne)
                return file;
        }
        return copy;
    }
}
