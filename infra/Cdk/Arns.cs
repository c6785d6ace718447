using Amazon.CDK;

namespace Limpid.Infra;

/// <summary>ARNs of what is in the stack's own account and region.</summary>
internal static class Arns
{
    /// <param name="resource">As the service writes it: <c>table/orders</c>, <c>stateMachine:purge</c>.</param>
    public static string Here(string service, string resource) => $"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}";
}
