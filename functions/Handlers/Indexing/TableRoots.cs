using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Indexing;

/// <summary>Finds Delta, Iceberg and Hudi tables: rewriting one of their files would corrupt the table, so nothing under one is read or touched.</summary>
internal sealed class TableRoots
{
    private readonly List<TableRoot> _tables = [];

    /// <summary>By a listing of the whole dataset.</summary>
    public static async Task<TableRoots> FindAsync(IObjectStore store, Dataset dataset, CancellationToken cancellation)
    {
        var roots = new TableRoots();
        await foreach (ObjectInfo info in store.ListAsync(dataset.Location, null, cancellation))
        {
            if (TableFormats.RevealedBy(info.Key) is { } table && !roots._tables.Contains(table))
                roots._tables.Add(table);
        }
        return roots;
    }

    /// <summary>Those that one object could lie in: looks for a table's own folders in each folder above it.</summary>
    public static async Task<TableRoots> FindAboveAsync(IObjectStore store, Dataset dataset, string key, CancellationToken cancellation)
    {
        var roots = new TableRoots();
        for (int slash = key.LastIndexOf('/'); slash >= dataset.Location.Length - 1; slash = key.LastIndexOf('/', slash - 1))
        {
            string folder = key[..(slash + 1)];
            foreach (string own in TableFormats.Folders)
            {
                await foreach (ObjectInfo info in store.ListAsync(folder + own, null, cancellation))
                {
                    if (TableFormats.RevealedBy(info.Key) is not { } table)
                        continue;
                    roots._tables.Add(table);
                    break;
                }
            }
            if (slash == 0)
                break;
        }
        return roots;
    }

    /// <summary>Why a key may not be touched, or null.</summary>
    public string? Refuse(string key) =>
        _tables.Find(t => t.Holds(key)) is { Format: { } format }
            ? $"it is part of a {format} table, which rewriting would corrupt"
            : null;
}
