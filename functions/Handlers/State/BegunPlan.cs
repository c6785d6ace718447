namespace Limpid.Functions.State;

/// <summary>What the state table says of a plan that is made in several calls.</summary>
internal sealed record BegunPlan
{
    /// <summary>The digest of the last <see cref="DraftStep"/>; null where there is nothing to go on from.</summary>
    public string? Step { get; init; }

    /// <summary>Under another lake.yaml, and behind another listing, it begins anew.</summary>
    public string LakeDigest { get; init; } = "";
    public DateTimeOffset ListedTo { get; init; }
}

/// <summary>What one call added to a plan. In the evidence store, named by its content.</summary>
internal sealed record DraftStep
{
    /// <summary>The digest of the step before; null at the first.</summary>
    public string? Before { get; init; }

    /// <summary>The digests of the files of items that were filled.</summary>
    public IReadOnlyList<string> Chunks { get; init; } = [];

    /// <summary>The digest of a file of the items behind these; null where there are none.</summary>
    public string? Begun { get; init; }

    /// <summary>A mark of sixteen bytes for each object that it got through with.</summary>
    public byte[] Through { get; init; } = [];
}
