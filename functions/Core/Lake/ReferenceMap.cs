namespace Limpid.Core.Lake;

/// <summary>Which reference data a change belongs to.</summary>
public static class ReferenceMap
{
    public static Reference? ReferenceNamed(this LakeConfig lake, string name) => lake.References?.FirstOrDefault(r => r.Name == name);

    /// <summary>Those that are kept in this table.</summary>
    public static IEnumerable<Reference> ReferencesOfTable(this LakeConfig lake, string table) =>
        (lake.References ?? []).Where(r => r.Source?.Table == table);

    /// <summary>Those of whose source this object is a part.</summary>
    public static IEnumerable<Reference> ReferencesOfObject(this LakeConfig lake, string key) =>
        (lake.References ?? []).Where(r => r.Source?.Location is { } location && key.Length > location.Length && key.StartsWith(location, StringComparison.Ordinal));
}
