using System.Text;
using System.Text.Json;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.CloudWatchEvents;
using Amazon.Lambda.CloudWatchEvents.S3Events;
using Amazon.Lambda.S3Events;
using Amazon.Lambda.Serialization.SystemTextJson;
using Amazon.Lambda.SQSEvents;
using Limpid.Functions.Indexing;
using Limpid.Functions.Triggers;

namespace Limpid.Tests.Aws;

/// <summary>Events that AWS sent, of every trigger that there is, as the serializer of Lambda reads them.</summary>
public sealed class RecordedEventTests
{
    private static readonly SourceGeneratorLambdaJsonSerializer<LakeHintsJson> Lake = new();

    [Fact]
    public void S3_speaks_of_objects_by_form_encoded_keys()
    {
        S3Event read = Read<S3Event>("s3-event.json");
        Assert.Equal(["HappyFace.jpg", "New File.jpg"], read.Records!.Select(r => r.S3!.Object!.KeyDecoded));
        S3Event.S3EventNotificationRecord record = read.Records![1];
        Assert.Equal(("us-east-1", "ObjectCreated:Put", "aws:s3", "2.0"), (record.AwsRegion, record.EventName, record.EventSource, record.EventVersion));
        Assert.Equal(("testConfigRule", "sourcebucket", "arn:aws:s3:::mybucket"), (record.S3!.ConfigurationId, record.S3.Bucket!.Name, record.S3.Bucket.Arn));
        S3Event.S3ObjectEntity item = record.S3.Object!;
        Assert.Equal(("New+File.jpg", 1024L, "0123456789abcdef0123456789abcdef", "0A1B2C3D4E5F678901", null), (item.Key, item.Size, item.ETag, item.Sequencer, item.VersionId));
        Assert.Equal(
            [new LakeEvent("s3://sourcebucket/HappyFace.jpg", "0A1B2C3D4E5F678901"), new LakeEvent("s3://sourcebucket/New File.jpg", "0A1B2C3D4E5F678901")],
            Hints("s3-event.json"));
    }

    [Theory]
    [InlineData("cloudwatchevents-s3objectcreated.json", "Object Created", "617f08299329d189", "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e", 5)]
    [InlineData("cloudwatchevents-s3objectdeleted.json", "Object Deleted", "617f0837b476e463", "1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF", 0)]
    [InlineData("cloudwatchevents-s3objectrestore.json", "Object Restore Completed", null, "KKsjUC1.6gIjqtvhfg5AdMI0eCePIiT3", 5)]
    public void EventBridge_speaks_of_objects_by_their_keys_as_they_are(string file, string type, string? sequencer, string version, long size)
    {
        CloudWatchEvent<S3ObjectEventDetails> read = Read<CloudWatchEvent<S3ObjectEventDetails>>(file);
        Assert.Equal((type, "aws.s3", "111122223333", "ca-central-1", "0"), (read.DetailType, read.Source, read.Account, read.Region, read.Version));
        Assert.Equal(new DateTime(2021, 11, 12, 0, 0, 0, DateTimeKind.Utc), read.Time.ToUniversalTime());
        Assert.Equal(["arn:aws:s3:::DOC-EXAMPLE-BUCKET1"], read.Resources!);
        S3ObjectEventDetails detail = read.Detail!;
        Assert.Equal(("DOC-EXAMPLE-BUCKET1", "example-key", size), (detail.Bucket!.Name, detail.Object!.Key, detail.Object.Size));
        Assert.Equal((version, sequencer), (detail.Object.VersionId, detail.Object.Sequencer));
        Assert.NotNull(detail.RequestId);
        Assert.NotNull(detail.Object.ETag);
        Assert.Equal([new LakeEvent("s3://DOC-EXAMPLE-BUCKET1/example-key", sequencer ?? "", version)], Hints(file));
    }

    [Fact]
    public void A_queue_gives_messages()
    {
        SQSEvent.SQSMessage message = Assert.Single(Read<SQSEvent>("sqs-event.json").Records!);
        Assert.Equal(("MessageID", "MessageReceiptHandle", "Message Body"), (message.MessageId, message.ReceiptHandle, message.Body));
        Assert.Equal(("fce0ea8dd236ccb3ed9b37dae260836f", "us-west-2", "aws:sqs"), (message.Md5OfBody, message.AwsRegion, message.EventSource));
        Assert.Equal("arn:aws:sqs:us-west-2:123456789012:SQSQueue", message.EventSourceArn);
        Assert.Equal("2", message.Attributes!["ApproximateReceiveCount"]);
        Assert.Equal(Envelope.Queue, Envelopes.Of(Bytes("sqs-event.json")));
    }

