using Microsoft.Data.Sqlite;

namespace Limpid.Local.StateMachines;

/// <summary>A connection that prepares each statement once. For one thread at a time.</summary>
internal sealed class Sql(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> commands = [];

    public int Run(string statement, params ReadOnlySpan<object?> values) => Prepare(statement, values).ExecuteNonQuery();

    public object? Scalar(string statement, params ReadOnlySpan<object?> values) => Prepare(statement, values).ExecuteScalar() is var value and not DBNull ? value : null;

    /// <summary>The rows, all read before the first is looked at.</summary>
    public List<T> Rows<T>(string statement, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Prepare(statement, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    /// <summary>Does all of it or nothing, and keeps other writers waiting meanwhile.</summary>
    public T Atomically<T>(Func<T> act)
    {
        Run("BEGIN IMMEDIATE");
        try
        {
            T result = act();
            Run("COMMIT");
            return result;
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>Undoes what was begun. Some errors (a full disk) have done so already; a second time must not hide them.</summary>
    public void RollBack()
    {
        try
        {
            Run("ROLLBACK");
        }
        catch (SqliteException)
        {
        }
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in commands.Values)
            command.Dispose();
        connection.Dispose();
    }

    private SqliteCommand Prepare(string statement, ReadOnlySpan<object?> values)
    {
        if (!commands.TryGetValue(statement, out SqliteCommand? command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of this folder; values are parameters.
            command.CommandText = statement;
#pragma warning restore CA2100
            for (int i = 0; i < values.Length; i++)
                command.Parameters.Add(new() { ParameterName = $"${i + 1}" });
            commands.Add(statement, command);
        }
        for (int i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}

internal static class SqlRows
{
    public static string? Text(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? Number(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static DateTimeOffset? Time(this SqliteDataReader row, int column) => row.Number(column) is { } ticks ? new(ticks, TimeSpan.Zero) : null;

    public static JsonData? Json(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : JsonData.Parse(row.GetFieldValue<byte[]>(column));

    public static byte[]? Bytes(JsonData? json) => json?.ToUtf8().ToArray();

    public static long? Ticks(DateTimeOffset? time) => time?.UtcTicks;
}
