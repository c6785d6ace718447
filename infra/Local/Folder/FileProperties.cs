using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// What a file has besides its bytes: mode, owner, group and extended attributes, POSIX access lists among them. Equal afterwards,
/// or the object is blocked. Times are not kept: a rewrite is a change, and backup programs are to see it.
/// </summary>
internal static class FileProperties
{
    private const string OwnerLost = "its owner or group can't be kept without more permission";

    /// <summary>Makes <paramref name="to"/> equal to <paramref name="from"/>, touching only what differs; null, or why it can't be, for people.</summary>
    public static string? Copy(FolderCalls calls, SafeFileHandle from, SafeFileHandle to)
    {
        FileStamp source = FileStamp.Of(from);
        FileStamp target = FileStamp.Of(to);
        if ((source.User != target.User || source.Group != target.Group) && !calls.TrySetOwner(to, source.User, source.Group))
            return OwnerLost;

        List<string> wanted = Names(from);
        foreach (string name in Names(to))
            if (!wanted.Contains(name) && !calls.TryRemoveAttribute(to, name))
                return $"its attributes can't be kept ({name})";
        foreach (string name in wanted)
        {
            if (Value(from, name) is not { } value)
                continue;
            // An empty attribute is not the same as none.
            bool isEqual = Value(to, name) is { } present && value.AsSpan().SequenceEqual(present);
            if (!isEqual && !calls.TrySetAttribute(to, name, value))
                return $"its attributes can't be kept ({name})";
        }

        // After owner and access list: both may clear bits.
        if (source.Mode != FileStamp.Of(to).Mode)
            calls.SetMode(to, source.Mode);
        return null;
    }

    private static List<string> Names(SafeFileHandle file)
    {
        byte[] names = Read(file, static (handle, buffer) => Libc.ListAttributes(handle, buffer, (nuint)buffer.Length)) ?? [];
        return [.. Encoding.UTF8.GetString(names).Split('\0', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static byte[]? Value(SafeFileHandle file, string name) =>
        Read(file, (handle, buffer) => Libc.GetAttribute(handle, name, buffer, (nuint)buffer.Length));

    private delegate nint Reading(SafeFileHandle file, Span<byte> buffer);

    // Null where there is no such attribute, or none at all on this file system.
    private static byte[]? Read(SafeFileHandle file, Reading read)
    {
        for (byte[] buffer = new byte[1024]; ; buffer = new byte[buffer.Length * 4])
        {
            nint length = read(file, buffer);
            if (length >= 0)
                return buffer[..(int)length];
            int error = Marshal.GetLastPInvokeError();
            if (error is Libc.NoData or Libc.NotSupported)
                return null;
            if (error != Libc.Range)
                throw Libc.Failure("read a file's attributes", error);
        }
    }
}
