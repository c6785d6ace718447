using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Functions.Refresh;
using Limpid.Functions.State;
using Limpid.Infra.Lake;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>
/// The orders of a lake and the table that is built of them by a Glue job, a query of Athena and a function, all three models of their own,
/// with the production functions and state machine. At every call it is checked that what is served is a whole version and nothing else.
/// </summary>
internal sealed partial class TableBench : IAsyncDisposable
{
    public const string Table = "revenue", Versions = "revenue/versions/", Pointer = "revenue/pointer.json";

    public const string Orders = "{name: orders, location: orders/, format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}], erase: blank}";

    public const string Revenue = "{name: revenue, location: revenue/versions/, format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}], erase: drop}";

    public const string Rules = "{rows: {atLeast: 20%, min: 1}, columns: same, key: [order], complete: {cost: 100%}}";

    public static readonly TimeSpan Within = TimeSpan.FromMinutes(10);

    private static readonly Dictionary<string, string> Files = new() { ["sql/sum.sql"] = "UNLOAD (SELECT * FROM staged WHERE '${input}' <> '') TO '${output}' WITH (format = 'JSON')" };

    private readonly CrashPoint? _point;
    private readonly Core.Ports.IStateTable _state;
    private readonly Queue<Action> _late = [];
    private readonly Dictionary<string, int[]> _written = [];
    private readonly Dictionary<string, string> _byToken = [];
    private readonly Dictionary<int, string> _customers = [];
    private int _rows, _files;

    public TableBench(ScenarioWorld world, string yaml, CrashPoint? point = null)
    {
        (World, _point, _state) = (world, point, world.Ports.State);
        world.Reread(Read(yaml));
        if (point is not null)
            world.Intercept(point.Around);
        world.AroundTask = CallAsync;
    }

    public ScenarioWorld World { get; }

    public DerivedTable Derived => World.Ports.Lake.TableNamed(Table)!;

    /// <summary>What goes wrong with the nth call of the state machine, from 1; null: nothing.</summary>
    public Func<int, TaskCall, Mishap?> GoesWrong { get; set; } = (_, _) => null;

    /// <summary>The error that a call ends with instead of happening, or null.</summary>
    public Func<string, string?> FailsWith { get; set; } = _ => null;

    /// <summary>Comes before each call, by what is called.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Comes between what a step reads and what it writes.</summary>
    public Func<string, Task> During { get; set; } = _ => Task.CompletedTask;

    /// <summary>What the Glue job makes of the rows that it has read.</summary>
    public Func<IReadOnlyList<string>, IEnumerable<string>> Job { get; set; } = rows => rows;

    public int Calls { get; private set; }

    public List<string> Called { get; } = [];

    public string? WentWrong { get; private set; }

    public HashSet<string> ErasedCustomers { get; } = [];

    public static string Yaml(string rules = Rules, string more = "", string from = "orders") => ScenarioWorld.Yaml(
        $$"""
        grace: 0
        tables:
          - name: revenue
            dataset: revenue
            from: [{{from}}]
            when: {arrivals: {files: 3, within: 10m} }
            steps:
              - {name: read, glue: {job: read-orders, arguments: {--write-shuffle-files-to-s3: 'true', --from: '${inputs.orders}', --to: '${output}'} }, local: {command: [cp]} }
              - {name: sum, athena: {query: sql/sum.sql, database: acme}, local: {sql: sql/sum.sql} }
              - {name: tidy, lambda: tidy-up}
            validate: {{rules}}
            lease: 1h
            keep: 30d
        {{more}}
        """, Orders, Revenue);

    /// <summary>On a folder, with the steps that are the cloud's.</summary>
    public static async Task<TableBench> InFolderAsync()
    {
        ScenarioWorld world = await FolderWorld.OpenAsync(ScenarioWorld.Yaml("grace: 0", Orders, Revenue));
        world.Intercept(ports => ports with { RunsCommands = false });
        return new TableBench(world, Yaml());
    }

    public static LakeConfig Read(string yaml)
    {
        LakeYamlResult read = LakeYaml.Read(yaml, "lake.yaml", name => Files.GetValueOrDefault(name));
        Assert.Empty(read.Problems.Select(read.Describe));
        return read.Config!;
    }

    public static TableBench InMemory(CrashPoint? point = null, string? yaml = null, bool versioned = false, int seed = 1) =>
        new(new MemoryWorld(yaml ?? Yaml(), parallelTasks: 1, versioned: versioned, seed: seed), yaml ?? Yaml(), point);

