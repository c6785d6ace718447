using System.Runtime.InteropServices;

namespace Limpid.Local.Home;

/// <summary>What .NET does not offer of the file system: naming a file only where the name is free, and making names durable.</summary>
internal static partial class DurableNames
{
    private const int ExistsAlready = 17;
    private const int ReadOnlyDirectory = 0x10000;
    private const uint NoReplace = 1;
    private const int CurrentFolder = -100;

    /// <summary>Gives a file a (second) name; false where the name is taken. Of rivals exactly one succeeds.</summary>
    public static bool TryGiveName(string file, string name)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return TryMove(file, name);
        if (Link(file, name) == 0)
            return true;
        if (Marshal.GetLastPInvokeError() == ExistsAlready)
            return false;
        // Some file systems know no second names.
        if (OperatingSystem.IsLinux() && RenameAt2(CurrentFolder, file, CurrentFolder, name, NoReplace) == 0)
            return true;
        int error = Marshal.GetLastPInvokeError();
        return error == ExistsAlready
            ? false
            : throw new IOException($"{name} can't be made: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Makes the names in a folder outlast a power failure. File systems that can't are left to themselves.</summary>
    public static void Sync(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        int handle = Open(folder, ReadOnlyDirectory);
        if (handle < 0)
            return;
        _ = Fsync(handle);
        _ = Close(handle);
    }

    private static bool TryMove(string file, string name)
    {
        try
        {
            File.Move(file, name, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(name))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int oldFolder, string oldName, int newFolder, string newName, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
