using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Partitions;
using Limpid.Infra.Lake;
using Limpid.Local;
using Limpid.Local.StateMachines;
using Limpid.Tests.InMemory;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Partitions;

/// <summary>A pair of raw hours and their copies: the handlers, the state machine on the local runner, and a model of Athena, on a virtual clock.</summary>
internal sealed class HoursWorld : ITaskIntegrations, IDisposable
{
    public const string View = "acme.orders", Copies = "acme.orders_copied", Raw = "acme.orders_raw";

    public const string Yaml = """
        lake: acme
        kinds: {customer: {}}
        datasets:
          - {name: raw, location: s3://acme-lake/raw/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
          - {name: copied, location: s3://acme-lake/copied/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
        hours:
          - name: orders
            database: acme
            raw: {dataset: raw, table: orders_raw}
            copy: {dataset: copied, table: orders_copied}
            view: orders
            columns: {id: bigint, customer: string}
            bucketBy: [customer]
            since: 2026-11-01-00
        """;

    private readonly StateFolder _folder = new();
    private readonly ExecutionStore _executions;
    private readonly FunctionTasks _functions;
    private readonly CrashPoint? _point;
    private readonly Queue<Action> _late = [];
    private int _rows, _files;
    private string? _now;

    /// <param name="point">Where a handler dies or loses an answer.</param>
    public HoursWorld(CrashPoint? point = null, int seed = 1, bool versioned = false, string yaml = Yaml)
    {
        _point = point;
        Store = new MemoryStore(Clock, versioned);
        Athena = new AthenaModel(Store);
        Athena.Tables.Add(Raw, new ModelTable());
        _executions = ExecutionStore.Open(_folder.Path, durable: false);
        Runner = new StateMachineRunner(_executions, LocalStateMachines.Load(), this, new NoItems(), Clock, seed, parallelTasks: 1);
        LakeConfig lake = LakeYaml.Read(yaml).Config!;
        var random = new Random(seed);
        Ports = new Ports(
            lake, Store, new MemoryStore(Clock), new MemoryIndex(), State, Runner, new Letterbox(),
            new SubjectHasher([new SubjectSecret(1, SHA256.HashData("subject"u8))]), new ObjectNames(SHA256.HashData("names"u8)), null!, null!,
            SHA256.HashData("pages"u8), "", Clock, bytes => random.NextBytes(bytes), () => new MemoryStream());
        Ports = point?.Around(Ports) ?? Ports;
        _functions = new FunctionTasks(new FunctionsInProcess(() => Ports));
    }

    public VirtualTime Clock { get; } = new(new DateTimeOffset(2026, 11, 1, 0, 30, 0, TimeSpan.Zero));

    public MemoryStore Store { get; }

    public MemoryStateTable State { get; } = new();

    public AthenaModel Athena { get; }

    public StateMachineRunner Runner { get; }

    public Ports Ports { get; }

    /// <summary>What goes wrong with the nth call of the state machine, from 1; null: nothing.</summary>
    public Func<int, Mishap?> GoesWrong { get; set; } = _ => null;

    /// <summary>Calls of the state machine so far.</summary>
    public int Calls { get; private set; }

    public List<string> Queries { get; } = [];

    public List<string> Notices { get; } = [];

    /// <summary>All rows that ever arrived.</summary>
    public List<int> Rows => [.. Enumerable.Range(1, _rows)];

    public string? WentWrong { get; private set; }

    /// <summary>Whether a row that was shown once may be away for a while: where a dead run's statement comes late.</summary>
    public bool MayGoBack { get; set; }

    private HashSet<int> _shown = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public Hour Now => Hour.Of(Clock.GetUtcNow());

