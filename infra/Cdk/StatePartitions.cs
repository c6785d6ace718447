namespace Limpid.Infra;

/// <summary>The partitions of the state table that not everybody may write, as <c>dynamodb:LeadingKeys</c> sees them.</summary>
/// <remarks>The adapter puts a sign in front of every partition's name.</remarks>
internal static class StatePartitions
{
    public static readonly string[] Audit = ["#audit/*"];
    public static readonly string[] Suppression = ["#suppression", "#suppression-count"];
    public static readonly string[] Secrets = ["#secrets"];

    /// <summary>Of derived tables: whatever else anybody keeps is never removed.</summary>
    public static readonly string[] Tables = ["#table/*"];

    public static string[] Guarded => [.. Audit, .. Suppression, .. Secrets];
}
