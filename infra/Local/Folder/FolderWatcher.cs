using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// Tells what may have changed in a folder lake. On a local disk the system reports each change; on a network share, or where the
/// system's limit of watched folders is reached, changes elsewhere can't be seen, and the whole lake is hinted at regularly.
/// Hints never get lost unnoticed: where the system dropped some, or too many piled up, <see cref="LakeHint.Rescan"/> stands for all.
/// </summary>
public sealed class FolderWatcher : IDisposable
{
    private const int MostPending = 10_000;
    private const int SystemBuffer = 64 * 1024;

    private readonly string root;
    private readonly FolderKeys keys;
    private readonly TimeProvider clock;
    private readonly TimeSpan quiet;
    private readonly TimeSpan interval;
    private readonly FileSystemWatcher? watcher;
    private readonly Lock gate = new();
    private readonly Channel<bool> arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private HashSet<LakeHint> pending = [LakeHint.Rescan];
    private volatile bool polls;

    /// <summary>Watches from now on; the first hint is a rescan, for what changed before.</summary>
    /// <param name="root">The lake's folder.</param>
    /// <param name="stateFolder">As in <see cref="FolderStore"/>: nothing in it is hinted at.</param>
    /// <param name="clock">Measures both times below.</param>
    /// <param name="quiet">How long hints are gathered, so that a file that is being written makes one and not a hundred. Null: 200 ms.</param>
    /// <param name="interval">Between two rescans where the system can't report changes. Null: 30 s.</param>
    /// <param name="polls">Null: finds out whether the system can report changes.</param>
    public FolderWatcher(
        string root, string? stateFolder, TimeProvider clock, TimeSpan? quiet = null, TimeSpan? interval = null, bool? polls = null)
    {
        this.root = Path.GetFullPath(root);
        this.clock = clock;
        this.quiet = quiet ?? TimeSpan.FromMilliseconds(200);
        this.interval = interval ?? TimeSpan.FromSeconds(30);
        keys = new FolderKeys(this.root, stateFolder);
        this.polls = polls ?? IsRemote(this.root);
        if (this.polls)
            return;
        watcher = new FileSystemWatcher(this.root)
        {
            IncludeSubdirectories = true,
            InternalBufferSize = SystemBuffer,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
        };
        watcher.Changed += (_, change) => Add(new LakeHint(KeyOf(change.FullPath), false));
        watcher.Created += (_, change) => AddPlace(change.FullPath);
        watcher.Deleted += (_, change) => AddPlace(change.FullPath);
        watcher.Renamed += (_, change) =>
        {
            AddPlace(change.OldFullPath);
            AddPlace(change.FullPath);
        };
        watcher.Error += (_, error) => Lost(error.GetException());
        try
        {
            watcher.EnableRaisingEvents = true;
        }
        catch (IOException e)
        {
            // The limit on watchers is reached already.
            Lost(e);
        }
    }

    /// <summary>Whether whole-lake hints at intervals are all there is.</summary>
    public bool IsPolling => polls;

    /// <summary>Hints as they come, until cancelled. For one reader.</summary>
    public async IAsyncEnumerable<LakeHint> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            HashSet<LakeHint> batch;
            lock (gate)
                (batch, pending) = (pending, []);
            foreach (LakeHint hint in batch)
                yield return hint;
            if (polls)
            {
                await Task.Delay(interval, clock, cancellation).ConfigureAwait(false);
                Add(LakeHint.Rescan);
            }
            else
            {
                await arrived.Reader.ReadAsync(cancellation).ConfigureAwait(false);
                await Task.Delay(quiet, clock, cancellation).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => watcher?.Dispose();

    /// <summary>What the system says when it can't go on reporting every change.</summary>
    internal void Lost(Exception reason)
    {
        if (reason is not InternalBufferOverflowException)
            polls = true;
        Add(LakeHint.Rescan);
    }

    private static bool IsRemote(string root)
    {
        if (!FolderStore.IsSupported)
            return false;
        using SafeFileHandle folder = FolderPath.OpenRoot(root);
        return FolderObstacles.IsRemote(folder);
    }

    // What came or went may be a folder, with everything in it: a folder that was moved is reported once, not file by file.
    private void AddPlace(string path)
    {
        string key = KeyOf(path);
        Add(new LakeHint(key, false));
        if (!File.Exists(path))
            Add(new LakeHint(key + "/", true));
    }

    private void Add(LakeHint hint)
    {
        if (hint != LakeHint.Rescan && keys.IsExcluded(hint.Key))
            return;
        lock (gate)
        {
            if (hint == LakeHint.Rescan || pending.Contains(LakeHint.Rescan) || pending.Count == MostPending)
                pending = [LakeHint.Rescan];
            else
                pending.Add(hint);
        }
        arrived.Writer.TryWrite(true);
    }

    private string KeyOf(string path) => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
}
