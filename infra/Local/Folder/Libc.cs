using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// The Linux calls that .NET does not offer: descriptors relative to a folder, nanosecond stamps, leases, the atomic exchange of
/// two names, extended attributes. For 64-bit Linux; see <see cref="FolderStore.IsSupported"/>.
/// </summary>
internal static unsafe partial class Libc
{
    public const int CurrentFolder = -100;

    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;

    public const int NoFollowLinks = 0x100;
    public const int EmptyPath = 0x1000;

    public const uint RenameNoReplace = 1;
    public const uint RenameExchange = 2;

    /// <summary>The signal that nothing can ignore.</summary>
    public const int Kill = 9;

    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NotAFolder = 20;
    public const int IsAFolder = 21;
    public const int InvalidArgument = 22;
    public const int ReadOnlyFileSystem = 30;
    public const int Range = 34;
    public const int NameTooLong = 36;
    public const int NotImplemented = 38;
    public const int LinkLoop = 40;
    public const int NoData = 61;
    public const int NotSupported = 95;

    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // These differ between the two processors, unlike the flags above.
    public static readonly int FolderOnly = Arm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = Arm ? 0x8000 : 0x20000;
    private static readonly nint Renameat2Number = Arm ? 276 : 316;
    private static readonly nint Getdents64Number = Arm ? 61 : 217;

    [StructLayout(LayoutKind.Sequential)]
    public struct Time
    {
        public long Seconds;
        public uint Nanoseconds;
        private readonly int pad;

        public readonly long TotalNanoseconds => (Seconds * 1_000_000_000) + Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct Status
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Links;
        public uint User;
        public uint Group;
        public ushort Mode;
        private readonly ushort pad;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public Time Accessed;
        public Time Born;
        public Time Changed;
        public Time Modified;
        public uint SpecialMajor;
        public uint SpecialMinor;
        public uint DeviceMajor;
        public uint DeviceMinor;
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct FileSystem
    {
        [FieldOffset(0)] public long Type;
        [FieldOffset(80)] public long Flags;
    }

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Open(int folder, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Stat(int folder, string path, int flags, uint mask, Status* status);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    public static partial int StatFileSystem(SafeFileHandle file, FileSystem* status);

    [LibraryImport("libc", EntryPoint = "faccessat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Access(SafeFileHandle folder, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "mkdirat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int MakeFolder(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Unlink(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int SetMode(SafeFileHandle file, uint mode);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    public static partial int SetOwner(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(SafeFileHandle file, Span<byte> names, nuint size);

    [LibraryImport("libc", EntryPoint = "fgetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial nint GetAttribute(SafeFileHandle file, string name, Span<byte> value, nuint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int SetAttribute(SafeFileHandle file, string name, ReadOnlySpan<byte> value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fremovexattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int RemoveAttribute(SafeFileHandle file, string name);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    public static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    /// <summary>Sends a signal to a process, or by a negative number to all of a group.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, Time* time);

    [LibraryImport("libc", EntryPoint = "syscall", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Renameat2(nint number, nint fromFolder, string from, nint toFolder, string to, nuint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Getdents64(nint number, nint folder, byte* buffer, nuint size);

    /// <summary>Renames within one folder; 0, or -1 with the last error set.</summary>
    public static int Rename(SafeFileHandle folder, string from, string to, uint flags)
    {
        nint descriptor = folder.DangerousGetHandle();
        int result = (int)Renameat2(Renameat2Number, descriptor, from, descriptor, to, flags);
        GC.KeepAlive(folder);
        return result;
    }

    /// <summary>Fills the buffer with directory entries; the bytes used, 0 at the end, or -1 with the last error set.</summary>
    public static int ReadFolder(SafeFileHandle folder, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            int result = (int)Getdents64(Getdents64Number, folder.DangerousGetHandle(), start, (nuint)buffer.Length);
            GC.KeepAlive(folder);
            return result;
        }
    }

    /// <summary>The clock that the kernel stamps files with, in nanoseconds since 1970: it moves in steps of a few milliseconds.</summary>
    public static long StampClock()
    {
        const int RealtimeCoarse = 5;
        Time time;
        return GetTime(RealtimeCoarse, &time) == 0 ? time.TotalNanoseconds : throw Failure("read the clock");
    }

    /// <summary>What to throw for the last error. No path in the message: names can be identifiers.</summary>
    public static IOException Failure(string what, int? error = null)
    {
        int number = error ?? Marshal.GetLastPInvokeError();
        return new IOException($"Could not {what}: {Marshal.GetPInvokeErrorMessage(number)} (errno {number}).", number);
    }
}
