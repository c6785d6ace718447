namespace Limpid.Core.Lake;

/// <summary>Which dataset an object belongs to. Locations never lie inside one another, so there is one at most.</summary>
public static class LakeMap
{
    public static Dataset? DatasetOf(this LakeConfig lake, string key) =>
        lake.Datasets.FirstOrDefault(d => d.Holds(key));

    /// <summary>Whether the key lies under the dataset's location; <c>a/</c> does not hold <c>ab/x</c>.</summary>
    public static bool Holds(this Dataset dataset, string key) =>
        dataset.Format != DataFormat.External && key.Length > dataset.Location.Length && key.StartsWith(dataset.Location, StringComparison.Ordinal);

    /// <summary>Whether a record of this key counts for the dataset as it is now: an object under its location, or the location itself, where it can't be listed.</summary>
    public static bool Counts(this Dataset dataset, string key) => key == dataset.Location || dataset.Holds(key);

    public static Dataset? Named(this LakeConfig lake, string name) => lake.Datasets.FirstOrDefault(d => d.Name == name);

    /// <summary>The object that a metadata file stands beside, by the first of the dataset's rules by which the key is a metadata file's; null where there is none.</summary>
    public static string? OwnerOfSidecar(this Dataset dataset, string key) =>
        dataset.Subjects.Select(rule => rule.OwnerOfSidecar(key)).FirstOrDefault(owner => owner is not null);

    /// <summary>The object that a metadata file stands beside by this rule, or null where the key is not a metadata file's.</summary>
    public static string? OwnerOfSidecar(this SubjectRule rule, string key)
    {
        int hole = rule.Sidecar?.IndexOf("{key}", StringComparison.Ordinal) ?? -1;
        if (hole < 0)
            return null;
        string before = rule.Sidecar![..hole], after = rule.Sidecar[(hole + "{key}".Length)..];
        string folder = key[..(key.LastIndexOf('/') + 1)], name = key[folder.Length..];
        return name.Length > before.Length + after.Length && name.StartsWith(before, StringComparison.Ordinal) && name.EndsWith(after, StringComparison.Ordinal)
            ? folder + name[before.Length..^after.Length]
            : null;
    }

    /// <summary>The key of the metadata file of an object by this rule: <c>{key}</c> stands for the object's name, and the file stands in the same folder.</summary>
    public static string SidecarOf(this SubjectRule rule, string key)
    {
        string folder = key[..(key.LastIndexOf('/') + 1)];
        return folder + rule.Sidecar!.Replace("{key}", key[folder.Length..], StringComparison.Ordinal);
    }
}
