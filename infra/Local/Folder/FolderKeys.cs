using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Limpid.Local.Folder;

/// <summary>
/// Which keys are a folder lake's: paths below its root with slashes. Limpid's own are not: <c>.limpid/</c> and <c>lake.yaml</c> at
/// the root, the state folder where that is elsewhere inside, and the files beside an object that is being rewritten.
/// </summary>
internal sealed class FolderKeys
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly string? statePrefix;

    public FolderKeys(string root, string? stateFolder)
    {
        if (stateFolder is null)
            return;
        string relative = Path.GetRelativePath(Path.GetFullPath(root), Path.GetFullPath(stateFolder)).Replace(Path.DirectorySeparatorChar, '/');
        if (relative == ".")
            throw new ArgumentException("The state folder can't be the lake's own folder.", nameof(stateFolder));
        bool inside = relative != ".." && !relative.StartsWith("../", StringComparison.Ordinal) && !Path.IsPathRooted(relative);
        statePrefix = inside ? relative + "/" : null;
    }

    /// <summary>The names on the way to an object; false where the key can't be one of the lake's.</summary>
    public bool TryParse(string key, [NotNullWhen(true)] out string[]? names)
    {
        names = null;
        if (key.Length == 0 || key.Contains('\0') || IsExcluded(key) || !IsUnicode(key))
            return false;
        string[] parts = key.Split('/');
        foreach (string part in parts)
            if (part is "" or "." or "..")
                return false;
        names = parts;
        return true;
    }

    /// <summary>Whether a key, or a folder's prefix (ending with a slash), is Limpid's own.</summary>
    public bool IsExcluded(string key) =>
        key == "lake.yaml"
        || key.StartsWith(".limpid/", StringComparison.Ordinal)
        || (statePrefix is not null && key.StartsWith(statePrefix, StringComparison.Ordinal))
        || RewriteFiles.IsOne(key.AsSpan(key.LastIndexOf('/') + 1));

    private static bool IsUnicode(string key)
    {
        try
        {
            _ = Strict.GetByteCount(key);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
