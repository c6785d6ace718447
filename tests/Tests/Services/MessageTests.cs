using Limpid.Local.Services;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.Services;

/// <summary>SNS, SQS, EventBridge, SES and S3, and what is no integration here.</summary>
public class MessageTests
{
    private const string Topic = "arn:aws:sns:eu-west-1:123456789012:news";
    private const string Queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";

    [Fact]
    public async Task A_publication_is_kept_once_an_attempt_and_answered_with_its_id()
    {
        using var bench = new ServicesBench();
        string request = $$"""{"TopicArn": "{{Topic}}", "Message": {"hello": "world"}, "Subject": "Hi"}""";
        TaskResult once = await bench.CallAsync("sns:publish", request, of: 1);
        bench.Reopen();
        TaskResult twice = await bench.CallAsync("sns:publish", request, of: 1);
        Assert.Equal(once.Output!.Get("MessageId"), twice.Output!.Get("MessageId"));
        Assert.Equal(200, twice.Output.Get("SdkHttpMetadata")!.Get("HttpStatusCode")!.Double());
        Assert.Equal(twice.Output.Get("SdkResponseMetadata")!.Get("RequestId"), twice.Output.Get("SdkHttpMetadata")!.Get("HttpHeaders")!.Get("x-amzn-RequestId"));
        await bench.CallAsync("aws-sdk:sns:publish", request, of: 2);
        IReadOnlyList<SentMessage> sent = bench.Messages("news");
        Assert.Equal(2, sent.Count);
        Assert.Equal("""{"Message":"{\"hello\":\"world\"}","Subject":"Hi"}""", sent[0].Content.ToString());
        Assert.Equal(once.Output.Get("MessageId")!.Text, sent[0].Id);
    }

    [Theory]
    [InlineData("""{"Message": "x"}""", "SNS.InvalidParameterException: Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter; ")]
    [InlineData("""{"TopicArn": "news", "Message": "x"}""", "SNS.InvalidParameterException: Invalid parameter: TopicArn (")]
    [InlineData("""{"TopicArn": "arn:aws:sns:eu-west-1:123456789012:news", "Message": ""}""", "SNS.InvalidParameterException: Invalid parameter: Empty message (")]
    [InlineData("""{"TopicArn": "arn:aws:sns:eu-west-1:123456789012:news.fifo", "Message": "x"}""", "SNS.InvalidParameterException: Invalid parameter: The MessageGroupId")]
    public async Task A_wrong_publication_is_refused(string request, string error)
    {
        using var bench = new ServicesBench();
        Assert.StartsWith(error, await bench.ErrorAsync("sns:publish", request), StringComparison.Ordinal);
        Assert.Empty(bench.Messages());
    }

