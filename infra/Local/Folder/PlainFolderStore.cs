using System.Globalization;
using System.Runtime.CompilerServices;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// A folder on a system that has neither leases nor an exchange of names: it can be listed, read and added to, so that a lake is
/// indexed and searched there, and every rewrite or removal is blocked and says why.
/// </summary>
/// <remarks>Its ETags rest on size and times, which is all that such systems tell portably.</remarks>
public sealed class PlainFolderStore(string root, string? stateFolder = null) : IObjectStore
{
    private const string Unsupported = "erasing in a folder is supported on 64-bit Linux only: this system can't exchange two names atomically and find writers";

    private readonly string root = Path.GetFullPath(root);
    private readonly FolderKeys keys = new(root, stateFolder);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var waiting = new Stack<(string Key, FileSystemInfo Info)>();
        Push("", new DirectoryInfo(root));
        while (waiting.TryPop(out (string Key, FileSystemInfo Info) next))
        {
            cancellation.ThrowIfCancellationRequested();
            if (next.Key.EndsWith('/'))
                Push(next.Key, (DirectoryInfo)next.Info);
            else
                yield return Describe(next.Key, next.Info);
        }
        await Task.CompletedTask.ConfigureAwait(false);

        void Push(string folder, DirectoryInfo info)
        {
            IEnumerable<(string Key, FileSystemInfo Info)> entries = info
                .EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false })
                .Select(entry => (Key: folder + entry.Name + (IsFolder(entry) ? "/" : ""), Info: entry))
                .Where(entry => !keys.IsExcluded(entry.Key) && IsAsked(entry.Key))
                .OrderByDescending(entry => entry.Key, KeyOrder.Instance);
            foreach ((string Key, FileSystemInfo Info) entry in entries)
                waiting.Push(entry);
        }

        bool IsAsked(string key)
        {
            bool isFolder = key.EndsWith('/');
            return (key.StartsWith(prefix, StringComparison.Ordinal) || (isFolder && prefix.StartsWith(key, StringComparison.Ordinal)))
                && (after is null || (isFolder && after.StartsWith(key, StringComparison.Ordinal)) || KeyOrder.Compare(key, after) > 0);
        }
    }

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation) => Task.FromResult(Head(key));

    public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (read.Unreadable is { } reason)
            throw new IOException($"The object can't be read: {reason}.");
        if (Head(read.Key) is not { Unreadable: null } there || there.ETag != read.ETag)
            throw new ObjectChangedException("The object is not the one that was seen.");
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(PathOf(read.Key), share: FileShare.ReadWrite | FileShare.Delete, options: FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ObjectChangedException("The object is gone.");
        }
        return Task.FromResult<Stream>(new ObjectStream(file, null, read.Size, offset, _ => Head(read.Key)?.ETag == read.ETag));
    }

    public Task<StoreResult> ReplaceAsync(
        ObjectInfo read,
        Func<Stream, CancellationToken, Task> write,
        Func<Stream, CancellationToken, Task<bool>> prove,
        CancellationToken cancellation) => Task.FromResult(Refuse(read));

    public Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation) => Task.FromResult(Refuse(read));

    public async Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        if (!keys.TryParse(key, out string[]? names) || HasLinkOnTheWay(names))
            return new StoreResult(StoreOutcome.Blocked, Reason: "this key is no place in the lake");
        string path = PathOf(key);
        if (Path.Exists(path))
            return new StoreResult(StoreOutcome.Changed);
        string folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        string beside = Path.Combine(folder, RewriteFiles.New().Content);
        try
        {
            var content = new FileStream(beside, FileMode.CreateNew, FileAccess.Write);
            await using (content.ConfigureAwait(false))
            {
                await write(content, cancellation).ConfigureAwait(false);
                content.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: false);
        }
        catch (IOException) when (Path.Exists(path))
        {
            return new StoreResult(StoreOutcome.Changed);
        }
        finally
        {
            File.Delete(beside);
        }
        return new StoreResult(StoreOutcome.Done, Head(key));
    }

    private static bool IsFolder(FileSystemInfo entry) => entry is DirectoryInfo && entry.LinkTarget is null;

    private static ObjectInfo Describe(string key, FileSystemInfo entry)
    {
        string? unreadable = entry.LinkTarget is not null ? "a symbolic link, which is not followed" : null;
        long size = entry is FileInfo file && unreadable is null ? file.Length : 0;
        return new ObjectInfo
        {
            Key = key,
            ETag = string.Create(CultureInfo.InvariantCulture, $"{size:x}-{entry.LastWriteTimeUtc.Ticks:x}-{entry.CreationTimeUtc.Ticks:x}"),
            Size = size,
            Modified = entry.LastWriteTimeUtc,
            Blocked = unreadable ?? Unsupported,
            Unreadable = unreadable,
        };
    }

    private ObjectInfo? Head(string key)
    {
        if (!keys.TryParse(key, out string[]? names) || HasLinkOnTheWay(names))
            return null;
        var file = new FileInfo(PathOf(key));
        return file.Exists || file.LinkTarget is not null ? Describe(key, file) : null;
    }

    private StoreResult Refuse(ObjectInfo read) =>
        Head(read.Key) is not { } there ? new StoreResult(StoreOutcome.Gone)
        : there.ETag != read.ETag ? new StoreResult(StoreOutcome.Changed)
        : new StoreResult(StoreOutcome.Blocked, Reason: there.Blocked);

    private bool HasLinkOnTheWay(string[] names)
    {
        string folder = root;
        foreach (string name in names.AsSpan(..^1))
        {
            folder = Path.Combine(folder, name);
            if (new DirectoryInfo(folder).LinkTarget is not null)
                return true;
        }
        return false;
    }

    private string PathOf(string key) => Path.Combine(root, key.Replace('/', Path.DirectorySeparatorChar));
}
