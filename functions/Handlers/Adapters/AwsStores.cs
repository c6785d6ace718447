using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters;

/// <summary>The stores of one lake: the buckets and tables that the settings name.</summary>
internal sealed record AwsStores(IObjectStore Objects, IObjectStore Evidence, IObjectStore Secrets, ISubjectIndex Index, IStateTable State)
{
    public static AwsStores Of(AwsSettings settings, TimeProvider time) =>
        throw new MissingSettingException($"this build has no adapters of S3 and DynamoDB for {settings.Lake.Name}");
}
