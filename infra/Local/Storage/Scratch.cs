namespace Limpid.Local.Storage;

/// <summary>Files that nobody finds again: on Unix they have no name from the start, so that a killed process leaves nothing behind.</summary>
internal static class Scratch
{
    private const string Extension = ".scratch";

    /// <summary>Removes the names that a killed process had no time to; whoever still uses such a file keeps it.</summary>
    public static void Sweep(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (string file in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            if (OwnName.Is(Path.GetFileNameWithoutExtension(file.AsSpan())))
                File.Delete(file);
        }
    }

    /// <summary>Makes empty streams in a folder (made where it is missing), each gone when it is disposed.</summary>
    public static Func<Stream> In(string folder)
    {
        SqliteDatabase.CreateFolder(folder);
        return () =>
        {
            string path = Path.Combine(folder, OwnName.New() + Extension);
            if (OperatingSystem.IsWindows())
                return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            File.Delete(path);
            return file;
        };
    }
}
