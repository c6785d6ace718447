using Amazon.DynamoDBv2;
using Amazon.KeyManagementService;
using Amazon.S3;
using Amazon.SimpleEmailV2;
using Amazon.StepFunctions;
using Limpid.Functions.Adapters.S3;

namespace Limpid.Functions.Adapters;

/// <summary>The clients of the services behind the functions.</summary>
/// <param name="S3">Made with <see cref="S3HttpClients"/>.</param>
internal sealed record AwsClients(
    IAmazonS3 S3, IAmazonDynamoDB Dynamo, IAmazonKeyManagementService Kms, IAmazonStepFunctions Workflows, IAmazonSimpleEmailServiceV2 Mail)
{
    /// <summary>By the environment: credentials, region and endpoints as the SDK finds them.</summary>
    public static AwsClients Of(AwsSettings settings) => new(
        new AmazonS3Client(new AmazonS3Config { HttpClientFactory = new S3HttpClients(), ForcePathStyle = settings.S3PathStyle }),
        new AmazonDynamoDBClient(), new AmazonKeyManagementServiceClient(), new AmazonStepFunctionsClient(), new AmazonSimpleEmailServiceV2Client());
}
