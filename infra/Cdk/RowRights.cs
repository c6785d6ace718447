using Amazon.CDK.AWS.IAM;
using Limpid.Core.Lake;
using Limpid.Functions;

namespace Limpid.Infra;

/// <summary>Rights of those that make rows of records and look after the copies of hours, each below its own datasets alone.</summary>
internal sealed class RowRights(Deployment deployment)
{
    public IEnumerable<PolicyStatement> Of(Needs needs)
    {
        if (needs.HasFlag(Needs.AddRows) && deployment.Lake.Streams is { } streams)
            return AddRows(streams);
        // Nothing begins a run before the deployment erases.
        if (deployment.Lake.Hours is not { } hours || !deployment.Erases)
            return [];
        return needs.HasFlag(Needs.ListRawHours) ? LakeRights.Allow("ListRawHours", Rights.Listing, LakeArns.BucketsOf(hours.Select(h => LocationOf(h.Raw.Dataset))))
            : needs.HasFlag(Needs.ClearCopies) ? ClearCopies([.. hours.Select(h => LocationOf(h.Copy.Dataset))])
            : [];
    }

    private IEnumerable<PolicyStatement> AddRows(IReadOnlyList<DataStream> streams)
    {
        string[] datasets = [.. streams.SelectMany(s => new[] { s.Dataset, s.Quarantine }).Distinct().Select(LocationOf)];
        string[] references = [.. streams.SelectMany(s => s.Enrich).Select(rule => deployment.Lake.ReferenceNamed(rule.Reference)!.Folder()).Distinct()];
        return
        [
            .. LakeRights.Allow("ListPlacesOfRows", Rights.Listing, LakeArns.BucketsOf([.. datasets, .. references])),
            .. LakeRights.Allow("ReadRowsAndReferences", LakeRights.Read, [.. datasets.Select(LakeArns.Below), .. references.Select(LakeArns.Below)]),
            .. LakeRights.Add("AddRows", [.. datasets.Select(LakeArns.Below)]),
            .. LakeRights.WithKeys(deployment, "UseTheKeysOfRows", writes: true),
        ];
    }

    private static IEnumerable<PolicyStatement> ClearCopies(string[] copies) =>
    [
        .. LakeRights.Allow("ListCopies", Rights.Listing, LakeArns.BucketsOf(copies)),
        .. LakeRights.Allow("LookAtCopies", LakeRights.Read, copies.Select(LakeArns.Below)),
        .. LakeRights.Allow("ClearCopies", ["s3:DeleteObject", "s3:DeleteObjectVersion"], copies.Select(LakeArns.Below)),
    ];

    private string LocationOf(string dataset) => deployment.Lake.Named(dataset)!.Location;
}
