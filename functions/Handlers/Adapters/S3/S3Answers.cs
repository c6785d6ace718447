using System.Net;
using Amazon.S3;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>S3's answers in the port's words.</summary>
internal static class S3Answers
{
    /// <summary>The id by which S3 knows the one version that has none; so does a bucket that never kept versions.</summary>
    public const string NullVersion = "null";

    public static string VersionOf(string? id) => id is null or NullVersion ? "" : id;

    public static string IdOf(string version) => version.Length == 0 ? NullVersion : version;

    /// <summary>Without its quotes, as events and inventories have it.</summary>
    public static string ETagOf(string? quoted) => quoted?.Trim('"') ?? "";

    public static string Quoted(string etag) => $"\"{etag}\"";

    public static bool IsGone(this AmazonS3Exception answer) => answer.StatusCode == HttpStatusCode.NotFound && answer.ErrorCode is not "NoSuchBucket";

    /// <summary>412: the object is not the one that the condition names.</summary>
    public static bool IsChanged(this AmazonS3Exception answer) => answer.StatusCode == HttpStatusCode.PreconditionFailed;

    /// <summary>409: somebody else's request was under way; whatever came of it, the object has to be looked at again.</summary>
    public static bool IsConflict(this AmazonS3Exception answer) => answer.StatusCode == HttpStatusCode.Conflict;

    public static bool IsRefused(this AmazonS3Exception answer) => answer.StatusCode == HttpStatusCode.Forbidden;

    /// <summary>Without what S3 says of it: that names the object, whose name can be a person's, and reasons stand in certificates and mails.</summary>
    public static StoreResult Blocked(this AmazonS3Exception answer) => new(StoreOutcome.Blocked, Reason: $"S3 refuses it ({answer.ErrorCode})");

    /// <summary>What a failed conditional write means; null where it is no answer about the object but something broken.</summary>
    public static StoreResult? OfWrite(this AmazonS3Exception answer) =>
        answer.IsChanged() || answer.IsConflict() ? new StoreResult(StoreOutcome.Changed)
        : answer.IsGone() ? new StoreResult(StoreOutcome.Gone)
        : answer.IsRefused() ? answer.Blocked()
        : null;

    public static DateTimeOffset TimeOf(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : default;
}
