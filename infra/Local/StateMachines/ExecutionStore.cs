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

    private const string Redrives = """
        ALTER TABLE executions ADD COLUMN redrives INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE executions ADD COLUMN redriven INTEGER;
        ALTER TABLE executions ADD COLUMN redriving INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE frames ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX frames_set_aside ON frames (execution, parent) WHERE set_aside <> 0;
        PRAGMA user_version = 1;
        """;

    /// <summary>For how long a closed execution is known and its name is taken, as on AWS.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    private readonly string connectionString;
    private readonly Sql sql;
    private readonly Lock gate = new();

    private readonly bool durable;

    private ExecutionStore(string folder, bool durable)
    {
        Folder = folder;
        this.durable = durable;
        connectionString = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "executions.db"), Pooling = false }.ToString();
        sql = Connect();
        sql.Run("PRAGMA journal_mode = WAL");
        sql.Run(Schema);
        if (Version() == 0)
            sql.Atomically(() => Version() == 0 ? sql.Run(Redrives) : 0);
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
    /// <param name="durable">False where the folder is thrown away with the process: nothing is waited for until it is on disk.</param>
    public static ExecutionStore Open(string folder, bool durable = true)
    {
        Directory.CreateDirectory(folder);
        return new(folder, durable);
    }

    /// <summary>Begins an execution; it runs once a runner sees it.</summary>
    /// <exception cref="ArgumentException">The name is none (see <see cref="ExecutionName"/>), or the input is no JSON or larger than 262,144 bytes.</exception>
    public StartOutcome Start(StateMachineDefinition machine, string name, string input, DateTimeOffset now)
    {
        if (ExecutionName.Problem(name) is { } wrong)
            throw new ArgumentException(wrong, nameof(name));
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
        var existing = sql.Rows("SELECT id, status, input, stopped FROM executions WHERE machine = $1 AND name = $2",
            r => (Id: r.GetInt64(0), Status: r.GetString(1), Input: r.Json(2)!, Stopped: r.Time(3)), machine.Name, name);
        if (existing is [{ Status: Execution.Running } open])
            return open.Input.Equals(input) ? open.Id : null;
        if (existing is [var closed])
        {
            if (closed.Stopped > now - Kept)
                return null;
            Delete(sql, closed.Id);
        }
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

    /// <summary>Executions with all that is known of each, the newest first.</summary>
    /// <param name="machine">Only those of this machine.</param>
    /// <param name="status">Only those in this status.</param>
    /// <param name="name">Only those of this name.</param>
    /// <param name="now">What can be redriven depends on it.</param>
    public IReadOnlyList<ExecutionDescription> List(DateTimeOffset now, string? machine = null, string? status = null, string? name = null)
    {
        lock (gate)
        {
            return sql.Rows(
                """
                SELECT name, machine, status, input, output, error, cause, started, stopped, redrives, redriven,
                  (SELECT max(id) FROM events WHERE execution = executions.id), EXISTS (SELECT 1 FROM frames WHERE execution = executions.id)
                FROM executions WHERE machine = coalesce($1, machine) AND status = coalesce($2, status) AND name = coalesce($3, name) ORDER BY id DESC
                """,
                r => new ExecutionDescription(r.GetString(0), r.GetString(1), r.GetString(2), r.Json(3)!, r.Json(4), r.Text(5), r.Text(6), r.Time(7)!.Value, r.Time(8),
                    r.GetInt32(9), r.Time(10), ExecutionDescription.WhyNotRedrivable(r.GetString(2), r.Time(7)!.Value, r.Time(8), r.Number(11) ?? 0, r.GetInt64(12) == 1, now)),
                machine, status, name);
        }
    }

    /// <summary>Lets an unsuccessful execution go on from where it failed, once a runner sees it.</summary>
    /// <returns>Null, or why it can't be.</returns>
    public string? Redrive(string machine, string name, DateTimeOffset now)
    {
        string? refusal;
        lock (gate)
            refusal = sql.Atomically(() => TryRedrive(machine, name, now));
        Written?.Invoke();
        return refusal;
    }

    private string? TryRedrive(string machine, string name, DateTimeOffset now)
    {
        if (List(now, machine, null, name) is not [var execution])
            return $"Execution Does Not Exist: '{Arns.Execution(machine, name)}'";
        if (execution.RedriveStatusReason is { } reason)
            return reason;
        long id = (long)sql.Scalar("SELECT id FROM executions WHERE machine = $1 AND name = $2", machine, name)!;
        long last = (long)sql.Scalar("SELECT max(id) FROM events WHERE execution = $1", id)!;
        ExecutionJournal.AddEvent(sql, id, new(last + 1, last, "ExecutionRedriven", now, "executionRedrivenEventDetails",
            JsonData.Object(("redriveCount", JsonData.Of(execution.RedriveCount + 1)))));
        sql.Run("UPDATE frames SET events = $2 WHERE execution = $1 AND id = 1", id, last + 1);
        sql.Run(
            "UPDATE executions SET status = 'RUNNING', error = NULL, cause = NULL, stopped = NULL, stop_asked = 0, stop_error = NULL, stop_cause = NULL, redrives = redrives + 1, redriven = $2, redriving = 1 WHERE id = $1",
            id, now.UtcTicks);
        return null;
    }

    /// <summary>Forgets what is kept no longer: closed executions after 90 days, and after 14 what a redrive would need.</summary>
    internal void Sweep(DateTimeOffset now)
    {
        lock (gate)
        {
            sql.Atomically(() =>
            {
                foreach (long id in sql.Rows("SELECT id FROM executions WHERE stopped <= $1", r => r.GetInt64(0), (now - Kept).UtcTicks))
                    Delete(sql, id);
                foreach (long id in sql.Rows("SELECT id FROM executions WHERE stopped <= $1 AND EXISTS (SELECT 1 FROM frames WHERE execution = executions.id)", r => r.GetInt64(0), (now - ExecutionDescription.RedrivableFor).UtcTicks))
                    DeleteFrames(sql, id);
                return 0;
            });
        }
    }

    private static void Delete(Sql sql, long id)
    {
        DeleteFrames(sql, id);
        sql.Run("DELETE FROM events WHERE execution = $1", id);
        sql.Run("DELETE FROM executions WHERE id = $1", id);
    }

    private static void DeleteFrames(Sql sql, long id)
    {
        sql.Run("DELETE FROM frames WHERE execution = $1", id);
        sql.Run("DELETE FROM results WHERE execution = $1", id);
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
    public void Stop(string machine, string name, string? error, string? cause)
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

    private long Version() => (long)sql.Scalar("PRAGMA user_version")!;

    internal static byte[] TokenHash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    internal Sql Connect()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        var opened = new Sql(connection);
        opened.Run(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
        return opened;
    }
}
