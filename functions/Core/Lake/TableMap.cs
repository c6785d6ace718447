namespace Limpid.Core.Lake;

/// <summary>Where the versions of derived tables stand, and which tables a change belongs to.</summary>
public static class TableMap
{
    /// <summary>With which the location of a table's dataset ends.</summary>
    public const string VersionsFolder = "versions/";

    public static DerivedTable? TableNamed(this LakeConfig lake, string name) => lake.Tables?.FirstOrDefault(t => t.Name == name);

    public static Dataset VersionsOf(this LakeConfig lake, DerivedTable table) => lake.Named(table.Dataset)!;

    /// <summary>Of the object that says what is served. It stands beside the versions, and in no dataset.</summary>
    public static string PointerKey(this LakeConfig lake, DerivedTable table) =>
        string.Concat(lake.VersionsOf(table).Location.AsSpan()[..^VersionsFolder.Length], "pointer.json");

    /// <summary>The prefix of everything that a run writes.</summary>
    public static string VersionPrefix(this LakeConfig lake, DerivedTable table, long version) =>
        FormattableString.Invariant($"{lake.VersionsOf(table).Location}v={version}/");

    /// <summary>The prefix of one attempt at one step: its own, so that what another one left there is never taken for a part of it.</summary>
    public static string AttemptPrefix(this LakeConfig lake, DerivedTable table, long version, int attempt, string step) =>
        FormattableString.Invariant($"{lake.VersionPrefix(table, version)}{attempt}-{step}/");

    /// <summary>Those that are built of a dataset that holds this object, and count what arrives.</summary>
    public static IEnumerable<DerivedTable> TablesOfObject(this LakeConfig lake, string key) =>
        (lake.Tables ?? []).Where(t => t.When?.Arrivals is not null && t.From.Any(from => lake.TableNamed(from) is null && lake.ReferenceNamed(from) is null && lake.Named(from)?.Holds(key) == true));

    /// <summary>Those that are built of reference data, and count what arrives.</summary>
    public static IEnumerable<DerivedTable> TablesOfReference(this LakeConfig lake, string reference) =>
        (lake.Tables ?? []).Where(t => t.When?.Arrivals is not null && t.From.Any(from => from == reference && lake.TableNamed(from) is null));

    /// <summary>Those that are built after each new version of this one.</summary>
    public static IEnumerable<DerivedTable> TablesAfter(this LakeConfig lake, string table) =>
        (lake.Tables ?? []).Where(t => t.When?.After.Contains(table) == true);
}
