using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// Opens folders and files one name at a time and never through a symbolic link, so that no link, not even one that a rival
/// puts there meanwhile, leads out of the lake.
/// </summary>
internal static class FolderPath
{
    /// <summary>The lake's root. It alone may be reached through links: the user named it.</summary>
    public static SafeFileHandle OpenRoot(string root)
    {
        int descriptor = Libc.Open(Libc.CurrentFolder, root, Libc.ReadOnly | Libc.FolderOnly | Libc.CloseOnExec, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, true) : throw Libc.Failure("open the lake's folder");
    }

    /// <summary>A folder below another, by its names; null where it isn't there or a link stands on the way.</summary>
    public static SafeFileHandle? OpenFolder(SafeFileHandle root, ReadOnlySpan<string> names)
    {
        SafeFileHandle? folder = Open(root, ".", Libc.ReadOnly | Libc.FolderOnly);
        foreach (string name in names)
        {
            using SafeFileHandle? parent = folder;
            folder = parent is null ? null : Open(parent, name, Libc.ReadOnly | Libc.FolderOnly | Libc.NoFollow);
        }
        return folder;
    }

    /// <summary>Why nothing can be listed in a folder below another, in one line for people; null where it is one.</summary>
    public static string? WhyNoFolder(SafeFileHandle root, ReadOnlySpan<string> names)
    {
        for (int depth = 0; depth < names.Length; depth++)
        {
            using SafeFileHandle? parent = OpenFolder(root, names[..depth]);
            if (parent is null || FileStamp.Of(parent, names[depth]) is not { } stamp)
                return "there is no such folder";
            if (!stamp.IsFolder)
                return stamp.IsLink ? "the folder is a symbolic link, which is not followed" : "it is no folder";
        }
        return null;
    }

    /// <summary>A folder below another, made where it is missing; null where something else has its name.</summary>
    public static SafeFileHandle? MakeFolder(FolderCalls calls, SafeFileHandle root, ReadOnlySpan<string> names)
    {
        SafeFileHandle? folder = OpenFolder(root, []);
        foreach (string name in names)
        {
            using SafeFileHandle? parent = folder;
            if (parent is null)
                return null;
            folder = OpenFolder(parent, [name]);
            if (folder is null && calls.MakeFolder(parent, name))
            {
                calls.Sync(parent);
                folder = OpenFolder(parent, [name]);
            }
        }
        return folder;
    }

    /// <summary>Null where nothing stands at the name, or something that the flags don't allow (a link, no folder).</summary>
    /// <exception cref="UnauthorizedAccessException">The permission is missing.</exception>
    public static SafeFileHandle? Open(SafeFileHandle folder, string name, int flags, uint mode = 0)
    {
        while (true)
        {
            int descriptor = Libc.Open((int)folder.DangerousGetHandle(), name, flags | Libc.CloseOnExec, mode);
            int error = Marshal.GetLastPInvokeError();
            GC.KeepAlive(folder);
            if (descriptor >= 0)
                return new SafeFileHandle(descriptor, true);
            switch (error)
            {
                case Libc.Interrupted:
                    continue;
                case Libc.NoEntry or Libc.NotAFolder or Libc.LinkLoop or Libc.NameTooLong:
                    return null;
                case Libc.AccessDenied or Libc.NotPermitted:
                    throw new UnauthorizedAccessException("The permission to open a file or folder of the lake is missing.");
                default:
                    throw Libc.Failure("open a file", error);
            }
        }
    }

    /// <summary>A file for reading only; never waits for the other end of a pipe.</summary>
    public static SafeFileHandle? OpenFile(SafeFileHandle folder, string name) =>
        Open(folder, name, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlocking);
}
