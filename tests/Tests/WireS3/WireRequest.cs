using System.Globalization;
using System.Security;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Limpid.Tests.WireS3;

/// <summary>A request taken apart: the key as it stands in the raw target, decoded once.</summary>
internal sealed class WireRequest
{
    private const string ChecksumPrefix = "x-amz-checksum-";

    public required string Operation { get; init; }
    public required string Bucket { get; init; }
    public required string Key { get; init; }
    public required IReadOnlyDictionary<string, string> Query { get; init; }
    public required IHeaderDictionary Headers { get; init; }

    public bool HasContent => Operation is "PutObject" or "UploadPart";

    /// <summary>The checksum that came with a body: its algorithm, <c>crc32</c>, and its value; null where none came.</summary>
    public (string Algorithm, string Value)? Checksum => Headers.Keys.Select(name => name.ToLowerInvariant())
        .FirstOrDefault(name => name.StartsWith(ChecksumPrefix, StringComparison.Ordinal) && name is not (ChecksumPrefix + "algorithm" or ChecksumPrefix + "type")) is { } header
            ? (header[ChecksumPrefix.Length..], Headers[header].ToString())
            : null;

    public string? this[string header] => Headers[header].ToString() is { Length: > 0 } value ? value : null;

    public static WireRequest Of(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        string[] halves = target.Split('?', 2);
        string path = halves[0].TrimStart('/');
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        string key = slash < 0 ? "" : Uri.UnescapeDataString(path[(slash + 1)..]);
        var query = (halves.Length > 1 ? halves[1] : "").Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => pair.Length > 1 ? Uri.UnescapeDataString(pair[1].Replace('+', ' ')) : "");
        IHeaderDictionary headers = context.Request.Headers;
        return new WireRequest
        {
            Operation = Name(context.Request.Method, key.Length > 0, query, headers.ContainsKey("x-amz-copy-source")),
            Bucket = slash < 0 ? path : path[..slash],
            Key = key,
            Query = query,
            Headers = headers,
        };
    }

    /// <summary>First and last byte, or null where the header is missing.</summary>
    public static (long From, long? To)? Range(string? header)
    {
        if (header is null)
            return null;
        string[] ends = header["bytes=".Length..].Split('-');
        return (long.Parse(ends[0], CultureInfo.InvariantCulture), ends[1].Length == 0 ? null : long.Parse(ends[1], CultureInfo.InvariantCulture));
    }

    private static string Name(string method, bool isObject, Dictionary<string, string> query, bool isCopy)
    {
        string sub = new[] { "uploads", "uploadId", "tagging", "acl", "versions", "versioning", "object-lock", "replication", "retention", "legal-hold", "location" }
            .FirstOrDefault(query.ContainsKey, "");
        return (method, isObject, sub) switch
        {
            ("PUT", true, "") => isCopy ? "CopyObject" : "PutObject",
            ("PUT", true, "uploadId") => isCopy ? "UploadPartCopy" : "UploadPart",
            ("PUT", true, "tagging") => "PutObjectTagging",
            ("PUT", true, "acl") => "PutObjectAcl",
            ("GET", true, "") => "GetObject",
            ("GET", true, "tagging") => "GetObjectTagging",
            ("GET", true, "acl") => "GetObjectAcl",
            ("HEAD", true, "") => "HeadObject",
            ("DELETE", true, "") => "DeleteObject",
            ("POST", true, "uploads") => "CreateMultipartUpload",
            ("POST", true, "uploadId") => "CompleteMultipartUpload",
            ("DELETE", true, "uploadId") => "AbortMultipartUpload",
            ("PUT", false, "") => "CreateBucket",
            ("PUT", false, "versioning") => "PutBucketVersioning",
            ("DELETE", false, "") => "DeleteBucket",
            ("GET", false, "versions") => "ListObjectVersions",
            ("GET", false, "uploads") => "ListMultipartUploads",
            ("GET", false, "versioning") => "GetBucketVersioning",
            ("GET", false, "object-lock") => "GetObjectLockConfiguration",
            ("GET", false, "replication") => "GetBucketReplication",
            ("GET", false, "acl") => "GetBucketAcl",
            ("GET", false, "") => "ListObjectsV2",
            _ => $"{method} {sub}",
        };
    }
}

internal sealed record WireAnswer(int Status)
{
    public Dictionary<string, string> Headers { get; init; } = [];
    public WireContent? Content { get; init; }

    public static WireAnswer Xml(string xml, int status = 200) => new(status)
    {
        Headers = { ["Content-Type"] = "application/xml" },
        Content = WireContent.Of(Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml)),
    };

    public static WireAnswer Of(WireFault fault, WireRequest request)
    {
        // The answer to a HEAD has no body, so that nobody can read the code from it.
        WireAnswer answer = request.Operation == "HeadObject"
            ? new WireAnswer(fault.Status)
            : Xml($"<Error><Code>{fault.Code}</Code><Message>{Escape(fault.Text)}</Message><Key>{Escape(request.Key)}</Key></Error>", fault.Status);
        if (fault.Marker is { } marker)
        {
            answer.Headers["x-amz-delete-marker"] = "true";
            answer.Headers["x-amz-version-id"] = marker;
        }
        return answer;
    }

    public static string Escape(string text) => SecurityElement.Escape(text);
}
