using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Ports;

namespace Limpid.Functions.Refresh;

/// <summary>The objects of a version.</summary>
internal static class TableObjects
{
    /// <summary>Those that are current, but for markers of folders and files of what wrote them (<c>_SUCCESS</c>), which have no rows.</summary>
    public static async Task<List<ObjectInfo>> ListAsync(IObjectStore store, string location, CancellationToken cancellation) =>
        await store.ListAsync(location, null, cancellation).Where(o => o is { IsCurrent: true, IsDeleteMarker: false } && !(o.Size == 0 && IsMarker(o.Key))).ToListAsync(cancellation);

    /// <summary>Of all of them with their contents: the same where nobody added, removed or wrote one.</summary>
    public static string DigestOf(IEnumerable<ObjectInfo> objects)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ObjectInfo info in objects)
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{info.Key}\n{info.ETag}\n{info.Size}\n")));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool IsMarker(string key) => key.EndsWith('/') || key[(key.LastIndexOf('/') + 1)..].StartsWith('_');
}
