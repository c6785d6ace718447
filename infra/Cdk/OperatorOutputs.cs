using Amazon.CDK;
using Constructs;
using Limpid.Core.Lake;
using Limpid.Functions.Adapters;
using Reference = Limpid.Core.Lake.Reference;

namespace Limpid.Infra;

internal sealed record OperatorOutputsProps(Deployment Deployment, Places Places, string ApiId, string Url);

/// <summary>What the operator has to know or do after the first deploy.</summary>
internal sealed class OperatorOutputs : Construct
{
    public OperatorOutputs(Construct scope, OperatorOutputsProps props) : base(scope, "Outputs")
    {
        Say("Erases", "Whether anything in the lake can be changed", props.Deployment.Erases ? "yes" : "no: it only observes, until it is deployed with -c erase=on");
        Say("Url", "The approvers' pages and the requesters' calls", props.Url);
        Say("RequestersMayCall", "What requesters' roles need execute-api:Invoke on", Arns.Here("execute-api", $"{props.ApiId}/*/POST/erasures*"));
        Say("KillSwitch", "Stops every erasure until the object is removed", $"aws s3api put-object --bucket {props.Places.Buckets.Evidence.BucketName} --key {ObjectKillSwitch.Key}");
        Say("Anchors", "Heads of the lake's audit chain, for limpid verify --anchors", $"aws s3 sync s3://{props.Places.Buckets.Anchors.BucketName} anchors");
        Say("PublicKey", "What certificates and anchors are verified with",
            $"aws kms get-public-key --key-id {props.Places.SigningKey} --query PublicKey --output text | base64 -d | openssl pkey -pubin -inform DER -out public-key.pem");
        Say("Backfill", "Makes the lake's secrets and indexes it: run this first", $"aws stepfunctions start-execution --state-machine-arn {props.Places.StateMachine("backfill")}");
        LakeConfig lake = props.Deployment.Lake;
        foreach ((int number, string bucket) in LakeReach.Buckets(lake).Concat(LakeReach.SourceBuckets(lake)).Select(bucket => bucket.Name).Distinct().Index())
            Say($"Events{number}", $"Switches EventBridge on for {bucket}, and keeps the notifications that it has", Merge(bucket));
        foreach ((int number, Reference reference) in (lake.References ?? []).Where(r => r.Source is not null && props.Deployment.Erases).Index())
            Say($"Publish{number}", $"Publishes {reference.Name} as it is: later versions come with changes", Publish(props.Deployment.Prefix, reference.Name));
        if (props.Places.Mail.Identity is { } identity)
        {
            foreach ((int number, (string name, string value)) in Records(identity).Index())
                Say($"Dkim{number}", $"A CNAME by which {props.Places.Mail.Domain} shows that it lets SES send", $"{name} CNAME {value}");
        }
    }

    // S3 takes the whole document, so that what is there has to be said again.
    private static string Merge(string bucket) =>
        $"aws s3api get-bucket-notification-configuration --bucket {bucket} | jq -s '(.[0] // {{}}) + {{EventBridgeConfiguration: {{}}}}' > {bucket}.json"
        + $" && aws s3api put-bucket-notification-configuration --bucket {bucket} --notification-configuration file://{bucket}.json";

    private static string Publish(string prefix, string reference) =>
        $"aws lambda invoke --function-name {prefix}-flag-change --cli-binary-format raw-in-base64-out --payload '{{\"reference\":\"{reference}\"}}' /dev/stdout";

    private static IEnumerable<(string Name, string Value)> Records(Amazon.CDK.AWS.SES.CfnEmailIdentity identity) =>
    [
        (identity.AttrDkimDnsTokenName1, identity.AttrDkimDnsTokenValue1),
        (identity.AttrDkimDnsTokenName2, identity.AttrDkimDnsTokenValue2),
        (identity.AttrDkimDnsTokenName3, identity.AttrDkimDnsTokenValue3),
    ];

    private void Say(string name, string description, string value)
    {
        var output = new CfnOutput(this, name, new CfnOutputProps { Description = description, Value = value });
        output.OverrideLogicalId(name);
    }
}