    /// <summary>In memory, with three orders that are served as version 1.</summary>
    public static async Task<TableBench> OnceServedAsync()
    {
        TableBench bench = InMemory();
        bench.Put();
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal(1, bench.Point!.Version);
        return bench;
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>An object with some orders arrives.</summary>
    /// <param name="customer">Of all of them; null: of three customers in turn.</param>
    public string Put(int rows = 3, string? customer = null)
    {
        string key = $"orders/{++_files:D4}.ndjson";
        var text = new StringBuilder();
        for (int i = 0; i < rows; i++)
        {
            int order = ++_rows;
            _customers[order] = customer ?? $"c{order % 3}";
            text.Append(Row(order, _customers[order])).Append('\n');
        }
        World.Put(key, text.ToString());
        return key;
    }

    public static string Row(int order, string customer) => $$"""{"order":{{order}},"customer":"{{customer}}","cost":{{order}}.5}""";

    /// <summary>All orders that stand in the lake.</summary>
    public int[] Placed => Ids("orders/");

    /// <summary>Those that are served, in order.</summary>
    public int[] Served => Point is { } pointer ? Ids("revenue/" + pointer.Folder) : [];

    public TablePointer? Point => World.Text(Pointer) is { } json ? JsonSerializer.Deserialize(json, TablePointerJson.Default.TablePointer) : null;

    public TableBook Book => new(World.Ports, Derived);

    public async Task<TableHead> HeadAsync() => (await Book.HeadAsync(Stop)).Value;

    public IReadOnlyList<ExecutionDescription> Executions => World.Executions.List(World.Clock.GetUtcNow(), RefreshRuns.StateMachine);

    public IReadOnlyList<SentMessage> Events => World.Messages("default");

    public IReadOnlyList<SentMessage> Notices => World.Messages("operators");

    /// <summary>Whoever calls it tries again, as EventBridge does.</summary>
    public async Task<string[]> MarkAsync(string payload)
    {
        for (int attempt = 0; ; attempt++)
        {
            _point?.StartAgain();
            try
            {
                JsonElement answer = await World.CallAsync("mark-stale", payload);
                return [.. answer.GetProperty("executions").EnumerateArray().Select(e => e.GetString()!)];
            }
            catch (Exception gone) when (attempt < 5 && gone is ProcessDiedException or IOException)
            {
            }
        }
    }

    public Task<string[]> RefreshAsync() => MarkAsync($$"""{"table":"{{Table}}"}""");

    /// <summary>Puts the hold <c>h-1</c> on the table's versions, or on customer c1 everywhere.</summary>
    public Task<bool> HoldAsync(bool onPerson = false) => new Holds(World.Ports.State).TryPlaceAsync(
        new Hold
        {
            Id = "h-1",
            Dataset = onPerson ? null : Table,
            Subject = onPerson ? World.Identity("customer=c1") : null,
            Reason = "tax audit",
            Author = "legal@acme.example",
            Since = World.Clock.GetUtcNow(),
        },
        Stop);

    /// <summary>What the first step of a run is told, without anything that comes after it.</summary>
    public Task<BeginTableResult> BeginAsync(string run, RefreshTableInput? given = null) =>
        new BeginTable(World.Ports).HandleAsync(new BeginTableInput(run, given ?? new RefreshTableInput(Table)), Stop);

    /// <summary>Runs what is due, and moves the clock on until nothing is under way any more.</summary>
    public async Task SettleAsync()
    {
        for (int step = 0; step < 2000; step++)
        {
            _point?.StartAgain();
            await World.RunAsync();
            if (!Executions.Any(e => e.Status == "RUNNING"))
            {
                while (_late.TryDequeue(out Action? late))
                    late();
                await CheckAsync();
                return;
            }
            World.Clock.Advance(TimeSpan.FromSeconds(30));
        }
        throw new InvalidOperationException("a refresh does not end");
    }

    /// <summary>Nothing goes wrong any more, and the schedule looks after what was left.</summary>
    public async Task RestAsync(int days = 3)
    {
        GoesWrong = (_, _) => null;
        FailsWith = _ => null;
        for (int day = 0; day < days; day++)
        {
            await MarkAsync("{}");
            await SettleAsync();
            World.Clock.Advance(TimeSpan.FromDays(1));
        }
    }

    /// <summary>Everything that was ordered is served, and nobody works on the table.</summary>
    public async Task AssertAllIsServedAsync()
    {
        Assert.Equal(Placed.Where(order => !ErasedCustomers.Contains(_customers[order])), Served);
        TableHead head = await HeadAsync();
        Assert.Null(head.Lock);
        Assert.Null(head.Failed);
        Assert.Equal((head.Served!.Version, head.Served.Location, head.Served.Rows), (Point!.Version, "revenue/" + Point.Folder, Point.Rows));
        Assert.Equal(Served.Length, head.Served.Rows);
        Assert.Null(await new StaleTables(World.Ports).ReadAsync(Derived, Stop));
    }

    /// <summary>Once all is kept for long enough, nothing is left but what is served and what another has just taken the place of.</summary>
    public async Task AssertNothingIsLeftAsync()
    {
        for (int run = 0; run < 3; run++)
        {
            World.Clock.Advance(TimeSpan.FromDays(31));
            await RefreshAsync();
            await SettleAsync();
        }
        TableHead head = await HeadAsync();
        long[] kept = await Book.VersionsAsync(Stop).Select(v => v.Version).ToArrayAsync(Stop);
        Assert.InRange(kept.Length, 1, 2);
        Assert.Contains(head.Served!.Version, kept);
        string[] folders = [.. World.Lake().Keys.Where(k => k.StartsWith(Versions, StringComparison.Ordinal)).Select(k => k[..(k.IndexOf('/', Versions.Length) + 1)]).Distinct()];
        Assert.Subset(kept.Select(v => World.Ports.Lake.VersionPrefix(Derived, v)).ToHashSet(), folders.ToHashSet());
    }

    /// <summary>What is served is what the steps wrote, whole, without those who were erased; and it is what the pointer says, or will say.</summary>
    public async Task CheckAsync()
    {
        TableHead head = (await new TableBook(World.Ports with { State = _state }, Derived).HeadAsync(Stop)).Value;
        string[] shown = [.. new[] { head.Served?.Location, Point is { } pointer ? "revenue/" + pointer.Folder : null }.OfType<string>().Distinct()];
        foreach (string location in shown)
        {
            int[] rows = Ids(location), written = _written[location];
            Assert.True(rows.Distinct().Count() == rows.Length, $"rows of {location} are served twice");
            string[] without = [.. written.Except(rows).Select(order => _customers[order]).Distinct()];
            Assert.True(rows.Except(written).ToArray() is [] && without.All(ErasedCustomers.Contains), $"{location} is served with {string.Join(',', rows)}, and has {string.Join(',', written)}");
        }
        if (Point is { } now)
            Assert.True(head.Served is not null && now.PublishedAt <= head.Served.PublishedAt, "the pointer says what was never served");
    }

    private async Task<TaskResult> CallAsync(TaskCall call, Func<Task<TaskResult>> inner)
    {
        _point?.StartAgain();
        string what = call.Resource.Integration == "lambda:invoke" ? call.Parameters.Get("FunctionName")!.Text : call.Resource.Integration;
        if (call.Origin.Execution.Split(':')[^2] != RefreshRuns.StateMachine)
            return await inner();
        Called.Add(what);
        await Before(what);
        await CheckAsync();
        if (FailsWith(what) is { } error)
            return TaskResult.Failure(error, "on purpose");
        Mishap? mishap = GoesWrong(++Calls, call);
        if (mishap is not null)
            WentWrong = what;
        TaskResult result = await ActAsync(call, what, mishap, inner);
        await CheckAsync();
        return result;
    }

    private async Task<TaskResult> ActAsync(TaskCall call, string what, Mishap? mishap, Func<Task<TaskResult>> inner)
    {
        TaskResult broken = TaskResult.Failure("States.TaskFailed", "on purpose");
        switch (mishap)
        {
            case Mishap.Before:
                return broken;
            case Mishap.AnswerLost:
                await DoAsync(call, what, inner, 1);
                return broken;
            case Mishap.Twice:
                await DoAsync(call, what, inner, 1);
                return call.Resource.Integration == "lambda:invoke" && what != "tidy-up" ? await inner() : broken;
            case Mishap.HalfWay:
                if (IsStep(what))
                    await DoAsync(call, what, inner, 0.5);
                return broken;
            case Mishap.RunDies:
                await DoAsync(call, what, inner, 1);
                Kill(call);
                return broken;
            case Mishap.Late:
                if (IsStep(what))
                    _late.Enqueue(() => DoAsync(call, what, inner, 1).GetAwaiter().GetResult());
                Kill(call);
                return broken;
            default:
                return await DoAsync(call, what, inner, 1);
        }
    }

    private static bool IsStep(string what) => what is "glue:startJobRun" or "athena:startQueryExecution" or "tidy-up";

    private void Kill(TaskCall call) => World.Executions.Stop(RefreshRuns.StateMachine, call.Origin.Execution.Split(':')[^1], "Killed", "on purpose");

    /// <param name="share">Of its rows that a step writes.</param>
    private async Task<TaskResult> DoAsync(TaskCall call, string what, Func<Task<TaskResult>> inner, double share)
    {
        switch (what)
        {
            case "glue:startJobRun":
                Assert.Equal(TaskPattern.Sync, call.Resource.Pattern);
                Assert.Equal("read-orders", call.Parameters.Get("JobName")!.Text);
                JsonData arguments = call.Parameters.Get("Arguments")!;
                Assert.Equal("true", arguments.Get("--write-shuffle-files-to-s3")!.Text);
                int[] read = Ids(arguments.Get("--from")!.Text);
                string[] made = [.. Job(Lines(arguments.Get("--from")!.Text))];
                await During(what);
                // It adds files, whatever is there.
                Write(arguments.Get("--to")!.Text, made, share, read);
                return TaskResult.Success(JsonData.Parse("""{"JobRunState":"SUCCEEDED"}"""));
            case "athena:startQueryExecution":
                Assert.Equal(("acme", "primary"), (call.Parameters.Get("QueryExecutionContext")!.Get("Database")!.Text, call.Parameters.Get("WorkGroup")!.Text));
                Assert.EndsWith("/athena/", call.Parameters.Get("ResultConfiguration")!.Get("OutputLocation")!.Text, StringComparison.Ordinal);
                return await UnloadAsync(call.Parameters.Get("QueryString")!.Text, call.Parameters.Get("ClientRequestToken")!.Text, share);
            case "tidy-up":
                JsonData work = call.Parameters.Get("Payload")!;
                Assert.Equal((Table, "tidy", "orders/"), (work.Get("table")!.Text, work.Get("step")!.Text, work.Get("inputs")!.Get("orders")!.Text));
                List<string> lines = Lines(work.Get("input")!.Text);
                await During(what);
                Write(work.Get("output")!.Text, lines, share, _written[work.Get("input")!.Text]);
                return TaskResult.Success(JsonData.Parse("""{"Payload":{"rows":[1,2,3]},"StatusCode":200}"""));
            default:
                return await inner();
        }
    }

    // "UNLOAD", Athena's guide: the destination has to be empty. A token is taken for one query.
    private async Task<TaskResult> UnloadAsync(string query, string token, double share)
    {
        Assert.InRange(token.Length, 32, 128);
        Match unload = UnloadPattern().Match(query);
        Assert.True(unload.Success, query);
        string to = unload.Groups["to"].Value;
        if (_byToken.TryGetValue(token, out string? earlier))
        {
            Assert.Equal(earlier, query);
            return TaskResult.Success(JsonData.EmptyObject);
        }
        _byToken.Add(token, query);
        if (World.Lake().Keys.Any(k => k.StartsWith(to, StringComparison.Ordinal)))
            return TaskResult.Failure("States.TaskFailed", "HIVE_PATH_ALREADY_EXISTS");
        List<string> lines = Lines(unload.Groups["from"].Value);
        await During("athena:startQueryExecution");
        Write(to, lines, share, _written[unload.Groups["from"].Value]);
        return TaskResult.Success(JsonData.EmptyObject);
    }

    private void Write(string location, IEnumerable<string> lines, double share, int[] read)
    {
        string[] all = [.. lines];
        foreach (string[] part in all.Take((int)Math.Floor(all.Length * share)).Chunk(2))
            World.Put($"{location}part-{++_files:D5}", string.Concat(part.Select(line => line + "\n")));
        World.Put($"{location}_SUCCESS", "");
        _written[location] = read;
    }

    private List<string> Lines(string location) =>
        [.. World.Lake().Where(o => o.Key.StartsWith(location, StringComparison.Ordinal)).SelectMany(o => Encoding.UTF8.GetString(o.Value).Split('\n')).Where(line => line.Trim().Length > 2)];

    private int[] Ids(string location)
    {
        var ids = new List<int>();
        foreach (string line in Lines(location))
        {
            using var row = JsonDocument.Parse(line);
            ids.Add(row.RootElement.GetProperty("order").GetInt32());
        }
        ids.Sort();
        return [.. ids];
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();

    [GeneratedRegex(@"\AUNLOAD \(SELECT \* FROM staged WHERE '(?<from>[^']+)' <> ''\) TO '(?<to>[^']+)' WITH")]
    private static partial Regex UnloadPattern();
}
