using Limpid.Local.StateMachines;
using Limpid.Local.Steps;

namespace Limpid.Tests.Steps;

/// <summary>Rebuild steps that are commands: what they are given, what comes of what they make, and that all of them ends with them.</summary>
[Collection(Processes.Name)]
public sealed class CommandStepTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_reads_its_inputs_and_what_it_made_is_put_into_the_lake()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/a.ndjson", "{\"customer\":1}\n");
        TaskResult result = await lake.RunAsync(
            """
            set -e
            test "$LIMPID_TABLE/$LIMPID_STEP" = totals/sum
            test "$LIMPID_INPUTS" = "{\"orders\":\"$PWD/orders/\"}"
            mkdir "$LIMPID_OUTPUT/deep"
            cp orders/a.ndjson "$LIMPID_OUTPUT/deep/b.ndjson"
            echo done; echo fine >&2
            """, Stop, ("orders", "orders/"));
        Assert.Equal(("{}", null), (result.Output?.ToString(), result.Cause));
        Assert.Equal(["deep/b.ndjson = {\"customer\":1}\n"], lake.Made().Select(m => $"{m.Key} = {m.Value}"));
        Assert.Equal("done\nfine\n", string.Concat(lake.Log().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order().Select(l => l + "\n")));
        Assert.Empty(lake.Attempts());
    }

    [Fact]
    public async Task What_the_step_before_made_is_a_folder_and_an_input_without_files_an_empty_one()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("totals/versions/v=1/0-join/rows.ndjson", "{\"customer\":1}\n");
        JsonData request = StepLake.Request(["sh", "-c", "test -d \"$(echo $LIMPID_INPUTS | cut -d'\"' -f4)\" && cp $LIMPID_INPUT/rows.ndjson $LIMPID_OUTPUT/"], ("orders", "orders/"))
            .With("input", JsonData.Of("totals/versions/v=1/0-join/"));
        Assert.Null((await lake.RunAsync(request, Stop)).Cause);
        Assert.Equal(["rows.ndjson"], lake.Made().Keys);
    }

    [Theory]
    [InlineData("echo alice@example.com >&2; exit 3", "sh ended with exit code 3; what it printed is in logs/totals/sum.log of the state folder")]
    [InlineData("exit 4", "sh ended with exit code 4; what it printed is in logs/totals/sum.log of the state folder")]
    [InlineData("kill -9 $$", "sh was ended by signal 9; what it printed is in logs/totals/sum.log of the state folder")]
    [InlineData("true", "it made no file in LIMPID_OUTPUT")]
    [InlineData("ln -s /etc/hostname $LIMPID_OUTPUT/x.ndjson", "it made a symbolic link in LIMPID_OUTPUT")]
    public async Task A_failure_is_CommandFailed_with_the_code_and_nothing_of_what_was_printed(string script, string cause)
    {
        await using StepLake lake = await StepLake.OpenAsync();
        TaskResult result = await lake.RunAsync(script, Stop);
        Assert.Equal(("CommandFailed", cause), (result.Error, result.Cause));
        Assert.Empty(lake.Made());
        Assert.Empty(lake.Attempts());
    }

    [Theory]
    [InlineData("no-such-program", "there is no program no-such-program on the path")]
    [InlineData("./none.sh", "there is no program ./none.sh in the lake's folder")]
    public async Task A_program_that_is_not_there_is_named(string program, string cause)
    {
        await using StepLake lake = await StepLake.OpenAsync();
        Assert.Equal(cause, (await lake.RunAsync(StepLake.Request([program]), Stop)).Cause);
    }

    [Theory]
    [InlineData("orders/")]
    [InlineData("totals/versions/")]
    [InlineData("totals/versions/v=1")]
    public async Task Nothing_is_written_but_below_the_versions_of_the_table(string output)
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/a.ndjson", "{}");
        JsonData request = StepLake.Request(["sh", "-c", "echo > $LIMPID_OUTPUT/b"]).With("output", JsonData.Of(output));
        Assert.Equal("the output is no location of dataset totals", (await lake.RunAsync(request, Stop)).Cause);
        Assert.True(File.Exists(Path.Combine(lake.Root, "orders/a.ndjson")));
    }

    [Fact]
    public async Task F26_an_attempt_that_is_run_again_leaves_nothing_of_the_one_that_was_killed()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put(StepLake.Output + "half.ndjson", "{\"ha");
        lake.Put(StepLake.Output + "rows.ndjson", "{}");
        Assert.Null((await lake.RunAsync("echo '{\"customer\":2}' > $LIMPID_OUTPUT/rows.ndjson", Stop)).Cause);
        Assert.Equal(["rows.ndjson = {\"customer\":2}\n"], lake.Made().Select(m => $"{m.Key} = {m.Value}"));
    }

    [Fact]
    public async Task F26_a_command_ends_with_all_that_it_started_when_nobody_waits_any_more()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        // A child in the same group, one in a session of its own, and one that has lost its surroundings.
        Task<TaskResult> running = lake.RunAsync(
            """
            trap '' TERM INT HUP
            sleep 1000 & echo $! >> started
            setsid sleep 1000 & echo $! >> started
            env -i sleep 1000 & echo $! >> started
            echo $$ >> started; echo up > "$LIMPID_OUTPUT/x"; touch ready
            wait
            """, abort.Token);
        while (!File.Exists(Path.Combine(lake.Root, "ready")))
        {
            Assert.False(running.IsCompleted);
            await Task.Yield();
        }
        int[] started = [.. File.ReadAllLines(Path.Combine(lake.Root, "started")).Select(int.Parse)];
        Assert.Equal(4, started.Count(IsAlive));
        await abort.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(0, started.Count(IsAlive));
        Assert.Empty(lake.Made());
        Assert.Empty(lake.Attempts());
    }

    [Fact]
    public async Task What_a_command_leaves_running_ends_when_it_does()
    {
        // The moment in which what was left becomes another program is short: it shows in one of fifty or so.
        for (int i = 0; i < 25; i++)
        {
            await using StepLake lake = await StepLake.OpenAsync();
            Assert.Null((await lake.RunAsync("setsid sleep 1000 & echo $! > started; echo > $LIMPID_OUTPUT/x.ndjson", Stop)).Cause);
            Assert.False(IsAlive(int.Parse(File.ReadAllText(Path.Combine(lake.Root, "started")))));
        }
    }

    [Fact]
    public async Task F26_a_command_that_outlived_a_killed_process_is_ended_by_the_next_one()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        var left = new StepFolder(lake.State);
        using var orphan = new System.Diagnostics.Process { StartInfo = new("sleep", "1000") };
        orphan.StartInfo.Environment[MarkedProcesses.Variable] = left.Output;
        orphan.Start();
        using var other = System.Diagnostics.Process.Start("sleep", "1000");
        StepFolder.Sweep(lake.State);
        await orphan.WaitForExitAsync(Stop);
        Assert.Empty(lake.Attempts());
        Assert.False(other.HasExited);
        other.Kill();
    }

    [Fact]
    public async Task Of_much_that_is_printed_the_beginning_and_the_end_are_kept()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        TaskResult result = await lake.RunAsync("echo first; head -c 5000000 /dev/zero | tr '\\0' 'x'; head -c 3000 /dev/zero | tr '\\0' 'e' >&2; exit 1", Stop);
        Assert.Equal("CommandFailed", result.Error);
        string log = lake.Log();
        Assert.InRange(log.Length, StepLog.Most, StepLog.Most + 100);
        Assert.StartsWith("first\nxxx", log, StringComparison.Ordinal);
        Assert.Contains("bytes are not kept", log, StringComparison.Ordinal);
        Assert.False(!OperatingSystem.IsWindows() && File.GetUnixFileMode(Path.Combine(lake.State, "logs/totals/sum.log")).HasFlag(UnixFileMode.GroupRead));
    }

    private static bool IsAlive(int process)
    {
        try
        {
            // What has ended and was not fetched by its parent yet is a zombie.
            return !File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
