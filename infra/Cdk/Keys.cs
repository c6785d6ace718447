using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Constructs;

namespace Limpid.Infra;

/// <summary>
/// Three keys, each for one thing: what Limpid stores, the secrets, signatures. All outlive the stack: without them what is kept at
/// teardown could be neither read nor proven. Only a first deploy that fails takes them along, so that it can be tried again.
/// </summary>
internal sealed class Keys : Construct
{
    public Keys(Construct scope, string lake) : base(scope, "Keys")
    {
        Data = new Key(this, "Data", new KeyProps
        {
            Description = $"Limpid, lake {lake}: tables, buckets, queues, logs",
            EnableKeyRotation = true,
            RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        });
        Secrets = new Key(this, "Secrets", new KeyProps
        {
            Description = $"Limpid, lake {lake}: the secrets of the keyed hashes, and of names and pages",
            EnableKeyRotation = true,
            RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        });
        Signing = new Key(this, "Signing", new KeyProps
        {
            Description = $"Limpid, lake {lake}: signs decisions, certificates and heads of audit chains",
            KeySpec = KeySpec.ECC_NIST_P256,
            KeyUsage = KeyUsage.SIGN_VERIFY,
            RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        });
        GiveTo($"logs.{Aws.REGION}.amazonaws.com", ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"], new Dictionary<string, object>
        {
            ["ArnLike"] = new Dictionary<string, object> { ["kms:EncryptionContext:aws:logs:arn"] = Fn.Sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*") },
        });
        // EventBridge hands over events of the lake, CloudWatch alarms.
        var ofThisAccount = new Dictionary<string, object> { ["StringEquals"] = new Dictionary<string, object> { ["aws:SourceAccount"] = Aws.ACCOUNT_ID } };
        GiveTo("events.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey"], ofThisAccount);
        GiveTo("cloudwatch.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey"], ofThisAccount);
    }

    /// <summary>Encrypts what Limpid stores.</summary>
    public Key Data { get; }

    public Key Secrets { get; }

    public Key Signing { get; }

    // In a key's policy the resource is the key itself.
    private void GiveTo(string service, string[] actions, Dictionary<string, object> conditions) => Data.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
    {
        Principals = [new ServicePrincipal(service)],
        Actions = actions,
        Resources = ["*"],
        Conditions = conditions,
    }));
}
