using Limpid.Core.Ports;
using Limpid.Local.Storage;
using Limpid.Tests.Contracts;
using Microsoft.Data.Sqlite;

namespace Limpid.Tests.Index;

public sealed class SqliteDatabaseTests : IDisposable
{
    private const string First = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);";
    private const string Second = "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7;";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string FileName => Path.Combine(_folder.Path, "below", "test.db");

    [Fact]
    public void An_older_schema_is_brought_up_to_date_and_keeps_what_it_holds()
    {
        using (Open(First))
        {
        }
        using SqliteDatabase database = Open(First, Second);
        Assert.Equal(8L, database.Read(session => session.Scalar("SELECT x + y FROM a")));
        using SqliteDatabase again = Open(First, Second);
        Assert.Equal(1L, again.Read(session => session.Scalar("SELECT count(*) FROM a")));
    }

    [Fact]
    public void A_newer_schema_is_refused_with_one_clear_line_and_left_alone()
    {
        using (Open(First, Second))
        {
        }
        var refused = Assert.Throws<DatabaseException>(() => Open(First));
        Assert.Equal("test.db was written by a newer version of limpid (its schema is 2, this one knows 1): use that version", refused.Message);
        using SqliteDatabase database = Open(First, Second);
        Assert.Equal(7L, database.Read(session => session.Scalar("SELECT y FROM a")));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_with_what_to_do()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FileName)!);
        File.WriteAllText(FileName, new string('x', 5_000));
        var refused = Assert.Throws<DatabaseException>(() => Open(First));
        Assert.Equal("test.db is damaged (26): put it right", refused.Message);
        Assert.Equal(5_000, new FileInfo(FileName).Length);
    }

    [Fact]
    public async Task Damage_that_is_met_while_reading_is_said_to_be_damage()
    {
        using (SqliteDatabase database = Open(First))
        {
            await database.WriteAsync(
                session => session.Execute("INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i FROM n"), Cancellation);
        }
        byte[] bytes = await File.ReadAllBytesAsync(FileName, Cancellation);
        bytes.AsSpan(8192).Fill(0xFF);
        await File.WriteAllBytesAsync(FileName, bytes, Cancellation);
        using SqliteDatabase damaged = Open(First);
        Assert.Throws<DatabaseException>(() => damaged.Read(session => session.Scalar("SELECT sum(x) FROM a")));
    }

    [Fact]
    public async Task A_write_that_throws_leaves_nothing_and_the_next_one_goes_on()
    {
        using SqliteDatabase database = Open(First);
        await Assert.ThrowsAsync<TimeoutException>(() => database.WriteAsync<int>(
            session =>
            {
                session.Execute("DELETE FROM a");
                throw new TimeoutException();
            },
            Cancellation));
        await Assert.ThrowsAsync<SqliteException>(() => database.WriteAsync(session => session.Execute("DELETE FROM nothing"), Cancellation));
        Assert.Equal(1L, database.Read(session => session.Scalar("SELECT count(*) FROM a")));
        Assert.Equal(1, await database.WriteAsync(session => session.Execute("INSERT INTO a VALUES (2)"), Cancellation));
    }

    [Fact]
    public async Task Only_the_state_survives_a_power_cut_by_every_commit_but_one_commit_can_ask_for_it()
    {
        using SqliteDatabase index = Open(First);
        using var state = new SqliteDatabase(Path.Combine(_folder.Path, "state.db"), [First], Durability.Power, "");
        static long Synchronous(SqliteSession session) => (long)session.Scalar("PRAGMA synchronous")!;
        Assert.Equal(1, await index.WriteAsync(Synchronous, Cancellation));
        Assert.Equal(2, await index.WriteAsync(Synchronous, Cancellation, Durability.Power));
        Assert.Equal(1, await index.WriteAsync(Synchronous, Cancellation));
        Assert.Equal(2, await state.WriteAsync(Synchronous, Cancellation));
    }

    [Fact]
    public void The_folder_is_made_for_its_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes");
        using SqliteDatabase database = Open(First);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(FileName)!));
    }

    [Fact]
    public async Task F53_what_was_deleted_is_not_in_the_files_any_more_once_they_are_closed()
    {
        byte[] canary = [.. "canary-canary-"u8, .. Enumerable.Range(1, 5_000).Select(i => (byte)i)];
        using (var table = new SqliteStateTable(_folder.Path))
        {
            Assert.True(await table.TryPutAsync(new StateItem("p", "s", 1, canary), Cancellation));
            Assert.True(await table.TryDeleteAsync("p", "s", 1, Cancellation));
        }
        foreach (string file in Directory.GetFiles(_folder.Path))
            Assert.Equal(-1, (await File.ReadAllBytesAsync(file, Cancellation)).AsSpan().IndexOf("canary-canary-"u8));
    }

    [Fact]
    public void Scratch_has_no_name_and_can_be_read_back()
    {
        string folder = Path.Combine(_folder.Path, "scratch");
        using Stream scratch = Scratch.In(folder)();
        scratch.Write([1, 2, 3]);
        scratch.Position = 1;
        Assert.Equal(2, scratch.ReadByte());
        if (!OperatingSystem.IsWindows())
            Assert.Empty(Directory.GetFiles(folder));
    }

    public void Dispose() => _folder.Dispose();

    private SqliteDatabase Open(params string[] migrations) => new(FileName, migrations, Durability.Process, "put it right");
}
