using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Functions.Partitions;
using Limpid.Functions.Refresh;

namespace Limpid.Infra;

/// <summary>What a function's <see cref="Needs"/> come to in IAM: the statements of its role, each named after what it is for.</summary>
internal sealed record Rights(Deployment Deployment, Places Places)
{
    private readonly LakeRights _lake = new(Deployment, Places);

    public IEnumerable<PolicyStatement> Of(Function function)
    {
        Needs needs = function.Needs;
        return
        [
            .. Opening(needs),
            .. (needs & ~WithoutState) == 0 ? [] : State(needs),
            .. Index(needs),
            .. Evidence(needs),
            .. _lake.Of(needs),
            .. Outside(needs),
        ];
    }

    /// <summary>Who needs nothing else does not read the state.</summary>
    private const Needs WithoutState = Needs.FlagReferences | Needs.PublishReferences | Needs.BeginHours;

    private static bool Has(Needs needs, Needs need) => (needs & need) != 0;

    // Opened where a function starts: see AwsPorts.
    private IEnumerable<PolicyStatement> Opening(Needs needs)
    {
        string[] purposes =
        [
            .. Has(needs, Needs.SubjectSecrets) ? ["subjects"] : Array.Empty<string>(),
            .. Has(needs, Needs.NamingSecret) ? ["naming"] : Array.Empty<string>(),
            .. Has(needs, Needs.PageSecret) ? ["pages"] : Array.Empty<string>(),
        ];
        if (purposes.Length > 0)
        {
            yield return Allow("LookAtTheSecretsBucket", BucketFacts, [Places.SecretsBucket]);
            yield return Allow("ReadTheSecrets", ["s3:GetObject", "s3:GetObjectVersion"], [$"{Places.SecretsBucket}/{KmsSecrets.Key}"]);
            yield return Allow("OpenTheSecrets", ["kms:Decrypt"], [Places.SecretsKey], For(purposes));
        }
        if (Has(needs, Needs.CheckDecisions | Needs.Sign))
            yield return Allow("ReadThePublicKey", ["kms:GetPublicKey"], [Places.SigningKey]);
        if ((needs & ~WithoutState) == 0)
            yield break;
        // DynamoDB decrypts a table's key in the name of whoever asks, for writes too: without this every function is refused its state.
        yield return Allow("ReadWhatIsEncrypted", ["kms:Decrypt"], [Places.DataKey], Via("s3", "dynamodb"));
        if (Has(needs, Needs.MakeSecrets | Needs.WritePlans | Needs.WriteCertificates | Needs.WriteIndex))
            yield return Allow("WriteEncrypted", ["kms:GenerateDataKey"], [Places.DataKey], Via("s3"));
        if (!Has(needs, Needs.MakeSecrets))
            yield break;
        yield return Allow("MakeTheSecrets", ["s3:PutObject"], [$"{Places.SecretsBucket}/{KmsSecrets.Key}"]);
        yield return Allow("SealTheSecrets", ["kms:Encrypt"], [Places.SecretsKey], For("subjects", "naming", "pages"));
        yield return Allow("RememberTheSecrets", ["dynamodb:PutItem"], [Places.StateTable], Only(StatePartitions.Secrets));
    }

    private IEnumerable<PolicyStatement> State(Needs needs)
    {
        yield return Allow("ReadTheState", ["dynamodb:GetItem", "dynamodb:Query"], [Places.StateTable]);
        if (Has(needs, Needs.WriteState))
            yield return Allow("WriteTheState", ["dynamodb:PutItem"], [Places.StateTable], Except(StatePartitions.Guarded));
        if (Has(needs, Needs.AppendAudit))
            yield return Allow("AppendToTheAudit", ["dynamodb:PutItem"], [Places.StateTable], Only(StatePartitions.Audit));
        if (Has(needs, Needs.Suppress))
            yield return Allow("AddToTheSuppressed", ["dynamodb:PutItem"], [Places.StateTable], Only(StatePartitions.Suppression));
        if (Has(needs, Needs.ForgetHours))
            yield return Allow("ForgetHours", ["dynamodb:DeleteItem"], [Places.StateTable], Only(StatePartitions.Hours));
        if (Has(needs, Needs.ForgetTables) && Deployment.Lake.Tables is not null)
            yield return Allow("ForgetTables", ["dynamodb:DeleteItem"], [Places.StateTable], Only(StatePartitions.Tables));
    }