    // The digests are those that the SQS developer guide's algorithm gives; the body's is md5sum's.
    [Fact]
    public async Task A_message_to_a_queue_is_answered_with_its_digests()
    {
        using var bench = new ServicesBench();
        JsonData answer = await bench.AnswerAsync("sqs:sendMessage", $$"""{"QueueUrl": "{{Queue}}", "MessageBody": "hello world", "MessageAttributes": {"test_attribute_name_1": {"DataType": "String", "StringValue": "test_attribute_value_1"} } }""");
        Assert.Equal("5eb63bbbe01eeed093cb22bb8f5acdc3", answer.Get("MD5OfMessageBody")!.Text);
        Assert.Matches("^[0-9a-f]{32}$", answer.Get("MD5OfMessageAttributes")!.Text);
        Assert.Equal(bench.Messages("jobs").Single().Id, answer.Get("MessageId")!.Text);
        Assert.StartsWith("SQS.AmazonSQSException: The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; ",
            await bench.ErrorAsync("sqs:sendMessage", $$"""{"QueueUrl": "{{Queue}}", "MessageBody": null}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_FIFO_queue_takes_the_same_message_once_in_five_minutes()
    {
        using var bench = new ServicesBench();
        string request = $$"""{"QueueUrl": "{{Queue}}.fifo", "MessageBody": {"n": 1}, "MessageGroupId": "g", "MessageDeduplicationId": "d"}""";
        JsonData first = await bench.AnswerAsync("sqs:sendMessage", request);
        Assert.Equal(first, await bench.AnswerAsync("sqs:sendMessage", request));
        bench.Time.Advance(TimeSpan.FromMinutes(5));
        JsonData later = await bench.AnswerAsync("sqs:sendMessage", request);
        Assert.NotEqual(first.Get("MessageId"), later.Get("MessageId"));
        Assert.True(string.CompareOrdinal(first.Get("SequenceNumber")!.Text, later.Get("SequenceNumber")!.Text) < 0);
        Assert.Equal(2, bench.Messages().Count);
    }

    [Fact]
    public async Task An_optimized_putEvents_adds_the_execution_and_fails_where_an_entry_does()
    {
        using var bench = new ServicesBench();
        JsonData answer = await bench.AnswerAsync("events:putEvents", """{"Entries": [{"Source": "a", "DetailType": "T", "Detail": "{\"x\": 1}"}, {"Source": "a", "DetailType": "T", "Detail": {"x": 2}, "EventBusName": "bus", "Resources": ["r"]}]}""");
        Assert.Equal("0", answer.Get("FailedEntryCount")!.Text);
        IReadOnlyList<SentMessage> sent = bench.Messages();
        Assert.Equal(answer.Get("Entries")!.Items.Select(e => e.Get("EventId")!.Text), sent.Select(m => m.Id));
        Assert.Equal(["default", "bus"], sent.Select(m => m.Target));
        Assert.Equal($"[\"r\",\"{Arns.StateMachine("m")}\",\"{Arns.Execution("m", "one")}\"]", sent[1].Content.Get("resources")!.ToString());
        TaskResult failed = await bench.CallAsync("events:putEvents", """{"Entries": [{"Source": "a", "DetailType": "T", "Detail": {}}, {"DetailType": "T", "Detail": {}}, {"Source": "a", "DetailType": "T", "Detail": "\"text\""}]}""");
        Assert.Equal("EventBridge.FailedEntry", failed.Error);
        JsonData cause = JsonData.Parse(failed.Cause!);
        Assert.Equal("2", cause.Get("FailedEntryCount")!.Text);
        Assert.Equal("""{"ErrorCode":"InvalidArgument","ErrorMessage":"Parameter Source is not valid. Reason: Source is a required argument."}""", cause.Get("Entries")!.Items[1].ToString());
        Assert.Equal("""{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}""", cause.Get("Entries")!.Items[2].ToString());
        Assert.Equal(3, bench.Messages().Count);
        JsonData sdk = await bench.AnswerAsync("aws-sdk:eventbridge:putEvents", """{"Entries": [{"Source": "a", "DetailType": "T", "Detail": "{}"}, {"DetailType": "T"}]}""");
        Assert.Equal("1", sdk.Get("FailedEntryCount")!.Text);
        Assert.Equal("[]", bench.Messages()[^1].Content.Get("resources")!.ToString());
    }

    [Theory]
    [InlineData("sesv2", """{"FromEmailAddress": "me@acme.example", "Destination": {"ToAddresses": ["you@acme.example"], "CcAddresses": ["b@acme.example"]}, "Content": {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Html": {"Data": "<p>a &amp; b</p>"}}}}}""")]
    [InlineData("ses", """{"Source": "me@acme.example", "Destination": {"ToAddresses": ["you@acme.example", "b@acme.example"]}, "Message": {"Subject": {"Data": "Hi"}, "Body": {"Html": {"Data": "<p>a &amp; b</p>"}}}}""")]
    public async Task A_mail_goes_where_the_lakes_mails_go(string version, string request)
    {
        using var bench = new ServicesBench();
        TaskResult once = await bench.CallAsync($"aws-sdk:{version}:sendEmail", request, of: 1);
        TaskResult twice = await bench.CallAsync($"aws-sdk:{version}:sendEmail", request, of: 1);
        Assert.Equal(once.Output, twice.Output);
        var (from, mail) = Assert.Single(bench.Mails.Sent).Value;
        Assert.Equal(("me@acme.example", "Hi", "a & b", "<p>a &amp; b</p>"), (from, mail.Subject, mail.Text, mail.Html));
        Assert.Equal(["you@acme.example", "b@acme.example"], mail.To);
        Assert.Equal(once.Output!.ToString(), $$"""{"MessageId":"{{mail.Id}}"}""");
        Assert.StartsWith(version == "ses" ? "Ses.SesException: " : "SesV2.BadRequestException: ", await bench.ErrorAsync($"aws-sdk:{version}:sendEmail", "{}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_are_put_and_got_and_evidence_is_never_written_over()
    {
        using var bench = new ServicesBench();
        JsonData put = await bench.AnswerAsync("aws-sdk:s3:putObject", """{"Bucket": "lake", "Key": "a/b.json", "Body": {"x": 1}}""");
        await bench.AnswerAsync("aws-sdk:s3:putObject", """{"Bucket": "lake", "Key": "a/b.json", "Body": "text"}""");
        JsonData got = await bench.AnswerAsync("aws-sdk:s3:getObject", """{"Bucket": "lake", "Key": "a/b.json"}""");
        Assert.Equal(("text", "4"), (got.Get("Body")!.Text, got.Get("ContentLength")!.Text));
        Assert.NotEqual(put.Get("ETag"), got.Get("ETag"));
        await bench.AnswerAsync("aws-sdk:s3:putObject", """{"Bucket": "evidence", "Key": "e", "Body": "1"}""");
        await bench.AnswerAsync("aws-sdk:s3:putObject", """{"Bucket": "evidence", "Key": "e", "Body": "1"}""");
        Assert.StartsWith("S3.S3Exception: Access Denied (Service: S3, Status Code: 403, Request ID: ", await bench.ErrorAsync("aws-sdk:s3:putObject", """{"Bucket": "evidence", "Key": "e", "Body": "2"}"""), StringComparison.Ordinal);
        Assert.StartsWith("S3.NoSuchKeyException: The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ", await bench.ErrorAsync("aws-sdk:s3:getObject", """{"Bucket": "lake", "Key": "none"}"""), StringComparison.Ordinal);
        Assert.StartsWith("S3.NoSuchBucketException: The specified bucket does not exist (", await bench.ErrorAsync("aws-sdk:s3:getObject", """{"Bucket": "none", "Key": "none"}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arn:aws:states:::ecs:runTask.sync", "ecs:runTask.sync")]
    [InlineData("arn:aws:states:::sns:publish.sync", "sns:publish.sync")]
    [InlineData("arn:aws:states:::dynamodb:getItem.waitForTaskToken", "dynamodb:getItem.waitForTaskToken")]
    [InlineData("arn:aws:states:::dynamodb:query", "dynamodb:query")]
    [InlineData("arn:aws:states:::aws-sdk:s3:deleteObject", "aws-sdk:s3:deleteObject")]
    [InlineData("arn:aws:states:::http:invoke", "http:invoke")]
    public void An_integration_that_is_not_here_is_told_of_before_anything_runs(string resource, string named)
    {
        DefinitionResult read = StateMachineDefinition.Parse("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "{{resource}}", "End": true} } }""", null, LocalIntegrations.Supports);
        DefinitionProblem problem = Assert.Single(read.Problems);
        Assert.Equal("/States/S/Resource", problem.At);
        Assert.Contains($"'{named}'", problem.Message, StringComparison.Ordinal);
        Assert.Contains(resource, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sns:publish.waitForTaskToken")]
    [InlineData("sqs:sendMessage.waitForTaskToken")]
    [InlineData("events:putEvents.waitForTaskToken")]
    [InlineData("aws-sdk:sesv2:sendEmail.waitForTaskToken")]
    [InlineData("aws-sdk:s3:putObject.waitForTaskToken")]
    [InlineData("aws-sdk:dynamodb:putItem.waitForTaskToken")]
    [InlineData("lambda:invoke.waitForTaskToken")]
    [InlineData("states:startExecution.waitForTaskToken")]
    public void A_callback_can_be_waited_for_where_AWS_lets_one(string resource)
    {
        Assert.True(TaskResource.TryParse("arn:aws:states:::" + resource, out TaskResource? parsed));
        Assert.True(LocalIntegrations.Supports(parsed));
    }
}
