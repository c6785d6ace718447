using System.Text.RegularExpressions;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.StepFunctions;
using Constructs;

namespace Limpid.Infra;

/// <param name="Functions">By placeholder.</param>
internal sealed record WorkflowsProps(Deployment Deployment, Places Places, IKey Key, string OperatorsTopic, IReadOnlyDictionary<string, FunctionConstruct> Functions);

/// <summary>The state machines of <c>statemachines/</c>, as the files say; what stands for something in them is put in here.</summary>
internal sealed partial class Workflows : Construct
{
    private const string Suffix = ".asl.json";
    private const string StateMachineSuffix = "StateMachine";

    private readonly WorkflowsProps _props;
    private readonly string[] _names;
    private CfnActivity? _commands;

    public Workflows(Construct scope, WorkflowsProps props) : base(scope, "Workflows")
    {
        _props = props;
        string[] files = [.. Directory.EnumerateFiles("statemachines", "*" + Suffix).Order(StringComparer.Ordinal)];
        _names = [.. files.Select(NameOf)];
        foreach ((int index, string name) in _names.Index())
            All.Add(name, Of(name, File.ReadAllText(files[index])));
    }

    /// <summary>By the name of the file.</summary>
    public Dictionary<string, CfnStateMachine> All { get; } = [];

    private static string NameOf(string file) => Path.GetFileName(file)[..^Suffix.Length];

    private CfnStateMachine Of(string name, string definition)
    {
        var log = new LogGroup(this, $"{name}-log", new LogGroupProps
        {
            LogGroupName = $"/aws/vendedlogs/states/{_props.Places.StateMachineName(name)}",
            EncryptionKey = _props.Key,
            Retention = RetentionDays.THREE_MONTHS,
            RemovalPolicy = RemovalPolicy.DESTROY,
        });
        var role = new Role(this, $"{name}-role", new RoleProps { AssumedBy = Trusts.InThisAccount("states.amazonaws.com"), Description = $"Limpid: the state machine {name}" });
        // To its own policy: that one the CDK takes apart where it is longer than IAM lets a role's be.
        foreach (PolicyStatement statement in new WorkflowRights(_props).Of(name, definition, Placeholders(definition)))
            role.AddToPolicy(statement);
        var machine = new CfnStateMachine(this, name, new CfnStateMachineProps
        {
            StateMachineName = _props.Places.StateMachineName(name),
            RoleArn = role.RoleArn,
            DefinitionString = definition,
            DefinitionSubstitutions = Placeholders(definition).ToDictionary(p => p, ValueOf),
            // Errors and states by name, without what went in and out.
            LoggingConfiguration = new CfnStateMachine.LoggingConfigurationProperty
            {
                Level = "ALL",
                IncludeExecutionData = false,
                Destinations = new[]
                {
                    new CfnStateMachine.LogDestinationProperty
                    {
                        CloudWatchLogsLogGroup = new CfnStateMachine.CloudWatchLogsLogGroupProperty { LogGroupArn = log.LogGroupArn },
                    },
                },
            },
            TracingConfiguration = new CfnStateMachine.TracingConfigurationProperty { Enabled = _props.Deployment.IsTraced },
        });
        // A state machine is refused while its role can't do what logging takes.
        machine.Node.AddDependency(role);
        return machine;
    }

    private static string[] Placeholders(string definition) => [.. PlaceholderPattern().Matches(definition).Select(m => m.Groups[1].Value).Distinct()];

    /// <exception cref="DeploymentException">It stands for nothing.</exception>
    private string ValueOf(string placeholder)
    {
        if (_props.Functions.TryGetValue(placeholder, out FunctionConstruct? function))
            return function.Lambda.FunctionArn;
        if (placeholder == "EvidenceBucket")
            return _props.Places.Buckets.Evidence.BucketName;
        if (placeholder == "StagingBucket")
            return _props.Places.Buckets.Staging.BucketName;
        if (placeholder == "OperatorsTopic")
            return _props.OperatorsTopic;
        // No step is a command on AWS; the definition names an activity all the same, and has to name one that is there.
        if (placeholder == "CommandActivity")
            return (_commands ??= new CfnActivity(this, "Commands", new CfnActivityProps { Name = _props.Places.StateMachineName("commands") })).Ref;
        return StateMachineOf(placeholder) is { } name && _names.Contains(name)
            ? _props.Places.StateMachine(name)
            : throw new DeploymentException($"${{{placeholder}}} in a state machine stands for nothing: no function, state machine or bucket is called so");
    }

    /// <summary>The file that <c>ApprovalStateMachine</c> stands for; null where a placeholder is no state machine's.</summary>
    public static string? StateMachineOf(string placeholder) =>
        placeholder.EndsWith(StateMachineSuffix, StringComparison.Ordinal) ? placeholder[..^StateMachineSuffix.Length].ToLowerInvariant() : null;

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex PlaceholderPattern();
}
