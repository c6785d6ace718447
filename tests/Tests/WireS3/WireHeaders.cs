using System.Globalization;

namespace Limpid.Tests.WireS3;

/// <summary>An object's properties as headers, both ways.</summary>
internal static class WireHeaders
{
    private static readonly string[] Kept = ["content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires", "x-amz-website-redirect-location"];

    private static readonly (string Header, string Permission)[] GrantHeaders =
    [
        ("x-amz-grant-full-control", "FULL_CONTROL"), ("x-amz-grant-read", "READ"), ("x-amz-grant-read-acp", "READ_ACP"), ("x-amz-grant-write-acp", "WRITE_ACP"),
    ];

    public static WireProperties PropertiesOf(WireRequest request, WireBucket bucket)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, var value) in request.Headers)
        {
            string lower = name.ToLowerInvariant();
            if (Kept.Contains(lower) || lower.StartsWith("x-amz-meta-", StringComparison.Ordinal))
                headers[lower] = value.ToString();
        }
        // How the body travelled is no property of the object.
        if (headers.TryGetValue("content-encoding", out string? encoding) && encoding.Contains("aws-chunked", StringComparison.Ordinal))
        {
            string stored = string.Join(", ", encoding.Split(',').Select(e => e.Trim()).Where(e => e is not ("aws-chunked" or "")));
            if (stored.Length == 0)
                headers.Remove("content-encoding");
            else
                headers["content-encoding"] = stored;
        }
        if (!headers.ContainsKey("content-type"))
            headers["content-type"] = "binary/octet-stream";
        return new WireProperties
        {
            Headers = headers,
            Tags = [.. (request["x-amz-tagging"] ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => (Form(pair[0]), Form(pair.Length > 1 ? pair[1] : "")))],
            Grants = GrantsOf(request),
            StorageClass = request["x-amz-storage-class"] ?? "STANDARD",
            Encryption = request["x-amz-server-side-encryption"] ?? "AES256",
            KmsKey = request["x-amz-server-side-encryption-aws-kms-key-id"],
            BucketKey = request["x-amz-server-side-encryption-bucket-key-enabled"] == "true",
            CustomerKey = request["x-amz-server-side-encryption-customer-key-md5"],
            LockMode = request["x-amz-object-lock-mode"],
            RetainUntil = request["x-amz-object-lock-retain-until-date"] is { } until ? DateTimeOffset.Parse(until, CultureInfo.InvariantCulture) : null,
            LegalHold = request["x-amz-object-lock-legal-hold"] == "ON",
            ReplicationStatus = bucket.ReplicaBuckets.Count > 0 ? "PENDING" : null,
        };
    }

    public static Dictionary<string, string> Of(WireVersion version, WireBucket bucket)
    {
        WireProperties p = version.Properties;
        var headers = new Dictionary<string, string>(p.Headers)
        {
            ["ETag"] = $"\"{version.ETag}\"",
            ["Last-Modified"] = version.Modified.ToString("R", CultureInfo.InvariantCulture),
            ["Accept-Ranges"] = "bytes",
        };
        Add("x-amz-version-id", bucket.Versioning == WireVersioning.Never ? null : version.Id);
        Add("x-amz-storage-class", p.StorageClass == "STANDARD" ? null : p.StorageClass);
        Add("x-amz-server-side-encryption", p.CustomerKey is null ? p.Encryption : null);
        Add("x-amz-server-side-encryption-aws-kms-key-id", p.KmsKey);
        Add("x-amz-server-side-encryption-bucket-key-enabled", p.BucketKey ? "true" : null);
        Add("x-amz-object-lock-mode", p.LockMode);
        Add("x-amz-object-lock-retain-until-date", p.RetainUntil?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        Add("x-amz-object-lock-legal-hold", p.LegalHold ? "ON" : null);
        Add("x-amz-restore", p.Restore);
        Add("x-amz-archive-status", p.ArchiveStatus);
        Add("x-amz-replication-status", p.ReplicationStatus);
        Add("x-amz-tagging-count", p.Tags.Count > 0 ? p.Tags.Count.ToString(CultureInfo.InvariantCulture) : null);
        return headers;

        void Add(string name, string? value)
        {
            if (value is not null)
                headers[name] = value;
        }
    }

    public static IReadOnlyList<WireGrant> GrantsOf(WireRequest request) =>
    [
        .. GrantHeaders.SelectMany(h => (request[h.Header] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(grant => new WireGrant(grant.Split('=', 2)[1].Trim('"'), h.Permission))),
    ];

    public static string AclXml(string owner, IReadOnlyList<WireGrant> grants)
    {
        IEnumerable<WireGrant> all = grants.Count > 0 ? grants : [new WireGrant(owner, "FULL_CONTROL")];
        return $"<AccessControlPolicy><Owner><ID>{owner}</ID></Owner><AccessControlList>{string.Concat(all.Select(Grant))}</AccessControlList></AccessControlPolicy>";

        static string Grant(WireGrant grant)
        {
            bool group = grant.Grantee.StartsWith("http", StringComparison.Ordinal);
            string name = group ? "URI" : "ID";
            return $"<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{(group ? "Group" : "CanonicalUser")}\"><{name}>{grant.Grantee}</{name}></Grantee><Permission>{grant.Permission}</Permission></Grant>";
        }
    }

    private static string Form(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
