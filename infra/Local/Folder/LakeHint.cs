namespace Limpid.Local.Folder;

/// <summary>
/// Something may have changed: at one key, or at any key with a prefix. Only a hint: it may come late, twice, or for nothing; what
/// is true, the store says.
/// </summary>
/// <param name="Key">The key, or with <paramref name="IsPrefix"/> the prefix, which is empty or ends with a slash.</param>
public readonly record struct LakeHint(string Key, bool IsPrefix)
{
    /// <summary>Hints were lost, or can't be had: everything is to be compared with the store.</summary>
    public static LakeHint Rescan { get; } = new("", true);
}