    /// <summary>An object with some rows arrives in an hour.</summary>
    public string Put(Hour hour, int rows = 3)
    {
        string key = $"s3://acme-lake/raw/dt={hour}/{++_files:D5}.ndjson";
        Store.Put(key, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(_rows + 1, rows).Select(id => $$"""{"id":{{id}},"customer":"c{{id % 3}}"}""" + "\n"))));
        _rows += rows;
        return key;
    }

    /// <summary>The schedule fires, and what it began runs to its end.</summary>
    public async Task<IReadOnlyList<ExecutionInfo>> RunAsync(params string[] byHand)
    {
        BeginHourResult begun = await new BeginHour(Ports with { State = State, Objects = Store }).HandleAsync(new BeginHourInput(), Stop);
        foreach (string name in byHand)
            await Runner.StartAsync("bucket", name, """{"hours":"orders"}""", Stop);
        var ended = new List<ExecutionInfo>();
        foreach (string name in begun.Begun.Concat(byHand))
            ended.Add((await Runner.RunUntilClosedAsync("bucket", name, Stop))!);
        while (_late.TryDequeue(out Action? late))
        {
            late();
            Check();
        }
        return ended;
    }

    /// <summary>Nothing goes wrong and nothing arrives for some days: two runs, then a day without any, and so on.</summary>
    public async Task RestAsync(int days = 2)
    {
        GoesWrong = _ => null;
        for (int hour = 0; hour <= days * 3; hour++)
        {
            Clock.Advance(TimeSpan.FromHours(hour % 3 == 2 ? 24 : 1));
            await RunAsync();
        }
    }

    public void AssertEachRowOnce() => Assert.Equal(Rows, Athena.Show(View));

    /// <summary>No table of an attempt, and under the copies nothing but what their partitions show.</summary>
    public void AssertNothingIsLeft()
    {
        Assert.Equal([Copies, Raw], Athena.Tables.Keys.Order());
        string[] served = [.. Athena.Tables[Copies].Partitions.Values];
        Assert.All(Store.ListAsync("s3://acme-lake/copied/", null, Stop).ToBlockingEnumerable(Stop), o => Assert.Contains(served, o.Key.StartsWith));
        Assert.Empty(State.All.Where(item => item.Sort.StartsWith("left/", StringComparison.Ordinal)).Select(item => item.Sort));
    }

    public async Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation)
    {
        if (call.Resource.Integration == "sns:publish")
        {
            Notices.Add(call.Parameters.Get("Message")!.Text);
            return TaskResult.Success(JsonData.EmptyObject);
        }
        _point?.StartAgain();
        _now = call.Origin.Execution.Split(':')[^1];
        if (GoesWrong(++Calls) is not { } mishap)
            return await ActAsync(call, cancellation);
        WentWrong = $"{call.Resource.Integration} {call.Parameters.Get("FunctionName")?.Text} {call.Parameters.Get("QueryString")?.Text}";
        switch (mishap)
        {
            case Mishap.Before:
                return Broken;
            case Mishap.HalfWay:
                if (WentWrong.Contains("CREATE TABLE", StringComparison.Ordinal))
                {
                    Athena.DiesHalfWay = true;
                    return await ActAsync(call, cancellation);
                }
                return Broken;
            case Mishap.Twice:
                await ActAsync(call, cancellation);
                return await ActAsync(call, cancellation);
            case Mishap.AnswerLost:
                await ActAsync(call, cancellation);
                return Broken;
            case Mishap.RunDies:
                await ActAsync(call, cancellation);
                Kill();
                return Broken;
            default:
                if (call.Parameters.Get("QueryString") is { } query)
                    _late.Enqueue(() => Query(query.Text, call.Parameters.Get("ClientRequestToken")?.Text));
                Kill();
                return Broken;
        }
    }

    private static TaskResult Broken => TaskResult.Failure("States.TaskFailed", "on purpose");

    private void Kill() => _executions.Stop("bucket", _now!, "Killed", "on purpose");

    private async Task<TaskResult> ActAsync(TaskCall call, CancellationToken cancellation)
    {
        switch (call.Resource.Integration)
        {
            case "athena:startQueryExecution":
                Assert.Equal(TaskPattern.Sync, call.Resource.Pattern);
                Assert.Equal("primary", call.Parameters.Get("WorkGroup")!.Text);
                Assert.EndsWith("/athena/", call.Parameters.Get("ResultConfiguration")!.Get("OutputLocation")!.Text, StringComparison.Ordinal);
                return Query(call.Parameters.Get("QueryString")!.Text, call.Parameters.Get("ClientRequestToken")?.Text);
            case "aws-sdk:glue:getPartition":
                string table = $"{call.Parameters.Get("DatabaseName")!.Text}.{call.Parameters.Get("TableName")!.Text}";
                return Athena.LocationOf(table, Assert.Single(call.Parameters.Get("PartitionValues")!.Items).Text) is { } location
                    ? TaskResult.Success(JsonData.Object(("Partition", JsonData.Object(("StorageDescriptor", JsonData.Object(("Location", JsonData.Of(location))))))))
                    : TaskResult.Failure("Glue.EntityNotFoundException", "Cannot find partition.");
            default:
                return await _functions.CallAsync(call, cancellation);
        }
    }

    private TaskResult Query(string query, string? token)
    {
        Queries.Add(query);
        try
        {
            Athena.Run(query, token);
        }
        catch (QueryFailedException failed)
        {
            return TaskResult.Failure("States.TaskFailed", failed.Message);
        }
        Check();
        return TaskResult.Success(JsonData.Parse("""{"QueryExecution":{"Status":{"State":"SUCCEEDED"}}}"""));
    }

    /// <summary>At no moment is a row shown twice, and what was shown once stays.</summary>
    private void Check()
    {
        List<int> rows = Athena.Show(View);
        Assert.True(rows.Distinct().Count() == rows.Count, $"rows are shown twice: {string.Join(',', rows.CountBy(r => r).Where(r => r.Value > 1).Select(r => r.Key))}");
        HashSet<int> shown = [.. rows];
        if (!MayGoBack)
            Assert.True(_shown.IsSubsetOf(shown), $"rows went away: {string.Join(',', _shown.Except(shown).Order())}");
        _shown = shown;
    }

    public void Dispose()
    {
        _executions.Dispose();
        _folder.Dispose();
    }
}
