using Amazon.DynamoDBv2;
using Amazon.S3;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters;
using Limpid.Local.Home;

namespace Limpid.Local.Aws;

/// <summary>A lake in buckets, with index, state and evidence beside it as in the cloud. Only workflows and mails are kept in the state folder.</summary>
internal sealed class EndpointStores(AwsEndpoint endpoint, AwsPlaces places, LakeFolder folder, TimeProvider time) : ILakeStores
{
    /// <summary>As the environment names them for functions too, else by the lake's name.</summary>
    public static AwsPlaces PlacesOf(string lake, Func<string, string?> environment) => AwsPlaces.Read(
        variable => environment(variable) is { Length: > 0 } named ? named : $"limpid-{lake}-{variable.Split('_')[1]}".ToLowerInvariant().Replace('_', '-'));

    /// <exception cref="BadInputException">Something is missing there, refused or not reachable.</exception>
    public static async Task<EndpointStores> OpenAsync(AwsEndpoint endpoint, LakeConfig lake, LakeFolder folder, TimeProvider time, CancellationToken cancellation)
    {
        AwsPlaces places = PlacesOf(lake.Name, Environment.GetEnvironmentVariable);
        // Whoever mistyped a port is told at once, and not after ten attempts.
        using IAmazonS3 s3 = endpoint.NewS3(retries: 1);
        using IAmazonDynamoDB dynamo = endpoint.NewDynamoDb(retries: 1);
        await new EndpointCheck(s3, endpoint.S3Url, dynamo, endpoint.DynamoUrl).MakeReadyAsync(lake, places, cancellation);
        return new EndpointStores(endpoint, places, folder, time);
    }

    public LakeStores Of(LakeConfig lake)
    {
        AwsStores stores = AwsStores.Of(lake, places, endpoint.S3, endpoint.DynamoDb, time);
        HashSet<string> buckets = [.. AwsStores.BucketsOf(lake)];
        return new LakeStores(
            stores.Objects, stores.Evidence, stores.Index, stores.State,
            new EitherKillSwitch(new ObjectKillSwitch(stores.Evidence), new FileKillSwitch(folder.State, folder.Own)),
            bucket => bucket == LocalStateMachines.EvidenceBucket ? stores.Evidence
                : buckets.Contains(bucket) ? AwsStores.Whole(bucket, places, endpoint.S3, time)
                : null,
            stores.CopiesOutOfReach);
    }

    public string Place => endpoint.Shown;

    public string EvidencePlace(string key) => $"s3://{places.EvidenceBucket}/{key}";

    public void Sweep(CancellationToken cancellation)
    {
        // What is half done on S3 is a new version or none; open uploads are ended by whoever rewrites the object next.
    }

    public void Dispose() => endpoint.Dispose();

    /// <summary>Whoever is at this machine in an emergency need not know that the lake is elsewhere.</summary>
    private sealed class EitherKillSwitch(IKillSwitch one, IKillSwitch other) : IKillSwitch
    {
        public async Task<bool> IsOnAsync(CancellationToken cancellation) => await one.IsOnAsync(cancellation) || await other.IsOnAsync(cancellation);
    }
}
