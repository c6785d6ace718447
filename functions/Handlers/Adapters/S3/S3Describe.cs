using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>An object version as the port shows it, with what keeps it from being read, rewritten or removed.</summary>
internal static class S3Describe
{
    public const string CustomerKey = "it is encrypted with a key that the customer keeps (SSE-C)";

    public static ObjectInfo Listed(string key, S3ObjectVersion version, S3BucketFacts facts)
    {
        string? archived = version.IsDeleteMarker == true ? null : WhyArchived(version.StorageClass?.Value, null, null, version.RestoreStatus?.IsRestoreInProgress == true);
        return new ObjectInfo
        {
            Key = key,
            Version = S3Answers.VersionOf(version.VersionId),
            ETag = S3Answers.ETagOf(version.ETag),
            Size = version.Size ?? 0,
            Modified = S3Answers.TimeOf(version.LastModified),
            IsCurrent = version.IsLatest == true,
            IsDeleteMarker = version.IsDeleteMarker == true,
            Unreadable = archived,
            Blocked = archived ?? WhyBucketBlocks(facts),
        };
    }

    /// <summary>Whether a listing says too little of this version, so that it has to be asked itself.</summary>
    public static bool NeedsHead(S3ObjectVersion version, S3BucketFacts facts) =>
        version.IsDeleteMarker != true
        && (facts.ObjectLock || version.StorageClass?.Value is "INTELLIGENT_TIERING" or "GLACIER" or "DEEP_ARCHIVE");

    public static ObjectInfo Headed(string key, GetObjectMetadataResponse head, bool isCurrent, S3BucketFacts facts, DateTimeOffset now)
    {
        string? archived = WhyArchived(head.StorageClass?.Value, head.ArchiveStatus?.Value, head.RestoreExpiration, head.RestoreInProgress == true);
        return new ObjectInfo
        {
            Key = key,
            Version = S3Answers.VersionOf(head.VersionId),
            ETag = S3Answers.ETagOf(head.ETag),
            Size = head.ContentLength,
            Modified = S3Answers.TimeOf(head.LastModified),
            IsCurrent = isCurrent,
            Unreadable = archived,
            Blocked = archived ?? WhyLocked(head, now) ?? WhyRestored(head) ?? WhyBucketBlocks(facts),
        };
    }

    /// <summary>A lock in either mode stands: Limpid never asks to bypass governance.</summary>
    public static string? WhyLocked(GetObjectMetadataResponse head, DateTimeOffset now) =>
        head.ObjectLockLegalHoldStatus == ObjectLockLegalHoldStatus.On ? "it is under a legal hold (Object Lock)"
        : head.ObjectLockEventHold?.Value == "ON" ? "it is under an event hold (Object Lock)"
        : head.ObjectLockRetainUntilDate is { } until && S3Answers.TimeOf(until) > now
            ? string.Create(CultureInfo.InvariantCulture, $"it is locked until {S3Answers.TimeOf(until):yyyy-MM-dd} (Object Lock, {head.ObjectLockMode?.Value})")
        : null;

    public static string? WhyBucketBlocks(S3BucketFacts facts) =>
        facts.MfaDelete ? "its bucket lets versions be removed with MFA only" : null;

    private static string? WhyArchived(string? storageClass, string? archiveStatus, DateTime? restoredUntil, bool isRestoring)
    {
        string? where = archiveStatus ?? (storageClass is "GLACIER" or "DEEP_ARCHIVE" ? storageClass : null);
        return where is null || restoredUntil is not null ? null
            : isRestoring ? $"it is archived ({where}) and being restored"
            : $"it is archived ({where}) and has to be restored first";
    }

    // A new version would be archived at once, so that nobody could read it back to prove it.
    private static string? WhyRestored(GetObjectMetadataResponse head) =>
        head.StorageClass?.Value is "GLACIER" or "DEEP_ARCHIVE"
            ? string.Create(CultureInfo.InvariantCulture, $"it is in an archive class ({head.StorageClass.Value}), restored until {S3Answers.TimeOf(head.RestoreExpiration):yyyy-MM-dd}")
            : null;
}
