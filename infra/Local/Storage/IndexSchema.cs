using System.Globalization;
using Limpid.Core.Index;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Storage;

/// <summary>The tables of <c>index.db</c>, and how a record stands in them.</summary>
internal static class IndexSchema
{
    // entries:  found by subject alone. There is no second index by record: written holds, for each generation, the keys of its
    //           entries (18 bytes each, ascending), which is all that removing them needs and is half the size.
    // packed:   state 0 announced, 1 ready, 2 dead. A row is made before its file and removed before its file, so that a file
    //           without a row is dead.
    public static readonly string[] Migrations =
    [
        """
        CREATE TABLE records (
            id INTEGER PRIMARY KEY,
            object TEXT NOT NULL,
            version TEXT NOT NULL,
            sealed_key TEXT,
            dataset TEXT NOT NULL,
            state INTEGER NOT NULL,
            etag TEXT NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            sequencer TEXT NOT NULL,
            revision INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            claimed INTEGER NOT NULL,
            fingerprint TEXT NOT NULL,
            row_count INTEGER NOT NULL,
            people INTEGER NOT NULL,
            malformed INTEGER NOT NULL,
            malformed_at TEXT,
            unreadable TEXT,
            indexed_at INTEGER NOT NULL,
            first_seen INTEGER NOT NULL,
            refused TEXT,
            UNIQUE (object, version)
        ) STRICT;
        CREATE INDEX records_by_dataset ON records (dataset, id);
        CREATE TABLE entries (
            subject BLOB NOT NULL,
            record INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            rows BLOB NOT NULL,
            PRIMARY KEY (subject, record, generation)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE written (
            record INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            subjects BLOB NOT NULL,
            PRIMARY KEY (record, generation)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE packed (
            record INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            file TEXT NOT NULL,
            state INTEGER NOT NULL,
            PRIMARY KEY (record, generation, file)
        ) WITHOUT ROWID, STRICT;
        """,
    ];

    /// <summary>What <see cref="RecordOf"/> reads, in its order, behind the id in column 0.</summary>
    public const string RecordColumns =
        "r.object, r.version, r.sealed_key, r.dataset, r.state, r.etag, r.size, r.modified, r.sequencer, "
        + "r.revision, r.generation, r.claimed, r.fingerprint, r.row_count, r.people, r.malformed, r.malformed_at, r.unreadable, r.indexed_at, r.first_seen, r.refused";

    public const int RecordColumnCount = 21;

    public static ObjectRecord RecordOf(SqliteDataReader row) => new()
    {
        Object = row.GetString(1),
        Version = row.GetString(2),
        SealedKey = TextOrNull(row, 3),
        Dataset = row.GetString(4),
        State = StateOf(row.GetInt64(5)),
        ETag = row.GetString(6),
        Size = row.GetInt64(7),
        Modified = TimeOf(row.GetInt64(8)),
        Sequencer = row.GetString(9),
        Revision = row.GetInt64(10),
        Generation = row.GetInt64(11),
        Claimed = row.GetInt64(12),
        Fingerprint = row.GetString(13),
        Rows = row.GetInt64(14),
        People = row.GetInt64(15),
        MalformedRows = row.GetInt64(16),
        MalformedAt = TextOrNull(row, 17),
        Unreadable = TextOrNull(row, 18),
        IndexedAt = TimeOf(row.GetInt64(19)),
        FirstSeen = TimeOf(row.GetInt64(20)),
        Refused = TextOrNull(row, 21),
    };

    private const string Insert =
        """
        INSERT INTO records (object, version, sealed_key, dataset, state, etag, size, modified, sequencer,
            revision, generation, claimed, fingerprint, row_count, people, malformed, malformed_at, unreadable, indexed_at, first_seen, refused)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
        ON CONFLICT DO NOTHING
        """;

    private const string Update =
        """
        UPDATE records SET sealed_key = ?3, dataset = ?4, state = ?5, etag = ?6, size = ?7, modified = ?8, sequencer = ?9,
            revision = ?10, generation = ?11, claimed = ?12, fingerprint = ?13, row_count = ?14, people = ?15, malformed = ?16,
            malformed_at = ?17, unreadable = ?18, indexed_at = ?19, first_seen = ?20, refused = ?21
        WHERE object = ?1 AND version = ?2 AND revision = ?10 - 1
        """;

    /// <summary>The compare-and-swap of a record; says whether it took place.</summary>
    public static bool TryPut(SqliteSession session, ObjectRecord record) => 1 == session.Execute(
        record.Revision == 1 ? Insert : Update,
        record.Object, record.Version, record.SealedKey, record.Dataset, NumberOf(record.State), record.ETag, record.Size,
        record.Modified.UtcTicks, record.Sequencer, record.Revision, record.Generation, record.Claimed, record.Fingerprint,
        record.Rows, record.People, record.MalformedRows, record.MalformedAt, record.Unreadable, record.IndexedAt.UtcTicks, record.FirstSeen.UtcTicks, record.Refused);

    // What is stored must not change when somebody sorts the enum.
    private static long NumberOf(RecordState state) => state switch
    {
        RecordState.Present => 0,
        RecordState.Deleted => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static RecordState StateOf(long number) => number switch
    {
        0 => RecordState.Present,
        1 => RecordState.Deleted,
        _ => throw new DatabaseException(string.Create(CultureInfo.InvariantCulture, $"index.db holds a record in an unknown state ({number})")),
    };

    public static string? TextOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset TimeOf(long ticks) => new(ticks, TimeSpan.Zero);
}
