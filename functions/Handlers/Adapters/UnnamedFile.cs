namespace Limpid.Functions.Adapters;

/// <summary>Scratch space on the function's disk: files without a name from the start, so that one that dies leaves none to the next.</summary>
internal static class UnnamedFile
{
    public static Stream New()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        File.Delete(path);
        return file;
    }
}
