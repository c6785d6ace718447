using System.Collections.Concurrent;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>
/// A process that is killed while SQLite writes a commit leaves a part of it in the write-ahead log. Such a part must count for
/// nothing: what is found is the commit before, and the run goes on from there.
/// </summary>
public class TornWriteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_commit_that_was_cut_off_anywhere_counts_for_nothing_and_the_run_goes_on()
    {
        CrashScenario scenario = CrashScenario.All[0];
        using RunnerBench bench = await scenario.BeginAsync(new ConcurrentQueue<string>());
        var commits = new List<(byte[] Database, byte[] Log)>();
        await bench.Runner(statesPerTurn: 1, stored: () => commits.Add((Bytes(bench, ""), Bytes(bench, "-wal")))).RunUntilClosedAsync("m", "one", Cancellation);
        ExecutionInfo clean = bench.Store.Describe("m", "one")!;

        const int Seed = 7;
        var random = new Random(Seed);
        int cut = 0;
        foreach (var (before, after) in commits.Zip(commits.Skip(1)).Where((_, i) => i % 4 == 0))
        {
            // Where the log was begun anew in between, the cut would be in another commit.
            if (after.Log.Length <= before.Log.Length || !after.Log.AsSpan(0, before.Log.Length).SequenceEqual(before.Log))
                continue;
            int grown = after.Log.Length - before.Log.Length;
            foreach (int kept in (int[])[1, 24, grown / 2, random.Next(grown), grown - 1])
            {
                byte[] torn = [.. after.Log.AsSpan(0, before.Log.Length + kept), .. random.Next(2) == 0 ? new byte[grown - kept] : []];
                string where = $"seed {Seed}, {kept} of the {grown} bytes after {before.Log.Length}";
                Assert.True(await EventsAsync(before.Database, before.Log) == await EventsAsync(after.Database, torn), where);
                using RunnerBench again = await RestoredAsync(scenario, after.Database, torn);
                Assert.True(clean == await again.Runner().RunUntilClosedAsync("m", "one", Cancellation), where);
                cut++;
            }
        }
        Assert.True(cut > 30, $"only {cut} commits were cut");
    }

    [Fact]
    public async Task Every_connection_waits_for_the_disk_at_each_commit()
    {
        using RunnerBench bench = await CrashScenario.All[0].BeginAsync(new ConcurrentQueue<string>());
        using Sql connection = bench.Store.Connect();
        Assert.Equal(("wal", 2L), ((string)connection.Scalar("PRAGMA journal_mode")!, (long)connection.Scalar("PRAGMA synchronous")!));
    }

    private static async Task<long> EventsAsync(byte[] database, byte[] log)
    {
        using RunnerBench bench = await RestoredAsync(CrashScenario.All[0], database, log);
        return bench.Store.History("m", "one").Count;
    }

    /// <summary>A bench with these files, as a process would find them.</summary>
    private static async Task<RunnerBench> RestoredAsync(CrashScenario scenario, byte[] database, byte[] log)
    {
        RunnerBench bench = await scenario.BeginAsync(new ConcurrentQueue<string>());
        bench.Reopen(() =>
        {
            foreach (var (ending, bytes) in new[] { ("", database), ("-wal", log) })
                File.WriteAllBytes(Path.Combine(bench.Folder, "executions.db" + ending), bytes);
        });
        return bench;
    }

    private static byte[] Bytes(RunnerBench bench, string ending)
    {
        using var file = new FileStream(Path.Combine(bench.Folder, "executions.db" + ending), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
