using Limpid.Core.Ports;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// A folder as an object store, without versions. A rewrite stands beside the object, is proven, and takes its place by one atomic
/// exchange of two names; then what came out is looked at, and put back if it isn't what was read. A lease taken before finds
/// writers that hold the file open, or open it meanwhile.
/// </summary>
/// <remarks>
/// What no file system can rule out: a program that resolved the object's name before the exchange, and is held up inside its call
/// to open for writing until the folder has been made durable and what was read is removed. Its writes then go nowhere.
/// </remarks>
public sealed class FolderStore : IObjectStore
{
    private const uint OwnerOnly = 0x180;
    private const uint Everyone = 0x1B6;
    private const int WriteBuffer = 128 * 1024;
    private static readonly TimeSpan LeaseGlance = TimeSpan.FromMilliseconds(100);

    private readonly string root;
    private readonly FolderKeys keys;
    private readonly FolderCalls calls;
    private readonly TimeProvider clock;

    /// <param name="root">The lake's folder. Files in it are objects; <c>.limpid/</c> and <c>lake.yaml</c> at its root are not.</param>
    /// <param name="stateFolder">Where Limpid keeps its state; no part of the lake where it is inside. Null: <c>.limpid/</c>.</param>
    /// <param name="clock">How often a long rewrite glances at its lease. Null: the system's.</param>
    public FolderStore(string root, string? stateFolder = null, TimeProvider? clock = null)
        : this(root, stateFolder, clock, new FolderCalls())
    {
    }

    internal FolderStore(string root, string? stateFolder, TimeProvider? clock, FolderCalls calls)
    {
        if (!IsSupported)
            throw new PlatformNotSupportedException("This needs 64-bit Linux: other systems have no leases and no exchange of names.");
        this.root = Path.GetFullPath(root);
        this.calls = calls;
        this.clock = clock ?? TimeProvider.System;
        keys = new FolderKeys(this.root, stateFolder);
    }

    /// <summary>Whether this system has what erasing safely in a folder takes; elsewhere there is <see cref="PlainFolderStore"/>.</summary>
    public static bool IsSupported =>
        OperatingSystem.IsLinux()
        && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
            is System.Runtime.InteropServices.Architecture.X64 or System.Runtime.InteropServices.Architecture.Arm64;

