namespace Limpid.Local.StateMachines;

/// <summary>The runner's side of the store: all that one turn changes goes to disk together.</summary>
internal sealed class ExecutionJournal(ExecutionStore store, IReadOnlyDictionary<string, StateMachineDefinition> machines, TimeProvider time) : IJournal, IDisposable
{
    private readonly Sql sql = store.Connect();
    private readonly Dictionary<string, StateMachineDefinition> definitions = machines.Values.ToDictionary(m => m.Digest);
    private long seen = -1;

    /// <summary>Whether somebody else has written since the last call.</summary>
    public bool OthersWrote()
    {
        long version = (long)sql.Scalar("PRAGMA data_version")!;
        bool changed = version != seen;
        seen = version;
        return changed;
    }

    public void Begin() => sql.Run("BEGIN IMMEDIATE");

    public void Commit() => sql.Run("COMMIT");

    public void RollBack() => sql.RollBack();

    /// <summary>The open executions that the interpreter doesn't have yet.</summary>
    public List<Execution> LoadOpen(IReadOnlyDictionary<long, Execution> known) =>
        [.. sql.Rows("SELECT id FROM executions WHERE status = 'RUNNING' ORDER BY id", r => r.GetInt64(0)).Where(id => !known.ContainsKey(id)).Select(Load)];

    /// <summary>The executions that somebody wants to have stopped.</summary>
    public List<(long Id, string? Error, string? Cause)> StopsAsked() =>
        sql.Rows("SELECT id, stop_error, stop_cause FROM executions WHERE status = 'RUNNING' AND stop_asked = 1", r => (r.GetInt64(0), r.Text(1), r.Text(2)));

