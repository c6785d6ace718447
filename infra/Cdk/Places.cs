namespace Limpid.Infra;

/// <summary>ARNs of what functions reach.</summary>
/// <param name="Prefix">Of names that have to be known beforehand: functions name state machines, and state machines name functions.</param>
internal sealed record Places(string Prefix, Keys Keys, Buckets Buckets, Tables Tables, Mail Mail)
{
    public string DataKey => Keys.Data.KeyArn;
    public string SecretsKey => Keys.Secrets.KeyArn;
    public string SigningKey => Keys.Signing.KeyArn;
    public string SecretsBucket => Buckets.Secrets.BucketArn;
    public string EvidenceBucket => Buckets.Evidence.BucketArn;
    public string AnchorsBucket => Buckets.Anchors.BucketArn;
    public string IndexBucket => Buckets.Index.BucketArn;
    public string StagingBucket => Buckets.Staging.BucketArn;
    public string StateTable => Tables.State.TableArn;
    public string IndexTable => Tables.Index.TableArn;
    public IReadOnlyList<string> MailIdentities => Mail.Identities;
    public string MailConfigurationSet => Mail.ConfigurationSetArn;

    /// <param name="name">Of its file: <c>purge</c>.</param>
    public string StateMachineName(string name) => $"{Prefix}-{name}";

    public string StateMachine(string name) => Arns.Here("states", $"stateMachine:{StateMachineName(name)}");

    public string Executions(string name) => Arns.Here("states", $"execution:{StateMachineName(name)}:*");
}
