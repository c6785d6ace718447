using Limpid.Core.Lake;
using Limpid.Functions;

namespace Limpid.Infra;

/// <summary>
/// What the app puts up: everything but the hours, for which it gives no rights on Athena, the Glue catalog and their state yet, and the
/// streams and derived tables, which it does not connect yet. A lake that has any of them is refused, since nothing would ever come of them.
/// </summary>
internal static class Deployed
{
    private const string WorkflowOfHours = "bucket";

    private static readonly string[] Hours = ["begin-hour", "load-partition", "bucket-partition", "settle-partition", "record-partition", "clear-partition"];

    private static readonly string[] Tables = ["mark-stale", "begin-table", "next-step", "validate-table", "publish-table", "end-refresh"];

    public static IReadOnlyList<Function> Functions { get; } = [.. FunctionTable.All.Where(f => !Hours.Contains(f.Name) && f.Trigger != Trigger.Stream)];

    /// <param name="name">Of its file.</param>
    public static bool HasWorkflow(string name) => name != WorkflowOfHours;

    /// <summary>What a function of this lake needs: those of derived tables nothing, where there are none. They are there all the same, because the workflow names them.</summary>
    public static Needs NeedsOf(Function function, LakeConfig lake) => lake.Tables is null && Tables.Contains(function.Name) ? Needs.None : function.Needs;

    /// <summary>Why this lake can't be deployed, or null.</summary>
    public static string? WhyNot(LakeConfig lake) =>
        lake.Hours is not null ? "lake.yaml has `hours`, which this app does not deploy yet: leave them out to deploy the rest"
        : lake.Streams is not null ? "lake.yaml has `streams`, which this app does not deploy yet: leave them out to deploy the rest"
        : lake.Tables is not null ? "lake.yaml has `tables`, which this app does not deploy yet: leave them out to deploy the rest"
        : null;
}
