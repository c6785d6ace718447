using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Storage;

internal enum Durability
{
    /// <summary>A killed process loses nothing; a power cut may lose the last commits, never the order of them.</summary>
    Process,

    /// <summary>What was committed survives a power cut.</summary>
    Power,
}

/// <summary>
/// One SQLite file in write-ahead mode, shared with other processes. Writers of this process queue here, fairly, and wait for those
/// of other processes up to a minute; readers see the last commit and block nobody. Deleted content is overwritten with zeros.
/// Thread-safe.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private readonly string _connectionString;
    private readonly string _name;
    private readonly string _whenDamaged;
    private readonly Durability _durability;
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SqliteSession _writer;

    /// <summary>Opens the file and brings its schema up to date. The folder is made where it is missing, for its owner only.</summary>
    /// <param name="file">The full path.</param>
    /// <param name="migrations">The statements that lead from each version of the schema to the next one; never changed once released.</param>
    /// <param name="durability">What a commit promises.</param>
    /// <param name="whenDamaged">What an operator does when the file is damaged; ends the error message.</param>
    /// <exception cref="DatabaseException">It is damaged, or its schema is newer than this program.</exception>
    public SqliteDatabase(string file, IReadOnlyList<string> migrations, Durability durability, string whenDamaged)
    {
        (_name, _durability, _whenDamaged) = (Path.GetFileName(file), durability, whenDamaged);
        CreateFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 60,
        }.ToString();
        _writer = Guarded(() => Open(cacheKilobytes: 32 * 1024));
        try
        {
            Guarded(() => Migrate(migrations));
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    public static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Reads; each statement by itself sees one state of the database.</summary>
    public T Read<T>(Func<SqliteSession, T> read)
    {
        if (!_readers.TryTake(out SqliteSession? session))
            session = Guarded(() => Open(cacheKilobytes: 4 * 1024));
        try
        {
            return Guarded(() => read(session));
        }
        finally
        {
            _readers.Add(session);
        }
    }

    /// <summary>
    /// Runs <paramref name="write"/> in a transaction of its own: all of it is committed when it returns, none of it when it throws.
    /// </summary>
    /// <param name="durability">Beyond what the database promises anyway, for this commit and all before it.</param>
    public async Task<T> WriteAsync<T>(Func<SqliteSession, T> write, CancellationToken cancellation, Durability durability = Durability.Process)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            bool raised = durability > _durability;
            if (raised)
                Guarded(() => _writer.Execute("PRAGMA synchronous = FULL"));
            try
            {
                return Guarded(() => InTransaction(_writer, write));
            }
            finally
            {
                if (raised)
                    _writer.Execute("PRAGMA synchronous = NORMAL");
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        while (_readers.TryTake(out SqliteSession? session))
            session.Dispose();
        _writer.Dispose();
        _writing.Dispose();
    }

    private static T InTransaction<T>(SqliteSession session, Func<SqliteSession, T> work)
    {
        session.Execute("BEGIN IMMEDIATE");
        bool committed = false;
        try
        {
            T result = work(session);
            session.Execute("COMMIT");
            committed = true;
            return result;
        }
        finally
        {
            if (!committed)
                RollBack(session);
        }
    }

    // Some errors have rolled the transaction back already; a second rollback must not hide them.
    private static void RollBack(SqliteSession session)
    {
        try
        {
            session.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
        }
    }

    private SqliteSession Open(int cacheKilobytes)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            var session = new SqliteSession(connection);
            session.Execute("PRAGMA busy_timeout = 10000");
            session.Execute("PRAGMA journal_mode = WAL");
            session.Execute(_durability == Durability.Power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            session.Execute("PRAGMA secure_delete = ON");
            session.Execute("PRAGMA wal_autocheckpoint = 4000");
            session.Execute("PRAGMA journal_size_limit = 67108864");
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA cache_size = -{cacheKilobytes}"));
            return session;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private bool Migrate(IReadOnlyList<string> migrations)
    {
        if (Version(_writer) == migrations.Count)
            return false;
        return InTransaction(_writer, session =>
        {
            // Another process may have been faster.
            long version = Version(session);
            if (version > migrations.Count)
            {
                throw new DatabaseException(string.Create(CultureInfo.InvariantCulture,
                    $"{_name} was written by a newer version of limpid (its schema is {version}, this one knows {migrations.Count}): use that version"));
            }
            for (; version < migrations.Count; version++)
                session.Execute(migrations[(int)version]);
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version}"));
            return true;
        });
    }

    private static long Version(SqliteSession session) => (long)session.Scalar("PRAGMA user_version")!;

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Corrupt or NotADatabase)
        {
            throw new DatabaseException($"{_name} is damaged ({e.SqliteErrorCode}): {_whenDamaged}", e);
        }
    }
}
