using System.Text.Json;
using Limpid.Functions.Refresh;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>Single faults and rules of derived tables, each in a small world.</summary>
public sealed class TableFaultTests
{
    public static TheoryData<string, string> ErrorsInStates
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string state in new[] { "begin-table", "next-step", "glue:startJobRun", "athena:startQueryExecution", "tidy-up", "validate-table", "publish-table", "events:putEvents", "end-refresh" })
            {
                foreach (string error in new[] { "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException", "Lambda.Unknown", "States.TaskFailed", "States.Timeout", "Glue.ConcurrentRunsExceededException", "Athena.TooManyRequestsException" })
                    data.Add(state, error);
            }
            return data;
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ErrorsInStates))]
    public async Task F23_each_error_in_each_state_is_tried_again_or_told_and_leaves_what_was_served(string state, string error)
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        bench.Put(2);
        bool isOver = false;
        bench.FailsWith = what => what == state && !isOver && (isOver = true) ? error : null;
        string name = Assert.Single(await bench.RefreshAsync());
        await bench.SettleAsync();
        Assert.True(isOver);
        string status = bench.Executions.Single(e => e.Name == name).Status;
        // A time-out of a function of the house is told at once: it had its fifteen minutes.
        bool isTold = error is "States.Timeout" && state is "begin-table" or "next-step" or "validate-table" or "publish-table";
        Assert.True(status == "SUCCEEDED" || bench.Notices.Count == 1, $"{status}, {bench.Notices.Count} notices");
        if (error.StartsWith("Lambda.", StringComparison.Ordinal) || !isTold)
            Assert.True(status == "SUCCEEDED" || error is "States.Timeout" or "Glue.ConcurrentRunsExceededException" or "Athena.TooManyRequestsException", status);
        await bench.RestAsync(days: 1);
        await bench.AssertAllIsServedAsync();
    }

    [Theory]
    [InlineData("begin-table")]
    [InlineData("next-step")]
    [InlineData("glue:startJobRun")]
    [InlineData("athena:startQueryExecution")]
    [InlineData("tidy-up")]
    [InlineData("validate-table")]
    [InlineData("publish-table")]
    public async Task F23_what_fails_for_good_is_told_leaves_what_was_served_and_is_tried_again_by_the_schedule(string state)
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        int[] before = bench.Served;
        bench.Put(2);
        bench.FailsWith = what => what == state ? "States.TaskFailed" : null;
        string name = Assert.Single(await bench.RefreshAsync());
        await bench.SettleAsync();
        Assert.Equal(("FAILED", 1), (bench.Executions.Single(e => e.Name == name).Status, bench.Notices.Count));
        Assert.Equal(before, bench.Served);
        Assert.Null((await bench.HeadAsync()).Lock);
        Assert.NotNull((await bench.HeadAsync()).Failed);
        Assert.Contains("\"status\":\"failed\"", bench.Events[^1].Content.ToString(), StringComparison.Ordinal);
        await bench.RestAsync(days: 1);
        await bench.AssertAllIsServedAsync();
    }

    [Fact]
    public async Task F23_a_run_that_can_not_even_end_is_told_and_the_next_one_takes_over_at_once()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        bench.Put(2);
        bench.FailsWith = what => what is "validate-table" or "end-refresh" ? "States.TaskFailed" : null;
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Single(bench.Notices);
        Assert.NotNull((await bench.HeadAsync()).Lock);
        bench.FailsWith = _ => null;
        DateTimeOffset then = bench.World.Clock.GetUtcNow();
        await bench.MarkAsync("{}");
        await bench.SettleAsync();
        // Its execution is over, whatever its lease says.
        Assert.True(bench.World.Clock.GetUtcNow() - then < TimeSpan.FromMinutes(5));
        await bench.AssertAllIsServedAsync();
    }

    [Fact]
    public async Task F22_a_table_is_begun_once_however_often_it_is_asked_for_until_somebody_asks_anew()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put();
        string name = Assert.Single(await bench.RefreshAsync());
        Assert.Equal(name, Assert.Single(await bench.RefreshAsync()));
        Assert.Equal(name, Assert.Single(await bench.MarkAsync("{}")));
        await bench.SettleAsync();
        Assert.Single(bench.Executions);
        Assert.Empty(await bench.MarkAsync("{}"));
        Assert.NotEqual(name, Assert.Single(await bench.RefreshAsync()));
        await bench.SettleAsync();
        Assert.Equal(2, bench.Point!.Version);
    }

    [Fact]
    public async Task Arrivals_wait_for_more_and_no_longer_than_they_may()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put();
        const string Arrived = """{"table":"revenue","arrivals":1}""";
        await bench.MarkAsync(Arrived);
        await bench.World.RunAsync();
        Assert.Empty(bench.Called);
        bench.World.Clock.Advance(TableBench.Within - TimeSpan.FromSeconds(1));
        await bench.World.RunAsync();
        Assert.Empty(bench.Called);
        bench.World.Clock.Advance(TimeSpan.FromSeconds(1));
        await bench.World.RunAsync();
        Assert.Equal(1, bench.Point!.Version);
        // The third of three comes: no waiting any more, and the execution that waited finds nothing to do.
        for (int arrival = 0; arrival < 3; arrival++)
            await bench.MarkAsync(Arrived);
        await bench.World.RunAsync();
        Assert.Equal(2, bench.Point.Version);
        await bench.SettleAsync();
        Assert.Equal(2, bench.Point.Version);
        Assert.All(bench.Executions, e => Assert.Equal("SUCCEEDED", e.Status));
    }

    [Fact]
    public async Task What_arrives_while_a_run_is_at_it_makes_another_one()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put();
        bench.During = async what =>
        {
            if (what != "athena:startQueryExecution" || bench.Placed.Length > 3)
                return;
            bench.Put(1);
            await bench.MarkAsync("""{"table":"revenue","arrivals":1}""");
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal(2, bench.Point!.Version);
        await bench.AssertAllIsServedAsync();
    }

    [Fact]
    public async Task F17_of_two_runs_at_once_one_waits_for_the_other()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put();
        bench.During = async _ =>
        {
            bench.During = _ => Task.CompletedTask;
            await bench.World.Runner.StartAsync(RefreshRuns.StateMachine, "twin", """{"table":"revenue"}""", Stop);
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.All(bench.Executions, e => Assert.Equal("SUCCEEDED", e.Status));
        Assert.Equal((2, 2), (bench.Executions.Count, bench.Point!.Version));
        await bench.AssertAllIsServedAsync();
    }

    [Fact]
    public async Task F17_who_overslept_the_lease_can_do_nothing_any_more()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        BeginTableResult mine = await bench.BeginAsync("mine");
        Assert.Equal(mine, await bench.BeginAsync("mine"));
        BeginTableResult busy = await bench.BeginAsync("theirs");
        Assert.Equal("busy", busy.Outcome);
        Assert.InRange(DateTimeOffset.Parse(busy.Until, null), bench.World.Clock.GetUtcNow() + TimeSpan.FromSeconds(1), bench.World.Clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        bench.World.Clock.Advance(TimeSpan.FromHours(1));
        BeginTableResult theirs = await bench.BeginAsync("theirs");
        Assert.True(theirs.Fence > mine.Fence);
        await Assert.ThrowsAsync<LockLostException>(() => new NextStep(bench.World.Ports).HandleAsync(new NextStepInput("revenue", "mine", mine.Fence, 0, "", 0), Stop));
        await Assert.ThrowsAsync<LockLostException>(() => new ValidateTable(bench.World.Ports).HandleAsync(new TableRunInput("revenue", "mine", mine.Fence), Stop));
        await Assert.ThrowsAsync<LockLostException>(() => new PublishTable(bench.World.Ports).HandleAsync(new TableRunInput("revenue", "mine", mine.Fence), Stop));
        // With the fence of another, or the name of another, neither.
        await Assert.ThrowsAsync<LockLostException>(() => new PublishTable(bench.World.Ports).HandleAsync(new TableRunInput("revenue", "mine", theirs.Fence), Stop));
        await Assert.ThrowsAsync<LockLostException>(() => new PublishTable(bench.World.Ports).HandleAsync(new TableRunInput("revenue", "theirs", mine.Fence), Stop));
        await new EndRefresh(bench.World.Ports).HandleAsync(new EndRefreshInput("revenue", "mine", nameof(LockLostException)), Stop);
        Assert.Equal("theirs", (await bench.HeadAsync()).Lock!.Run);
    }

    [Fact]
    public async Task F18_steps_replayed_after_forty_days_change_nothing()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        ServedVersion served = (await bench.HeadAsync()).Served!;
        bench.World.Clock.Advance(TimeSpan.FromDays(40));
        var input = new TableRunInput("revenue", served.Run, served.Fence);
        Assert.Equal(new PublishTableResult("published", 1, 3, 0), await new PublishTable(bench.World.Ports).HandleAsync(input, Stop));
        await Assert.ThrowsAsync<LockLostException>(() => new ValidateTable(bench.World.Ports).HandleAsync(input, Stop));
        await Assert.ThrowsAsync<LockLostException>(() => new NextStep(bench.World.Ports).HandleAsync(new NextStepInput("revenue", served.Run, served.Fence, 3, "", 0), Stop));
        await new EndRefresh(bench.World.Ports).HandleAsync(new EndRefreshInput("revenue", served.Run, ""), Stop);
        Assert.Equal(served, (await bench.HeadAsync()).Served);
        await bench.AssertAllIsServedAsync();
    }

    [Fact]
    public async Task F24_only_references_travel_however_many_objects_there_are_and_F25_a_run_that_waits_has_few_events()
    {
        await using TableBench bench = TableBench.InMemory();
        for (int file = 0; file < 150; file++)
            bench.Put(4);
        await bench.BeginAsync("dead-and-unheard-of");
        await bench.RefreshAsync();
        await bench.SettleAsync();
        await bench.AssertAllIsServedAsync();
        Assert.True(bench.World.Calls.Max(c => Math.Max(c.In, c.Out)) < 8 * 1024);
        Assert.True(bench.World.Executions.History(RefreshRuns.StateMachine, bench.Executions[0].Name).Count < 1_500);
    }

    [Fact]
    public async Task A_step_gets_an_empty_place_for_each_try_and_is_given_up_after_three()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        bench.GoesWrong = (_, call) => call.Resource.Integration == "glue:startJobRun" ? Mishap.HalfWay : null;
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal(4, bench.Called.Count(c => c == "glue:startJobRun"));
        Assert.Contains("StepFailedException (step read failed 3 times, at last with States.TaskFailed)", Assert.Single(bench.Notices).Content.ToString(), StringComparison.Ordinal);
        Assert.Equal(["1-read", "2-read", "3-read"], bench.World.Lake().Keys.Where(k => k.StartsWith("revenue/versions/v=2/", StringComparison.Ordinal)).Select(k => k.Split('/')[3]).Distinct());
        Assert.Equal(1, bench.Point!.Version);
    }

    [Fact]
    public async Task A_step_that_the_cloud_can_not_run_says_what_lake_yaml_has_to_say()
    {
        await using TableBench bench = TableBench.InMemory(yaml: TableBench.Yaml().Replace("- {name: sum, athena: {query: sql/sum.sql, database: acme}, local", "- {name: sum, local", StringComparison.Ordinal));
        bench.Put();
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Contains(
            "StepFailedException (step sum is for one machine alone: say glue, athena or lambda beside `local` in lake.yaml)",
            JsonDocument.Parse(Assert.Single(bench.Notices).Content.ToString()).RootElement.GetProperty("Message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F27_an_attempt_that_was_under_way_when_the_run_was_redriven_is_not_trusted()
    {
        await using TableBench bench = TableBench.InMemory();
        BeginTableResult begun = await bench.BeginAsync("r");
        NextStepResult first = await NextAsync(0, 0);
        // The same again on replay.
        Assert.Equal(first.Task.Arguments!["--to"], (await NextAsync(0, 0)).Task.Arguments!["--to"]);
        NextStepResult again = await NextAsync(first.Attempt, 1);
        Assert.Equal("glue", again.Kind);
        Assert.NotEqual(first.Task.Arguments["--to"], again.Task.Arguments!["--to"]);
        Assert.Equal("athena", (await NextAsync(again.Attempt, 1)).Kind);

        Task<NextStepResult> NextAsync(int attempt, int redrives) =>
            new NextStep(bench.World.Ports).HandleAsync(new NextStepInput("revenue", "r", begun.Fence, attempt, "", redrives), Stop);
    }

    [Theory]
    [InlineData("rows", "{rows: {atLeast: 80%}}", "1 rows are fewer than 80% of the last good run's 6")]
    [InlineData("column", "{columns: may-grow}", "column cost is missing")]
    [InlineData("new column", "{columns: same}", "column extra is new")]
    [InlineData("type", "{columns: may-grow}", "column cost holds text, and held number")]
    [InlineData("duplicate", "{key: [order]}", "1 rows have a key order that another row has")]
    [InlineData("no key", "{key: [order, cost]}", "6 rows lack the key order, cost")]
    [InlineData("null", "{complete: {cost: 90%}}", "column cost has a value in 83.33% of the rows, and needs one in 90%")]
    [InlineData("null", "{drift: 10%}", "column cost has a value in 83.33% of the rows, and had one in 100%")]
    [InlineData("one customer", "{distinct: {customer: {atLeast: 50%}}}", "1 different values in column customer are fewer than 50% of the last good run's 3")]
    [InlineData("malformed", "{rows: {min: 1}}", "1 rows of an object can't be read, the first because")]
    [InlineData("nothing", "{rows: {min: 1}}", "0 rows are fewer than 1")]
    public async Task A_bad_build_is_not_served_and_it_is_said_what_is_wrong_with_it(string bad, string rules, string problem)
    {
        await using TableBench bench = TableBench.InMemory(yaml: TableBench.Yaml(rules));
        bench.Put(6);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal(6, bench.Served.Length);
        bench.Job = rows => bad switch
        {
            "rows" => rows.Take(1),
            "column" => rows.Select(r => r.Replace("\"cost\"", "\"costs\"", StringComparison.Ordinal)),
            "new column" => rows.Select(r => r.Replace("{", "{\"extra\":1,", StringComparison.Ordinal)),
            "type" => rows.Select(r => r.Replace("\"cost\":1.5", "\"cost\":\"1.5\"", StringComparison.Ordinal)),
            "duplicate" => rows.Append(rows[0]),
            "no key" => rows.Select(r => r.Replace("\"cost\"", "\"costs\"", StringComparison.Ordinal)),
            "null" => rows.Select(r => r.Replace("\"cost\":1.5", "\"cost\":null", StringComparison.Ordinal)),
            "one customer" => rows.Select(r => r.Replace("\"c1\"", "\"c0\"", StringComparison.Ordinal).Replace("\"c2\"", "\"c0\"", StringComparison.Ordinal)),
            "malformed" => rows.Prepend("{\"order\": 7, broken"),
            _ => [],
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal("FAILED", bench.Executions.Single(e => e.Error is not null).Status);
        string told = Assert.Single(bench.Notices).Content.ToString();
        Assert.Contains("InvalidTableException", told, StringComparison.Ordinal);
        Assert.Contains(problem, JsonDocument.Parse(told).RootElement.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.Equal((1, 6), (bench.Point!.Version, bench.Served.Length));
        Assert.Contains(problem, (await bench.HeadAsync()).Failed!.Why, StringComparison.Ordinal);
        bench.Job = rows => rows;
        await bench.RestAsync(days: 1);
        await bench.AssertAllIsServedAsync();
    }

    [Fact]
    public async Task F21_what_is_too_large_for_one_call_is_said_to_be()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        BeginTableResult begun = await bench.BeginAsync("r", new RefreshTableInput("revenue"));
        bench.World.Put("revenue/versions/v=2/3-tidy/a", new string('x', 100));
        for (int attempt = 0; attempt < 4; attempt++)
            await new NextStep(bench.World.Ports).HandleAsync(new NextStepInput("revenue", "r", begun.Fence, attempt, "", 0), Stop);
        TableTooLargeException large = await Assert.ThrowsAsync<TableTooLargeException>(() => new ValidateTable(bench.World.Ports, mostBytes: 99).HandleAsync(new TableRunInput("revenue", "r", begun.Fence), Stop));
        Assert.Contains("100 bytes are more than 99", large.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_comes_after_the_validation_is_validated_too()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put();
        bool isOnce = false;
        bench.Before = async what =>
        {
            if (what != "publish-table" || isOnce)
                return;
            isOnce = true;
            TableRun run = (await bench.HeadAsync()).Lock!;
            bench.World.Put($"{run.Output}late", TableBench.Row(1, "c1") + "\n");
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Empty(bench.Served);
        Assert.Contains("a key order that another row has", Assert.Single(bench.Notices).Content.ToString(), StringComparison.Ordinal);
    }
}
