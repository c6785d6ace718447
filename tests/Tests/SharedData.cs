namespace Limpid.Tests;

/// <summary>The real files that stand beside the repository, in <c>../shared/data</c>. A plain clone has none: tests then skip and say so.</summary>
internal static class SharedData
{
    private static readonly string? Root = FindRoot();

    /// <summary>The full path of a file or folder of the shared data, or skips the running test.</summary>
    public static string Path(params string[] parts)
    {
        Assert.SkipWhen(Root is null, "no ../shared/data beside the repository");
        return System.IO.Path.Combine([Root!, .. parts]);
    }

    /// <summary>The same, or null where it is absent.</summary>
    public static string? Find(params string[] parts) => Root is null ? null : System.IO.Path.Combine([Root, .. parts]);

    private static string? FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(System.IO.Path.Combine(folder.FullName, "Serverless.sln")))
                continue;
            string data = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder.FullName, "..", "shared", "data"));
            return Directory.Exists(data) ? data : null;
        }
        return null;
    }
}
