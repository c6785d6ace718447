using Limpid.Core.Ports;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// The pair of files beside an object while it is created, rewritten or removed. The record is made and locked first and removed
/// last, so that the next start knows a leftover from work that is under way. Disposing leaves neither file behind.
/// </summary>
internal sealed class Rewrite : IDisposable
{
    private readonly FolderCalls calls;
    private readonly SafeFileHandle folder;
    private readonly SafeFileHandle record;
    private RewriteRecord? written;
    private bool isSettled;

    private Rewrite(FolderCalls calls, SafeFileHandle folder, RewriteFiles files, SafeFileHandle record)
    {
        this.calls = calls;
        this.folder = folder;
        this.record = record;
        Files = files;
    }

    public RewriteFiles Files { get; }

    public static Rewrite Begin(FolderCalls calls, SafeFileHandle folder)
    {
        var files = RewriteFiles.New();
        SafeFileHandle record = calls.Create(folder, files.Record, 0x180);
        if (RecordLock.TryTake(record) && FileStamp.Of(record).Links == 1)
            return new Rewrite(calls, folder, files, record);
        record.Dispose();
        throw new IOException("A rewrite was swept away by another process as it began; it can be tried again.");
    }

    /// <summary>An empty file beside the object, open for reading and writing.</summary>
    public SafeFileHandle CreateContent(uint mode) => calls.Create(folder, Files.Content, mode);

    /// <summary>Makes durable what recovery needs. From here on <see cref="Settle"/> decides.</summary>
    public void Record(RewriteRecord content)
    {
        calls.Write(record, content.ToBytes());
        calls.Sync(record);
        calls.Sync(folder);
        written = content;
    }

    /// <summary>Looks at what came out of the exchange, finishes or puts back, and removes the record.</summary>
    public Settlement Settle(Func<bool> isUntouched)
    {
        Settlement settlement = Recovery.Settle(calls, folder, Files, written!, isUntouched);
        RemoveRecord();
        return settlement;
    }

    /// <summary>The content has its place under another name; only the record is left to remove.</summary>
    public void RemoveRecord()
    {
        calls.Unlink(folder, Files.Record);
        isSettled = true;
    }

    public void Dispose()
    {
        try
        {
            if (isSettled)
                return;
            if (written is not null)
            {
                // Something failed after the record: nobody vouches for what was read any more.
                Settle(static () => false);
                return;
            }
            calls.Unlink(folder, Files.Content);
            RemoveRecord();
        }
        finally
        {
            record.Dispose();
        }
    }
}

/// <summary>What an object's rewrite or removal came to.</summary>
internal enum Settlement
{
    /// <summary>What was read is gone.</summary>
    Finished,

    /// <summary>What stands at the name is what rivals put there, or what was read; ours is gone.</summary>
    PutBack,

    /// <summary>Rivals crossed so that one's bytes had no name left; they stand beside the object, visibly (<see cref="RewriteFiles.Rescue"/>).</summary>
    Rescued,
}

internal static class RecordLock
{
    /// <summary>False while another descriptor, in this process or another, holds it. The kernel lets go when a process dies.</summary>
    public static bool TryTake(SafeFileHandle record)
    {
        const int ExclusiveNow = 2 | 4;
        return Libc.Lock(record, ExclusiveNow) == 0;
    }

    public static StoreResult Explain(Settlement settlement, RewriteFiles files) => settlement switch
    {
        Settlement.Finished => new StoreResult(StoreOutcome.Done),
        Settlement.Rescued => new StoreResult(StoreOutcome.Changed,
            Reason: $"several writers changed it at once; what one of them wrote stands beside it in a file whose name ends in .limpid-{files.Id}"),
        _ => new StoreResult(StoreOutcome.Changed),
    };
}
