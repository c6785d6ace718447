using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Limpid.Local.Steps;

/// <summary>What SQL reads: a table's name, and the objects whose rows it has.</summary>
internal sealed record SqlInput(string Name, IAsyncEnumerable<(ObjectInfo Info, DataFormat Format)> Objects)
{
    /// <summary>The table of what the step before made.</summary>
    public const string OfStepBefore = "input";
}

/// <summary>
/// A file of SQL, run by SQLite on a database of its own, which has a table for each input and is on disk: memory does not grow with
/// the data. Statements are run in order, and the rows of the last one that gives rows are the result.
/// </summary>
internal sealed class SqlStep(IObjectStore objects, SubjectHasher hasher)
{
    private const int CacheKilobytes = 32 * 1024;
    private const int StepsBetweenLooks = 10_000;

    /// <param name="inputs">Of different names, whatever their case.</param>
    /// <param name="first">The one that is called <see cref="SqlInput.OfStepBefore"/> too, or null.</param>
    /// <param name="database">A file that is not there yet.</param>
    /// <param name="result">Written from its start; can be cut.</param>
    /// <returns>How many rows were written.</returns>
    /// <exception cref="CommandFailedException">The SQL is wrong, or an input can't be read.</exception>
    public async Task<long> RunAsync(string sql, IReadOnlyList<SqlInput> inputs, string? first, string database, DataFormat format, Stream result, CancellationToken cancellation)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Pooling = false }.ToString());
        await connection.OpenAsync(cancellation);
        sqlite3 handle = connection.Handle!;
        SqlStatement.Run(handle, "PRAGMA journal_mode = OFF");
        SqlStatement.Run(handle, "PRAGMA synchronous = OFF");
        SqlStatement.Run(handle, "PRAGMA locking_mode = EXCLUSIVE");
        SqlStatement.Run(handle, "PRAGMA temp_store = FILE");
        SqlStatement.Run(handle, FormattableString.Invariant($"PRAGMA cache_size = -{CacheKilobytes}"));
        using var json = new SqlJson(handle);
        var tables = new Dictionary<string, SqlTable>(StringComparer.OrdinalIgnoreCase);
        SqlStatement.Run(handle, "BEGIN");
        foreach (SqlInput input in inputs)
        {
            if (!tables.TryAdd(input.Name, await ReadAsync(handle, json, input, cancellation)))
                throw new CommandFailedException($"two inputs are called {input.Name}, which SQL does not tell apart: use a command instead");
        }
        if (first is not null && !tables.ContainsKey(SqlInput.OfStepBefore))
            SqlStatement.Run(handle, $"CREATE VIEW {SqlTable.Quoted(SqlInput.OfStepBefore)} AS SELECT * FROM {SqlTable.Quoted(first)}");
        SqlStatement.Run(handle, "COMMIT");
        // A statement may take hours: it is looked now and then whether anybody still wants what it gives.
        raw.sqlite3_progress_handler(handle, StepsBetweenLooks, _ => cancellation.IsCancellationRequested ? 1 : 0, null);
        try
        {
            return Query(connection, sql, tables, new SqlRows(json, format), result, cancellation);
        }
        catch (SqliteException refused)
        {
            cancellation.ThrowIfCancellationRequested();
            string said = raw.sqlite3_errmsg(handle).utf8_to_string();
            throw new CommandFailedException((said == "not an error" ? refused.Message : said) + Hint(said, tables.Values));
        }
    }

    private static long Query(
        SqliteConnection connection, string sql, Dictionary<string, SqlTable> tables, SqlRows rows, Stream result, CancellationToken cancellation)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // It is the operator's own file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.CommandTimeout = 0;
        using SqliteDataReader reader = command.ExecuteReader();
        if (reader.FieldCount == 0)
            throw new CommandFailedException("no statement of it gives rows: end it with a SELECT");
        long count;
        do
        {
            count = 0;
            result.SetLength(0);
            sqlite3_stmt statement = reader.Handle!;
            rows.Begin(statement, column => IsBoolean(statement, column, tables), result);
            for (; reader.Read(); count++)
            {
                cancellation.ThrowIfCancellationRequested();
                rows.Write(statement, result);
            }
        }
        while (reader.NextResult());
        return count;
    }

    /// <summary>Whether a column of the result is an input's own, of true and false.</summary>
    private static bool IsBoolean(sqlite3_stmt statement, int column, Dictionary<string, SqlTable> tables) =>
        raw.sqlite3_column_database_name(statement, column).utf8_to_string() == "main"
        && tables.TryGetValue(raw.sqlite3_column_table_name(statement, column).utf8_to_string(), out SqlTable? table)
        && table.Column(raw.sqlite3_column_origin_name(statement, column).utf8_to_string()) is { IsBoolean: true };

    private async Task<SqlTable> ReadAsync(sqlite3 handle, SqlJson json, SqlInput input, CancellationToken cancellation)
    {
        using var table = new SqlTable(handle, json, input.Name);
        await foreach ((ObjectInfo info, DataFormat format) in input.Objects.WithCancellation(cancellation))
        {
            table.BeginObject();
            var scanner = new ObjectScanner(new Dataset { Name = input.Name, Format = format, Approvers = [] }, new Dictionary<string, Kind>(), hasher);
            await using Stream content = await objects.OpenReadAsync(info, 0, cancellation);
            ScanReport report = await scanner.ScanAsync(content, table, cancellation);
            // Which object it is may not be said: its name can be a person's.
            if (report.Unreadable is { } why)
                throw new CommandFailedException($"an object of {input.Name} can't be read: {why}");
            if (report.Malformed is [var bad, ..])
                throw new CommandFailedException(FormattableString.Invariant($"{report.MalformedRows} rows in an object of {input.Name} are malformed; the first is line {bad.Row.Line}: {bad.Reason}"));
        }
        table.Complete();
        return table;
    }

    private static string Hint(string said, IReadOnlyCollection<SqlTable> tables)
    {
        if (said.StartsWith("no such table", StringComparison.Ordinal))
            return tables.Count == 0 ? "; there are none" : $"; there are {string.Join(", ", tables.Select(t => t.Name))}";
        return said.StartsWith("no such column", StringComparison.Ordinal) && tables.FirstOrDefault(t => t.Rows == 0) is { } empty ? $"; {empty.Name} has no rows" : "";
    }
}
