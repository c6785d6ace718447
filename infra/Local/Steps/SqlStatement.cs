using SQLitePCL;

namespace Limpid.Local.Steps;

/// <summary>A prepared statement without the costs of ADO.NET: a parameter or a column is a call, and its bytes are not copied into strings.</summary>
internal sealed class SqlStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    /// <exception cref="CommandFailedException">It is not to be run here; says what SQLite says.</exception>
    public SqlStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v2(database, sql, out _statement));
    }

    /// <summary>Runs a statement to its end, whatever rows it gives.</summary>
    public static void Run(sqlite3 database, string sql)
    {
        using var statement = new SqlStatement(database, sql);
        while (statement.Step())
        {
        }
    }

    /// <param name="index">From 1.</param>
    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(_statement, index, value));

    public void Bind(int index, double value) => Check(raw.sqlite3_bind_double(_statement, index, value));

    public void BindNull(int index) => Check(raw.sqlite3_bind_null(_statement, index));

    public void BindText(int index, ReadOnlySpan<byte> utf8) => Check(raw.sqlite3_bind_text(_statement, index, utf8));

    public void BindBytes(int index, ReadOnlySpan<byte> bytes) => Check(raw.sqlite3_bind_blob(_statement, index, bytes));

    /// <summary>Whether there is a row; after the last one the statement can be run again, with the parameters that it has.</summary>
    public bool Step()
    {
        int result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
            return true;
        raw.sqlite3_reset(_statement);
        Check(result == raw.SQLITE_DONE ? raw.SQLITE_OK : result);
        return false;
    }

    /// <summary>Of a column of text or bytes; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw new CommandFailedException(raw.sqlite3_errmsg(_database).utf8_to_string());
    }
}
