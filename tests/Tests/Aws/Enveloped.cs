using System.Net;
using System.Text.Json.Nodes;

namespace Limpid.Tests.Aws;

/// <summary>Events of S3 as they arrive on each way.</summary>
internal static class Enveloped
{
    public const string Bus = "EventBridge", Notification = "S3", Queue = "SQS", QueuedBus = "EventBridge by SQS";

    public static TheoryData<string> Ways => [Bus, Notification, Queue, QueuedBus];

    /// <summary>Of one object, in the given envelope.</summary>
    /// <param name="key">In the bucket, as it is.</param>
    public static string Event(string way, string bucket, string key, string? sequencer = null, string? version = null, string type = "Object Created") => way switch
    {
        Bus => OfBus(bucket, key, sequencer, version, type),
        Notification => OfS3(bucket, key, sequencer, version),
        Queue => Batch(("m1", OfS3(bucket, key, sequencer, version))),
        _ => Batch(("m1", OfBus(bucket, key, sequencer, version, type))),
    };

    public static string Batch(params (string Id, string Body)[] messages) => new JsonObject
    {
        ["Records"] = new JsonArray([.. messages.Select(m => new JsonObject
        {
            ["messageId"] = m.Id,
            ["receiptHandle"] = "handle",
            ["body"] = m.Body,
            ["attributes"] = new JsonObject { ["ApproximateReceiveCount"] = "1" },
            ["messageAttributes"] = new JsonObject(),
            ["eventSource"] = "aws:sqs",
            ["eventSourceARN"] = "arn:aws:sqs:eu-west-1:123456789012:lake",
            ["awsRegion"] = "eu-west-1",
        })]),
    }.ToJsonString();

    /// <summary>Keys are form-encoded: spaces become plus signs.</summary>
    public static string OfS3(string bucket, string key, string? sequencer = null, string? version = null) => new JsonObject
    {
        ["Records"] = new JsonArray(new JsonObject
        {
            ["eventVersion"] = "2.1",
            ["eventSource"] = "aws:s3",
            ["awsRegion"] = "eu-west-1",
            ["eventTime"] = "2026-03-10T09:00:00.000Z",
            ["eventName"] = "ObjectCreated:Put",
            ["s3"] = new JsonObject
            {
                ["s3SchemaVersion"] = "1.0",
                ["bucket"] = new JsonObject { ["name"] = bucket },
                ["object"] = Object(WebUtility.UrlEncode(key), sequencer, version, "versionId"),
            },
        }),
    }.ToJsonString();

    public static string OfBus(string bucket, string key, string? sequencer = null, string? version = null, string type = "Object Created") => new JsonObject
    {
        ["version"] = "0",
        ["id"] = "17793124-05d4-b198-2fde-7ededc63b103",
        ["detail-type"] = type,
        ["source"] = "aws.s3",
        ["time"] = "2026-03-10T09:00:00Z",
        ["region"] = "eu-west-1",
        ["resources"] = new JsonArray("arn:aws:s3:::" + bucket),
        ["detail"] = new JsonObject
        {
            ["version"] = "0",
            ["bucket"] = new JsonObject { ["name"] = bucket },
            ["object"] = Object(key, sequencer, version, "version-id"),
            ["reason"] = "PutObject",
        },
    }.ToJsonString();

    public const string TestEvent =
        """{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-03-10T09:00:00.000Z","Bucket":"lake","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}""";

    private static JsonObject Object(string key, string? sequencer, string? version, string versionName)
    {
        var item = new JsonObject { ["key"] = key, ["etag"] = "d41d8cd98f00b204e9800998ecf8427e" };
        if (sequencer is not null)
            item["sequencer"] = sequencer;
        if (version is not null)
            item[versionName] = version;
        return item;
    }
}
