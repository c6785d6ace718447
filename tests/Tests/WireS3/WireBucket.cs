namespace Limpid.Tests.WireS3;

/// <summary>What S3 answers instead of doing what was asked.</summary>
internal sealed class WireFault(int status, string code, string message) : Exception($"{code}: {message}")
{
    public int Status => status;
    public string Code => code;
    public string Text => message;

    /// <summary>The version that is a delete marker, with 404 and 405.</summary>
    public string? Marker { get; init; }

    public static WireFault NoSuchKey => new(404, "NoSuchKey", "The specified key does not exist.");
    public static WireFault NoSuchVersion => new(404, "NoSuchVersion", "The specified version does not exist.");
    public static WireFault NoSuchUpload => new(404, "NoSuchUpload", "The specified upload does not exist.");
    public static WireFault Precondition => new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    public static WireFault Conflict => new(409, "ConditionalRequestConflict", "A conflicting conditional operation is currently in progress.");
    public static WireFault Denied(string why) => new(403, "AccessDenied", why);
    public static WireFault Bad(string code, string why) => new(400, code, why);
}

internal enum WireVersioning
{
    Never,
    Enabled,
    Suspended,
}

/// <summary>What an object has besides its bytes.</summary>
internal sealed record WireProperties
{
    /// <summary>Content-Type, Content-Encoding and the like, and x-amz-meta-*, by lower-case name.</summary>
    public SortedDictionary<string, string> Headers { get; init; } = new(StringComparer.Ordinal);
    public IReadOnlyList<(string Key, string Value)> Tags { get; set; } = [];
    public IReadOnlyList<WireGrant> Grants { get; set; } = [];
    public string StorageClass { get; set; } = "STANDARD";
    public string? Encryption { get; init; }
    public string? KmsKey { get; init; }
    public bool BucketKey { get; init; }

    /// <summary>The MD5 of a customer's key, or null.</summary>
    public string? CustomerKey { get; init; }
    public string? LockMode { get; set; }
    public DateTimeOffset? RetainUntil { get; set; }
    public bool LegalHold { get; set; }

    /// <summary>The x-amz-restore header: null where the bytes are archived and nobody asked for them.</summary>
    public string? Restore { get; set; }

    /// <summary>ARCHIVE_ACCESS or DEEP_ARCHIVE_ACCESS of Intelligent-Tiering.</summary>
    public string? ArchiveStatus { get; set; }
    public string? ReplicationStatus { get; set; }

    public bool IsArchived => (StorageClass is "GLACIER" or "DEEP_ARCHIVE" || ArchiveStatus is not null) && Restore?.Contains("ongoing-request=\"false\"", StringComparison.Ordinal) != true;
}

/// <param name="Grantee">A canonical id, or a group's URI.</param>
internal readonly record struct WireGrant(string Grantee, string Permission);

internal sealed class WireVersion(string id, string etag, WireContent? content, WireProperties properties, DateTimeOffset modified)
{
    public string Id => id;
    public string ETag => etag;

    /// <summary>Null: a delete marker.</summary>
    public WireContent? Content => content;
    public WireProperties Properties => properties;
    public DateTimeOffset Modified => modified;
    public string Owner { get; set; } = WireBucket.OwnerId;
    public bool IsMarker => content is null;
}

/// <param name="checksum">The algorithm that it was begun with, <c>crc32</c>; null where none was declared.</param>
internal sealed class WireUpload(string id, string key, WireProperties properties, string? checksum, DateTimeOffset initiated)
{
    public string Id => id;
    public string Key => key;
    public WireProperties Properties => properties;
    public DateTimeOffset Initiated => initiated;
    public string? Checksum => checksum;
    public SortedDictionary<int, (string ETag, byte[] Md5, string? Checksum, WireContent Content)> Parts { get; } = [];
}

