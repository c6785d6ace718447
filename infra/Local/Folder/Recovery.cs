using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// Decides from what stands in a folder how a rewrite or removal ends: right after the exchange, after a failure, and at the next
/// start after a crash. What was read is removed only while it is untouched; a rival's bytes get their name back, and where later
/// rivals took that, a visible name beside it. Nothing here depends on how far the other one got.
/// </summary>
internal static class Recovery
{
    private const long Moment = 1_000_000_000;

    /// <param name="isUntouched">Whether nobody wrote, or can still write, to what was read; asked once before and once after the names are durable.</param>
    public static Settlement Settle(
        FolderCalls calls, SafeFileHandle folder, RewriteFiles files, RewriteRecord record, Func<bool> isUntouched)
    {
        if (FileStamp.Of(folder, files.Content) is not { } held)
            return Settlement.Finished;
        if (held.Inode == record.New?.Inode)
            return RemoveOurs(calls, folder, files, record);
        if (!IsWhatWasRead(held) || !isUntouched())
            return PutBack(calls, folder, files, record);

        // An open that found the old name before the exchange reaches the lease while this is written out, and is seen.
        calls.Sync(folder);
        if (FileStamp.Of(folder, files.Content) is not { } last || !IsWhatWasRead(last) || !isUntouched())
            return PutBack(calls, folder, files, record);
        calls.Unlink(folder, files.Content);
        calls.Sync(folder);
        return Settlement.Finished;

        bool IsWhatWasRead(FileStamp stamp) => record.Old.HasContentOf(stamp) && stamp.Links == 1;
    }

    /// <summary>Ends what a process left behind that died; false while it is alive.</summary>
    public static bool TryRecover(FolderCalls calls, SafeFileHandle folder, RewriteFiles files)
    {
        using SafeFileHandle? file = FolderPath.Open(folder, files.Record, Libc.ReadWrite | Libc.NoFollow);
        if (file is null)
        {
            // Without a record nothing was exchanged yet: it is ours, however far it was written.
            calls.Unlink(folder, files.Content);
            return true;
        }
        if (!RecordLock.TryTake(file))
            return false;
        if (RewriteRecord.Read(file) is { } record)
            Settle(calls, folder, files, record, () => IsUntouched(folder, files, record, FileStamp.Of(file)));
        else
            calls.Unlink(folder, files.Content);
        calls.Sync(folder);
        calls.Unlink(folder, files.Record);
        return true;
    }

    // A write that restored size and time of modification shows by its ctime: the exchange's own is within a moment of the record.
    private static bool IsUntouched(SafeFileHandle folder, RewriteFiles files, RewriteRecord record, FileStamp recorded)
    {
        using SafeFileHandle? file = FolderPath.OpenFile(folder, files.Content);
        if (file is null)
            return false;
        FileStamp stamp = FileStamp.Of(file);
        return (stamp.Changed == record.Old.Changed || stamp.Changed <= recorded.Modified + Moment) && !IsOpenForWriting(file);
    }

    private static bool IsOpenForWriting(SafeFileHandle file)
    {
        using ReadLease? lease = ReadLease.TryTake(file, out string? reason);
        return reason == ReadLease.OpenForWriting;
    }

    private static Settlement PutBack(FolderCalls calls, SafeFileHandle folder, RewriteFiles files, RewriteRecord record)
    {
        if (record.New is null)
            return calls.TryMove(folder, files.Content, record.Name) == 0
                ? Durable(calls, folder, Settlement.PutBack)
                : Rescue(calls, folder, files, record);

        ulong placed = record.New.Inode;
        using SafeFileHandle? ours = OpenIf(folder, record.Name, placed);
        if (ours is null)
            return Rescue(calls, folder, files, record);
        while (FileStamp.Of(folder, files.Content) is { } held)
        {
            if (calls.TryExchange(folder, files.Content, record.Name) != 0)
                return Rescue(calls, folder, files, record);
            if (FileStamp.Of(folder, files.Content) is not { } cameOut)
                break;
            if (cameOut.Inode == placed)
                return cameOut.Inode == record.New.Inode
                    ? RemoveOurs(calls, folder, files, record)
                    : RemoveSuperseded(calls, folder, files, record, ours);
            // A later rival's file had taken the name: it goes back there, in place of the earlier one that it overwrote.
            placed = held.Inode;
        }
        return Durable(calls, folder, Settlement.PutBack);
    }

    // An earlier rival's file, overwritten by a later rival's own rename. Had ours been moved away instead, the earlier one would be there now.
    private static Settlement RemoveSuperseded(
        FolderCalls calls, SafeFileHandle folder, RewriteFiles files, RewriteRecord record, SafeFileHandle ours)
    {
        if (FileStamp.Of(ours).Links > 0)
            return Rescue(calls, folder, files, record);
        calls.Unlink(folder, files.Content);
        return Durable(calls, folder, Settlement.PutBack);
    }

    // Ours stood at the name for a moment, in which somebody may have opened and written it.
    private static Settlement RemoveOurs(FolderCalls calls, SafeFileHandle folder, RewriteFiles files, RewriteRecord record)
    {
        using SafeFileHandle? file = FolderPath.OpenFile(folder, files.Content);
        if (file is not null && (!record.New!.HasContentOf(FileStamp.Of(file)) || IsOpenForWriting(file)))
            return Rescue(calls, folder, files, record);
        calls.Unlink(folder, files.Content);
        return Durable(calls, folder, Settlement.PutBack);
    }

    private static Settlement Rescue(FolderCalls calls, SafeFileHandle folder, RewriteFiles files, RewriteRecord record)
    {
        if (calls.TryMove(folder, files.Content, files.Rescue(record.Name)) is not 0 and var error)
            throw Libc.Failure("give a rival's file a name again", error);
        return Durable(calls, folder, Settlement.Rescued);
    }

    private static Settlement Durable(FolderCalls calls, SafeFileHandle folder, Settlement settlement)
    {
        calls.Sync(folder);
        return settlement;
    }

    private static SafeFileHandle? OpenIf(SafeFileHandle folder, string name, ulong inode)
    {
        SafeFileHandle? handle = FolderPath.Open(folder, name, Libc.PathOnly | Libc.NoFollow);
        if (handle is not null && FileStamp.Of(handle).Inode == inode)
            return handle;
        handle?.Dispose();
        return null;
    }
}
