using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// Every call by which Limpid changes a folder, each announced before it is made. A test lets a rival act at an announcement, or
/// throws from it and ever after: then nothing more is changed, as if the process had been killed there.
/// </summary>
internal sealed class FolderCalls(Action<string>? before = null)
{
    /// <summary>A new file; throws where the name is taken.</summary>
    public SafeFileHandle Create(SafeFileHandle folder, string name, uint mode)
    {
        before?.Invoke(nameof(Create));
        return FolderPath.Open(folder, name, Libc.ReadWrite | Libc.Create | Libc.Exclusive | Libc.NoFollow, mode)
            ?? throw Libc.Failure("create a file");
    }

    /// <summary>False where something stands at the name already.</summary>
    public bool MakeFolder(SafeFileHandle folder, string name)
    {
        before?.Invoke(nameof(MakeFolder));
        if (Libc.MakeFolder(folder, name, 0x1FF) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Libc.Exists ? false : throw Libc.Failure("create a folder");
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> content)
    {
        before?.Invoke(nameof(Write));
        RandomAccess.Write(file, content, 0);
    }

    /// <summary>Exchanges two names atomically; 0 or the error number.</summary>
    public int TryExchange(SafeFileHandle folder, string one, string other)
    {
        before?.Invoke(nameof(TryExchange));
        return Libc.Rename(folder, one, other, Libc.RenameExchange) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Renames to a name that is free; 0 or the error number.</summary>
    public int TryMove(SafeFileHandle folder, string from, string to)
    {
        before?.Invoke(nameof(TryMove));
        return Libc.Rename(folder, from, to, Libc.RenameNoReplace) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Already gone is fine.</summary>
    public void Unlink(SafeFileHandle folder, string name)
    {
        before?.Invoke(nameof(Unlink));
        if (Libc.Unlink(folder, name, 0) != 0 && Marshal.GetLastPInvokeError() != Libc.NoEntry)
            throw Libc.Failure("remove a file");
    }

    /// <summary>Makes a file's content, or a folder's names, durable.</summary>
    public void Sync(SafeFileHandle handle)
    {
        before?.Invoke(nameof(Sync));
        while (Libc.Sync(handle) != 0)
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                throw Libc.Failure("make a change durable");
    }

    /// <summary>False where the permission is missing.</summary>
    public bool TrySetOwner(SafeFileHandle file, uint user, uint group)
    {
        before?.Invoke(nameof(TrySetOwner));
        return Libc.SetOwner(file, user, group) == 0;
    }

    public void SetMode(SafeFileHandle file, uint mode)
    {
        before?.Invoke(nameof(SetMode));
        if (Libc.SetMode(file, mode & 0xFFF) != 0)
            throw Libc.Failure("set a file's mode");
    }

    public bool TrySetAttribute(SafeFileHandle file, string name, ReadOnlySpan<byte> value)
    {
        before?.Invoke(nameof(TrySetAttribute));
        return Libc.SetAttribute(file, name, value, (nuint)value.Length, 0) == 0;
    }

    public bool TryRemoveAttribute(SafeFileHandle file, string name)
    {
        before?.Invoke(nameof(TryRemoveAttribute));
        return Libc.RemoveAttribute(file, name) == 0 || Marshal.GetLastPInvokeError() == Libc.NoData;
    }
}
