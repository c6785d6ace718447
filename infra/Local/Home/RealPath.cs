namespace Limpid.Local.Home;

/// <summary>A path without symbolic links in it.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <summary>Parts that do not exist stay as they are.</summary>
    /// <exception cref="IOException">Links lead round in a circle.</exception>
    public static string Of(string path)
    {
        int links = 0;
        var parts = new Stack<string>(Parts(Path.GetFullPath(path)));
        string real = Path.GetPathRoot(Path.GetFullPath(path))!;
        while (parts.TryPop(out string? part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            string next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            if (++links > MaxLinks)
                throw new IOException($"symbolic links lead round in a circle at {path}");
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(target)!;
            foreach (string targetPart in Parts(target))
                parts.Push(targetPart);
        }
        return real;
    }

    /// <summary>The last part first, ready for a stack.</summary>
    private static IEnumerable<string> Parts(string path) => path[Path.GetPathRoot(path)!.Length..]
        .Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries)
        .Where(part => part != ".")
        .Reverse();
}
