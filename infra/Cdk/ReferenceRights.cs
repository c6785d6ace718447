using Amazon.CDK.AWS.IAM;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Reference = Limpid.Core.Lake.Reference;

namespace Limpid.Infra;

/// <summary>
/// Rights of those that flag and publish reference data: on their own folders and where they are kept, and on none of the datasets.
/// Flags and pointers are overwritten, and so nobody has any before the deployment erases.
/// </summary>
internal sealed class ReferenceRights(Deployment deployment, Places places)
{
    private readonly Reference[] _references = [.. (deployment.Lake.References ?? []).Where(r => r.Source is not null)];

    public IEnumerable<PolicyStatement> Of(Needs needs)
    {
        bool flags = needs.HasFlag(Needs.FlagReferences), publishes = needs.HasFlag(Needs.PublishReferences);
        if (_references.Length == 0 || !deployment.Erases || !(flags || publishes))
            return [];
        return
        [
            .. publishes ? Publish() : Flag(),
            .. LakeRights.WithKeys(deployment, "UseTheKeysOfReferences", writes: true),
            Rights.Allow("StartTheRefresh", ["states:StartExecution"], [places.StateMachine(RefreshRuns.StateMachine)]),
            Rights.Allow("SeeTheRefresh", ["states:DescribeExecution"], [places.Executions(RefreshRuns.StateMachine)]),
        ];
    }

    private string[] Flags => [.. _references.Select(r => LakeArns.Object(r.FlagKey()))];

    private IEnumerable<PolicyStatement> Flag() =>
    [
        .. LakeRights.Allow("LookAtReferences", Rights.BucketFacts, LakeArns.BucketsOf(_references.Select(r => r.Location))),
        .. LakeRights.Allow("ReadFlags", [.. LakeRights.Read, .. LakeRights.ReadProperties], Flags),
        .. LakeRights.Allow("PutFlags", ["s3:PutObject"], Flags),
    ];

    private IEnumerable<PolicyStatement> Publish()
    {
        string[] sources = [.. _references.Select(r => r.Source!.Location).OfType<string>()];
        string[] tables = [.. _references.Select(r => r.Source!.Table).OfType<string>().Distinct().Select(t => Arns.Here("dynamodb", $"table/{t}"))];
        string[] streams = [.. _references.Select(r => r.ChangeRecords).OfType<string>().Distinct().Select(s => Arns.Here("kinesis", $"stream/{s}"))];
        return
        [
            .. LakeRights.Allow("ListReferences", Rights.Listing, LakeArns.BucketsOf([.. _references.Select(r => r.Location), .. sources])),
            .. LakeRights.Allow("ReadReferences", LakeRights.Read, [.. _references.Select(r => LakeArns.Below(r.Folder())), .. sources.Select(LakeArns.Below)]),
            .. LakeRights.Allow("ReadPointers", LakeRights.ReadProperties, [.. Pointers, .. Flags]),
            .. LakeRights.Add("AddVersions", [.. Versions, .. _references.Select(r => LakeArns.Below(r.Folder() + "changes/"))]),
            .. LakeRights.Allow("MovePointers", ["s3:PutObject"], [.. Pointers, .. Flags]),
            .. LakeRights.Allow("TakeFlagsOffAndVersionsAway", ["s3:DeleteObject", "s3:DeleteObjectVersion"], [.. Flags, .. Versions]),
            .. LakeRights.Allow("ReadReferenceTables", ["dynamodb:Scan"], tables),
            .. LakeRights.Allow("PutChangeRecords", ["kinesis:ListShards", "kinesis:PutRecords"], streams),
            .. deployment.LakeKeys.Count > 0 && tables.Length > 0
                ? [Rights.Allow("DecryptReferenceTables", ["kms:Decrypt"], [.. deployment.LakeKeys], Rights.Via("dynamodb"))]
                : Array.Empty<PolicyStatement>(),
            .. deployment.LakeKeys.Count > 0 && streams.Length > 0
                ? [Rights.Allow("EncryptChangeRecords", ["kms:GenerateDataKey"], [.. deployment.LakeKeys], Rights.Via("kinesis"))]
                : Array.Empty<PolicyStatement>(),
        ];
    }

    private IEnumerable<string> Versions => _references.Select(r => LakeArns.Below(r.Folder() + "v="));

    private string[] Pointers => [.. _references.Select(r => LakeArns.Object(r.PointerKey()))];
}
