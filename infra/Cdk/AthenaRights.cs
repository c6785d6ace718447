using Amazon.CDK.AWS.IAM;

namespace Limpid.Infra;

/// <summary>
/// What queries of a workflow take: Athena reaches catalog and objects in the name of whoever asks it ("Identity and access management in
/// Athena"). A partition can't be told from its table, nor a table from its database where it is made or goes.
/// </summary>
internal sealed class AthenaRights(Deployment deployment, Places places)
{
    // Under the staging bucket, where everything is gone after a day.
    private const string Results = "athena/*";

    private static readonly string[] ReadCatalog = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"];

    private static readonly string[] Register = ["glue:CreatePartition", "glue:BatchCreatePartition"];

    private static readonly string[] Move = ["glue:CreateTable", "glue:UpdateTable", "glue:UpdatePartition"];

    /// <summary>Copies are written into the lake by Athena, which knows no condition: nothing before the deployment erases.</summary>
    public IEnumerable<PolicyStatement> Of(IReadOnlyList<AthenaUse> uses)
    {
        if (uses.Count == 0 || !deployment.Erases)
            return [];
        return
        [
            // "Run Athena queries with Step Functions", run a job (.sync).
            .. LakeRights.Allow("Query", ["athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution"], uses.Select(u => Arns.Here("athena", $"workgroup/{u.WorkGroup}"))),
            Rights.Allow("QueryTheCatalog", ["athena:GetDataCatalog"], [Arns.Here("athena", "datacatalog/AwsDataCatalog")]),
            .. Catalog(uses),
            .. Objects(uses),
        ];
    }

    private static IEnumerable<PolicyStatement> Catalog(IReadOnlyList<AthenaUse> uses)
    {
        // "Configure access to databases and tables": the default database is asked for whatever a query names.
        string[] databases = [Arns.Here("glue", "catalog"), Arns.Here("glue", "database/default"), .. uses.Select(u => Arns.Here("glue", $"database/{u.Database}")).Distinct()];
        // Each table once, with all that is done to it: many pairs of hours have to fit into what a role holds.
        return
        [
            .. On("ReadTables", ReadCatalog, u => u.Queried),
            .. On("RegisterPartitions", [.. ReadCatalog, .. Register], u => u.Sources),
            .. On("MoveTables", [.. ReadCatalog, .. Register, .. Move], u => u.Made),
            .. On("MakeAndDropTemporaryTables", [.. ReadCatalog, .. Move, "glue:DeleteTable"], u => u.Temporary),
        ];

        IEnumerable<PolicyStatement> On(string sid, string[] actions, Func<AthenaUse, IReadOnlyList<string>> which)
        {
            string[] tables = [.. Tables(uses, which)];
            return tables.Length == 0 ? [] : LakeRights.Allow(sid, actions, [.. databases, .. tables]);
        }
    }

    private static IEnumerable<string> Tables(IReadOnlyList<AthenaUse> uses, Func<AthenaUse, IReadOnlyList<string>> which) =>
        uses.SelectMany(use => which(use).Select(table => Arns.Here("glue", $"table/{use.Database}/{table}")));

    private IEnumerable<PolicyStatement> Objects(IReadOnlyList<AthenaUse> uses)
    {
        string[] writes = [.. uses.SelectMany(u => u.Writes)];
        string[] put = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
        return
        [
            .. LakeRights.Allow("LookAtTheLake", ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [.. LakeArns.BucketsOf([.. uses.SelectMany(u => u.Reads), .. writes]), places.StagingBucket]),
            .. LakeRights.Allow("ReadRows", ["s3:GetObject"], [.. uses.SelectMany(u => u.Reads).Concat(writes).Select(LakeArns.Below)]),
            .. LakeRights.Allow("WriteCopies", put, writes.Select(LakeArns.Below)),
            Rights.Allow("KeepResults", ["s3:GetObject", .. put], [$"{places.StagingBucket}/{Results}"]),
            Rights.Allow("KeepResultsEncrypted", ["kms:Decrypt", "kms:GenerateDataKey"], [places.DataKey], Rights.Via("s3")),
            .. LakeRights.WithKeys(deployment, "UseTheKeysOfTheLake", writes: true),
        ];
    }
}
