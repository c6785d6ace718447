namespace Limpid.Infra;

/// <summary>The partitions of the state table that not everybody may write, as <c>dynamodb:LeadingKeys</c> sees them.</summary>
/// <remarks>The adapter puts a sign in front of every partition's name.</remarks>
internal static class StatePartitions
{
    public static readonly string[] Audit = ["#audit/*"];
    public static readonly string[] Suppression = ["#suppression", "#suppression-count"];
    public static readonly string[] Secrets = ["#secrets"];

    /// <summary>What is remembered of hours. It and what is remembered of tables are the only things that are ever removed.</summary>
    public static readonly string[] Hours = ["#hours/*"];

    /// <summary>What is remembered of derived tables.</summary>
    public static readonly string[] Tables = ["#table/*"];

    public static string[] Guarded => [.. Audit, .. Suppression, .. Secrets];
}
