using System.Globalization;
using Limpid.Core.Index;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Storage;

/// <summary>The packed key files, in one folder beside the index. No name is ever used twice.</summary>
internal sealed class PackedFolder
{
    private const string Extension = ".keys";

    private readonly string _folder;

    public PackedFolder(string folder)
    {
        SqliteDatabase.CreateFolder(folder);
        _folder = folder;
    }

    /// <summary>The names of the files that are there and were made by <see cref="NewName"/>, in no order.</summary>
    public IEnumerable<string> Names => Directory.EnumerateFiles(_folder, "*-*-*" + Extension)
        .Select(path => Path.GetFileName(path))
        .Where(name => OwnName.Is(name.AsSpan(name.LastIndexOf('-') + 1)[..^Extension.Length]));

    public static string NewName(long record, long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{record}-{generation}-{OwnName.New()}{Extension}");

    /// <summary>Writes a file, on disk when this returns. Whatever goes wrong, nothing under another name is touched.</summary>
    public void Write(string name, IEnumerable<IndexEntry> entries, CancellationToken cancellation)
    {
        using (var file = new FileStream(PathOf(name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 1 << 18))
        {
            var writer = new PackedKeyWriter(file);
            foreach (IndexEntry entry in entries)
            {
                cancellation.ThrowIfCancellationRequested();
                writer.Add(entry.Subject, entry.Rows.Span);
            }
            writer.Complete();
            file.Flush(flushToDisk: true);
        }
        // Otherwise a power cut may leave a row in the database that names a file which the folder has forgotten.
        FolderSync.Flush(_folder);
    }

    /// <summary>The handle of a file, or null where there is none of this name.</summary>
    public SafeFileHandle? TryOpen(string name)
    {
        try
        {
            return File.OpenHandle(PathOf(name), share: FileShare.Read | FileShare.Delete, options: FileOptions.RandomAccess);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes a file; it may be gone already.</summary>
    public void Remove(string name) => File.Delete(PathOf(name));

    public static ReadRange RangesOf(SafeFileHandle file) => (offset, destination, cancellation) =>
    {
        cancellation.ThrowIfCancellationRequested();
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(file, destination.Span, offset);
            if (read == 0)
                throw new EndOfStreamException("a packed key file of the index is shorter than it was");
            offset += read;
            destination = destination[read..];
        }
        return ValueTask.CompletedTask;
    };

    private string PathOf(string name) => Path.Combine(_folder, name);
}
