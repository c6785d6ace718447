using System.Security.Cryptography;

namespace Limpid.Local.Home;

/// <summary>Files that only their owner may read, each written whole, durably and at once or not at all.</summary>
internal sealed class SecretFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private SecretFolder(string path) => Path = path;

    public string Path { get; }

    /// <exception cref="UnfitHomeException">Others may write to the folder, and so exchange what is in it.</exception>
    public static SecretFolder Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            // The profile's own access list keeps others out there.
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
            if ((File.GetUnixFileMode(path) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
                throw new UnfitHomeException($"others may write to the folder of Limpid's secrets; run: chmod 700 '{path}'");
        }
        return new SecretFolder(path);
    }

    /// <summary>The file's content, or what <paramref name="create"/> makes where there is none. Of rivals one wins, and all return its content.</summary>
    /// <exception cref="UnfitHomeException">Others may read the file.</exception>
    public byte[] ReadOrCreate(string name, Func<byte[]> create)
    {
        if (TryRead(name) is { } content)
            return content;
        string beside = WriteBeside(name, create());
        try
        {
            DurableNames.TryGiveName(beside, FullPath(name));
        }
        finally
        {
            File.Delete(beside);
        }
        DurableNames.Sync(Path);
        return TryRead(name) ?? throw new IOException($"{FullPath(name)} was removed while it was being made");
    }

    /// <summary>Replaces a file's content.</summary>
    public void Replace(string name, byte[] content)
    {
        string beside = WriteBeside(name, content);
        File.Move(beside, FullPath(name), overwrite: true);
        DurableNames.Sync(Path);
    }

    /// <summary>Keeps other processes from changing what this name stands for, until disposed of.</summary>
    /// <exception cref="UnfitHomeException">Another process does so already.</exception>
    public IDisposable Lock(string name)
    {
        try
        {
            return new FileStream(FullPath(name), Options(FileMode.OpenOrCreate));
        }
        catch (IOException e) when (e.GetType() == typeof(IOException))
        {
            throw new UnfitHomeException($"another process is changing the secrets in {Path}; try again", e);
        }
    }

    public UnfitHomeException Damaged(string name, Exception? inner = null) =>
        new($"{FullPath(name)} is damaged; put it back from a backup, since a new one recognises nothing that the old one made", inner);

    private byte[]? TryRead(string name)
    {
        string path = FullPath(name);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
                throw new UnfitHomeException($"others than its owner may open a secret of Limpid's; run: chmod 600 '{path}'");
            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private string WriteBeside(string name, byte[] content)
    {
        string beside = FullPath($".{name}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
        using var file = new FileStream(beside, Options(FileMode.CreateNew));
        file.Write(content);
        file.Flush(flushToDisk: true);
        return beside;
    }

    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return options;
    }

    private string FullPath(string name) => System.IO.Path.Combine(Path, name);
}
