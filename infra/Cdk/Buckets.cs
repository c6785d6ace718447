using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.S3;
using Constructs;

namespace Limpid.Infra;

/// <param name="EvidenceKeep">How long a head of the lake's chain can't be removed, by anybody.</param>
internal sealed record BucketsProps(IKey Key, Duration EvidenceKeep);

/// <summary>Limpid's own buckets. The lake's are not among them: those are never owned.</summary>
internal sealed class Buckets : Construct
{
    private readonly IKey _key;

    public Buckets(Construct scope, BucketsProps props) : base(scope, "Buckets")
    {
        _key = props.Key;
        // Access logs are written by S3, which has no right to the key.
        Logs = new Bucket(this, "Logs", new BucketProps
        {
            Encryption = BucketEncryption.S3_MANAGED,
            EnforceSSL = true,
            BlockPublicAccess = BlockPublicAccess.BLOCK_ALL,
            ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED,
            LifecycleRules = [new LifecycleRule { Id = "forget", Expiration = Duration.Days(90) }],
            RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        });
        Evidence = Of("Evidence", new BucketProps { Versioned = true });
        Secrets = Of("Secrets", new BucketProps { Versioned = true });
        Anchors = Of("Anchors", new BucketProps
        {
            // Not under the key: once it is deleted, heads that nobody can remove could be read by nobody either. They are not secret.
            Encryption = BucketEncryption.S3_MANAGED,
            Versioned = true,
            ObjectLockEnabled = true,
            ObjectLockDefaultRetention = ObjectLockRetention.Compliance(props.EvidenceKeep),
        });
        // What is removed from these two is meant to be gone, so that they keep no versions.
        Index = Of("Index", new BucketProps
        {
            LifecycleRules = [new LifecycleRule { Id = "uploads", AbortIncompleteMultipartUploadAfter = Duration.Days(1) }],
        });
        Staging = Of("Staging", new BucketProps
        {
            LifecycleRules = [new LifecycleRule { Id = "leftovers", Expiration = Duration.Days(1), AbortIncompleteMultipartUploadAfter = Duration.Days(1) }],
        });
        CreateOnly(Evidence, "plans/*", "certificates/*");
        CreateOnly(Secrets, "*");
        CreateOnly(Anchors, "*");
    }

    /// <summary>S3's access logs of the others.</summary>
    public Bucket Logs { get; }

    /// <summary>Plans, certificates, results of Maps, and the kill switch.</summary>
    public Bucket Evidence { get; }

    public Bucket Secrets { get; }

    /// <summary>Signed heads of the lake's chain, under a lock that even root can't lift.</summary>
    public Bucket Anchors { get; }

    /// <summary>The index's sorted key files.</summary>
    public Bucket Index { get; }

    public Bucket Staging { get; }

    private Bucket Of(string name, BucketProps own) => new(this, name, new BucketProps
    {
        Versioned = own.Versioned,
        ObjectLockEnabled = own.ObjectLockEnabled,
        ObjectLockDefaultRetention = own.ObjectLockDefaultRetention,
        LifecycleRules = own.LifecycleRules,
        Encryption = own.Encryption ?? BucketEncryption.KMS,
        EncryptionKey = own.Encryption is null ? _key : null,
        BucketKeyEnabled = own.Encryption is null ? true : null,
        EnforceSSL = true,
        BlockPublicAccess = BlockPublicAccess.BLOCK_ALL,
        ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED,
        ServerAccessLogsBucket = Logs,
        ServerAccessLogsPrefix = name.ToLowerInvariant() + "/",
        RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });

    // "Enforce conditional writes" of the S3 user guide: parts of an upload carry no condition, its completion does.
    private static void CreateOnly(Bucket bucket, params string[] keys) => bucket.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
    {
        Sid = "NothingIsOverwritten",
        Effect = Effect.DENY,
        Principals = [new AnyPrincipal()],
        Actions = ["s3:PutObject"],
        Resources = [.. keys.Select(key => bucket.ArnForObjects(key))],
        Conditions = new Dictionary<string, object>
        {
            ["Null"] = new Dictionary<string, object> { ["s3:if-none-match"] = "true" },
            ["Bool"] = new Dictionary<string, object> { ["s3:ObjectCreationOperation"] = "true" },
        },
    }));
}
