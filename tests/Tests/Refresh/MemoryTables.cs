using System.Runtime.CompilerServices;
using System.Text;
using Limpid.Core.Ports;

namespace Limpid.Tests.Refresh;

/// <summary>Tables that others write while they are read, and streams that keep what is put into them. Thread-safe.</summary>
internal sealed class MemoryTables : ITableReader, IRecordStream
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, string>> _tables = [];
    private readonly List<(string Stream, string Record)> _records = [];

    /// <summary>Runs between two items of a scan, when the first was read.</summary>
    public Func<Task>? WhileScanning { get; set; }

    public IReadOnlyList<(string Stream, string Record)> Records
    {
        get
        {
            lock (_lock)
                return [.. _records];
        }
    }

    public void Put(string table, string key, string json)
    {
        lock (_lock)
        {
            if (!_tables.TryGetValue(table, out SortedDictionary<string, string>? items))
                _tables[table] = items = new(StringComparer.Ordinal);
            items[key] = json;
        }
    }

    public string[] Items(string table)
    {
        lock (_lock)
            return [.. _tables[table].Values];
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ScanAsync(string table, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string[] keys;
        lock (_lock)
            keys = _tables.TryGetValue(table, out SortedDictionary<string, string>? items) ? [.. items.Keys] : throw new TableMissingException(table);
        foreach ((int index, string key) in keys.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            if (index == 1 && WhileScanning is { } other)
                await other();
            string item;
            lock (_lock)
                item = _tables[table][key];
            yield return Encoding.UTF8.GetBytes(item);
        }
    }

    public Task PutEverywhereAsync(string stream, ReadOnlyMemory<byte> record, CancellationToken cancellation)
    {
        lock (_lock)
            _records.Add((stream, Encoding.UTF8.GetString(record.Span)));
        return Task.CompletedTask;
    }
}
