using System.Collections.Frozen;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>What stands in the way of erasing in one folder, and in the way of one of its files: reasons for people, or null.</summary>
internal sealed class FolderObstacles
{
    public const string ForeignOwner = "belongs to another user, so writers that hold the file open can't be found";
    public const string NoExchange = "this file system can't exchange two names atomically, so erasing here is blocked";
    public const string BadName = "its name is not valid UTF-8";

    private const int Write = 2;
    private const int Search = 1;
    private const int Read = 4;
    private const int AsEffectiveUser = 0x200;

    // By the magic numbers of statfs(2): what other machines or programs can write to without this kernel's knowing.
    private static readonly FrozenSet<uint> Remote = FrozenSet.Create<uint>(
        0x6969 /* NFS */, 0x517B /* SMB */, 0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB 2 */, 0x65735546 /* FUSE */,
        0x01021997 /* 9P */, 0x00C36400 /* Ceph */, 0x5346414F /* AFS */, 0x6B414653 /* kAFS */, 0x73757245 /* Coda */,
        0x01161970 /* GFS2 */, 0x7461636F /* OCFS2 */, 0x0BD00BD0 /* Lustre */, 0x47504653 /* GPFS */, 0x786F4256 /* VirtualBox */,
        0x7C7C6673 /* Parallels */, 0x19830326 /* FhGFS */, 0xAAD7AAEA /* PanFS */);

    private readonly SafeFileHandle folder;
    private readonly bool isRoot = Libc.EffectiveUser() == 0;
    private readonly string? ofAll;

    public FolderObstacles(SafeFileHandle folder)
    {
        this.folder = folder;
        (bool remote, bool readOnly) = Examine(folder);
        ofAll = readOnly ? "on a file system that is mounted read-only"
            : remote ? "on a network file system: writers on other machines can't be found, so erasing here is blocked"
            : Libc.Access(folder, ".", Write | Search, AsEffectiveUser) != 0 ? "the permission to write to its folder is missing"
            : null;
    }

    /// <summary>Whether changes can come from outside this machine, unannounced.</summary>
    public static bool IsRemote(SafeFileHandle folder) => Examine(folder).Remote;

    /// <summary>Why its bytes can't be read.</summary>
    public string? ToReading(string name, FileStamp stamp) =>
        stamp.IsLink ? "a symbolic link, which is not followed"
        : stamp.IsFolder ? "a folder"
        : !stamp.IsFile ? "a device, pipe or socket"
        : !isRoot && Libc.Access(folder, name, Read, AsEffectiveUser) != 0 ? "the permission to read it is missing"
        : null;

    /// <summary>Why it can be neither rewritten nor removed.</summary>
    public string? ToWriting(string name, FileStamp stamp) =>
        ToReading(name, stamp)
        ?? ofAll
        ?? (stamp.Links > 1 ? "has a second hard link, under which its rows would stay"
            : stamp.IsImmutable ? "marked immutable"
            : stamp.IsAppendOnly ? "marked append-only"
            : stamp.IsVerity ? "sealed by fs-verity"
            : !isRoot && stamp.User != Libc.EffectiveUser() ? ForeignOwner
            : null);

    private static unsafe (bool Remote, bool ReadOnly) Examine(SafeFileHandle folder)
    {
        Libc.FileSystem status;
        if (Libc.StatFileSystem(folder, &status) != 0)
            throw Libc.Failure("examine the file system");
        return (Remote.Contains((uint)status.Type), (status.Flags & 1) != 0);
    }
}
