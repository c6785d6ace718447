using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Limpid.Local.Storage;

/// <summary>Brings the names in a folder to disk; .NET opens no folders.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <summary>After this a power cut forgets no file that was created, renamed or removed in it. Windows needs none of it.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw Failed(folder);
        try
        {
            if (Sync(descriptor) != 0)
                throw Failed(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failed(string folder)
    {
        var reason = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"can't sync the folder {Path.GetFileName(folder)}: {reason.Message}", reason);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
