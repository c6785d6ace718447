using System.Runtime.CompilerServices;
using Limpid.Core.Ports;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Storage;

/// <summary>
/// The state table on one machine: <c>state.db</c>. It can't be made anew from the lake, so every commit is on disk before it is
/// answered. SQLite compares text byte by byte in UTF-8, which is the order that the port promises.
/// </summary>
internal sealed class SqliteStateTable : IStateTable, IDisposable
{
    public const string FileName = "state.db";

    private const int PageLength = 64;

    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE items (
            partition TEXT NOT NULL,
            sort TEXT NOT NULL,
            version INTEGER NOT NULL,
            json BLOB NOT NULL,
            PRIMARY KEY (partition, sort)
        ) WITHOUT ROWID, STRICT;
        """,
    ];

    private readonly SqliteDatabase _database;

    /// <param name="folder">Where the state is kept; made where it is missing.</param>
    /// <exception cref="DatabaseException">The file can't be used as it is.</exception>
    public SqliteStateTable(string folder) => _database = new SqliteDatabase(
        Path.Combine(folder, FileName), Migrations, Durability.Power, "restore it from a backup; requests, decisions and suppressions stand nowhere else");

    public Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation) =>
        Task.FromResult(_database.Read<StateItem?>(session =>
        {
            using SqliteDataReader row = session.Query("SELECT sort, version, json FROM items WHERE partition = ?1 AND sort = ?2", partition, sort);
            return row.Read() ? ItemOf(partition, row) : null;
        }));

    public async IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // In pages, so that no transaction stays open while the caller is at work: it would keep the log from being cut.
        string from = sortPrefix;
        bool more = true;
        for (bool first = true; more; first = false)
        {
            cancellation.ThrowIfCancellationRequested();
            List<StateItem> page = _database.Read(session => PageOf(session, partition, from, first));
            foreach (StateItem item in page)
            {
                if (!item.Sort.StartsWith(sortPrefix, StringComparison.Ordinal))
                    yield break;
                yield return item;
            }
            more = page.Count == PageLength;
            if (more)
                from = page[^1].Sort;
        }
    }

    public Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(item.Version, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item.Json.Length, StateItem.MaxJsonLength);
        byte[] json = item.Json.ToArray();
        return _database.WriteAsync(session => 1 == (item.Version == 1
            ? session.Execute(
                "INSERT INTO items (partition, sort, version, json) VALUES (?1, ?2, 1, ?3) ON CONFLICT DO NOTHING",
                item.Partition, item.Sort, json)
            : session.Execute(
                "UPDATE items SET version = ?3, json = ?4 WHERE partition = ?1 AND sort = ?2 AND version = ?3 - 1",
                item.Partition, item.Sort, item.Version, json)), cancellation);
    }

    public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation) =>
        _database.WriteAsync(
            session => 1 == session.Execute("DELETE FROM items WHERE partition = ?1 AND sort = ?2 AND version = ?3", partition, sort, version),
            cancellation);

    public void Dispose() => _database.Dispose();

    private static List<StateItem> PageOf(SqliteSession session, string partition, string from, bool inclusive)
    {
        var page = new List<StateItem>();
        using SqliteDataReader rows = inclusive
            ? session.Query("SELECT sort, version, json FROM items WHERE partition = ?1 AND sort >= ?2 ORDER BY sort LIMIT ?3", partition, from, PageLength)
            : session.Query("SELECT sort, version, json FROM items WHERE partition = ?1 AND sort > ?2 ORDER BY sort LIMIT ?3", partition, from, PageLength);
        while (rows.Read())
            page.Add(ItemOf(partition, rows));
        return page;
    }

    private static StateItem ItemOf(string partition, SqliteDataReader row) =>
        new(partition, row.GetString(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2));
}
