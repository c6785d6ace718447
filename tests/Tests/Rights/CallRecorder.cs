using System.Collections.Concurrent;
using Amazon.DynamoDBv2.Model;
using Amazon.KeyManagementService.Model;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Amazon.S3.Model;
using Amazon.SimpleEmailV2.Model;
using Amazon.StepFunctions.Model;
using Limpid.Functions.Adapters.DynamoDb;

namespace Limpid.Tests.Rights;

/// <summary>One kind of request that went to AWS.</summary>
/// <param name="Function">That made it.</param>
/// <param name="Operation">As AWS names it, <c>UploadPartCopy</c>.</param>
/// <param name="Resource">What it was made of: <c>lake</c>, <c>state/audit</c>, <c>secrets-key/pages</c>.</param>
/// <param name="With">What of its parameters, or of its answer, changes the right that it takes; sorted, separated by spaces.</param>
internal readonly record struct RecordedCall(string Function, string Operation, string Resource, string With);

/// <summary>Looks at the clients of AWS, and writes down what each function asks of them. What no function asks is not written down.</summary>
/// <param name="resources">What each bucket, table and key is, by its name.</param>
internal sealed class CallRecorder(IReadOnlyDictionary<string, string> resources)
{
    private static readonly AsyncLocal<string?> Function = new();

    private static readonly AsyncLocal<ConcurrentDictionary<RecordedCall, bool>?> Everywhere = new();

    private readonly ConcurrentDictionary<RecordedCall, bool> _calls = Everywhere.Value ?? new();

    public static bool IsFindingOut => Everywhere.Value is not null;

    /// <summary>Of this recorder, and of all others that <see cref="AllFromHere"/> takes together.</summary>
    public ICollection<RecordedCall> Calls => _calls.Keys;

    /// <summary>Recorders that are made from here on write down everything in one place.</summary>
    /// <remarks>Until then functions begin without a secret or key, and open each as they come to need it: what is recorded is needed.</remarks>
    public static Func<ICollection<RecordedCall>> AllFromHere()
    {
        ConcurrentDictionary<RecordedCall, bool> all = Everywhere.Value = new();
        return () => all.Keys;
    }

    /// <summary>Until it is disposed, everything that goes on from here is the function's.</summary>
    public static IDisposable Running(string function)
    {
        var ended = new Ended(Function.Value);
        Function.Value = function;
        return ended;
    }

    public void Watch(AmazonServiceClient client)
    {
        client.BeforeRequestEvent += (_, asked) => Keep(((WebServiceRequestEventArgs)asked).Request, "");
        client.ExceptionEvent += (_, failed) =>
        {
            // Where an object is not there, S3 says so only to whoever may list the bucket.
            if (failed is WebServiceExceptionEventArgs { Exception: AmazonServiceException { StatusCode: System.Net.HttpStatusCode.NotFound } } missing)
                Keep(missing.Request, "missing");
        };
    }

    private void Keep(AmazonWebServiceRequest request, string answer)
    {
        if (Function.Value is not { } function)
            return;
        foreach ((string operation, string name, string[] with) in Named(request))
        {
            string[] parts = name.Split('/', 2);
            string kind = resources.GetValueOrDefault(parts[0]) ?? throw new InvalidOperationException($"{function} asks {operation} of {name}, which nobody knows");
            string known = parts.Length > 1 && kind is "evidence" or "state" or "secrets-key" ? string.Join('/', [kind, .. parts[1..]]) : kind;
            _calls[new RecordedCall(function, operation, known, string.Join(' ', with.Append(answer).Where(w => w.Length > 0).Order(StringComparer.Ordinal)))] = true;
        }
    }

