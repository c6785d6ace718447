using System.Globalization;
using System.Text;
using Limpid.Core.Lake;

namespace Limpid.Tests.WireS3;

/// <summary>The three listings, page by page, keys encoded where it is asked for.</summary>
internal sealed class WireListing(WireBucket bucket, WireRequest request)
{
    private readonly string _prefix = request.Query.GetValueOrDefault("prefix", "");
    private readonly int _most = int.Parse(request.Query.GetValueOrDefault("max-keys", request.Query.GetValueOrDefault("max-uploads", "1000")), CultureInfo.InvariantCulture);

    public WireAnswer Answer() => WireAnswer.Xml(request.Operation switch
    {
        "ListObjectVersions" => Versions(),
        "ListObjectsV2" => Objects(),
        _ => Uploads(),
    });

    private string Versions()
    {
        string keyMarker = request.Query.GetValueOrDefault("key-marker", "");
        string versionMarker = request.Query.GetValueOrDefault("version-id-marker", "");
        var all = bucket.Keys.Where(k => k.Key.StartsWith(_prefix, StringComparison.Ordinal))
            .SelectMany(k => k.Value.AsEnumerable().Reverse().Select(v => (k.Key, Version: v, IsLatest: v == k.Value[^1])));
        bool behind = versionMarker.Length == 0;
        var page = all.Where(v =>
        {
            int order = KeyOrder.Compare(v.Key, keyMarker);
            if (keyMarker.Length == 0 || order > 0)
                return true;
            if (order < 0 || versionMarker.Length == 0)
                return false;
            bool was = behind;
            behind |= v.Version.Id == versionMarker;
            return was;
        }).Take(_most + 1).ToList();
        bool more = page.Count > _most;
        if (more)
            page.RemoveAt(_most);
        var xml = new StringBuilder($"<ListVersionsResult><Name>{bucket.Name}</Name><Prefix>{Text(_prefix)}</Prefix><KeyMarker>{Text(keyMarker)}</KeyMarker><MaxKeys>{_most}</MaxKeys>{Encoding}<IsTruncated>{(more ? "true" : "false")}</IsTruncated>");
        if (more)
            xml.Append(CultureInfo.InvariantCulture, $"<NextKeyMarker>{Text(page[^1].Key)}</NextKeyMarker><NextVersionIdMarker>{page[^1].Version.Id}</NextVersionIdMarker>");
        foreach ((string key, WireVersion version, bool latest) in page)
        {
            string common = $"<Key>{Text(key)}</Key><VersionId>{version.Id}</VersionId><IsLatest>{(latest ? "true" : "false")}</IsLatest><LastModified>{Time(version.Modified)}</LastModified><Owner><ID>{version.Owner}</ID></Owner>";
            xml.Append(version.IsMarker ? $"<DeleteMarker>{common}</DeleteMarker>"
                : $"<Version>{common}<ETag>&quot;{version.ETag}&quot;</ETag><Size>{version.Content!.Length}</Size><StorageClass>{version.Properties.StorageClass}</StorageClass>{Restored(version)}</Version>");
        }
        return xml.Append("</ListVersionsResult>").ToString();
    }

    private string Restored(WireVersion version) =>
        version.Properties.Restore is { } restore && request["x-amz-optional-object-attributes"]?.Contains("RestoreStatus", StringComparison.Ordinal) == true
            ? $"<RestoreStatus><IsRestoreInProgress>{(restore.Contains("true", StringComparison.Ordinal) ? "true" : "false")}</IsRestoreInProgress></RestoreStatus>"
            : "";

    private string Objects()
    {
        string after = request.Query.GetValueOrDefault("continuation-token", request.Query.GetValueOrDefault("start-after", ""));
        var page = bucket.Keys.Where(k => k.Key.StartsWith(_prefix, StringComparison.Ordinal) && !k.Value[^1].IsMarker && (after.Length == 0 || KeyOrder.Compare(k.Key, after) > 0))
            .Take(_most + 1).ToList();
        bool more = page.Count > _most;
        if (more)
            page.RemoveAt(_most);
        return $"<ListBucketResult><Name>{bucket.Name}</Name><KeyCount>{page.Count}</KeyCount><MaxKeys>{_most}</MaxKeys>{Encoding}<IsTruncated>{(more ? "true" : "false")}</IsTruncated>"
            + (more ? $"<NextContinuationToken>{Text(page[^1].Key)}</NextContinuationToken>" : "")
            + string.Concat(page.Select(k => $"<Contents><Key>{Text(k.Key)}</Key><LastModified>{Time(k.Value[^1].Modified)}</LastModified><ETag>&quot;{k.Value[^1].ETag}&quot;</ETag><Size>{k.Value[^1].Content!.Length}</Size><StorageClass>{k.Value[^1].Properties.StorageClass}</StorageClass></Contents>"))
            + "</ListBucketResult>";
    }

    private string Uploads()
    {
        var page = bucket.Uploads.Values.Where(u => u.Key.StartsWith(_prefix, StringComparison.Ordinal)).OrderBy(u => u.Key, KeyOrder.Instance).Take(_most).ToList();
        return $"<ListMultipartUploadsResult><Bucket>{bucket.Name}</Bucket>{Encoding}<IsTruncated>false</IsTruncated>"
            + string.Concat(page.Select(u => $"<Upload><Key>{Text(u.Key)}</Key><UploadId>{u.Id}</UploadId><Initiated>{Time(u.Initiated)}</Initiated></Upload>"))
            + "</ListMultipartUploadsResult>";
    }

    private bool IsEncoded => request.Query.GetValueOrDefault("encoding-type") == "url";

    private string Encoding => IsEncoded ? "<EncodingType>url</EncodingType>" : "";

    // As S3 does it: form encoding, but for slashes.
    private string Text(string key) => IsEncoded ? Uri.EscapeDataString(key).Replace("%2F", "/", StringComparison.Ordinal).Replace("%20", "+", StringComparison.Ordinal) : WireAnswer.Escape(key);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
