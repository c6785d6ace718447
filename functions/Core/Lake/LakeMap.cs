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

    /// <summary>The object that a metadata file stands beside, or null where the key is not a metadata file's by the dataset's rules.</summary>
    public static string? OwnerOfSidecar(this Dataset dataset, string key)
    {
        foreach (SubjectRule rule in dataset.Subjects)
        {
            if (rule.Sidecar is not { } pattern)
                continue;
            int hole = pattern.IndexOf("{key}", StringComparison.Ordinal);
            if (hole < 0)
                continue;
            string before = pattern[..hole], after = pattern[(hole + "{key}".Length)..];
            string folder = key[..(key.LastIndexOf('/') + 1)], name = key[folder.Length..];
            if (name.Length > before.Length + after.Length && name.StartsWith(before, StringComparison.Ordinal) && name.EndsWith(after, StringComparison.Ordinal))
                return folder + name[before.Length..^after.Length];
        }
        return null;
    }

    /// <summary>The key of the metadata file of an object by this rule: <c>{key}</c> stands for the object's name, and the file stands in the same folder.</summary>
    public static string SidecarOf(this SubjectRule rule, string key)
    {
        string folder = key[..(key.LastIndexOf('/') + 1)];
        return folder + rule.Sidecar!.Replace("{key}", key[folder.Length..], StringComparison.Ordinal);
    }
}
