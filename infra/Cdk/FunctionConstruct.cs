using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.Logs;
using Constructs;
using Limpid.Functions;
using Function = Limpid.Functions.Function;

namespace Limpid.Infra;

/// <param name="Statements">The whole of what its role may do, but for its log.</param>
/// <param name="Environment">What <c>AwsSettings</c> reads.</param>
internal sealed record FunctionConstructProps(
    Function Function, Deployment Deployment, Code Code, IKey Key, IEnumerable<PolicyStatement> Statements, IReadOnlyDictionary<string, string> Environment);

/// <summary>One function of the table: the one executable under its name, with a role and a log of its own.</summary>
internal sealed class FunctionConstruct : Construct
{
    public FunctionConstruct(Construct scope, FunctionConstructProps props) : base(scope, props.Function.Placeholder)
    {
        Function function = props.Function;
        string name = $"{props.Deployment.Prefix}-{function.Name}";
        Log = new LogGroup(this, "Log", new LogGroupProps
        {
            LogGroupName = $"/aws/lambda/{name}",
            EncryptionKey = props.Key,
            Retention = RetentionDays.THREE_MONTHS,
            RemovalPolicy = RemovalPolicy.DESTROY,
        });
        Role = new Role(this, "Role", new RoleProps { AssumedBy = new ServicePrincipal("lambda.amazonaws.com"), Description = $"Limpid, lake {props.Deployment.Lake.Name}: {function.Name}" });
        foreach (PolicyStatement statement in props.Statements)
            Role.AddToPolicy(statement);
        Role.AddToPolicy(Rights.Allow("WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [Log.LogGroupArn]));
        Lambda = new Amazon.CDK.AWS.Lambda.Function(this, "Function", new FunctionProps
        {
            FunctionName = name,
            Description = function.Does,
            // The managed runtime reads the handler as the name of a file; the other one starts `bootstrap` whatever it is called.
            Runtime = props.Deployment.IsNative ? Runtime.PROVIDED_AL2023 : new Runtime("dotnet10", RuntimeFamily.DOTNET_CORE),
            Handler = props.Deployment.IsNative ? "bootstrap" : "Limpid.Functions",
            Architecture = Architecture.X86_64,
            Code = props.Code,
            Role = Role,
            LogGroup = Log,
            Timeout = TimeoutOf(function.Trigger),
            MemorySize = MemoryOf(function),
            // Scratch files: rows to be edited, people of an object while they are sorted.
            EphemeralStorageSize = ReadsObjects(function) ? Size.Gibibytes(4) : Size.Mebibytes(512),
            Tracing = props.Deployment.IsTraced ? Tracing.ACTIVE : Tracing.DISABLED,
            Environment = new Dictionary<string, string>(props.Environment) { ["LIMPID_FUNCTION"] = function.Name },
            // Nothing calls these without waiting. Whoever does by mistake leaves what the event says in Lambda's queue for a minute
            // at most: a demand names a person.
            RetryAttempts = function.Trigger is Trigger.Call or Trigger.Page ? 0 : null,
            MaxEventAge = function.Trigger is Trigger.Call or Trigger.Page ? Duration.Minutes(1) : null,
        });
    }

    public Amazon.CDK.AWS.Lambda.Function Lambda { get; }

    public Role Role { get; }

    public LogGroup Log { get; }

    /// <exception cref="DeploymentException">The trigger is one that this app does not know.</exception>
    public static Duration TimeoutOf(Trigger trigger) => trigger switch
    {
        // An HTTP API gives up after 30 seconds.
        Trigger.Call or Trigger.Page => Duration.Seconds(29),
        Trigger.Workflow or Trigger.LakeEvent or Trigger.Stream or Trigger.ReferenceChange or Trigger.TableChange or Trigger.Schedule => Duration.Minutes(15),
        _ => throw new DeploymentException($"{trigger}: the app does not know this trigger"),
    };

    // 1,769 MB is one processor whole: what reads objects is bound by it.
    private static int MemoryOf(Function function) => ReadsObjects(function) ? 1769 : 512;

    private static bool ReadsObjects(Function function) => (function.Needs & (Needs.ReadLake | Needs.PublishReferences | Needs.AddRows | Needs.ReplayErasures | Needs.ServeTables)) != 0;
}
