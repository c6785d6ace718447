using Limpid.Core.Erasure;
using Limpid.Core.Lake;

namespace Limpid.Functions.Adapters;

/// <summary>
/// What carrying out a plan costs on AWS, told before anybody approves it. No part of the plan: its digest binds to what is erased, not to
/// prices.
/// </summary>
internal static class ErasureEstimate
{
    /// <summary>
    /// Dollars by <see cref="LakePrice"/>, at the list prices of <see cref="CloudUse"/>; null where nothing of the plan is in S3. Objects
    /// are taken for as large as they are on average, and an old version that goes for an object that is rewritten.
    /// </summary>
    public static double? DollarsOf(Plan plan, LakeConfig lake)
    {
        CloudUse? use = null;
        foreach (DatasetPlan dataset in plan.Datasets)
        {
            if (dataset.Objects == 0 || lake.Named(dataset.Name)?.Location.StartsWith("s3://", StringComparison.Ordinal) is not true)
                continue;
            double objects = dataset.Objects + (dataset.OldVersions ?? 0);
            use = (use ?? LakePrice.ARequest) + new LakePrice(objects, dataset.ObjectBytes / objects).ErasingObjects;
        }
        return use?.Dollars;
    }
}