/// <summary>
/// One bucket as S3's documentation describes it: versions, delete markers, the null version, conditions, parts and locks. Not
/// thread-safe: the server holds its lock.
/// </summary>
internal sealed class WireBucket(string name, TimeProvider clock)
{
    public const string OwnerId = "0wner0000000000000000000000000000000000000000000000000000000000";
    public const long SmallestPart = 5L << 20;
    public const long LargestPart = 5L << 30;
    public const int MostParts = 10_000;

    private static readonly Comparer<string> ByteOrder =
        Comparer<string>.Create((a, b) => System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b)));

    private long _last;

    public string Name => name;
    public WireVersioning Versioning { get; set; }
    public bool MfaDelete { get; set; }
    public bool ObjectLock { get; set; }
    public IReadOnlyList<string> ReplicaBuckets { get; set; } = [];

    /// <summary>Oldest first.</summary>
    public SortedDictionary<string, List<WireVersion>> Keys { get; } = new(ByteOrder);
    public SortedDictionary<string, WireUpload> Uploads { get; } = new(StringComparer.Ordinal);

    public WireVersion? Top(string key) => Keys.TryGetValue(key, out List<WireVersion>? versions) ? versions[^1] : null;

    /// <summary>What a GET, a HEAD or the source of a copy means.</summary>
    public WireVersion Find(string key, string? versionId)
    {
        if (versionId is null)
            return Top(key) switch
            {
                null => throw WireFault.NoSuchKey,
                { IsMarker: true } marker => throw new WireFault(404, "NoSuchKey", "The specified key does not exist.") { Marker = marker.Id },
                { } current => current,
            };
        WireVersion found = (Keys.TryGetValue(key, out List<WireVersion>? versions) ? versions.Find(v => v.Id == versionId) : null) ?? throw WireFault.NoSuchVersion;
        return found.IsMarker ? throw new WireFault(405, "MethodNotAllowed", "The specified method is not allowed against this resource.") { Marker = found.Id } : found;
    }

    public WireVersion Put(string key, WireContent content, WireProperties properties, string? ifMatch, string? ifNoneMatch, string? etag = null)
    {
        CheckWrite(key, ifMatch, ifNoneMatch);
        if (System.Text.Encoding.UTF8.GetByteCount(key) > 1024)
            throw WireFault.Bad("KeyTooLongError", "Your key is too long");
        etag ??= properties.Encryption is "aws:kms" ? Opaque() : Convert.ToHexStringLower(content.Md5());
        return Add(key, new WireVersion(NextId(), etag, content, properties, Now));
    }

    /// <summary>Conditions of a write look at the current version alone: a delete marker is no object.</summary>
    public void CheckWrite(string key, string? ifMatch, string? ifNoneMatch)
    {
        WireVersion? current = Top(key) is { IsMarker: false } top ? top : null;
        if (ifNoneMatch is not null && ifNoneMatch != "*")
            throw WireFault.Bad("NotImplemented", "A header you provided implies functionality that is not implemented");
        if (ifNoneMatch == "*" && current is not null)
            throw WireFault.Precondition;
        if (ifMatch is null)
            return;
        if (current is null)
            throw WireFault.NoSuchKey;
        if (!Matches(ifMatch, current.ETag))
            throw WireFault.Precondition;
    }

    /// <summary>Without a version id it removes or marks; with one it removes for good. Says which marker was made or removed.</summary>
    public (string? Version, bool Marker) Delete(string key, string? versionId, string? ifMatch)
    {
        if (versionId is null)
        {
            if (ifMatch is not null)
                CheckWrite(key, ifMatch, null);
            if (Versioning == WireVersioning.Never)
            {
                Keys.Remove(key);
                return (null, false);
            }
            return (Add(key, new WireVersion(NextId(), "", null, new WireProperties(), Now)).Id, true);
        }
        if (MfaDelete)
            throw WireFault.Denied("Mfa Authentication must be used for this request");
        if (!Keys.TryGetValue(key, out List<WireVersion>? versions) || versions.Find(v => v.Id == versionId) is not { } version)
            return (versionId, false);
        if (ifMatch is not null && (versions[^1] != version || !Matches(ifMatch, version.ETag)))
            throw WireFault.Precondition;
        if (version.Properties.LegalHold || version.Properties.RetainUntil > clock.GetUtcNow())
            throw WireFault.Denied("Access Denied because object protected by object lock.");
        versions.Remove(version);
        if (versions.Count == 0)
            Keys.Remove(key);
        return (versionId, version.IsMarker);
    }

    public WireUpload Begin(string key, WireProperties properties, string? checksum)
    {
        var upload = new WireUpload($"up{++_last:d8}", key, properties, checksum, Now);
        Uploads.Add(upload.Id, upload);
        return upload;
    }

    public WireUpload Upload(string id, string key) => Uploads.TryGetValue(id, out WireUpload? upload) && upload.Key == key ? upload : throw WireFault.NoSuchUpload;

    /// <param name="checksum">What came with the part; null where S3 copies it, and makes the checksum itself.</param>
    public static (string ETag, string? Checksum) AddPart(WireUpload upload, int number, WireContent content, string? checksum)
    {
        if (number is < 1 or > MostParts)
            throw WireFault.Bad("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
        if (content.Length > LargestPart)
            throw WireFault.Bad("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
        byte[] md5 = content.Md5();
        string etag = Convert.ToHexStringLower(md5);
        // Any stable value does: of what was copied nobody else knows the checksum.
        checksum ??= upload.Checksum is null ? null : Convert.ToBase64String(md5.AsSpan(0, 4));
        upload.Parts[number] = (etag, md5, checksum, content);
        return (etag, checksum);
    }

    public WireVersion Complete(WireUpload upload, IReadOnlyList<(int Number, string ETag, string? Checksum)> parts, string? ifMatch, string? ifNoneMatch)
    {
        if (parts.Count == 0)
            throw WireFault.Bad("MalformedXML", "The XML you provided was not well-formed");
        if (!parts.Zip(parts.Skip(1)).All(pair => pair.First.Number < pair.Second.Number))
            throw WireFault.Bad("InvalidPartOrder", "The list of parts was not in ascending order.");
        if (upload.Checksum is { } algorithm && parts.Any(p => p.Checksum is null))
            throw WireFault.Bad("InvalidRequest", $"The upload was created using a {algorithm} checksum. The complete request must include the checksum for each part.");
        if (!parts.All(p => upload.Parts.TryGetValue(p.Number, out var part) && Matches(p.ETag, part.ETag) && (p.Checksum is null || p.Checksum == part.Checksum)))
            throw WireFault.Bad("InvalidPart", "One or more of the specified parts could not be found.");
        if (parts.SkipLast(1).Any(p => upload.Parts[p.Number].Content.Length < SmallestPart))
            throw WireFault.Bad("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
        CheckWrite(upload.Key, ifMatch, ifNoneMatch);
        byte[] digests = [.. parts.SelectMany(p => upload.Parts[p.Number].Md5)];
        string etag = upload.Properties.Encryption is "aws:kms"
            ? $"{Opaque()}-{parts.Count}"
            : $"{Convert.ToHexStringLower(WireContent.Of(digests).Md5())}-{parts.Count}";
        WireVersion version = Put(upload.Key, WireContent.Join(parts.Select(p => upload.Parts[p.Number].Content)), upload.Properties, null, null, etag);
        Uploads.Remove(upload.Id);
        return version;
    }

    public static bool Matches(string condition, string etag) => condition == "*" || condition.Trim('"') == etag;

    // S3 tells times by the second.
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());

    private string NextId() => Versioning == WireVersioning.Enabled ? $"v.{++_last:d8}" : "null";

    private string Opaque() => $"{++_last:x32}";

    private WireVersion Add(string key, WireVersion version)
    {
        if (!Keys.TryGetValue(key, out List<WireVersion>? versions))
            Keys[key] = versions = [];
        // There is one null version at most: the new one takes the old one's place, wherever that stood.
        if (version.Id == "null")
            versions.RemoveAll(v => v.Id == "null");
        versions.Add(version);
        return version;
    }
}
