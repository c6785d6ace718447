using System.Text.Json;
using Amazon.Runtime;
using Amazon.SimpleEmailV2.Model;
using Limpid.AwsPackages;

namespace Amazon.SimpleEmailV2;

public class AmazonSimpleEmailServiceV2Config : ServiceConfig
{
    public AmazonSimpleEmailServiceV2Config()
        : base("SESv2", "email", "ses", "2019-09-27")
    {
    }
}

public interface IAmazonSimpleEmailServiceV2 : IAmazonService, IDisposable
{
    Task<SendEmailResponse> SendEmailAsync(SendEmailRequest request, CancellationToken cancellationToken = default);
}

public class AmazonSimpleEmailServiceV2Client : ServiceClient, IAmazonSimpleEmailServiceV2
{
    private static readonly Operation<SendEmailRequest, SendEmailResponse> SendEmail = new(
        "Amazon.SimpleEmailV2", "/v2/email/outbound-emails", [("Content-Type", "application/json"), ("x-amz-api-version", "2019-09-27")],
        Write, (answer, response) => response.MessageId = answer.Text("MessageId"), AmazonSimpleEmailServiceV2Exception.Of);

    public AmazonSimpleEmailServiceV2Client()
        : this(new AmazonSimpleEmailServiceV2Config())
    {
    }

    public AmazonSimpleEmailServiceV2Client(AmazonSimpleEmailServiceV2Config config)
        : base(config)
    {
    }

    public AmazonSimpleEmailServiceV2Client(AWSCredentials credentials, AmazonSimpleEmailServiceV2Config clientConfig)
        : base(credentials, clientConfig)
    {
    }

    public virtual Task<SendEmailResponse> SendEmailAsync(SendEmailRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(SendEmail, request, cancellationToken);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonSimpleEmailServiceV2Config();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) =>
        new AmazonSimpleEmailServiceV2Client(awsCredentials, (AmazonSimpleEmailServiceV2Config)clientConfig);

    private static void Write(Utf8JsonWriter writer, SendEmailRequest request)
    {
        writer.WriteIfSet("FromEmailAddress", request.FromEmailAddress);
        writer.WriteIfSet("ConfigurationSetName", request.ConfigurationSetName);
        if (request.Destination is { } destination)
        {
            writer.WriteStartObject("Destination");
            writer.WriteIfSet("ToAddresses", destination.ToAddresses);
            writer.WriteEndObject();
        }
        if (request.Content?.Raw?.Data is { } data)
        {
            writer.WriteStartObject("Content");
            writer.WriteStartObject("Raw");
            writer.WriteBase64String("Data", data.ToArray());
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }
}
