namespace Limpid.Core.Lake;

/// <summary>
/// Small data that changes fast and that streams are enriched with. Below <see cref="Location"/> stand <c>NAME/pointer.json</c>, which
/// says what is current, and one object a version, <c>NAME/v=3.ndjson</c>, a JSON object a line.
/// </summary>
public sealed record Reference
{
    public required string Name { get; init; }

    /// <summary>The prefix below which its folder stands, ending with a slash, as in <see cref="Dataset.Location"/>.</summary>
    public required string Location { get; init; }

    /// <summary>The field of each line by which it is looked up.</summary>
    public required string Key { get; init; }
}