    [Fact]
    public void A_batch_is_answered_in_the_recorded_shape()
    {
        using var written = new MemoryStream();
        Lake.Serialize(
            new SQSBatchResponse([new() { ItemIdentifier = "MessageID_1" }, new() { ItemIdentifier = "MessageID_2" }]), written);
        Assert.True(JsonElement.DeepEquals(Json(Bytes("sqs-response.json")), Json(written.ToArray())));
        written.SetLength(0);
        Lake.Serialize(new SQSBatchResponse(), written);
        Assert.Equal("""{"batchItemFailures":[]}""", Encoding.UTF8.GetString(written.ToArray()));
    }

    [Fact]
    public void The_API_says_which_principal_calls()
    {
        APIGatewayHttpApiV2ProxyRequest read = HttpApi.Read("submit-erasure", Bytes("http-api-v2-request-iam-authorizer.json"));
        Assert.Equal(("2.0", "/my/path", "GET", "$default"), (read.Version, read.RawPath, read.RequestContext!.Http!.Method, read.RequestContext.Stage));
        Assert.Equal("{\r\n\t\"a\": 1\r\n}", Encoding.UTF8.GetString(HttpApi.Body(read)!));
        APIGatewayHttpApiV2ProxyRequest.AuthorizerDescription.IAMDescription iam = read.RequestContext.Authorizer!.IAM!;
        Assert.Equal(("arn:aws:iam::1234567890:user/Admin", "1234567890", "ARIA2ZJZYVUEREEIHAKY"), (iam.UserARN, iam.AccountId, iam.AccessKey));
        Assert.Equal(("AROA7ZJZYVRE7C3DUXHH6:CognitoIdentityCredentials", "AwsOrgId", "AROA2ZJZYVRE7Y3TUXHH6"), (iam.CallerId, iam.PrincipalOrgId, iam.UserId));
    }

    [Theory]
    [InlineData("http-api-v2-request.json", "POST", "request-id")]
    [InlineData("http-api-v2-request-lambda-authorizer.json", "GET", "id")]
    public void Other_authorizers_name_no_principal(string file, string method, string requestId)
    {
        Assert.Equal(Envelope.Http, Envelopes.Of(Bytes(file)));
        APIGatewayHttpApiV2ProxyRequest read = HttpApi.Read("show-approval", Bytes(file));
        Assert.Equal((method, "/my/path", requestId), (read.RequestContext!.Http!.Method, read.RawPath, read.RequestContext.RequestId));
        Assert.Equal("value1", HttpApi.Header(read, "header1"));
        Assert.Null(read.RequestContext.Authorizer?.IAM);
    }

    [Fact]
    public void A_byte_order_mark_is_refused_as_Lambda_does()
    {
        using var marked = new MemoryStream([0xEF, 0xBB, 0xBF, .. "{}"u8]);
        JsonSerializerException refused = Assert.Throws<JsonSerializerException>(() => Lake.Deserialize<SQSEvent>(marked));
        Assert.StartsWith("Error converting the Lambda event JSON payload to type Amazon.Lambda.SQSEvents.SQSEvent: ", refused.Message, StringComparison.Ordinal);
    }

    // Every other recorded event is of something that Limpid does not follow.
    [Fact]
    public void Events_of_something_else_are_told_from_those_of_S3()
    {
        string[] own = ["s3-event.json", "sqs-event.json", "cloudwatchevents-s3objectcreated.json", "cloudwatchevents-s3objectdeleted.json", "cloudwatchevents-s3objectrestore.json"];
        foreach (string file in Directory.GetFiles(SharedData.Path("events"), "*.json").Select(f => Path.GetFileName(f)!).Except(own))
        {
            byte[] json = Bytes(file);
            if (Json(json).ValueKind == JsonValueKind.Object)
                Assert.True(Envelopes.Of(json) is Envelope.Foreign or Envelope.Plain or Envelope.Http or Envelope.TableStream, file);
        }
    }

    private static T Read<T>(string file)
    {
        using var stream = new MemoryStream(Bytes(file));
        return Lake.Deserialize<T>(stream);
    }

    private static IReadOnlyList<LakeEvent> Hints(string file)
    {
        byte[] json = Bytes(file);
        return LakeHints.OfEvent(json, Envelopes.Of(json));
    }

    private static JsonElement Json(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>Many of the files begin with a byte order mark that Lambda's events do not have.</summary>
    private static byte[] Bytes(string file)
    {
        byte[] bytes = File.ReadAllBytes(SharedData.Path("events", file));
        return bytes is [0xEF, 0xBB, 0xBF, .. var rest] ? rest : bytes;
    }
}
