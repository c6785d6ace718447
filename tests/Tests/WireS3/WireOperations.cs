using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Limpid.Tests.WireS3;

/// <summary>One request carried out on its bucket, under the server's lock.</summary>
internal sealed class WireOperations(WireBucket bucket, Func<string, WireBucket?> others, WireRequest request)
{
    public WireAnswer Do(WireContent? body, string text) => request.Operation switch
    {
        "GetObject" => Read(withContent: true),
        "HeadObject" => Read(withContent: false),
        "PutObject" => Written(bucket.Put(request.Key, body!, WireHeaders.PropertiesOf(request, bucket), request["If-Match"], request["If-None-Match"])),
        "CopyObject" => Copy(),
        "DeleteObject" => Delete(),
        "CreateMultipartUpload" => Begin(),
        "UploadPart" => Part(body!),
        "UploadPartCopy" => PartCopy(),
        "CompleteMultipartUpload" => Complete(text),
        "AbortMultipartUpload" => Abort(),
        "GetObjectTagging" => WireAnswer.Xml($"<Tagging><TagSet>{string.Concat(Version().Properties.Tags.Select(t => $"<Tag><Key>{WireAnswer.Escape(t.Key)}</Key><Value>{WireAnswer.Escape(t.Value)}</Value></Tag>"))}</TagSet></Tagging>"),
        "PutObjectTagging" => PutTagging(text),
        "GetObjectAcl" => WireAnswer.Xml(WireHeaders.AclXml(Version().Owner, Version().Properties.Grants)),
        "PutObjectAcl" => PutAcl(text),
        "GetBucketAcl" => WireAnswer.Xml(WireHeaders.AclXml(WireBucket.OwnerId, [])),
        "ListObjectVersions" or "ListObjectsV2" or "ListMultipartUploads" => new WireListing(bucket, request).Answer(),
        "GetBucketVersioning" => Versioning(),
        "PutBucketVersioning" => PutVersioning(text),
        "GetObjectLockConfiguration" => bucket.ObjectLock
            ? WireAnswer.Xml("<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>")
            : throw new WireFault(404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
        "GetBucketReplication" => bucket.ReplicaBuckets.Count > 0
            ? WireAnswer.Xml($"<ReplicationConfiguration><Role>arn:aws:iam::123456789012:role/r</Role>{string.Concat(bucket.ReplicaBuckets.Select((b, i) => $"<Rule><ID>r{i}</ID><Status>Enabled</Status><Prefix></Prefix><Destination><Bucket>{b}</Bucket></Destination></Rule>"))}</ReplicationConfiguration>")
            : throw new WireFault(404, "ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
        "CreateBucket" => new WireAnswer(200),
        "DeleteBucket" => new WireAnswer(204),
        _ => throw new WireFault(501, "NotImplemented", request.Operation),
    };

    private string? VersionId => request.Query.GetValueOrDefault("versionId");

    private WireVersion Version() => bucket.Find(request.Key, VersionId);

    private WireAnswer Read(bool withContent)
    {
        WireVersion version = Version();
        CheckReadable(version, withContent, request["x-amz-server-side-encryption-customer-key-md5"]);
        if (request["If-Match"] is { } match && !WireBucket.Matches(match, version.ETag))
            throw WireFault.Precondition;
        if (request["If-None-Match"] is { } none && WireBucket.Matches(none, version.ETag))
            throw new WireFault(304, "NotModified", "Not Modified");
        WireContent content = version.Content!;
        WireAnswer answer = new(200) { Headers = WireHeaders.Of(version, bucket), Content = content };
        if (WireRequest.Range(request["Range"]) is not { } range)
            return answer;
        if (range.From >= content.Length)
            throw new WireFault(416, "InvalidRange", "The requested range is not satisfiable");
        long to = Math.Min(range.To ?? long.MaxValue, content.Length - 1);
        answer.Headers["Content-Range"] = $"bytes {range.From}-{to}/{content.Length}";
        return answer with { Status = 206, Content = content.Slice(range.From, to - range.From + 1) };
    }

    private static void CheckReadable(WireVersion version, bool withContent, string? customerKey)
    {
        if (version.Properties.CustomerKey is { } key && customerKey != key)
            throw WireFault.Bad("InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.");
        if (withContent && version.Properties.IsArchived)
            throw new WireFault(403, "InvalidObjectState", "The operation is not valid for the object's storage class");
    }

    private WireVersion Source()
    {
        string source = request["x-amz-copy-source"]!.TrimStart('/');
        string? versionId = null;
        int query = source.IndexOf("?versionId=", StringComparison.Ordinal);
        if (query >= 0)
            (source, versionId) = (source[..query], Uri.UnescapeDataString(source[(query + "?versionId=".Length)..]));
        source = Uri.UnescapeDataString(source);
        int slash = source.IndexOf('/', StringComparison.Ordinal);
        WireBucket from = others(source[..slash]) ?? throw new WireFault(404, "NoSuchBucket", "The specified bucket does not exist");
        WireVersion version = from.Find(source[(slash + 1)..], versionId);
        CheckReadable(version, withContent: true, request["x-amz-copy-source-server-side-encryption-customer-key-md5"]);
        if (request["x-amz-copy-source-if-match"] is { } match && !WireBucket.Matches(match, version.ETag))
            throw WireFault.Precondition;
        return version;
    }

    private WireAnswer Copy()
    {
        WireVersion source = Source();
        WireProperties properties = request["x-amz-metadata-directive"] == "REPLACE" ? WireHeaders.PropertiesOf(request, bucket) : source.Properties;
        WireVersion version = bucket.Put(request.Key, source.Content!, properties, request["If-Match"], request["If-None-Match"]);
        return WireAnswer.Xml($"<CopyObjectResult><ETag>&quot;{version.ETag}&quot;</ETag></CopyObjectResult>");
    }

    private WireAnswer Written(WireVersion version)
    {
        WireAnswer answer = new(200) { Headers = { ["ETag"] = $"\"{version.ETag}\"" }, Content = WireContent.Of() };
        if (bucket.Versioning != WireVersioning.Never)
            answer.Headers["x-amz-version-id"] = version.Id;
        return answer;
    }

    private WireAnswer Delete()
    {
        (string? id, bool marker) = bucket.Delete(request.Key, VersionId, request["If-Match"]);
        var answer = new WireAnswer(204);
        if (id is not null)
            answer.Headers["x-amz-version-id"] = id;
        if (marker)
            answer.Headers["x-amz-delete-marker"] = "true";
        return answer;
    }

    private WireAnswer Begin()
    {
        WireUpload upload = bucket.Begin(request.Key, WireHeaders.PropertiesOf(request, bucket), request["x-amz-checksum-algorithm"]?.ToLowerInvariant());
        return WireAnswer.Xml($"<InitiateMultipartUploadResult><Bucket>{bucket.Name}</Bucket><Key>{WireAnswer.Escape(request.Key)}</Key><UploadId>{upload.Id}</UploadId></InitiateMultipartUploadResult>");
    }

    private WireUpload Upload() => bucket.Upload(request.Query["uploadId"], request.Key);

    private int PartNumber => int.Parse(request.Query["partNumber"], CultureInfo.InvariantCulture);

    // github.com/aws/aws-sdk-go-v2 issue 3005: SDKs put CRC32 on every part, whatever the upload was begun with.
    private WireAnswer Part(WireContent body)
    {
        WireUpload upload = Upload();
        if (request.Checksum?.Algorithm != upload.Checksum)
            throw WireFault.Bad("InvalidRequest", $"Checksum Type mismatch occurred, expected checksum Type: {upload.Checksum ?? "null"}, actual checksum Type: {request.Checksum?.Algorithm ?? "null"}");
        (string etag, string? checksum) = WireBucket.AddPart(upload, PartNumber, body, request.Checksum?.Value);
        WireAnswer answer = new(200) { Headers = { ["ETag"] = $"\"{etag}\"" }, Content = WireContent.Of() };
        if (checksum is not null)
            answer.Headers[$"x-amz-checksum-{upload.Checksum}"] = checksum;
        return answer;
    }

    private WireAnswer PartCopy()
    {
        WireContent content = Source().Content!;
        if (request["x-amz-copy-source-range"] is { } header)
        {
            (long from, long? to) = WireRequest.Range(header)!.Value;
            if (to is null || to < from || to >= content.Length)
                throw WireFault.Bad("InvalidArgument", "Range specified is not valid for source object of size: " + content.Length);
            content = content.Slice(from, to.Value - from + 1);
        }
        WireUpload upload = Upload();
        (string etag, string? checksum) = WireBucket.AddPart(upload, PartNumber, content, null);
        string sum = checksum is null ? "" : $"<{ChecksumElement(upload)}>{checksum}</{ChecksumElement(upload)}>";
        return WireAnswer.Xml($"<CopyPartResult><ETag>&quot;{etag}&quot;</ETag>{sum}<LastModified>2026-11-25T00:00:00.000Z</LastModified></CopyPartResult>");
    }

    private WireAnswer Complete(string text)
    {
        XElement root = XDocument.Parse(text).Root!;
        WireUpload upload = Upload();
        var parts = root.Elements().Where(e => e.Name.LocalName == "Part").Select(e => (
            int.Parse(Child(e, "PartNumber"), CultureInfo.InvariantCulture), Child(e, "ETag"),
            e.Elements().FirstOrDefault(c => c.Name.LocalName == ChecksumElement(upload))?.Value)).ToList();
        WireVersion version = bucket.Complete(upload, parts, request["If-Match"], request["If-None-Match"]);
        WireAnswer answer = WireAnswer.Xml($"<CompleteMultipartUploadResult><Bucket>{bucket.Name}</Bucket><Key>{WireAnswer.Escape(request.Key)}</Key><ETag>&quot;{version.ETag}&quot;</ETag></CompleteMultipartUploadResult>");
        if (bucket.Versioning != WireVersioning.Never)
            answer.Headers["x-amz-version-id"] = version.Id;
        return answer;
    }

    private static string ChecksumElement(WireUpload upload) => $"Checksum{upload.Checksum?.ToUpperInvariant()}";

    private WireAnswer Abort()
    {
        bucket.Uploads.Remove(Upload().Id);
        return new WireAnswer(204);
    }

    private WireAnswer PutTagging(string text)
    {
        Version().Properties.Tags = [.. XDocument.Parse(text).Descendants().Where(e => e.Name.LocalName == "Tag").Select(e => (Child(e, "Key"), Child(e, "Value")))];
        return new WireAnswer(200) { Content = WireContent.Of() };
    }

    private WireAnswer PutAcl(string text)
    {
        Version().Properties.Grants = text.Length == 0
            ? WireHeaders.GrantsOf(request)
            : [.. XDocument.Parse(text).Descendants().Where(e => e.Name.LocalName == "Grant").Select(e => new WireGrant(
                e.Descendants().First(d => d.Name.LocalName is "ID" or "URI").Value, Child(e, "Permission")))];
        return new WireAnswer(200) { Content = WireContent.Of() };
    }

    private WireAnswer Versioning()
    {
        var xml = new StringBuilder("<VersioningConfiguration>");
        if (bucket.Versioning != WireVersioning.Never)
            xml.Append(CultureInfo.InvariantCulture, $"<Status>{bucket.Versioning}</Status>");
        if (bucket.MfaDelete)
            xml.Append("<MfaDelete>Enabled</MfaDelete>");
        return WireAnswer.Xml(xml.Append("</VersioningConfiguration>").ToString());
    }

    private WireAnswer PutVersioning(string text)
    {
        bucket.Versioning = Enum.Parse<WireVersioning>(XDocument.Parse(text).Descendants().First(e => e.Name.LocalName == "Status").Value);
        return new WireAnswer(200) { Content = WireContent.Of() };
    }

    private static string Child(XElement element, string name) => element.Elements().First(e => e.Name.LocalName == name).Value;
}