    /// <summary>
    /// Ends every rewrite that a crashed process left behind anywhere in the lake: the object's name then has the old content or the
    /// new, no file of ours is left, and what a rival wrote is kept. Work that is under way, here or in another process, is left alone.
    /// Returns how many were ended. Call it at start: it visits every folder.
    /// </summary>
    public int Sweep(CancellationToken cancellation)
    {
        int ended = 0;
        using SafeFileHandle top = FolderPath.OpenRoot(root);
        var waiting = new Stack<string>([""]);
        while (waiting.TryPop(out string? path))
        {
            cancellation.ThrowIfCancellationRequested();
            using SafeFileHandle? folder = OpenListed(top, path);
            if (folder is null)
                continue;
            var leftovers = new HashSet<RewriteFiles>();
            foreach (FolderListing.Entry entry in FolderListing.ReadNames(folder))
            {
                if (entry.IsFolder && !keys.IsExcluded(path + entry.Name))
                    waiting.Push(path + entry.Name);
                else if (RewriteFiles.IsOne(entry.Name))
                    leftovers.Add(RewriteFiles.Of(entry.Name));
            }
            foreach (RewriteFiles files in leftovers)
                if (Recovery.TryRecover(calls, folder, files))
                    ended++;
        }
        return ended;
    }

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation) =>
        FolderListing.WalkAsync(root, keys, prefix, after, cancellation);

    public ValueTask<string?> WhyUnlistableAsync(string prefix, CancellationToken cancellation)
    {
        using SafeFileHandle top = FolderPath.OpenRoot(root);
        return new(FolderPath.WhyNoFolder(top, prefix.TrimEnd('/').Split('/')));
    }

    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation)
    {
        using Place? place = Find(key, out string? closed);
        if (closed is not null)
            return FolderListing.Unlistable(key, closed);
        if (place is null)
            return null;
        (FileStamp Stamp, bool Settled)? found = await FileStamp.OfSettledAsync(place.Folder, place.Name, cancellation).ConfigureAwait(false);
        return found is var (stamp, settled) && !stamp.IsFolder
            ? FolderListing.Describe(key, stamp, settled, new FolderObstacles(place.Folder))
            : null;
    }

    public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (read.Unreadable is { } reason)
            throw new ObjectUnreadableException(reason);
        Place place = Find(read.Key, out string? closed) ?? throw (closed is null ? Missing() : new ObjectUnreadableException(closed));
        try
        {
            SafeFileHandle file = FolderPath.OpenFile(place.Folder, place.Name) ?? throw Missing();
            FileStamp stamp = FileStamp.Of(file);
            if (!stamp.IsFile || stamp.ETag != read.ETag)
            {
                file.Dispose();
                throw new ObjectChangedException("The object is not the one that was seen.");
            }
            const int Sequential = 2;
            _ = Libc.Advise(file, offset, 0, Sequential);
            SafeFileHandle folder = place.TakeFolder();
            return Task.FromResult<Stream>(new ObjectStream(file, folder, stamp.Size, offset, isEnd =>
                FileStamp.Of(file).ETag == read.ETag && (!isEnd || FileStamp.Of(folder, place.Name)?.Inode == stamp.Inode)));
        }
        catch (UnauthorizedAccessException)
        {
            throw new ObjectUnreadableException("it may not be read for want of permission");
        }
        finally
        {
            place.Dispose();
        }

        static ObjectChangedException Missing() => new("The object is gone.");
    }

    public async Task<StoreResult> ReplaceAsync(
        ObjectInfo read,
        Func<Stream, CancellationToken, Task> write,
        Func<Stream, CancellationToken, Task<bool>> prove,
        CancellationToken cancellation)
    {
        (Hold? hold, StoreResult refusal) = TakeHold(read);
        using Hold? held = hold;
        if (held is null)
            return refusal;

        // Whoever wants to write waits for us: so we stop at once instead of finishing for nothing.
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ITimer glance = clock.CreateTimer(
            _ =>
            {
                if (held.Lease.IsBroken)
                    interrupted.Cancel();
            },
            null, LeaseGlance, LeaseGlance);
        try
        {
            await using (glance.ConfigureAwait(false))
                return await ExchangeAsync(held, read.Key, write, prove, interrupted.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return new StoreResult(StoreOutcome.Changed);
        }
    }

    public Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        (Hold? hold, StoreResult refusal) = TakeHold(read);
        using Hold? held = hold;
        if (held is null)
            return Task.FromResult(refusal);

        using var rewrite = Rewrite.Begin(calls, held.Folder);
        rewrite.Record(new RewriteRecord(held.Name, RecordedFile.Of(held.Stamp), null));
        if (!held.IsStillThere)
            return Task.FromResult(new StoreResult(StoreOutcome.Changed));
        int error = calls.TryMove(held.Folder, held.Name, rewrite.Files.Content);
        if (error != 0)
            return Task.FromResult(Refuse(error));
        return Task.FromResult(RecordLock.Explain(rewrite.Settle(() => held.IsUntouched), rewrite.Files));
    }

    public async Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        if (!keys.TryParse(key, out string[]? names))
            return new StoreResult(StoreOutcome.Blocked, Reason: "this key is no place in the lake");
        using SafeFileHandle top = FolderPath.OpenRoot(root);
        using SafeFileHandle? folder = FolderPath.MakeFolder(calls, top, names.AsSpan(..^1));
        if (folder is null)
            return new StoreResult(StoreOutcome.Blocked, Reason: "something that is no folder stands on the way to this key");
        if (FileStamp.Of(folder, names[^1]) is not null)
            return new StoreResult(StoreOutcome.Changed);

        using var rewrite = Rewrite.Begin(calls, folder);
        using SafeFileHandle content = rewrite.CreateContent(Everyone);
        await WriteAsync(content, write, cancellation).ConfigureAwait(false);
        ulong inode = FileStamp.Of(content).Inode;
        switch (calls.TryMove(folder, rewrite.Files.Content, names[^1]))
        {
            case 0:
                calls.Sync(folder);
                rewrite.RemoveRecord();
                break;
            case Libc.Exists:
                return new StoreResult(StoreOutcome.Changed);
            case var error:
                throw Libc.Failure("give a new object its name", error);
        }
        return await DescribeOursAsync(key, folder, names[^1], inode, null, cancellation).ConfigureAwait(false);
    }

    private async Task<StoreResult> ExchangeAsync(
        Hold held, string key, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove,
        CancellationToken cancellation)
    {
        using var rewrite = Rewrite.Begin(calls, held.Folder);
        FileStamp proven;
        using SafeFileHandle? fresh = await PrepareAsync().ConfigureAwait(false);
        if (fresh is null)
            return new StoreResult(StoreOutcome.Unproven);
        if (FileProperties.Copy(calls, held.File, fresh) is { } lost)
            return new StoreResult(StoreOutcome.Blocked, Reason: lost);
        proven = FileStamp.Of(fresh);
        await proven.WaitOutAsync(cancellation).ConfigureAwait(false);

        if (!held.IsStillThere)
            return new StoreResult(StoreOutcome.Changed);
        rewrite.Record(new RewriteRecord(held.Name, RecordedFile.Of(held.Stamp), RecordedFile.Of(proven)));
        if (!held.IsStillThere)
            return new StoreResult(StoreOutcome.Changed);
        int error = calls.TryExchange(held.Folder, rewrite.Files.Content, held.Name);
        if (error != 0)
            return Refuse(error);

        // Mode, owner or attributes that were changed during the rewrite go along as well.
        if (held.IsUntouched && FileProperties.Copy(calls, held.File, fresh) is { } lostMeanwhile)
            return new StoreResult(StoreOutcome.Blocked, Reason: lostMeanwhile);
        Settlement settlement = rewrite.Settle(() => held.IsUntouched);
        return settlement == Settlement.Finished
            ? await DescribeOursAsync(key, held.Folder, held.Name, proven.Inode, proven, CancellationToken.None).ConfigureAwait(false)
            : RecordLock.Explain(settlement, rewrite.Files);

        // The content beside the object, proven, durable, and open for reading only; null where the proof failed.
        async Task<SafeFileHandle?> PrepareAsync()
        {
            using SafeFileHandle content = rewrite.CreateContent(OwnerOnly);
            await WriteAsync(content, write, cancellation).ConfigureAwait(false);
            using (var proof = new FileStream(new SafeFileHandle(content.DangerousGetHandle(), false), FileAccess.Read, WriteBuffer))
            {
                proof.Position = 0;
                if (!await prove(proof, cancellation).ConfigureAwait(false))
                    return null;
            }
            // Our own descriptor for writing is closed with this block: it would look like a rival's.
            return FolderPath.OpenFile(held.Folder, rewrite.Files.Content) ?? throw new IOException("The rewritten content was removed by somebody else.");
        }
    }

    private async Task WriteAsync(SafeFileHandle content, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        var stream = new FileStream(new SafeFileHandle(content.DangerousGetHandle(), false), FileAccess.Write, WriteBuffer);
        await using (stream.ConfigureAwait(false))
            await write(stream, cancellation).ConfigureAwait(false);
        calls.Sync(content);
    }

    // A rival's write that came right after ours is not ours to describe, but ours was done all the same: whoever is told otherwise
    // finds nothing left to do, and does not count it.
    private static async Task<StoreResult> DescribeOursAsync(
        string key, SafeFileHandle folder, string name, ulong inode, FileStamp? written, CancellationToken cancellation)
    {
        (FileStamp Stamp, bool Settled)? found = await FileStamp.OfSettledAsync(folder, name, cancellation).ConfigureAwait(false);
        if (found is not var (stamp, settled) || stamp.Inode != inode || (written is { } ours && !stamp.IsSameContentAs(ours)))
            return new StoreResult(StoreOutcome.Done);
        return new StoreResult(StoreOutcome.Done, FolderListing.Describe(key, stamp, settled, new FolderObstacles(folder)));
    }

    private (Hold? Hold, StoreResult Refusal) TakeHold(ObjectInfo read)
    {
        Place? place = Find(read.Key, out string? closed);
        if (closed is not null)
            return (null, new StoreResult(StoreOutcome.Blocked, Reason: closed));
        SafeFileHandle? file = null;
        try
        {
            if (place is null || FileStamp.Of(place.Folder, place.Name) is not { IsFolder: false } seen)
                return (null, new StoreResult(StoreOutcome.Gone));
            if (seen.ETag != read.ETag)
                return (null, new StoreResult(StoreOutcome.Changed));
            if (new FolderObstacles(place.Folder).ToWriting(place.Name, seen) is { } obstacle)
                return (null, new StoreResult(StoreOutcome.Blocked, Reason: obstacle));
            file = FolderPath.OpenFile(place.Folder, place.Name);
            if (file is null)
                return (null, new StoreResult(StoreOutcome.Changed));
            ReadLease? lease = ReadLease.TryTake(file, out string? reason);
            if (lease is null)
                return (null, new StoreResult(StoreOutcome.Blocked, Reason: reason));
            if (FileStamp.Of(file) is var stamp && stamp.ETag != read.ETag)
            {
                lease.Dispose();
                return (null, new StoreResult(StoreOutcome.Changed));
            }
            var hold = new Hold(place.TakeFolder(), place.Name, file, lease, stamp);
            file = null;
            return (hold, default);
        }
        finally
        {
            file?.Dispose();
            place?.Dispose();
        }
    }

    private static StoreResult Refuse(int error) => error switch
    {
        Libc.NoEntry => new StoreResult(StoreOutcome.Gone),
        Libc.InvalidArgument or Libc.NotImplemented or Libc.NotSupported => new StoreResult(StoreOutcome.Blocked, Reason: FolderObstacles.NoExchange),
        Libc.NotPermitted or Libc.AccessDenied => new StoreResult(StoreOutcome.Blocked, Reason: "the permission to rename it is missing"),
        Libc.ReadOnlyFileSystem => new StoreResult(StoreOutcome.Blocked, Reason: "on a file system that is mounted read-only"),
        Libc.Busy => new StoreResult(StoreOutcome.Blocked, Reason: "in use as a mount point"),
        _ => throw Libc.Failure("exchange two names", error),
    };

    /// <param name="closed">Why its folder can't be opened, though it is there; then there is no place.</param>
    private Place? Find(string key, out string? closed)
    {
        closed = null;
        if (!keys.TryParse(key, out string[]? names))
            return null;
        using SafeFileHandle top = FolderPath.OpenRoot(root);
        try
        {
            return FolderPath.OpenFolder(top, names.AsSpan(..^1)) is { } folder ? new Place(folder, names[^1]) : null;
        }
        catch (UnauthorizedAccessException)
        {
            closed = "its folder can't be opened for want of permission";
            return null;
        }
    }

    private static SafeFileHandle? OpenListed(SafeFileHandle top, string path)
    {
        try
        {
            return FolderPath.OpenFolder(top, path.Length == 0 ? [] : path[..^1].Split('/'));
        }
        catch (UnauthorizedAccessException)
        {
            // Listings name such folders; where nothing can be listed nothing was rewritten either.
            return null;
        }
    }

    /// <summary>An object's folder and its name in there.</summary>
    private sealed class Place(SafeFileHandle folder, string name) : IDisposable
    {
        private bool isTaken;

        public SafeFileHandle Folder => folder;

        public string Name => name;

        public SafeFileHandle TakeFolder()
        {
            isTaken = true;
            return folder;
        }

        public void Dispose()
        {
            if (!isTaken)
                folder.Dispose();
        }
    }

    /// <summary>An object that is what was read, with nobody writing to it.</summary>
    private sealed class Hold(SafeFileHandle folder, string name, SafeFileHandle file, ReadLease lease, FileStamp stamp) : IDisposable
    {
        public SafeFileHandle Folder => folder;

        public string Name => name;

        public SafeFileHandle File => file;

        public ReadLease Lease => lease;

        public FileStamp Stamp => stamp;

        public bool IsStillThere => !lease.IsBroken && FileStamp.Of(folder, name) == stamp;

        /// <summary>Under whatever name it has by now.</summary>
        public bool IsUntouched => !lease.IsBroken && FileStamp.Of(file) is { Links: 1 } now && now.IsSameContentAs(stamp);

        public void Dispose()
        {
            lease.Dispose();
            file.Dispose();
            folder.Dispose();
        }
    }
}