    /// <summary>The callbacks that nobody has seen yet; they are forgotten with the call.</summary>
    public List<(long Execution, long Frame, int Attempt, TaskResult Result)> TakeCallbacks()
    {
        var found = sql.Rows("SELECT execution, frame, attempt, output, error, cause FROM tokens WHERE answered = 1",
            r => (r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), new TaskResult(r.Json(3), r.Text(4), r.Text(5))));
        if (found.Count > 0)
            sql.Run("DELETE FROM tokens WHERE answered = 1");
        return found;
    }

    public DateTimeOffset? LastHeartbeat(Frame frame) =>
        sql.Scalar("SELECT heard FROM tokens WHERE execution = $1 AND frame = $2", frame.Execution.Id, frame.Id) is long ticks ? new(ticks, TimeSpan.Zero) : null;

    public void Save(IEnumerable<Frame> frames, IEnumerable<Execution> closed)
    {
        var touched = new HashSet<Execution>();
        foreach (Frame frame in frames)
        {
            touched.Add(frame.Execution);
            if (frame is { Gone: true, SetAside: SetAside.No })
                sql.Run("DELETE FROM frames WHERE execution = $1 AND id = $2", frame.Execution.Id, frame.Id);
            else
                SaveFrame(sql, frame);
        }
        foreach (Execution execution in touched)
            sql.Run("UPDATE executions SET next_frame = $2, redriving = $3 WHERE id = $1", execution.Id, execution.NextFrame, execution.Redriving ? 1 : 0);
        foreach (Execution e in closed)
        {
            sql.Run("UPDATE executions SET status = $2, output = $3, error = $4, cause = $5, stopped = $6 WHERE id = $1",
                e.Id, e.Status, SqlRows.Bytes(e.Output), e.Error, e.Cause, SqlRows.Ticks(e.Stopped));
            // What did not succeed can be redriven from where it stands.
            if (e.Output is not null)
            {
                sql.Run("DELETE FROM frames WHERE execution = $1", e.Id);
                sql.Run("DELETE FROM results WHERE execution = $1", e.Id);
            }
            sql.Run("DELETE FROM tokens WHERE execution = $1", e.Id);
        }
    }

    public void Add(Execution execution, HistoryEvent happened) => AddEvent(sql, execution.Id, happened);

    public void PutResult(Frame of, BranchResult result) =>
        sql.Run("INSERT OR REPLACE INTO results (execution, frame, idx, succeeded, output) VALUES ($1, $2, $3, $4, $5)",
            of.Execution.Id, of.Id, result.Index, result.Succeeded ? 1 : 0, SqlRows.Bytes(result.Output));

    public IEnumerable<BranchResult> Results(Frame of) => sql.Rows("SELECT idx, succeeded, output FROM results WHERE execution = $1 AND frame = $2 ORDER BY idx",
        r => new BranchResult(r.GetInt32(0), r.GetInt64(1) == 1, r.Json(2)!), of.Execution.Id, of.Id);

    /// <summary>Some of the results, from a number on.</summary>
    public static List<BranchResult> Results(Sql sql, long execution, long frame, int from, int count) =>
        sql.Rows("SELECT idx, succeeded, output FROM results WHERE execution = $1 AND frame = $2 AND idx >= $3 ORDER BY idx LIMIT $4",
            r => new BranchResult(r.GetInt32(0), r.GetInt64(1) == 1, r.Json(2)!), execution, frame, from, count);

    public void DropResults(Frame of) => sql.Run("DELETE FROM results WHERE execution = $1 AND frame = $2", of.Execution.Id, of.Id);

    public int CountResults(Frame of) => (int)(long)sql.Scalar("SELECT count(*) FROM results WHERE execution = $1 AND frame = $2", of.Execution.Id, of.Id)!;

    public long DropFailed(Frame of)
    {
        long bytes = (long)sql.Scalar("SELECT coalesce(sum(length(output) + 1), 0) FROM results WHERE execution = $1 AND frame = $2 AND succeeded = 0", of.Execution.Id, of.Id)!;
        sql.Run("DELETE FROM results WHERE execution = $1 AND frame = $2 AND succeeded = 0", of.Execution.Id, of.Id);
        return bytes;
    }

    public void DropLeft(Frame of) => sql.Run(
        """
        WITH RECURSIVE below (id) AS (
          SELECT id FROM frames WHERE execution = $1 AND parent = $2 AND set_aside <> 0
          UNION ALL SELECT f.id FROM below b JOIN frames f ON f.execution = $1 AND f.parent = b.id AND f.set_aside <> 0)
        DELETE FROM frames WHERE execution = $1 AND id IN (SELECT id FROM below)
        """, of.Execution.Id, of.Id);

    public void OpenToken(Frame frame, string token) => sql.Run("INSERT OR REPLACE INTO tokens (hash, execution, frame, attempt) VALUES ($1, $2, $3, $4)",
        ExecutionStore.TokenHash(token), frame.Execution.Id, frame.Id, frame.Attempt);

    public void CloseToken(Frame frame) => sql.Run("DELETE FROM tokens WHERE execution = $1 AND frame = $2", frame.Execution.Id, frame.Id);

    public bool HasMachine(string machine) => machines.ContainsKey(machine);

    public Execution? StartNested(string machine, string name, JsonData input) =>
        ExecutionStore.TryStart(sql, machines[machine], name, input, time.GetUtcNow()) is { } id ? Load(id) : null;

    public void Dispose() => sql.Dispose();

    private Execution Load(long id)
    {
        Execution execution = sql.Rows("SELECT name, machine, digest, input, started, next_frame, redrives, redriven, redriving FROM executions WHERE id = $1",
            r => new Execution(id, r.GetString(0), Definition(r.GetString(1), r.GetString(2)), r.Json(3)!, r.Time(4)!.Value)
            {
                NextFrame = r.GetInt64(5),
                RedriveCount = r.GetInt32(6),
                Redriven = r.Time(7),
                Redriving = r.GetInt64(8) == 1,
            }, id)[0];
        sql.Rows(
            "SELECT id, parent, idx, phase, state, input, item, variables, entered_event, last_event, entered_at, retries, attempt, wake_at, timeout_at, heartbeat_at, submitted, nested, progress, events, set_aside FROM frames WHERE execution = $1 ORDER BY id",
            r => IsWanted(r, execution) ? ReadFrame(r, execution) : null, id);
        return execution;
    }

    /// <summary>The definition that the execution began with, whatever the files say now.</summary>
    private StateMachineDefinition Definition(string machine, string digest)
    {
        if (definitions.TryGetValue(digest, out StateMachineDefinition? known))
            return known;
        string text = (string)sql.Scalar("SELECT text FROM definitions WHERE digest = $1", digest)!;
        // It was read without a problem when the execution began; only the integrations may have become fewer.
        StateMachineDefinition definition = StateMachineDefinition.Reread(machine, text);
        definitions.Add(digest, definition);
        return definition;
    }

    /// <summary>What failed items left is for a redrive alone.</summary>
    private static bool IsWanted(Microsoft.Data.Sqlite.SqliteDataReader r, Execution execution)
    {
        Frame? parent = r.Number(1) is { } above ? execution.Frames.GetValueOrDefault(above) : null;
        if (parent is null && r.Number(1) is not null)
            return false;
        return (SetAside)r.GetInt32(20) != SetAside.Left || execution.Redriving || parent is { SetAside: not SetAside.No };
    }

    private static Frame ReadFrame(Microsoft.Data.Sqlite.SqliteDataReader r, Execution execution)
    {
        Frame? parent = r.Number(1) is { } above ? execution.Frames[above] : null;
        int index = r.GetInt32(2);
        Flow flow = parent?.State switch
        {
            ParallelState parallel => parallel.Branches[index],
            MapState map => map.Map.Processor,
            _ => execution.Definition.Flow,
        };
        var frame = new Frame(execution, r.GetInt64(0), parent, index, flow)
        {
            Phase = (Phase)r.GetInt32(3),
            StateName = r.GetString(4),
            Input = r.Json(5)!,
            Item = r.Json(6),
            EnteredEvent = r.GetInt64(8),
            LastEvent = r.GetInt64(9),
            EnteredAt = r.Time(10)!.Value,
            Retries = r.Text(11) is { } retries ? [.. retries.Split(',').Select(int.Parse)] : [],
            Attempt = r.GetInt32(12),
            WakeAt = r.Time(13),
            TimeoutAt = r.Time(14),
            HeartbeatAt = r.Time(15),
            TokenSubmitted = r.GetInt64(16) == 1,
            Nested = r.Number(17),
            Progress = r.Text(18) is { } progress ? Progress.Parse(progress) : null,
            Events = r.GetInt64(19),
            SetAside = (SetAside)r.GetInt32(20),
        };
        foreach (var (name, value) in r.Json(7)?.Members ?? JsonData.EmptyObject.Members)
            frame.Variables[name] = value;
        if (frame.SetAside != SetAside.ToBeRedriven)
            parent?.Children.Add(frame);
        execution.Frames.Add(frame.Id, frame);
        return frame;
    }

    internal static void SaveFrame(Sql sql, Frame f) => sql.Run(
        "INSERT OR REPLACE INTO frames (execution, id, parent, idx, phase, state, input, item, variables, entered_event, last_event, entered_at, retries, attempt, wake_at, timeout_at, heartbeat_at, submitted, nested, progress, events, set_aside) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        f.Execution.Id, f.Id, f.Parent?.Id, f.Index, (int)f.Phase, f.StateName, SqlRows.Bytes(f.Input), SqlRows.Bytes(f.Item),
        f.Variables.Count == 0 ? null : SqlRows.Bytes(JsonData.Object(f.Variables)), f.EnteredEvent, f.LastEvent, f.EnteredAt.UtcTicks,
        f.Retries.Count == 0 ? null : string.Join(',', f.Retries), f.Attempt, SqlRows.Ticks(f.WakeAt), SqlRows.Ticks(f.TimeoutAt), SqlRows.Ticks(f.HeartbeatAt),
        f.TokenSubmitted ? 1 : 0, f.Nested, f.Progress?.ToJson(), f.Events, (int)f.SetAside);

    internal static void AddEvent(Sql sql, long execution, HistoryEvent e) => sql.Run(
        "INSERT INTO events (execution, id, previous, type, at, details_name, details) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        execution, e.Id, e.PreviousId, e.Type, e.Timestamp.UtcTicks, e.DetailsName, SqlRows.Bytes(e.Details));
}