    /// <summary>Operation, resource by name (and what part of it), and parameters.</summary>
    private static IEnumerable<(string Operation, string Name, string[] With)> Named(AmazonWebServiceRequest request) => request switch
    {
        GetObjectMetadataRequest r => [("HeadObject", Object(r.BucketName, r.Key), [Version(r.VersionId)])],
        GetObjectRequest r => [("GetObject", Object(r.BucketName, r.Key), [Version(r.VersionId)])],
        GetObjectTaggingRequest r => [("GetObjectTagging", Object(r.BucketName, r.Key), [Version(r.VersionId)])],
        PutObjectTaggingRequest r => [("PutObjectTagging", Object(r.BucketName, r.Key), [Version(r.VersionId)])],
        GetObjectAclRequest r => [("GetObjectAcl", Object(r.BucketName, r.Key), [Version(r.VersionId)])],
        PutObjectAclRequest r => [("PutObjectAcl", Object(r.BucketName, r.Key), [Version(r.VersionId)])],
        PutObjectRequest r => [("PutObject", Object(r.BucketName, r.Key), [If("tags", r.TagSet?.Count > 0), If("acl", r.Grants?.Count > 0), If("if-match", r.IfMatch is not null), If("if-none-match", r.IfNoneMatch is not null)])],
        InitiateMultipartUploadRequest r => [("CreateMultipartUpload", Object(r.BucketName, r.Key), [If("tags", r.TagSet?.Count > 0), If("acl", r.Grants?.Count > 0)])],
        UploadPartRequest r => [("UploadPart", Object(r.BucketName, r.Key), [])],
        CopyPartRequest r => [("UploadPartCopy", Object(r.DestinationBucket, r.DestinationKey), []), ("UploadPartCopy", Object(r.SourceBucket, r.SourceKey), ["source", Version(r.SourceVersionId)])],
        CompleteMultipartUploadRequest r => [("CompleteMultipartUpload", Object(r.BucketName, r.Key), [If("if-match", r.IfMatch is not null), If("if-none-match", r.IfNoneMatch is not null)])],
        AbortMultipartUploadRequest r => [("AbortMultipartUpload", Object(r.BucketName, r.Key), [])],
        DeleteObjectRequest r => [("DeleteObject", Object(r.BucketName, r.Key), [Version(r.VersionId), If("if-match", r.IfMatch is not null)])],
        ListVersionsRequest r => [("ListObjectVersions", r.BucketName, [])],
        ListMultipartUploadsRequest r => [("ListMultipartUploads", r.BucketName, [])],
        GetBucketVersioningRequest r => [("GetBucketVersioning", r.BucketName, [])],
        GetBucketAclRequest r => [("GetBucketAcl", r.BucketName, [])],
        GetObjectLockConfigurationRequest r => [("GetObjectLockConfiguration", r.BucketName, [])],
        GetBucketReplicationRequest r => [("GetBucketReplication", r.BucketName, [])],

        GetItemRequest r => [("GetItem", Partition(r.TableName, r.Key[DynamoTable.Pk]), [])],
        QueryRequest r => [("Query", Partition(r.TableName, r.ExpressionAttributeValues[":pk"]), [])],
        PutItemRequest r => [("PutItem", Partition(r.TableName, r.Item[DynamoTable.Pk]), [])],
        UpdateItemRequest r => [("UpdateItem", Partition(r.TableName, r.Key[DynamoTable.Pk]), [])],
        DeleteItemRequest r => [("DeleteItem", Partition(r.TableName, r.Key[DynamoTable.Pk], "hours", "table"), [])],
        ScanRequest r => [("Scan", r.TableName, [])],
        BatchGetItemRequest r => r.RequestItems.Keys.Select(table => ("BatchGetItem", table, Array.Empty<string>())),
        BatchWriteItemRequest r => r.RequestItems.Keys.Select(table => ("BatchWriteItem", table, Array.Empty<string>())),

        EncryptRequest r => [("Encrypt", $"{r.KeyId}/{r.EncryptionContext["limpid:purpose"]}", [])],
        DecryptRequest r => [("Decrypt", $"{r.KeyId}/{r.EncryptionContext["limpid:purpose"]}", [])],
        GetPublicKeyRequest r => [("GetPublicKey", r.KeyId, [])],
        SignRequest r => [("Sign", r.KeyId, [])],

        StartExecutionRequest r => [("StartExecution", r.StateMachineArn!, [])],
        StopExecutionRequest r => [("StopExecution", MachineOf(r.ExecutionArn!), [])],
        DescribeExecutionRequest r => [("DescribeExecution", MachineOf(r.ExecutionArn!), [])],
        ListShardsRequest r => [("ListShards", r.StreamName!, [])],
        PutRecordsRequest r => [("PutRecords", r.StreamName!, [])],
        // The token says which execution waits; only approvals do.
        SendTaskSuccessRequest => [("SendTaskSuccess", "approval", [])],
        SendEmailRequest r => [("SendEmail", "mail", [If("raw", r.Content?.Raw is not null)])],
        _ => throw new NotSupportedException($"which right {request.GetType().Name} takes is not written down"),
    };

    // Of the evidence, plans, certificates and the kill switch take rights of their own.
    private static string Object(string bucket, string key) => $"{bucket}/{key.Split('/')[0]}";

    private static string MachineOf(string execution) => execution[..execution.LastIndexOf(':')].Replace(":execution:", ":stateMachine:", StringComparison.Ordinal);

    private static string Version(string? id) => If("version", !string.IsNullOrEmpty(id));

    private static string If(string with, bool holds) => holds ? with : "";

    // Of the state, what is kept of audit, of people who were erased, and of secrets takes rights of its own; and some others, of which
    // alone something may be done.
    private static string Partition(string table, AttributeValue key, params string[] others)
    {
        string first = key.S.TrimStart('#').Split('/')[0];
        return first is "audit" or "suppression" or "secrets" || others.Contains(first) ? $"{table}/{first}" : table;
    }

    private sealed class Ended(string? before) : IDisposable
    {
        public void Dispose() => Function.Value = before;
    }
}
