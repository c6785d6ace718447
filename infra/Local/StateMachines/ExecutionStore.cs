using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Ports;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.StateMachines;

/// <summary>
/// Executions on disk, in <c>executions.db</c> of the state folder. One process runs them (see <see cref="RunnerLock"/>); any number
/// may begin, stop, describe and answer them: these only write here, and the running one notices.
/// </summary>
public sealed class ExecutionStore : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS definitions (digest TEXT PRIMARY KEY, machine TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS executions (
          id INTEGER PRIMARY KEY AUTOINCREMENT, machine TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, input BLOB NOT NULL,
          status TEXT NOT NULL, output BLOB, error TEXT, cause TEXT, started INTEGER NOT NULL, stopped INTEGER,
          next_frame INTEGER NOT NULL DEFAULT 2, stop_asked INTEGER NOT NULL DEFAULT 0, stop_error TEXT, stop_cause TEXT, UNIQUE (machine, name));
        CREATE INDEX IF NOT EXISTS executions_running ON executions (id) WHERE status = 'RUNNING';
        CREATE TABLE IF NOT EXISTS frames (
          execution INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER, idx INTEGER NOT NULL, phase INTEGER NOT NULL, state TEXT NOT NULL,
          input BLOB NOT NULL, item BLOB, variables BLOB, entered_event INTEGER NOT NULL, last_event INTEGER NOT NULL, entered_at INTEGER NOT NULL,
          retries TEXT, attempt INTEGER NOT NULL, wake_at INTEGER, timeout_at INTEGER, heartbeat_at INTEGER, submitted INTEGER NOT NULL,
          nested INTEGER, progress TEXT, events INTEGER NOT NULL, PRIMARY KEY (execution, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS results (
          execution INTEGER NOT NULL, frame INTEGER NOT NULL, idx INTEGER NOT NULL, succeeded INTEGER NOT NULL, output BLOB NOT NULL,
          PRIMARY KEY (execution, frame, idx)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS events (
          execution INTEGER NOT NULL, id INTEGER NOT NULL, previous INTEGER NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
          details_name TEXT, details BLOB, PRIMARY KEY (execution, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS tokens (
          hash BLOB PRIMARY KEY, execution INTEGER NOT NULL, frame INTEGER NOT NULL, attempt INTEGER NOT NULL, heard INTEGER,
          answered INTEGER NOT NULL DEFAULT 0, output BLOB, error TEXT, cause TEXT) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS tokens_by_frame ON tokens (execution, frame);
        CREATE INDEX IF NOT EXISTS tokens_answered ON tokens (answered) WHERE answered = 1;
        """;

    private readonly string connectionString;
    private readonly Sql sql;
    private readonly Lock gate = new();

    private ExecutionStore(string folder)
    {
        Folder = folder;
        connectionString = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "executions.db"), Pooling = false }.ToString();
        sql = Connect();
        sql.Run("PRAGMA journal_mode = WAL");
        sql.Run(Schema);
        sql.Run("INSERT OR IGNORE INTO meta (key, value) VALUES ('secret', $1)", RandomNumberGenerator.GetBytes(32));
        Secret = (byte[])sql.Scalar("SELECT value FROM meta WHERE key = 'secret'")!;
    }

    /// <summary>The state folder.</summary>
    public string Folder { get; }

    /// <summary>Raised after this process has written something that a runner should look at.</summary>
    internal event Action? Written;

    /// <summary>The key that task tokens are made with: a task that is run again after a crash gets the token that it had.</summary>
    internal byte[] Secret { get; }

    /// <summary>Opens the store in a folder, which is made if it isn't there.</summary>
    public static ExecutionStore Open(string folder)
    {
        Directory.CreateDirectory(folder);
        return new(folder);
    }

    /// <summary>Begins an execution; it runs once a runner sees it.</summary>
    /// <exception cref="ArgumentException">The name has no or more than 80 characters, or the input is no JSON or larger than 262,144 bytes.</exception>
    public StartOutcome Start(StateMachineDefinition machine, string name, string input, DateTimeOffset now)
    {
        if (name.Length is 0 or > 80)
            throw new ArgumentException("An execution's name has 1 to 80 characters.", nameof(name));
        if (!JsonData.TryParse(input, out JsonData? json))
            throw new ArgumentException("The input is no JSON.", nameof(input));
        if (Encoding.UTF8.GetByteCount(input) > StatesErrors.PayloadLimit)
            throw new ArgumentException($"The input has more than {StatesErrors.PayloadLimit} bytes.", nameof(input));
        bool open;
        lock (gate)
            open = sql.Atomically(() => TryStart(sql, machine, name, json, now) is not null);
        Written?.Invoke();
        return open ? StartOutcome.Started : StartOutcome.AlreadyExists;
    }

    /// <summary>Within a transaction: the id of the execution that is begun, or open already under this name with this input; else null.</summary>
    internal static long? TryStart(Sql sql, StateMachineDefinition machine, string name, JsonData input, DateTimeOffset now)
    {
        var existing = sql.Rows("SELECT id, status, input FROM executions WHERE machine = $1 AND name = $2",
            r => (Id: r.GetInt64(0), Status: r.GetString(1), Input: r.Json(2)!), machine.Name, name);
        if (existing.Count > 0)
            return existing[0].Status == Execution.Running && existing[0].Input.Equals(input) ? existing[0].Id : null;
        sql.Run("INSERT OR IGNORE INTO definitions (digest, machine, text) VALUES ($1, $2, $3)", machine.Digest, machine.Name, machine.Text);
        long id = (long)sql.Scalar("INSERT INTO executions (machine, name, digest, input, status, started) VALUES ($1, $2, $3, $4, 'RUNNING', $5) RETURNING id",
            machine.Name, name, machine.Digest, SqlRows.Bytes(input), now.UtcTicks)!;
        var execution = new Execution(id, name, machine, input, now);
        ExecutionJournal.SaveFrame(sql, new Frame(execution, 1, null, 0, machine.Flow) { Input = input, Events = 1 });
        ExecutionJournal.AddEvent(sql, id, Interpreter.Started(input, now));
        return id;
    }

    /// <summary>Null where no execution has this name.</summary>
    public ExecutionInfo? Describe(string machine, string name)
    {
        lock (gate)
        {
            return sql.Rows("SELECT status, output, error, cause FROM executions WHERE machine = $1 AND name = $2",
                r => new ExecutionInfo(name, machine, r.GetString(0), r.Json(1)?.ToString(), r.Text(2), r.Text(3)), machine, name).FirstOrDefault();
        }
    }

    /// <summary>All executions, the newest first.</summary>
    public IReadOnlyList<ExecutionInfo> List()
    {
        lock (gate)
        {
            return sql.Rows("SELECT name, machine, status, output, error, cause FROM executions ORDER BY id DESC",
                r => new ExecutionInfo(r.GetString(0), r.GetString(1), r.GetString(2), r.Json(3)?.ToString(), r.Text(4), r.Text(5)));
        }
    }

    /// <summary>What has happened in an execution so far.</summary>
    public IReadOnlyList<HistoryEvent> History(string machine, string name)
    {
        lock (gate)
        {
            return sql.Rows("SELECT e.id, e.previous, e.type, e.at, e.details_name, e.details FROM events e JOIN executions x ON x.id = e.execution WHERE x.machine = $1 AND x.name = $2 ORDER BY e.id",
                r => new HistoryEvent(r.GetInt64(0), r.GetInt64(1), r.GetString(2), r.Time(3)!.Value, r.Text(4), r.Json(5)), machine, name);
        }
    }

    /// <summary>Asks the runner to abort an execution; nothing happens to a closed one.</summary>
    public void Stop(string machine, string name, string error, string cause)
    {
        lock (gate)
            sql.Run("UPDATE executions SET stop_asked = 1, stop_error = $3, stop_cause = $4 WHERE machine = $1 AND name = $2 AND status = 'RUNNING' AND stop_asked = 0", machine, name, error, cause);
        Written?.Invoke();
    }

    /// <summary>Answers the task that waits under a token. Only the first answer counts.</summary>
    internal CallbackOutcome CallBack(string token, TaskResult result)
    {
        int rows;
        lock (gate)
        {
            rows = sql.Run("UPDATE tokens SET answered = 1, output = $2, error = $3, cause = $4 WHERE hash = $1 AND answered = 0",
                TokenHash(token), SqlRows.Bytes(result.Output), result.Error, result.Cause);
        }
        Written?.Invoke();
        return rows == 1 ? CallbackOutcome.Delivered : CallbackOutcome.Closed;
    }

    /// <summary>Says that the holder of a token still works.</summary>
    public CallbackOutcome Heartbeat(string token, DateTimeOffset now)
    {
        lock (gate)
            return sql.Run("UPDATE tokens SET heard = $2 WHERE hash = $1 AND answered = 0", TokenHash(token), now.UtcTicks) == 1 ? CallbackOutcome.Delivered : CallbackOutcome.Closed;
    }

    public void Dispose()
    {
        lock (gate)
            sql.Dispose();
    }

    internal static byte[] TokenHash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    internal Sql Connect()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        var opened = new Sql(connection);
        opened.Run("PRAGMA synchronous = FULL");
        return opened;
    }
}
