using Amazon.CDK;
using Amazon.CDK.AWS.Lambda;
using Constructs;
using Limpid.Functions;
using Function = Limpid.Functions.Function;

namespace Limpid.Infra;

/// <summary>One lake's Limpid: every function of the table with its trigger and its rights, the workflows, and what they stand on.</summary>
internal sealed class LimpidStack : Stack
{
    private readonly Deployment _deployment;
    private readonly Dictionary<string, FunctionConstruct> _functions = [];

    /// <param name="package">The folder of the functions' code.</param>
    public LimpidStack(Construct scope, Deployment deployment, string package) : base(scope, $"Limpid-{deployment.Lake.Name}", new StackProps
    {
        Description = $"Limpid, lake {deployment.Lake.Name}{(deployment.Erases ? "" : ": only observes")}",
        TerminationProtection = true,
    })
    {
        _deployment = deployment;
        var keys = new Keys(this, deployment.Lake.Name);
        var buckets = new Buckets(this, new BucketsProps(keys.Data, Duration.Days(LakePeriod.Days(deployment.Lake.Evidence.Keep))));
        var tables = new Tables(this, new TablesProps(keys.Data, deployment.KeepsBackups));
        var mail = new Mail(this, new MailProps(deployment.Prefix, deployment.Lake.Mail.From, deployment.HasMailIdentity));
        var places = new Places(deployment.Prefix, keys, buckets, tables, mail);
        var api = new Api(this, new ApiProps(deployment.Prefix, keys.Data));
        var operators = new Operators(this, new OperatorsProps(deployment.Prefix, deployment.Lake.Mail.Operators, keys.Data));

        var rights = new Rights(deployment, places);
        Code code = Code.FromAsset(package);
        IReadOnlyDictionary<string, string> environment = FunctionEnvironment.Of(deployment, places, api.Url);
        foreach (Function function in Deployed.Functions)
            _functions.Add(function.Placeholder, new FunctionConstruct(this, new FunctionConstructProps(function, deployment, code, keys.Data, rights.Of(function), environment)));
        tables.LetAppend(Deployed.Functions.Where(f => (Deployed.NeedsOf(f, deployment.Lake) & Needs.AppendAudit) != 0).Select(f => Made(f).Role));

        var workflows = new Workflows(this, new WorkflowsProps(places, keys.Data, operators.Topic.TopicArn, deployment.IsTraced, _functions));
        foreach (Function function in Deployed.Functions)
            Connect(function, api, operators, keys);
        var reconciliation = new Reconciliation(this, new ReconciliationProps(places.StateMachine("backfill"), deployment.Reconcile, keys.Data));
        operators.WatchFailed("reconciliation-failed", "Starts of the reconciliation", reconciliation.Failed);
        foreach (string name in workflows.All.Keys)
            operators.WatchWorkflow(name, places.StateMachine(name));
        operators.WatchApi(api.Id);
        operators.WatchMail(mail.ConfigurationSetName);
        _ = new OperatorOutputs(this, new OperatorOutputsProps(deployment, places, api.Id, api.Url));
    }

    private FunctionConstruct Made(Function function) => _functions[function.Placeholder];

    /// <exception cref="DeploymentException">The trigger is one that this app does not know.</exception>
    private void Connect(Function function, Api api, Operators operators, Keys keys)
    {
        switch (function.Trigger)
        {
            case Trigger.Workflow:
                break;
            case Trigger.Call or Trigger.Page:
                api.Route(function, Made(function));
                operators.WatchFunction(function.Name, Made(function).Lambda.FunctionName);
                break;
            case Trigger.LakeEvent:
                var events = new LakeEvents(this, new LakeEventsProps(_deployment.Lake, keys.Data, Made(function)));
                operators.WatchFailed("lake-events-failed", "Events of the lake", events.Failed);
                operators.WatchDelay("lake-events", events.Queue);
                break;
            case Trigger.ReferenceChange or Trigger.TableChange:
                // Nothing calls them by themselves yet: the stream of the table, the rule for the prefix or the schedule is for the owner to connect.
                operators.WatchFunction(function.Name, Made(function).Lambda.FunctionName);
                break;
            default:
                throw new DeploymentException($"{function.Name} runs on {function.Trigger}, a trigger that the app does not know");
        }
    }
}
