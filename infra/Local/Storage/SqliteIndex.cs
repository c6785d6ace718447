using System.Runtime.CompilerServices;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Storage;

/// <summary>
/// The subject index on one machine: <c>index.db</c>, and beside it <c>packed/</c> for objects with many people. Several processes
/// may use it at once. A process may die at any moment: what it had not finished is not seen, and the next sweep removes it. A power
/// cut may take back the last commits, which reconciliation makes good.
/// </summary>
internal sealed class SqliteIndex : ISubjectIndex, IDisposable
{
    public const string FileName = "index.db";
    public const string PackedName = "packed";

    /// <summary>
    /// People in an object beyond which it is packed. An entry costs SQLite one page written anywhere in a large index, whereas
    /// each packed file costs every look-up two reads.
    /// </summary>
    public const int DefaultPackAbove = 16_384;

    // Keeps the write transaction short, and what is held for it small, for objects of few people with very many rows.
    private const int PackAboveRowBytes = 12 * 1024 * 1024;
    private const int PageLength = 512;

    // Of each record either the entry in the table or the packed file, in order of record, from one state of the database: a page
    // ends at a record, so that none is seen twice or missed when it is indexed anew between two pages.
    internal const string FindPage =
        $"""
        SELECT e.record, {IndexSchema.RecordColumns}, e.rows, NULL
        FROM entries e CROSS JOIN records r ON r.id = e.record
        WHERE e.subject = ?1 AND e.record > ?2 AND r.state = 0 AND r.generation = e.generation
        UNION ALL
        SELECT p.record, {IndexSchema.RecordColumns}, NULL, p.file
        FROM packed p CROSS JOIN records r ON r.id = p.record
        WHERE p.record > ?2 AND p.state = 1 AND r.state = 0 AND r.generation = p.generation
        ORDER BY 1 LIMIT ?3
        """;

    private const int RowsColumn = IndexSchema.RecordColumnCount + 1;
    private const int FileColumn = RowsColumn + 1;

    private readonly SqliteDatabase _database;
    private readonly PackedFolder _packed;
    private readonly int _packAbove;

    /// <param name="folder">Where the state is kept; made where it is missing.</param>
    /// <param name="packAbove">People in an object beyond which it is packed.</param>
    /// <exception cref="DatabaseException">The file can't be used as it is.</exception>
    public SqliteIndex(string folder, int packAbove = DefaultPackAbove)
    {
        _packAbove = packAbove;
        _database = new SqliteDatabase(
            Path.Combine(folder, FileName), IndexSchema.Migrations, Durability.Process, "move it away with its packed folder and index the lake anew");
        _packed = new PackedFolder(Path.Combine(folder, PackedName));
        RemoveDeadFiles();
    }

    public Task<ObjectRecord?> GetAsync(string objectId, string version, CancellationToken cancellation) =>
        Task.FromResult(_database.Read(session =>
        {
            using SqliteDataReader row = session.Query(
                $"SELECT r.id, {IndexSchema.RecordColumns} FROM records r WHERE r.object = ?1 AND r.version = ?2", objectId, version);
            return row.Read() ? IndexSchema.RecordOf(row) : null;
        }));

    public Task<bool> TryPutAsync(ObjectRecord record, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(record.Revision, 1);
        return _database.WriteAsync(session => IndexSchema.TryPut(session, record), cancellation);
    }

    public async Task WriteEntriesAsync(ObjectRecord record, long generation, IEnumerable<IndexEntry> entries, CancellationToken cancellation)
    {
        using var batch = new EntryBatch(entries, _packAbove, PackAboveRowBytes);
        if (batch.IsFull)
            await WritePackedAsync(record, generation, batch, cancellation);
        else
            await WriteRowsAsync(record, generation, batch, cancellation);
    }

    public Task SweepAsync(string objectId, string version, long keep, CancellationToken cancellation) =>
        ChangeAsync(session =>
        {
            if (KeepFrom(session, objectId, version) is not { } record)
                return 0;
            long below = Math.Min(keep, record.KeepFrom);
            foreach (long generation in GenerationsOf(session, record.Id, below))
                RemoveRows(session, record.Id, generation);
            return MarkDead(session, record.Id, 0, below) ? record.Id : 0;
        }, cancellation);

    public async IAsyncEnumerable<IndexHit> FindAsync(SubjectKey subject, [EnumeratorCancellation] CancellationToken cancellation)
    {
        byte[] key = subject.ToByteArray();
        long after = 0;
        for (bool more = true; more;)
        {
            cancellation.ThrowIfCancellationRequested();
            List<Candidate> page = _database.Read(session => Candidates(session, key, after, PageLength));
            foreach (Candidate candidate in page)
            {
                if (await HitOfAsync(subject, candidate, cancellation) is { } hit)
                    yield return hit;
            }
            more = page.Count == PageLength;
            if (more)
                after = page[^1].Id;
        }
    }

