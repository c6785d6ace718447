using System.Text.Json;
using Amazon.CDK.AWS.KMS;
using Constructs;
using Limpid.Core.Lake;

namespace Limpid.Infra;

/// <param name="Refresh">ARN of the state machine that refreshes.</param>
internal sealed record DerivedTablesProps(Deployment Deployment, IKey Key, FunctionConstruct Marker, string Refresh);

/// <summary>
/// Whatever makes derived tables stale, to the function that marks them: objects that arrive in what they are built of, other tables and
/// reference data that were refreshed, schedules, and a clock that looks after marks that nobody sees to. As all that overwrites in the
/// lake it begins with <c>erase=on</c>.
/// </summary>
internal sealed class DerivedTables : Construct
{
    private static readonly string[] Sources = ["limpid"];
    private static readonly string[] Kinds = ["Table Refreshed", "Reference Refreshed"];

    public DerivedTables(Construct scope, DerivedTablesProps props) : base(scope, "DerivedTables")
    {
        LakeConfig lake = props.Deployment.Lake;
        Calls = new AsyncCalls(this, "Calls", new AsyncCallsProps(
            props.Marker,
            [
                new("LookAfter", "Begins what somebody died before beginning: refreshes of stale tables") { Expression = "rate(1 hour)" },
                new("Refreshed", "Tables that are built of what was refreshed")
                {
                    // "Add EventBridge events with Step Functions": the state machine's ARN is put among the resources. Without it the lakes of one
                    // account would make each other's tables stale.
                    Pattern = new Dictionary<string, object> { ["source"] = Sources, ["detail-type"] = Kinds, ["resources"] = new[] { props.Refresh } },
                },
                .. from table in lake.Tables!
                   where table.When?.Schedule is not null
                   select new AsyncCall($"Table-{table.Name}", $"The table {table.Name} is due")
                   {
                       Expression = table.When!.Schedule,
                       TimeZone = lake.TimeZone,
                       Input = $"{{\"table\":\"{JsonEncodedText.Encode(table.Name)}\"}}",
                   },
            ],
            props.Deployment.Erases, props.Key));
        IReadOnlyList<LakeBucket> arrivals = LakeReach.ArrivalBuckets(lake);
        if (arrivals.Count > 0)
            Objects = new ObjectEvents(this, "Objects", new ObjectEventsProps("What derived tables are built of", $"{props.Deployment.Prefix}-tables", arrivals, props.Key, props.Marker, AtOnce: 2, props.Deployment.Erases));
    }

    public AsyncCalls Calls { get; }

    /// <summary>Null where no table counts what arrives.</summary>
    public ObjectEvents? Objects { get; }
}
