using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// Walks a folder in the order of whole keys: a folder sorts as its name with the slash, so <c>a-</c>, <c>a.b</c>, <c>a/x</c>,
/// <c>a0</c>. Memory holds the names of the folders on the way to the current one, never the whole lake.
/// </summary>
internal static class FolderListing
{
    /// <summary>Every object below <paramref name="root"/> whose key starts with the prefix and is behind <paramref name="after"/>.</summary>
    public static async IAsyncEnumerable<ObjectInfo> WalkAsync(
        string root, FolderKeys keys, string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using SafeFileHandle top = FolderPath.OpenRoot(root);
        var levels = new Stack<Level>();
        try
        {
            levels.Push(Level.Read(FolderPath.OpenFolder(top, [])!, "", keys, prefix, after));
            while (levels.TryPeek(out Level? level))
            {
                cancellation.ThrowIfCancellationRequested();
                if (!level.MoveNext())
                {
                    levels.Pop().Dispose();
                    continue;
                }
                string key = level.Prefix + level.Current.Name;
                if (!level.Current.IsUnicode)
                {
                    yield return Unlistable(key, FolderObstacles.BadName);
                }
                else if (level.Current.IsFolder)
                {
                    (SafeFileHandle? folder, bool denied) = level.OpenFolder();
                    if (folder is not null)
                        levels.Push(Level.Read(folder, key, keys, prefix, after));
                    else if (denied)
                        yield return Unlistable(key, "a folder that can't be listed for want of permission");
                }
                else if (await level.DescribeAsync(cancellation).ConfigureAwait(false) is { } info)
                {
                    yield return info;
                }
            }
        }
        finally
        {
            foreach (Level level in levels)
                level.Dispose();
        }
    }

    /// <summary>The names in one folder, folders with a slash behind; in the order of keys.</summary>
    public static List<Entry> ReadNames(SafeFileHandle folder)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var entries = new List<Entry>();
        try
        {
            int used;
            while ((used = Libc.ReadFolder(folder, buffer)) > 0)
                for (int at = 0; at < used;)
                {
                    // struct linux_dirent64: inode, offset, record length, type, name up to a zero byte.
                    ReadOnlySpan<byte> record = buffer.AsSpan(at, used - at);
                    int length = BinaryPrimitives.ReadUInt16LittleEndian(record[16..]);
                    ReadOnlySpan<byte> name = record[19..length];
                    name = name[..name.IndexOf((byte)0)];
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                        entries.Add(Entry.Of(folder, name, record[18]));
                    at += length;
                }
            if (used < 0)
                throw Libc.Failure("list a folder");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        entries.Sort(static (x, y) => KeyOrder.Compare(x.Name, y.Name));
        return entries;
    }

    public static ObjectInfo Describe(string key, FileStamp stamp, bool settled, FolderObstacles obstacles)
    {
        string name = key[(key.LastIndexOf('/') + 1)..];
        return new ObjectInfo
        {
            Key = key,
            // An ETag that nothing has: what is written without pause can't be told from one moment to the next.
            ETag = settled ? stamp.ETag : stamp.ETag + "~",
            Size = stamp.Size,
            Modified = stamp.ModifiedAt,
            Unreadable = obstacles.ToReading(name, stamp),
            Blocked = obstacles.ToWriting(name, stamp),
        };
    }

    /// <summary>What stands somewhere that nobody may look at.</summary>
    public static ObjectInfo Unlistable(string key, string reason) => new()
    {
        Key = key,
        ETag = "",
        Size = 0,
        Modified = DateTimeOffset.UnixEpoch,
        Unreadable = reason,
        Blocked = reason,
    };

    internal readonly record struct Entry(string Name, bool IsFolder, bool IsUnicode)
    {
        private const byte UnknownType = 0;
        private const byte FolderType = 4;

        public static Entry Of(SafeFileHandle folder, ReadOnlySpan<byte> bytes, byte type)
        {
            string name = Encoding.UTF8.GetString(bytes);
            if (!System.Text.Unicode.Utf8.IsValid(bytes))
                // The bytes in hexadecimal behind the name keep two such files apart.
                return new($"{name}?{Convert.ToHexStringLower(bytes)}", false, false);
            bool isFolder = type == FolderType || (type == UnknownType && FileStamp.Of(folder, name) is { IsFolder: true });
            return new(isFolder ? name + "/" : name, isFolder, true);
        }
    }

    private sealed class Level : IDisposable
    {
        private readonly SafeFileHandle folder;
        private readonly List<Entry> entries;
        private readonly FolderObstacles obstacles;
        private int at = -1;

        private Level(SafeFileHandle folder, string prefix, List<Entry> entries)
        {
            this.folder = folder;
            this.entries = entries;
            Prefix = prefix;
            obstacles = new FolderObstacles(folder);
        }

        /// <summary>Of every key here; empty or ending with a slash.</summary>
        public string Prefix { get; }

        public Entry Current => entries[at];

        public static Level Read(SafeFileHandle folder, string path, FolderKeys keys, string prefix, string? after)
        {
            List<Entry> entries = ReadNames(folder);
            entries.RemoveAll(entry => IsOutside(path + entry.Name, entry.IsFolder));
            return new Level(folder, path, entries);

            bool IsOutside(string key, bool isFolder)
            {
                if (keys.IsExcluded(key))
                    return true;
                bool leadsToPrefix = isFolder && prefix.StartsWith(key, StringComparison.Ordinal);
                if (!leadsToPrefix && !key.StartsWith(prefix, StringComparison.Ordinal))
                    return true;
                bool leadsBehind = isFolder && after is not null && after.StartsWith(key, StringComparison.Ordinal);
                return after is not null && !leadsBehind && KeyOrder.Compare(key, after) <= 0;
            }
        }

        public bool MoveNext() => ++at < entries.Count;

        public (SafeFileHandle? Folder, bool Denied) OpenFolder()
        {
            try
            {
                return (FolderPath.OpenFolder(folder, [Current.Name[..^1]]), false);
            }
            catch (UnauthorizedAccessException)
            {
                return (null, true);
            }
        }

        public async ValueTask<ObjectInfo?> DescribeAsync(CancellationToken cancellation) =>
            await FileStamp.OfSettledAsync(folder, Current.Name, cancellation).ConfigureAwait(false) is var (stamp, settled) && !stamp.IsFolder
                ? Describe(Prefix + Current.Name, stamp, settled, obstacles)
                : null;

        public void Dispose() => folder.Dispose();
    }
}
