using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;

namespace Limpid.AwsPackages;

/// <summary>Settings of a client: those of AWSSDK.Core, and what its service is called where.</summary>
public abstract class ServiceConfig : ClientConfig
{
    private readonly string _version;

    /// <param name="id">Names the service in <c>AWS_ENDPOINT_URL_...</c>.</param>
    /// <param name="host">The first part of its host's name.</param>
    /// <param name="signingName">In the scope of signatures.</param>
    /// <param name="version">Of its API.</param>
    private protected ServiceConfig(string id, string host, string signingName, string version)
        : base(new DefaultConfigurationProvider(Modes()))
    {
        ServiceId = id;
        RegionEndpointServiceName = host;
        AuthenticationServiceName = signingName;
        _version = version;
        EndpointProvider = new Regional(this);
    }

    public override string RegionEndpointServiceName { get; }

    public override string ServiceVersion => _version;

    public override string UserAgent => "limpid";

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        EndpointProvider.ResolveEndpoint(new EndpointParameters());

    // Time-outs as the SDK has them for each mode; retries are those of the standard mode, with jitter.
    private static IEnumerable<IDefaultConfiguration> Modes()
    {
        yield return Mode(DefaultConfigurationMode.Standard, 3.1);
        yield return Mode(DefaultConfigurationMode.InRegion, 1.1);
        yield return Mode(DefaultConfigurationMode.CrossRegion, 3.1);
        yield return Mode(DefaultConfigurationMode.Mobile, 30);
        yield return Mode(DefaultConfigurationMode.Auto, 1.1);
    }

    private static DefaultConfiguration Mode(DefaultConfigurationMode name, double connectSeconds) => new()
    {
        Name = name,
        RetryMode = RequestRetryMode.Standard,
        ConnectTimeout = TimeSpan.FromSeconds(connectSeconds),
        TlsNegotiationTimeout = TimeSpan.FromSeconds(connectSeconds),
    };

    /// <summary>The URL that is configured, else the region's.</summary>
    private sealed class Regional(ServiceConfig config) : IEndpointProvider
    {
        public Endpoint ResolveEndpoint(EndpointParameters parameters)
        {
            if (!string.IsNullOrEmpty(config.ServiceURL))
                return new Endpoint(config.ServiceURL);
            if (config.RegionEndpoint is not { } region)
                throw new AmazonClientException("No RegionEndpoint or ServiceURL configured");
            string host = config.RegionEndpointServiceName + (config.UseFIPSEndpoint ? "-fips" : "");
            string domain = config.UseDualstackEndpoint ? "api.aws" : region.PartitionDnsSuffix;
            return new Endpoint($"https://{host}.{region.SystemName}.{domain}");
        }
    }
}
