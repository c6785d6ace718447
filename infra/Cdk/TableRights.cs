using Amazon.CDK.AWS.IAM;
using Limpid.Core.Lake;
using Limpid.Functions;
using Reference = Limpid.Core.Lake.Reference;

namespace Limpid.Infra;

/// <summary>
/// Rights of those that refresh derived tables: on the tables' versions and pointers, and on nothing else of the lake, but that who begins a run reads the pointers of reference data. Pointers are
/// overwritten and versions removed, and so nobody has any before the deployment erases.
/// </summary>
internal sealed class TableRights(Deployment deployment, Places places)
{
    private const Needs Any = Needs.FindInputs | Needs.ReplayErasures | Needs.ServeTables | Needs.ClearVersions;

    private readonly IReadOnlyList<DerivedTable> _tables = deployment.Lake.Tables ?? [];

    private string[] Versions => [.. _tables.Select(table => deployment.Lake.VersionsOf(table).Location)];

    private string[] Pointers => [.. _tables.Select(deployment.Lake.PointerKey)];

    public IEnumerable<PolicyStatement> Of(Needs needs)
    {
        if (_tables.Count == 0 || !deployment.Erases || (needs & Any) == 0)
            return [];
        if (needs.HasFlag(Needs.FindInputs))
            return FindInputs();
        return
        [
            .. LakeRights.Allow("ListVersions", Rights.Listing, LakeArns.BucketsOf(Versions)),
            .. LakeRights.Allow("ReadVersions", LakeRights.Read, Versions.Select(LakeArns.Below)),
            .. needs.HasFlag(Needs.ReplayErasures) ? LakeRights.Rewrite("ReplayErasures", Versions.Select(LakeArns.Below), places) : [],
            .. needs.HasFlag(Needs.ServeTables) ? MovePointers() : [],
            .. needs.HasFlag(Needs.ClearVersions)
                ? LakeRights.Allow("ClearVersions", ["s3:DeleteObject", "s3:DeleteObjectVersion"], Versions.Select(LakeArns.Below))
                : [],
            .. LakeRights.WithKeys(deployment, "UseTheKeysOfTables", writes: true),
        ];
    }

    /// <summary>What the refreshing workflow's own role may do besides: begin what runs a step, follow it and stop it.</summary>
    public IEnumerable<PolicyStatement> OfSteps()
    {
        if (_tables.Count == 0 || !deployment.Erases)
            return [];
        TableStep[] steps = [.. _tables.SelectMany(table => table.Steps)];
        string[] jobs = [.. steps.Select(s => s.Glue?.Job).OfType<string>().Distinct().Select(job => Arns.Here("glue", $"job/{job}"))];
        string[] functions = [.. steps.Select(s => s.Lambda).OfType<string>().Distinct().Select(f => f.StartsWith("arn:", StringComparison.Ordinal) ? f : Arns.Here("lambda", $"function:{f}"))];
        return
        [
            // "Start AWS Glue jobs with Step Functions", run a job (.sync).
            .. LakeRights.Allow("RunJobs", ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"], jobs),
            .. LakeRights.Allow("CallSteps", ["lambda:InvokeFunction"], functions),
        ];
    }

    private IEnumerable<PolicyStatement> FindInputs()
    {
        Reference[] references = [.. _tables.SelectMany(t => t.From).Distinct().Where(from => deployment.Lake.TableNamed(from) is null).Select(deployment.Lake.ReferenceNamed).OfType<Reference>()];
        return
        [
            .. LakeRights.Allow("LookAtInputs", Rights.BucketFacts, LakeArns.BucketsOf(references.Select(r => r.Location))),
            .. LakeRights.Allow("ReadPointersOfInputs", LakeRights.Read, references.Select(r => LakeArns.Object(r.PointerKey()))),
            .. references.Length > 0 ? LakeRights.WithKeys(deployment, "DecryptInputs", writes: false) : [],
        ];
    }

    private IEnumerable<PolicyStatement> MovePointers() =>
    [
        .. LakeRights.Allow("ReadPointers", [.. LakeRights.Read, .. LakeRights.ReadProperties], Pointers.Select(LakeArns.Object)),
        .. LakeRights.Allow("MovePointers", ["s3:PutObject"], Pointers.Select(LakeArns.Object)),
    ];
}
