using System.Text.Json;
using Amazon.CDK;
using Amazon.CDK.AWS.Apigatewayv2;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.Logs;
using Constructs;
using Limpid.Functions;
using Function = Limpid.Functions.Function;

namespace Limpid.Infra;

internal sealed record ApiProps(string Prefix, IKey Key);

/// <summary>
/// One HTTP API: the approvers' pages, which check for themselves who decides, and the requesters' calls, which IAM guards. What the
/// pages' links hold never reaches a log.
/// </summary>
internal sealed class Api : Construct
{
    private readonly CfnApi _api;

    public Api(Construct scope, ApiProps props) : base(scope, "Api")
    {
        _api = new CfnApi(this, "Api", new CfnApiProps { Name = props.Prefix, ProtocolType = "HTTP", Description = "Limpid: approvers' pages and requesters' calls" });
        var log = new LogGroup(this, "AccessLog", new LogGroupProps
        {
            LogGroupName = $"/aws/vendedlogs/apigateway/{props.Prefix}",
            EncryptionKey = props.Key,
            Retention = RetentionDays.THREE_MONTHS,
            RemovalPolicy = RemovalPolicy.DESTROY,
        });
        _ = new CfnStage(this, "Stage", new CfnStageProps
        {
            ApiId = _api.Ref,
            StageName = "$default",
            AutoDeploy = true,
            DefaultRouteSettings = new CfnStage.RouteSettingsProperty { ThrottlingBurstLimit = 20, ThrottlingRateLimit = 10, DetailedMetricsEnabled = true },
            AccessLogSettings = new CfnStage.AccessLogSettingsProperty { DestinationArn = log.LogGroupArn, Format = JsonSerializer.Serialize(Logged, ApiJson.Default.IReadOnlyDictionaryStringString) },
        });
    }

    // No path and no query: a link is enough to look at a request. The route is a pattern.
    private static IReadOnlyDictionary<string, string> Logged => new Dictionary<string, string>
    {
        ["requestId"] = "$context.requestId",
        ["time"] = "$context.requestTime",
        ["route"] = "$context.routeKey",
        ["status"] = "$context.status",
        ["caller"] = "$context.identity.userArn",
        ["latency"] = "$context.responseLatency",
        ["integrationStatus"] = "$context.integration.status",
        ["error"] = "$context.error.message",
    };

    public string Id => _api.Ref;

    /// <summary>Without a trailing slash.</summary>
    public string Url => _api.AttrApiEndpoint;

    /// <summary>Where a function is reached; only for those that the API calls.</summary>
    /// <exception cref="DeploymentException">It has no place in the API.</exception>
    public static IReadOnlyList<string> RoutesOf(Function function) => function.Name switch
    {
        "show-approval" => ["GET /approvals/{link}", "HEAD /approvals/{link}"],
        "decide-approval" => ["POST /approvals/{link}/{action}"],
        "submit-erasure" => ["POST /erasures"],
        "cancel-erasure" => ["POST /erasures/{requestId}/cancel"],
        "extend-erasure" => ["POST /erasures/{requestId}/extend"],
        var other => throw new DeploymentException($"{other} is called through the API, but has no route there"),
    };

    public void Route(Function function, FunctionConstruct made)
    {
        var integration = new CfnIntegration(this, $"{function.Placeholder}Integration", new CfnIntegrationProps
        {
            ApiId = _api.Ref,
            IntegrationType = "AWS_PROXY",
            IntegrationUri = made.Lambda.FunctionArn,
            PayloadFormatVersion = "2.0",
            TimeoutInMillis = 30_000,
        });
        foreach ((int number, string route) in RoutesOf(function).Index())
        {
            _ = new CfnRoute(this, $"{function.Placeholder}Route{number}", new CfnRouteProps
            {
                ApiId = _api.Ref,
                RouteKey = route,
                Target = $"integrations/{integration.Ref}",
                AuthorizationType = function.Trigger == Trigger.Call ? "AWS_IAM" : "NONE",
            });
        }
        _ = new CfnPermission(this, $"{function.Placeholder}Permission", new CfnPermissionProps
        {
            Action = "lambda:InvokeFunction",
            FunctionName = made.Lambda.FunctionArn,
            Principal = "apigateway.amazonaws.com",
            SourceArn = Arns.Here("execute-api", $"{_api.Ref}/*"),
        });
    }
}
