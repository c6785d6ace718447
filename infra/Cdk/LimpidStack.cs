using Amazon.CDK;
using Amazon.CDK.AWS.Lambda;
using Constructs;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Function = Limpid.Functions.Function;

namespace Limpid.Infra;

/// <summary>One lake's Limpid: every function of the table with its trigger and its rights, the workflows, and what they stand on.</summary>
internal sealed class LimpidStack : Stack
{
    private readonly Deployment _deployment;
    private readonly Places _places;
    private readonly Dictionary<string, FunctionConstruct> _functions = [];

    private static readonly string[] StepFunctions = ["aws.states"];
    private static readonly string[] Ends = ["Step Functions Execution Status Change"];

    /// <summary>Ends of an execution after which nobody sees to its request.</summary>
    private static readonly string[] GoneFor = ["FAILED", "TIMED_OUT", "ABORTED"];

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
        Places places = _places = new Places(deployment.Prefix, keys, buckets, tables, mail);
        var api = new Api(this, new ApiProps(deployment.Prefix, keys.Data));
        var operators = new Operators(this, new OperatorsProps(deployment.Prefix, deployment.Lake.Mail.Operators, keys.Data));

        var rights = new Rights(deployment, places);
        Code code = Code.FromAsset(package);
        IReadOnlyDictionary<string, string> environment = FunctionEnvironment.Of(deployment, places, api.Url);
        foreach (Function function in FunctionTable.All)
            _functions.Add(function.Placeholder, new FunctionConstruct(this, new FunctionConstructProps(function, deployment, code, keys.Data, rights.Of(function), environment)));
        tables.LetAppend(FunctionTable.All.Where(f => (f.Needs & Needs.AppendAudit) != 0).Select(f => Made(f).Role));

        var workflows = new Workflows(this, new WorkflowsProps(deployment, places, keys.Data, operators.Topic.TopicArn, _functions));
        foreach (Function function in FunctionTable.All)
            Connect(function, api, operators, keys);
        var reconciliation = new Reconciliation(this, new ReconciliationProps(places.StateMachine("backfill"), deployment.Reconcile, keys.Data));
        operators.WatchFailed("reconciliation-failed", "Starts of the reconciliation", reconciliation.Failed);
        var ended = new AsyncCalls(this, "EndedErasures", new AsyncCallsProps(
            _functions["FailErasure"],
            [
                new("Rule", "Ends requests whose workflow failed, timed out or was stopped")
                {
                    Pattern = new Dictionary<string, object>
                    {
                        ["source"] = StepFunctions,
                        ["detail-type"] = Ends,
                        ["detail"] = new Dictionary<string, object> { ["stateMachineArn"] = new[] { places.StateMachine("purge") }, ["status"] = GoneFor },
                    },
                },
            ],
            Runs: true, keys.Data));
        operators.WatchFailed("ended-erasures-failed", "Requests whose workflow is gone", ended.Failed);
        foreach (string name in workflows.All.Keys)
            operators.WatchWorkflow(name, places.StateMachine(name), isOfRequests: name is "purge" or "approval");
        operators.WatchApi(api.Id);
        operators.WatchMail(mail.ConfigurationSetName);
        operators.WatchOverdue(_functions["RemindApprovers"].Log);
        _ = new OperatorOutputs(this, new OperatorOutputsProps(deployment, places, api.Id, api.Url));
    }

    private FunctionConstruct Made(Function function) => _functions[function.Placeholder];

    /// <exception cref="DeploymentException">The trigger is one that this app does not know.</exception>
    private void Connect(Function function, Api api, Operators operators, Keys keys)
    {
        FunctionConstruct made = Made(function);
        operators.WatchFunction(function.Name, made.Lambda.FunctionName, isRetried: function.Trigger == Trigger.Workflow);
        switch (function.Trigger)
        {
            case Trigger.Workflow:
                break;
            case Trigger.Call or Trigger.Page:
                api.Route(function, made);
                break;
            case Trigger.LakeEvent when LakeReach.Buckets(_deployment.Lake) is { Count: > 0 } buckets:
                var events = new ObjectEvents(this, "LakeEvents", new ObjectEventsProps("Objects of the datasets", $"{_deployment.Prefix}-lake", buckets, keys.Data, made, AtOnce: 20));
                operators.WatchFailed("lake-events-failed", "Events of the lake", events.Failed);
                operators.WatchDelay("lake-events", "Events of the lake", events.Queue);
                break;
            case Trigger.Stream when _deployment.Lake.Streams is { } streams:
                operators.WatchFailed("records-failed", "Records of streams", new Streams(this, new StreamsProps(_deployment, keys.Data, made)).Failed);
                operators.WatchTaker(function.Name, made.Lambda.FunctionName, streams.Min(Streams.RetentionOf));
                foreach (DataStream stream in streams)
                    operators.WatchStream(stream.Name, Streams.RetentionOf(stream));
                break;
            case Trigger.ReferenceChange when (_deployment.Lake.References ?? []).Any(r => r.Source is not null):
                Watch(new References(this, new ReferencesProps(_deployment, keys.Data, made)), function, operators);
                break;
            case Trigger.Schedule when _deployment.Lake.Hours is { } hours:
                var clock = new AsyncCalls(this, "Hours", new AsyncCallsProps(made, [new("Rule", function.Does) { Expression = HoursExpression(hours) }], _deployment.Erases, keys.Data));
                operators.WatchFailed("hours-failed", "Beginnings of hourly runs", clock.Failed);
                break;
            case Trigger.TableChange when _deployment.Lake.Tables is not null:
                var derived = new DerivedTables(this, new DerivedTablesProps(_deployment, keys.Data, made, _places.StateMachine(RefreshRuns.StateMachine)));
                operators.WatchFailed("table-calls-failed", "Marks of stale tables", derived.Calls.Failed);
                if (derived.Objects is not { } arrivals)
                    break;
                operators.WatchFailed("table-events-failed", "Arrivals in what tables are built of", arrivals.Failed);
                operators.WatchDelay("table-events", "Arrivals in what tables are built of", arrivals.Queue);
                break;
            case Trigger.LakeEvent or Trigger.Stream or Trigger.ReferenceChange or Trigger.TableChange or Trigger.Schedule:
                // The lake has nothing that would make it run.
                break;
            default:
                throw new DeploymentException($"{function.Name} runs on {function.Trigger}, a trigger that the app does not know");
        }
    }

    private void Watch(References references, Function function, Operators operators)
    {
        operators.WatchFailed("look-after-failed", "Looks after flags of reference data", references.LookAfter.Failed);
        if (references.Objects is { } objects)
        {
            operators.WatchFailed("reference-events-failed", "Events of reference data", objects.Failed);
            operators.WatchDelay("reference-events", "Events of reference data", objects.Queue);
        }
        if (references.Failed is not { } failed)
            return;
        operators.WatchFailed("changes-failed", "Changes of tables of reference data", failed);
        operators.WatchTaker(function.Name, Made(function).Lambda.FunctionName, StreamSource.LeastRetention);
    }

    /// <summary>Once an hour, when the last one of every pair has settled.</summary>
    private static string HoursExpression(IReadOnlyList<HourlyCopy> hours) => $"cron({hours.Max(h => (int)Math.Ceiling(h.Settle.TotalMinutes) % 60)} * * * ? *)";
}
