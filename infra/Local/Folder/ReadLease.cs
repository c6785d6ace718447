using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// The kernel's word that nobody has a file open for writing (or mapped so): it is granted only then, and from then on whoever
/// opens the file for writing or truncates it, in whatever process, waits until the lease is given back (at most 45 s, the kernel's
/// <c>lease-break-time</c>) while <see cref="IsBroken"/> tells us.
/// </summary>
internal sealed class ReadLease : IDisposable
{
    private const int SetSignal = 10;
    private const int SetLease = 1024;
    private const int GetLease = 1025;
    private const int ReadLock = 0;
    private const int Unlock = 2;
    private const int Urgent = 23;

    private readonly SafeFileHandle file;

    private ReadLease(SafeFileHandle file) => this.file = file;

    /// <summary>True from the moment somebody wants to write, for good.</summary>
    public bool IsBroken => Libc.Control(file, GetLease, 0) != ReadLock;

    /// <summary>Takes the lease on a descriptor that is open for reading only; else null and why, for people.</summary>
    public static ReadLease? TryTake(SafeFileHandle file, out string? reason)
    {
        // The kernel tells of a break by SIGIO, which ends a process that doesn't expect it; SIGURG is ignored by default.
        if (Libc.Control(file, SetSignal, Urgent) == 0 && Libc.Control(file, SetLease, ReadLock) == 0)
        {
            reason = null;
            return new ReadLease(file);
        }
        reason = Marshal.GetLastPInvokeError() switch
        {
            Libc.TryAgain => OpenForWriting,
            Libc.AccessDenied or Libc.NotPermitted => FolderObstacles.ForeignOwner,
            _ => "this file system grants no leases, so writers that hold the file open can't be found",
        };
        return null;
    }

    public const string OpenForWriting = "open for writing by another process";

    public void Dispose() => _ = Libc.Control(file, SetLease, Unlock);
}
