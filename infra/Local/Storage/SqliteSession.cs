using Microsoft.Data.Sqlite;

namespace Limpid.Local.Storage;

/// <summary>One connection and its prepared statements. Used by one caller at a time.</summary>
internal sealed class SqliteSession(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

    /// <summary>Runs a statement with the parameters <c>?1</c>, <c>?2</c>, ... and returns the number of rows that it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> parameters) => Bind(sql, parameters).ExecuteNonQuery();

    /// <summary>Runs a query. The reader has to be disposed before the session does anything else with the same statement.</summary>
    public SqliteDataReader Query(string sql, params ReadOnlySpan<object?> parameters) => Bind(sql, parameters).ExecuteReader();

    /// <summary>The first column of the first row, or null where there is no row.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<object?> parameters) => Bind(sql, parameters).ExecuteScalar();

    public void Dispose()
    {
        foreach (SqliteCommand command in _prepared.Values)
            command.Dispose();
        connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> parameters)
    {
        if (!_prepared.TryGetValue(sql, out SqliteCommand? command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements are constants of the callers; values come in as parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (int i = 1; i <= parameters.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i}" });
            _prepared.Add(sql, command);
        }
        for (int i = 0; i < parameters.Length; i++)
            command.Parameters[i].Value = parameters[i] ?? DBNull.Value;
        return command;
    }
}
