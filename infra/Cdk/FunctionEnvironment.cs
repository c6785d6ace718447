using Limpid.Functions.Partitions;
using Limpid.Functions.Refresh;
namespace Limpid.Infra;

/// <summary>What <c>AwsSettings</c> reads in every function. Nothing in it is secret.</summary>
internal static class FunctionEnvironment
{
    public static IReadOnlyDictionary<string, string> Of(Deployment deployment, Places places, string url) => new Dictionary<string, string>
    {
        ["LIMPID_EVIDENCE_BUCKET"] = places.Buckets.Evidence.BucketName,
        ["LIMPID_STATE_TABLE"] = places.Tables.State.TableName,
        ["LIMPID_INDEX_TABLE"] = places.Tables.Index.TableName,
        ["LIMPID_INDEX_BUCKET"] = places.Buckets.Index.BucketName,
        ["LIMPID_STAGING_BUCKET"] = places.Buckets.Staging.BucketName,
        ["LIMPID_ANCHORS_BUCKET"] = places.Buckets.Anchors.BucketName,
        ["LIMPID_PURGE_ARN"] = places.StateMachine("purge"),
        ["LIMPID_APPROVAL_ARN"] = places.StateMachine("approval"),
        ["LIMPID_REFRESH_ARN"] = places.StateMachine(RefreshRuns.StateMachine),
        ["LIMPID_BUCKET_ARN"] = places.StateMachine(HourBook.StateMachine),
        ["LIMPID_SIGNING_KEY"] = places.Keys.Signing.KeyArn,
        ["LIMPID_SECRETS_KEY"] = places.Keys.Secrets.KeyArn,
        ["LIMPID_SECRETS_BUCKET"] = places.Buckets.Secrets.BucketName,
        ["LIMPID_MAIL_CONFIGURATION_SET"] = places.Mail.ConfigurationSetName,
        ["LIMPID_PAGES_URL"] = url,
        ["LIMPID_ERASE"] = deployment.Erases ? "on" : "off",
    };
}
