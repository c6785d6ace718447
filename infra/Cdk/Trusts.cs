using Amazon.CDK;
using Amazon.CDK.AWS.IAM;

namespace Limpid.Infra;

/// <summary>Who takes roles on.</summary>
internal static class Trusts
{
    /// <summary>A service that says for whom it works: only for this account, so that nobody else's rule or state machine takes the role on.</summary>
    public static IPrincipal InThisAccount(string service) => new ServicePrincipal(service, new ServicePrincipalOpts
    {
        Conditions = new Dictionary<string, object> { ["StringEquals"] = new Dictionary<string, object> { ["aws:SourceAccount"] = Aws.ACCOUNT_ID } },
    });
}
