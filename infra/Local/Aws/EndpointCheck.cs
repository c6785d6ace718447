using System.Net;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Lake;
using Limpid.Functions.Adapters;
using Limpid.Functions.Adapters.DynamoDb;

namespace Limpid.Local.Aws;

/// <summary>
/// Looks whether everything is there before anything is done. What Limpid keeps its own in is made where it is missing, but never at
/// AWS itself; the lake's buckets are made nowhere: one that is spelt wrongly would be an empty lake, and nobody be found in it.
/// </summary>
internal sealed class EndpointCheck(IAmazonS3 s3, Uri s3Url, IAmazonDynamoDB dynamo, Uri dynamoUrl)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <exception cref="BadInputException">Something is missing, refused or not reachable: one line.</exception>
    public async Task MakeReadyAsync(LakeConfig lake, AwsPlaces places, CancellationToken cancellation)
    {
        await AskAsync(s3Url, async token =>
        {
            foreach (string bucket in AwsStores.BucketsOf(lake))
            {
                if (!await IsThereAsync(bucket, token))
                    throw new BadInputException($"there is no bucket {bucket} at {AwsEndpoint.Text(s3Url)}, which lake.yaml names");
            }
            foreach (string bucket in places.Buckets)
            {
                if (!await IsThereAsync(bucket, token))
                    await MakeBucketAsync(bucket, token);
            }
        }, cancellation);
        await AskAsync(dynamoUrl, async token =>
        {
            foreach (string table in places.Tables)
            {
                if (await StatusAsync(table, token) is null)
                    await MakeTableAsync(table, token);
                while (await StatusAsync(table, token) is { } status && status != TableStatus.ACTIVE)
                    await Task.Delay(Look, token);
            }
        }, cancellation);
    }

    private static async Task AskAsync(Uri url, Func<CancellationToken, Task> ask, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Longest);
        string where = AwsEndpoint.Text(url);
        try
        {
            await ask(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new BadInputException($"{where} does not answer");
        }
        catch (AmazonServiceException refused) when (refused.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized || refused.ErrorCode is "UnrecognizedClientException" or "AccessDeniedException")
        {
            throw new BadInputException($"{where} refuses these credentials ({refused.ErrorCode}): {refused.Message}");
        }
        catch (AmazonServiceException broken) when (broken.InnerException is HttpRequestException unreached)
        {
            throw new BadInputException($"{where} can't be reached: {unreached.Message}");
        }
        catch (HttpRequestException unreached)
        {
            throw new BadInputException($"{where} can't be reached: {unreached.Message}");
        }
        catch (AmazonServiceException foreign)
        {
            throw new BadInputException($"{where} does not answer as {(foreign is AmazonS3Exception ? "S3" : "DynamoDB")} does ({foreign.ErrorCode ?? foreign.StatusCode.ToString()}): {foreign.Message}");
        }
        catch (AmazonClientException unsigned)
        {
            // Of every place that was looked in, the SDK tells in a line of its own.
            string why = unsigned.Message.Contains('\n', StringComparison.Ordinal) ? "" : $" ({unsigned.Message})";
            throw new BadInputException($"there are no credentials for {where}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE{why}");
        }
    }

    private async Task<bool> IsThereAsync(string bucket, CancellationToken cancellation)
    {
        try
        {
            // Says more than a HEAD, whose answer has no words, and takes no right that listing the lake does not.
            await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, MaxKeys = 1 }, cancellation);
            return true;
        }
        catch (AmazonS3Exception answer) when (answer.ErrorCode == "NoSuchBucket")
        {
            return false;
        }
    }

    private async Task MakeBucketAsync(string bucket, CancellationToken cancellation)
    {
        if (AwsEndpoint.IsAws(s3Url))
            throw new BadInputException($"there is no bucket {bucket} at {AwsEndpoint.Text(s3Url)}: on AWS create it first, or name another (LIMPID_EVIDENCE_BUCKET, LIMPID_INDEX_BUCKET, LIMPID_STAGING_BUCKET)");
        try
        {
            await s3.PutBucketAsync(new PutBucketRequest { BucketName = bucket }, cancellation);
        }
        catch (AmazonS3Exception made) when (made.ErrorCode is "BucketAlreadyOwnedByYou")
        {
            // Another process was faster.
        }
    }

    private async Task<TableStatus?> StatusAsync(string table, CancellationToken cancellation)
    {
        try
        {
            return (await dynamo.DescribeTableAsync(new DescribeTableRequest { TableName = table }, cancellation)).Table.TableStatus;
        }
        catch (ResourceNotFoundException)
        {
            return null;
        }
    }

    private async Task MakeTableAsync(string table, CancellationToken cancellation)
    {
        if (AwsEndpoint.IsAws(dynamoUrl))
            throw new BadInputException($"there is no table {table} at {AwsEndpoint.Text(dynamoUrl)}: on AWS create it first, with the keys {DynamoTable.Pk} and {DynamoTable.Sk} (text), or name another (LIMPID_STATE_TABLE, LIMPID_INDEX_TABLE)");
        try
        {
            await dynamo.CreateTableAsync(new CreateTableRequest
            {
                TableName = table,
                BillingMode = BillingMode.PAY_PER_REQUEST,
                AttributeDefinitions = [new(DynamoTable.Pk, ScalarAttributeType.S), new(DynamoTable.Sk, ScalarAttributeType.S)],
                KeySchema = [new(DynamoTable.Pk, KeyType.HASH), new(DynamoTable.Sk, KeyType.RANGE)],
            }, cancellation);
        }
        catch (ResourceInUseException)
        {
            // Another process was faster.
        }
    }
}
