using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;
using Amazon.S3;

// The least that a function with clients of S3 and DynamoDB can be: it reads one item and says that it has to wait.
using var s3 = new AmazonS3Client();
using var dynamo = new AmazonDynamoDBClient();
Func<Stream, ILambdaContext, Task<Stream>> handle = async (_, _) =>
{
    await dynamo.GetItemAsync(new GetItemRequest { TableName = "state", Key = new() { ["pk"] = new("r-1"), ["sk"] = new("r-1") } });
    return new MemoryStream("\"wait\""u8.ToArray());
};
using LambdaBootstrap bootstrap = LambdaBootstrapBuilder.Create(handle).Build();
await bootstrap.RunAsync();
