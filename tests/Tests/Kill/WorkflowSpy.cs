using Microsoft.Data.Sqlite;

namespace Limpid.Tests.Kill;

/// <summary>Sees from outside, by what is on disk, which steps of which workflows are under way.</summary>
internal sealed class WorkflowSpy : IDisposable
{
    private readonly SqliteConnection? _connection;

    public WorkflowSpy(string lake)
    {
        string file = Path.Combine(lake, ".limpid", "executions.db");
        if (!File.Exists(file))
            return;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, Mode = SqliteOpenMode.ReadWrite }.ToString());
        _connection.Open();
    }

    /// <summary>The states in which purges stand.</summary>
    public IReadOnlyList<string> Purges() => Read(
        "SELECT f.state FROM executions e JOIN frames f ON f.execution = e.id WHERE e.status = 'RUNNING' AND e.machine = 'purge' AND f.parent IS NULL");

    /// <summary>Executions of any kind that are not closed.</summary>
    public IReadOnlyList<string> Open() => Read("SELECT machine || '/' || name FROM executions WHERE status = 'RUNNING'");

    public void Dispose() => _connection?.Dispose();

    private List<string> Read(string statement)
    {
        var found = new List<string>();
        if (_connection is null)
            return found;
        using SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The two statements above.
        command.CommandText = statement;
#pragma warning restore CA2100
        try
        {
            using SqliteDataReader row = command.ExecuteReader();
            while (row.Read())
                found.Add(row.GetString(0));
        }
        catch (SqliteException)
        {
            // The very first `up` is making the tables just now.
        }
        return found;
    }
}
