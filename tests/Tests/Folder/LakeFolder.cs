using System.Diagnostics;
using System.Text;

namespace Limpid.Tests.Folder;

/// <summary>A lake in a temporary folder, and the rivals who write to it without asking anybody.</summary>
internal sealed class LakeFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    /// <param name="inMemory">Where only names and contents matter and thousands of lakes are made; else a real disk.</param>
    public LakeFolder(bool inMemory = false)
    {
        Assert.SkipUnless(Limpid.Local.Folder.FolderStore.IsSupported, "a folder store needs 64-bit Linux");
        Root = inMemory && Directory.Exists(Memory)
            ? Directory.CreateDirectory(Path.Combine(Memory, "limpid-lake-" + Path.GetRandomFileName())).FullName
            : Directory.CreateTempSubdirectory("limpid-lake-").FullName;
    }

    public string Root { get; }

    public string PathOf(string key) => Path.Combine(Root, key);

    /// <summary>Writes beside and renames, as careful programs do.</summary>
    public void Replace(string key, string content)
    {
        string path = PathOf(key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string beside = Path.Combine(Root, ".limpid", "beside");
        Directory.CreateDirectory(Path.GetDirectoryName(beside)!);
        File.WriteAllText(beside, content);
        File.Move(beside, path, overwrite: true);
    }

    public string Read(string key) => File.ReadAllText(PathOf(key));

    /// <summary>Every file's content by key, Limpid's own hidden ones among them, but for <c>.limpid/</c>.</summary>
    public SortedDictionary<string, string> Everything()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
            if (Path.GetRelativePath(Root, path) is var key && !key.StartsWith(".limpid/", StringComparison.Ordinal))
                all[key] = File.ReadAllText(path);
        return all;
    }

    /// <summary>Runs a system tool; false where it is missing or fails.</summary>
    public static bool Run(string tool, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(tool, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
            using Process process = Process.Start(start)!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // .NET can't remove what has no name in UTF-8.
            Run("rm", "-rf", Root);
        }
    }
}