    public IAsyncEnumerable<ObjectRecord> VersionsAsync(string objectId, CancellationToken cancellation) => _database.Read(session =>
    {
        var records = new List<ObjectRecord>();
        using SqliteDataReader rows = session.Query($"SELECT r.id, {IndexSchema.RecordColumns} FROM records r WHERE r.object = ?1", objectId);
        while (rows.Read())
            records.Add(IndexSchema.RecordOf(rows));
        return records;
    }).ToAsyncEnumerable();

    public async IAsyncEnumerable<ObjectRecord> ListAsync(string dataset, RecordPlace? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Records are never removed, and keep their ids whatever becomes of them.
        long last = after is null ? 0 : _database.Read(session =>
            session.Scalar("SELECT id FROM records WHERE object = ?1 AND version = ?2", after.Object, after.Version) as long? ?? 0);
        for (bool more = true; more;)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = _database.Read(session =>
            {
                var page = new List<(long Id, ObjectRecord Record)>();
                using SqliteDataReader rows = session.Query(
                    $"SELECT r.id, {IndexSchema.RecordColumns} FROM records r WHERE r.dataset = ?1 AND r.id > ?2 ORDER BY r.id LIMIT ?3",
                    dataset, last, PageLength);
                while (rows.Read())
                    page.Add((rows.GetInt64(0), IndexSchema.RecordOf(rows)));
                return page;
            });
            foreach ((_, ObjectRecord record) in page)
                yield return record;
            more = page.Count == PageLength;
            if (more)
                last = page[^1].Id;
        }
    }

    public void Dispose() => _database.Dispose();

    private Task WriteRowsAsync(ObjectRecord record, long generation, EntryBatch batch, CancellationToken cancellation) =>
        ChangeAsync(session =>
        {
            long id = Writable(session, record, generation);
            if (id == 0)
                return 0;
            RemoveRows(session, id, generation);
            for (int i = 0; i < batch.Count; i++)
            {
                session.Execute(
                    "INSERT INTO entries (subject, record, generation, rows) VALUES (?1, ?2, ?3, ?4)",
                    batch.SubjectAt(i).ToArray(), id, generation, batch.RowsAt(i).ToArray());
            }
            if (batch.Count > 0)
            {
                session.Execute(
                    "INSERT INTO written (record, generation, subjects) VALUES (?1, ?2, ?3)", id, generation, batch.Subjects.ToArray());
            }
            return MarkDead(session, id, generation, generation + 1) ? id : 0;
        }, cancellation);

    private async Task WritePackedAsync(ObjectRecord record, long generation, EntryBatch batch, CancellationToken cancellation)
    {
        (long id, string file) = await _database.WriteAsync(session =>
        {
            long id = Writable(session, record, generation);
            string file = PackedFolder.NewName(id, generation);
            if (id != 0)
                session.Execute("INSERT INTO packed (record, generation, file, state) VALUES (?1, ?2, ?3, 0)", id, generation, file);
            return (id, file);
        }, cancellation);
        if (id == 0)
            return;

        bool done = false;
        try
        {
            _packed.Write(file, batch.All(), cancellation);
            await ChangeAsync(session =>
            {
                // A sweep that came meanwhile declared it dead: so is the whole generation.
                done = session.Execute(
                    "UPDATE packed SET state = 1 WHERE record = ?1 AND generation = ?2 AND file = ?3 AND state = 0", id, generation, file) == 1;
                if (!done)
                    return 0;
                RemoveRows(session, id, generation);
                return MarkDead(session, id, generation, generation + 1, but: file) ? id : 0;
            }, cancellation);
        }
        finally
        {
            if (!done)
                await AbandonAsync(id, generation, file);
        }
    }

    private async Task AbandonAsync(long id, long generation, string file)
    {
        await ChangeAsync(
            session => session.Execute(
                "UPDATE packed SET state = 2 WHERE record = ?1 AND generation = ?2 AND file = ?3 AND state = 0", id, generation, file) == 1 ? id : 0,
            CancellationToken.None);
        // A sweep may have looked for the file before it was there.
        _packed.Remove(file);
    }

    /// <summary>Commits a change that returns the id of a record with dead files, or 0; then removes those.</summary>
    private async Task ChangeAsync(Func<SqliteSession, long> change, CancellationToken cancellation)
    {
        long id = await _database.WriteAsync(change, cancellation);
        if (id == 0)
            return;
        // A power cut may take back the commit above, but not this one, nor then anything before it: a record is never taken
        // back to a generation whose file is gone.
        List<string> dead = await _database.WriteAsync(session =>
        {
            List<string> files = DeadFilesOf(session, id);
            session.Execute("DELETE FROM packed WHERE record = ?1 AND state = 2", id);
            return files;
        }, cancellation, Durability.Power);
        dead.ForEach(_packed.Remove);
    }

    private async ValueTask<IndexHit?> HitOfAsync(SubjectKey subject, Candidate found, CancellationToken cancellation)
    {
        // Between the reading of the page and the opening of the file the object may be indexed anew and the file swept; what
        // stands then is asked for again. Where the same file is named again and still is not there, it is lost.
        string? missing = null;
        for (Candidate? candidate = found; candidate is not null;)
        {
            if (candidate.File is null)
                return new IndexHit(candidate.Record, subject, candidate.Rows);
            using (SafeFileHandle? handle = _packed.TryOpen(candidate.File))
            {
                if (handle is not null)
                {
                    PackedKeyFile file = await PackedKeyFile.OpenAsync(PackedFolder.RangesOf(handle), RandomAccess.GetLength(handle), cancellation);
                    return await file.FindAsync(subject, cancellation) is { } rows ? new IndexHit(candidate.Record, subject, rows) : null;
                }
            }
            if (candidate.File == missing)
                throw new InvalidDataException($"the packed key file {missing} of the index is missing: index the lake anew");
            missing = candidate.File;
            candidate = _database.Read(session => Candidates(session, subject.ToByteArray(), found.Id - 1, 1)).Find(c => c.Id == found.Id);
        }
        return null;
    }

    private static List<Candidate> Candidates(SqliteSession session, byte[] subject, long after, int limit)
    {
        var page = new List<Candidate>();
        using SqliteDataReader rows = session.Query(FindPage, subject, after, limit);
        while (rows.Read())
        {
            string? file = IndexSchema.TextOrNull(rows, FileColumn);
            ReadOnlyMemory<byte> found = file is null ? rows.GetFieldValue<byte[]>(RowsColumn) : default;
            page.Add(new Candidate(rows.GetInt64(0), IndexSchema.RecordOf(rows), found, file));
        }
        return page;
    }

    private static (long Id, long KeepFrom)? KeepFrom(SqliteSession session, string objectId, string version)
    {
        using SqliteDataReader row = session.Query(
            $"SELECT r.id, {IndexSchema.RecordColumns} FROM records r WHERE r.object = ?1 AND r.version = ?2", objectId, version);
        return row.Read() ? (row.GetInt64(0), IndexSchema.RecordOf(row).KeepFrom) : null;
    }

    // 0 where entries of this generation can never count: they would only lie about.
    private static long Writable(SqliteSession session, ObjectRecord record, long generation)
    {
        (long id, long keepFrom) = KeepFrom(session, record.Object, record.Version)
            ?? throw new InvalidOperationException("entries are written under a generation that a stored record has claimed");
        return generation < keepFrom ? 0 : id;
    }

    private static List<long> GenerationsOf(SqliteSession session, long id, long below)
    {
        var generations = new List<long>();
        using SqliteDataReader rows = session.Query("SELECT generation FROM written WHERE record = ?1 AND generation < ?2", id, below);
        while (rows.Read())
            generations.Add(rows.GetInt64(0));
        return generations;
    }

    private static void RemoveRows(SqliteSession session, long id, long generation)
    {
        if (session.Scalar("SELECT subjects FROM written WHERE record = ?1 AND generation = ?2", id, generation) is not byte[] subjects)
            return;
        for (int at = 0; at < subjects.Length; at += SubjectKey.ByteLength)
        {
            session.Execute(
                "DELETE FROM entries WHERE subject = ?1 AND record = ?2 AND generation = ?3",
                subjects[at..(at + SubjectKey.ByteLength)], id, generation);
        }
        session.Execute("DELETE FROM written WHERE record = ?1 AND generation = ?2", id, generation);
    }

    private static bool MarkDead(SqliteSession session, long id, long from, long below, string but = "") => 0 < session.Execute(
        "UPDATE packed SET state = 2 WHERE record = ?1 AND generation >= ?2 AND generation < ?3 AND file <> ?4", id, from, below, but);

    private static List<string> DeadFilesOf(SqliteSession session, long id)
    {
        var files = new List<string>();
        using SqliteDataReader rows = session.Query("SELECT file FROM packed WHERE record = ?1 AND state = 2", id);
        while (rows.Read())
            files.Add(rows.GetString(0));
        return files;
    }

    // A file is announced in the table before it is made, and no name comes twice: one that is there and not in the table is dead.
    // What was announced and never finished goes with the next sweep of its object.
    private void RemoveDeadFiles()
    {
        foreach (string name in _packed.Names.ToList())
        {
            string[] parts = name.Split('-');
            if (parts.Length != 3 || !long.TryParse(parts[0], out long id) || !long.TryParse(parts[1], out long generation))
                continue;
            bool announced = _database.Read(session => session.Scalar(
                "SELECT 1 FROM packed WHERE record = ?1 AND generation = ?2 AND file = ?3", id, generation, name) is not null);
            if (!announced)
                _packed.Remove(name);
        }
    }

    private sealed record Candidate(long Id, ObjectRecord Record, ReadOnlyMemory<byte> Rows, string? File);
}
