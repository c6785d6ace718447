using Limpid.Local.StateMachines;
using Limpid.Local.Storage;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Services;

/// <summary>
/// What state machines leave in local services: <c>services.db</c> of the state folder, with messages and the items of tables. What an
/// attempt of a task does is stored together with its answer, so that an attempt which a crash makes run twice is done once.
/// </summary>
internal sealed class ServicesDatabase : IDisposable
{
    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE answers (execution TEXT NOT NULL, frame TEXT NOT NULL, attempt INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (execution, frame)) WITHOUT ROWID, STRICT;
        CREATE TABLE messages (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, service TEXT NOT NULL, target TEXT NOT NULL, sent INTEGER NOT NULL,
            execution TEXT NOT NULL, duplicates TEXT, content BLOB NOT NULL) STRICT;
        CREATE INDEX messages_by_target ON messages (target, number);
        CREATE TABLE tables (name TEXT PRIMARY KEY, hash TEXT NOT NULL, range TEXT, is_guess INTEGER NOT NULL) WITHOUT ROWID, STRICT;
        CREATE TABLE items (table_name TEXT NOT NULL, key TEXT NOT NULL, item BLOB NOT NULL, PRIMARY KEY (table_name, key)) WITHOUT ROWID, STRICT;
        """,
    ];

    private readonly SqliteDatabase database;

    /// <param name="folder">The state folder; made where it is missing.</param>
    public ServicesDatabase(string folder) => database = new(
        Path.Combine(folder, FileName), Migrations, Durability.Power, "restore it from a backup, or remove it with the messages and tables in it");

    public const string FileName = "services.db";

    public T Read<T>(Func<SqliteSession, T> read) => database.Read(read);

    public Task<T> WriteAsync<T>(Func<SqliteSession, T> write, CancellationToken cancellation) => database.WriteAsync(write, cancellation);

    /// <summary>Does what an attempt of a task asks for, and gives the answer again to the same attempt.</summary>
    /// <param name="act">Throws <see cref="ServiceException"/> to refuse it.</param>
    public Task<JsonData> OnceAsync(TaskOrigin origin, Func<SqliteSession, JsonData> act, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            if (session.Scalar("SELECT body FROM answers WHERE execution = ?1 AND frame = ?2 AND attempt = ?3", origin.Execution, origin.Frame, origin.Attempt) is byte[] known)
                return JsonData.Parse(known);
            JsonData answer = act(session);
            session.Execute("INSERT OR REPLACE INTO answers (execution, frame, attempt, body) VALUES (?1, ?2, ?3, ?4)", origin.Execution, origin.Frame, origin.Attempt, answer.ToUtf8().ToArray());
            return answer;
        }, cancellation);

    /// <summary>Forgets the answers of executions that are over: nobody asks for them again.</summary>
    public Task ForgetAsync(IReadOnlySet<string> openExecutions, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            var over = new List<string>();
            using (SqliteDataReader row = session.Query("SELECT DISTINCT execution FROM answers"))
            {
                while (row.Read())
                    over.Add(row.GetString(0));
            }
            foreach (string execution in over.Where(e => !openExecutions.Contains(e)))
                session.Execute("DELETE FROM answers WHERE execution = ?1", execution);
            return 0;
        }, cancellation);

    public void Dispose() => database.Dispose();
}
