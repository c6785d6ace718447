using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// What the file system says of one inode at one moment. Times are nanoseconds since 1970. <see cref="Changed"/> (ctime) can't be
/// set by programs, so a write shows even where its author puts the time of modification back.
/// </summary>
internal readonly record struct FileStamp(
    ulong Inode, long Size, long Modified, long Changed, uint Links, uint Mode, uint User, uint Group, ulong Attributes)
{
    private const uint BasicFields = 0x7ff;
    private const int ClockSteps = 8;

    /// <summary>
    /// The device is left out: a reboot may number devices anew, and the whole lake would look changed.
    /// </summary>
    public string ETag => string.Create(CultureInfo.InvariantCulture, $"{Inode:x}-{Size:x}-{Modified:x}-{Changed:x}");

    public DateTimeOffset ModifiedAt => DateTimeOffset.UnixEpoch.AddTicks(Modified / 100);

    public bool IsFile => Type == 0x8000;

    public bool IsFolder => Type == 0x4000;

    public bool IsLink => Type == 0xA000;

    private uint Type => Mode & 0xF000;

    /// <summary>Immutable, append-only, or sealed by fs-verity.</summary>
    public bool IsImmutable => (Attributes & 0x10) != 0;

    public bool IsAppendOnly => (Attributes & 0x20) != 0;

    public bool IsVerity => (Attributes & 0x100000) != 0;

    /// <summary>Same inode, size and time of modification; a rename in between is no difference, though it moves ctime.</summary>
    public bool IsSameContentAs(FileStamp other) =>
        Inode == other.Inode && Size == other.Size && Modified == other.Modified;

    /// <summary>What stands at a name, links not followed; null where nothing does.</summary>
    public static FileStamp? Of(SafeFileHandle folder, string name) =>
        Read(folder, name, Libc.NoFollowLinks);

    /// <summary>What a descriptor is open on.</summary>
    public static FileStamp Of(SafeFileHandle file) =>
        Read(file, "", Libc.EmptyPath) ?? throw Libc.Failure("examine an open file");

    /// <summary>
    /// Stamps move in clock steps of some milliseconds, so a file written twice within one step can look the same after both. This
    /// examines until the clock is past the last change: from then on every write shows. Null where nothing stands at the name;
    /// <c>Settled</c> is false for a file that is written without pause.
    /// </summary>
    public static async ValueTask<(FileStamp Stamp, bool Settled)?> OfSettledAsync(
        SafeFileHandle folder, string name, CancellationToken cancellation)
    {
        FileStamp? stamp = Of(folder, name);
        for (int step = 0; stamp is { } seen; step++)
        {
            if (seen.IsSettled)
                return (seen, true);
            if (step == ClockSteps && seen.Age >= 0)
                return (seen, false);
            await seen.WaitOutAsync(cancellation).ConfigureAwait(false);
            stamp = Of(folder, name);
        }
        return null;
    }

    /// <summary>Waits until whatever is written from now on carries a later stamp.</summary>
    public async ValueTask WaitOutAsync(CancellationToken cancellation)
    {
        while (!IsSettled)
            await Task.Delay(TimeSpan.FromMilliseconds(1), cancellation).ConfigureAwait(false);
    }

    // How far the clock has to be past the change: file systems that keep whole seconds only (FAT: even ones) need longer.
    private long Step => Changed % 1_000_000_000 == 0 ? 2_000_000_000 : 0;

    private long Age => Libc.StampClock() - Changed;

    // A stamp from the future (a clock that was put back) is as good: no write of now gets it.
    private bool IsSettled => Age is var age && (age > Step || age < -3_000_000_000);

    private static unsafe FileStamp? Read(SafeFileHandle handle, string name, int flags)
    {
        Libc.Status status;
        int result = Libc.Stat((int)handle.DangerousGetHandle(), name, flags, BasicFields, &status);
        int error = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        GC.KeepAlive(handle);
        if (result == 0)
            return new(status.Inode, (long)status.Size, status.Modified.TotalNanoseconds, status.Changed.TotalNanoseconds,
                status.Links, status.Mode, status.User, status.Group, status.Attributes);
        return error is Libc.NoEntry or Libc.NotAFolder or Libc.NameTooLong or Libc.LinkLoop ? null : throw Libc.Failure("examine a file", error);
    }
}