    private IEnumerable<PolicyStatement> Index(Needs needs)
    {
        if (Has(needs, Needs.ReadIndex))
        {
            yield return Allow("ReadTheIndex", ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"], [Places.IndexTable]);
            // Without ListBucket S3 says "forbidden" of a key file that is gone, and a look-up would fail instead of looking again.
            yield return Allow("FindKeyFiles", ["s3:ListBucket"], [Places.IndexBucket]);
            yield return Allow("ReadKeyFiles", ["s3:GetObjectVersion"], [$"{Places.IndexBucket}/*"]);
        }
        if (!Has(needs, Needs.WriteIndex))
            yield break;
        yield return Allow("WriteTheIndex", ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"], [Places.IndexTable]);
        yield return Allow("WriteKeyFiles", ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], [$"{Places.IndexBucket}/*"]);
    }

    private IEnumerable<PolicyStatement> Evidence(Needs needs)
    {
        string plans = $"{Places.EvidenceBucket}/plans/*", certificates = $"{Places.EvidenceBucket}/certificates/*";
        if (Has(needs, Needs.ReadPlans | Needs.WritePlans | Needs.ReadCertificates | Needs.WriteCertificates | Needs.SeeKillSwitch))
            yield return Allow("LookAtTheEvidenceBucket", BucketFacts, [Places.EvidenceBucket]);
        if (Has(needs, Needs.ReadPlans))
            yield return Allow("ReadPlans", ["s3:GetObject", "s3:GetObjectVersion"], [plans]);
        if (Has(needs, Needs.WritePlans))
            yield return Allow("AddPlans", ["s3:PutObject", "s3:AbortMultipartUpload"], [plans]);
        if (Has(needs, Needs.ReadCertificates))
            yield return Allow("ReadCertificates", ["s3:GetObject", "s3:GetObjectVersion"], [certificates]);
        if (Has(needs, Needs.WriteCertificates))
            yield return Allow("AddCertificates", ["s3:PutObject", "s3:AbortMultipartUpload"], [certificates]);
        if (Has(needs, Needs.SeeKillSwitch))
            yield return Allow("SeeTheKillSwitch", ["s3:GetObject"], [$"{Places.EvidenceBucket}/{ObjectKillSwitch.Key}"]);
        if (!Has(needs, Needs.Anchor))
            yield break;
        yield return Allow("LookAtTheAnchorsBucket", BucketFacts, [Places.AnchorsBucket]);
        yield return Allow("Anchor", ["s3:PutObject", "s3:GetObject"], [$"{Places.AnchorsBucket}/*"]);
    }

    private IEnumerable<PolicyStatement> Outside(Needs needs)
    {
        if (Has(needs, Needs.Sign) || (Has(needs, Needs.SignUnattended) && Deployment.Lake.Unattended))
        {
            yield return Allow("Sign", ["kms:Sign"], [Places.SigningKey],
                ("StringEquals", new() { ["kms:SigningAlgorithm"] = "ECDSA_SHA_256" }));
        }
        // SES asks for this right where a message comes whole, in version 2 of its interface too.
        if (Has(needs, Needs.SendMail))
        {
            yield return Allow("SendMail", ["ses:SendRawEmail"], [.. Places.MailIdentities, Places.MailConfigurationSet],
                ("StringEquals", new() { ["ses:FromAddress"] = Deployment.Lake.Mail.From }));
        }
        if (Has(needs, Needs.StartWorkflow))
            yield return Allow("StartTheWorkflow", ["states:StartExecution"], [Places.StateMachine("purge")]);
        if (Has(needs, Needs.BeginHours))
            yield return Allow("BeginHours", ["states:StartExecution"], [Places.StateMachine(HourBook.StateMachine)]);
        if (Has(needs, Needs.WatchWorkflow))
            yield return Allow("SeeHourlyRuns", ["states:DescribeExecution"], [Places.Executions(HourBook.StateMachine)]);
        if (Has(needs, Needs.RunTables) && Deployment.Lake.Tables is not null)
        {
            yield return Allow("BeginRefreshes", ["states:StartExecution"], [Places.StateMachine(RefreshRuns.StateMachine)]);
            yield return Allow("SeeRefreshes", ["states:DescribeExecution"], [Places.Executions(RefreshRuns.StateMachine)]);
        }
        if (Has(needs, Needs.WatchErasure))
            yield return Allow("SeeTheWorkflow", ["states:DescribeExecution"], [Places.Executions("purge")]);
        if (Has(needs, Needs.StopWorkflow))
            yield return Allow("StopTheWorkflow", ["states:StopExecution"], [Places.Executions("purge")]);
        if (Has(needs, Needs.AnswerWorkflow))
            yield return Allow("AnswerTheWorkflow", ["states:SendTaskSuccess"], [Places.StateMachine("approval")]);
    }

    /// <summary>What a store asks of its bucket. With ListBucket a missing object is missing, without it "forbidden".</summary>
    public static readonly string[] BucketFacts = ["s3:ListBucket", "s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketObjectLockConfiguration"];

    /// <summary>What listing it takes besides.</summary>
    public static readonly string[] Listing = [.. BucketFacts, "s3:ListBucketVersions"];

    public static PolicyStatement Allow(string sid, string[] actions, string[] resources, params (string Operator, Dictionary<string, object> Keys)[] conditions) => new(new PolicyStatementProps
    {
        Sid = sid,
        Actions = actions,
        Resources = resources,
        Conditions = conditions.Length == 0 ? null : conditions.ToDictionary(c => c.Operator, object (c) => c.Keys),
    });

    public static (string, Dictionary<string, object>) Via(params string[] services) =>
        ("StringEquals", new() { ["kms:ViaService"] = services.Select(service => $"{service}.{Aws.REGION}.amazonaws.com").ToArray() });

    private (string, Dictionary<string, object>) For(params string[] purposes) => ("StringEquals", new()
    {
        ["kms:EncryptionContext:limpid:lake"] = Deployment.Lake.Name,
        ["kms:EncryptionContext:limpid:purpose"] = purposes,
    });

    private static (string, Dictionary<string, object>)[] Only(string[] partitions) => Keys("ForAllValues:StringLike", partitions);

    private static (string, Dictionary<string, object>)[] Except(string[] partitions) => Keys("ForAllValues:StringNotLike", partitions);

    // "All values" is true of none: a request that tells no key is not allowed for that.
    private static (string, Dictionary<string, object>)[] Keys(string @operator, string[] partitions) =>
    [
        (@operator, new() { ["dynamodb:LeadingKeys"] = partitions }),
        ("Null", new() { ["dynamodb:LeadingKeys"] = "false" }),
    ];
}
