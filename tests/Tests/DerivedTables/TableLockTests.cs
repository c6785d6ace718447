using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Limpid.Tests.InMemory;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>
/// The laws of a table's lock under every order of things: runs that begin, sleep beyond their lease, die with and without a word, and go on
/// as zombies, interleaved at every read and write of the state. No two publish under one fence, fences only grow, and what is served was
/// written to its end by one attempt and found valid.
/// </summary>
public sealed class TableLockTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task F17_however_runs_interleave_one_at_a_time_publishes_and_only_whole_versions(int seed)
    {
        int published = 0, lost = 0;
        for (int round = 0; round < 15; round++)
        {
            int which = seed * 1_000 + round;
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {which}");
            var model = new Model(which);
            await model.RunAsync(steps: 250);
            published += model.Published;
            lost += model.Lost;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{published} versions published, {lost} runs lost the table");
        // Else nothing of this was tried.
        Assert.True(published > 30 && lost > 15, $"{published} published, {lost} lost");
    }

    private enum Stage
    {
        Begin,
        Next,
        Write,
        Validate,
        Publish,
        End,
        Gone,
    }

    private sealed class Run(string name)
    {
        public string Name => name;

        public Stage Stage { get; set; }

        public long Fence { get; set; }

        public NextStepResult? Next { get; set; }

        public int Ended { get; set; }

        public string Failed { get; set; } = "";

        public bool IsHalfWritten { get; set; }

        /// <summary>It is in the midst of a call.</summary>
        public bool IsBusy { get; set; }
    }

    private sealed class Model
    {
        private readonly Random _random;
        private readonly ScenarioTime _clock = new(ScenarioWorld.Start);
        private readonly MemoryStore _store;
        private readonly Workflows _workflows = new();
        private readonly Ports _ports;
        private readonly List<Run> _runs = [];
        private readonly HashSet<string> _whole = [];
        private readonly HashSet<long> _fences = [];
        private ServedVersion? _served;
        private long _fence;
        private int _depth, _names, _objects;
        private bool _isCalm;

        public Model(int seed)
        {
            _random = new Random(seed);
            _store = new MemoryStore(_clock);
            LakeConfig lake = TableBench.Read(ScenarioWorld.Yaml(
                "tables: [{name: revenue, dataset: revenue, from: [orders], steps: [{name: a, lambda: f}, {name: b, lambda: g}], validate: {rows: {min: 4, max: 4}, key: [order]}, lease: 30m, keep: 1h}]",
                TableBench.Orders, TableBench.Revenue));
            _ports = new Ports(
                lake, _store, new MemoryStore(_clock), new MemoryIndex(), new Table(this), _workflows, new Letterbox(),
                new SubjectHasher([new SubjectSecret(1, SHA256.HashData("subject"u8))]), new ObjectNames(SHA256.HashData("names"u8)), null!, null!,
                SHA256.HashData("pages"u8), "", _clock, bytes => _random.NextBytes(bytes), () => new MemoryStream());
        }

        public int Published => _fences.Count;

        public int Lost { get; private set; }

        public async Task RunAsync(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                switch (_random.Next(24))
                {
                    case 0 when Idle(anyStage: true) is { } dying:
                        // Whether anybody hears of its death is another matter.
                        if (_random.Next(2) == 0)
                            _workflows.Status[dying.Name] = "FAILED";
                        if (_random.Next(2) == 0)
                            dying.Stage = Stage.Gone;
                        break;
                    case 1 or 2:
                        _clock.Advance(TimeSpan.FromMinutes(_random.Next(5, 45)));
                        break;
                    default:
                        await ActAsync();
                        break;
                }
            }
            // Faults stop: whoever comes next has the table and its version.
            _isCalm = true;
            _clock.Advance(TimeSpan.FromHours(2));
            var last = new Run("last");
            _runs.Clear();
            _runs.Add(last);
            for (int step = 0; last.Stage != Stage.Gone; step++)
            {
                Assert.True(step < 50, "the last run does not end");
                await ActAsync();
            }
            Assert.Equal("last", _served!.Run);
            var pointer = JsonSerializer.Deserialize(_store.Read(TableBench.Pointer)!, TablePointerJson.Default.TablePointer)!;
            Assert.Equal((_served.Version, _served.Location), (pointer.Version, "revenue/" + pointer.Folder));
        }

        private Run? Idle(bool anyStage = false)
        {
            Run[] idle = [.. _runs.Where(r => !r.IsBusy && (anyStage || r.Stage != Stage.Gone))];
            return idle.Length == 0 ? null : idle[_random.Next(idle.Length)];
        }

        private async Task ActAsync()
        {
            if (!_isCalm && _runs.Count(r => r.Stage != Stage.Gone) < 4 && _random.Next(3) == 0)
                _runs.Add(new Run($"run-{++_names}"));
            if (Idle() is not { } run)
                return;
            run.IsBusy = true;
            try
            {
                await ActAsync(run);
            }
            catch (LockLostException)
            {
                Lost++;
                (run.Stage, run.Failed) = (Stage.End, nameof(LockLostException));
            }
            catch (StepFailedException)
            {
                (run.Stage, run.Failed) = (Stage.End, nameof(StepFailedException));
            }
            finally
            {
                run.IsBusy = false;
            }
        }

        private async Task ActAsync(Run run)
        {
            switch (run.Stage)
            {
                case Stage.Begin:
                    BeginTableResult begun = await new BeginTable(_ports).HandleAsync(new BeginTableInput(run.Name, new RefreshTableInput("revenue")), Stop);
                    run.Fence = begun.Fence;
                    if (begun.Outcome == "begun")
                        run.Stage = Stage.Next;
                    break;
                case Stage.Next:
                    run.Next = await new NextStep(_ports).HandleAsync(new NextStepInput("revenue", run.Name, run.Fence, run.Ended, run.Failed, 0), Stop);
                    run.Stage = run.Next.Kind == "none" ? Stage.Validate : Stage.Write;
                    run.IsHalfWritten = false;
                    break;
                case Stage.Write:
                    string output = run.Next!.Task.Work!.Output;
                    Assert.True(run.IsHalfWritten || !_store.Keys().Any(k => k.StartsWith(output, StringComparison.Ordinal)), "an attempt's place is not its own");
                    int from = run.IsHalfWritten ? 3 : 1;
                    _store.Put($"{output}{++_objects}", Encoding.UTF8.GetBytes($"{TableBench.Row(from, "c")}\n{TableBench.Row(from + 1, "c")}\n"));
                    if (run.IsHalfWritten)
                    {
                        _whole.Add(output);
                        (run.Stage, run.Ended, run.Failed) = (Stage.Next, run.Next.Attempt, "");
                    }
                    else if (!_isCalm && _random.Next(6) == 0)
                    {
                        (run.Stage, run.Ended, run.Failed) = (Stage.Next, run.Next.Attempt, "States.TaskFailed");
                    }
                    run.IsHalfWritten = true;
                    break;
                case Stage.Validate:
                    await new ValidateTable(_ports).HandleAsync(new TableRunInput("revenue", run.Name, run.Fence), Stop);
                    run.Stage = Stage.Publish;
                    break;
                case Stage.Publish:
                    PublishTableResult result = await new PublishTable(_ports).HandleAsync(new TableRunInput("revenue", run.Name, run.Fence), Stop);
                    run.Stage = result.Outcome == "published" ? Stage.End : Stage.Validate;
                    break;
                case Stage.End:
                    await new EndRefresh(_ports).HandleAsync(new EndRefreshInput("revenue", run.Name, run.Failed), Stop);
                    _workflows.Status[run.Name] = run.Failed.Length == 0 ? "SUCCEEDED" : "FAILED";
                    run.Stage = Stage.Gone;
                    break;
            }
        }

        private void OnHead(TableHead head)
        {
            Assert.True(head.Fence >= _fence, "a fence came again");
            _fence = head.Fence;
            if (head.Served == _served)
                return;
            ServedVersion served = head.Served!;
            Assert.True(_fences.Add(served.Fence), $"two versions were published under fence {served.Fence}");
            Assert.True(served.Fence > (_served?.Fence ?? 0), "an older run published over a newer one");
            Assert.Contains(served.Location, _whole);
            Assert.Equal(4, served.Rows);
            _served = served;
        }

        /// <summary>Before any read or write somebody else may come.</summary>
        private async Task BetweenAsync()
        {
            if (_isCalm || _depth >= 2 || _random.Next(5) != 0)
                return;
            _depth++;
            if (_random.Next(12) == 0)
                _clock.Advance(TimeSpan.FromMinutes(_random.Next(1, 40)));
            await ActAsync();
            _depth--;
        }

        private sealed class Table(Model model) : IStateTable
        {
            private readonly MemoryStateTable _inner = new();

            public async Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation)
            {
                await model.BetweenAsync();
                return await _inner.GetAsync(partition, sort, cancellation);
            }

            public IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, CancellationToken cancellation) => _inner.QueryAsync(partition, sortPrefix, cancellation);

            public async Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation)
            {
                await model.BetweenAsync();
                if (!await _inner.TryPutAsync(item, cancellation))
                    return false;
                if (item.Sort == "head")
                    model.OnHead(JsonSerializer.Deserialize(item.Json.Span, RefreshJson.Default.TableHead)!);
                return true;
            }

            public async Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation)
            {
                await model.BetweenAsync();
                return await _inner.TryDeleteAsync(partition, sort, version, cancellation);
            }
        }

        /// <summary>Knows of executions what is told to it, and of others nothing.</summary>
        private sealed class Workflows : IWorkflows
        {
            public Dictionary<string, string> Status { get; } = [];

            public Task<ExecutionInfo?> DescribeAsync(string stateMachine, string name, CancellationToken cancellation) =>
                Task.FromResult(Status.TryGetValue(name, out string? status) ? new ExecutionInfo(name, stateMachine, status, null, null, null) : null);

            public Task<StartOutcome> StartAsync(string stateMachine, string name, string input, CancellationToken cancellation) => Task.FromResult(StartOutcome.Started);

            public Task StopAsync(string stateMachine, string name, string error, string cause, CancellationToken cancellation) => Task.CompletedTask;

            public Task<CallbackOutcome> SendTaskSuccessAsync(string token, string output, CancellationToken cancellation) => Task.FromResult(CallbackOutcome.Closed);

            public Task<CallbackOutcome> SendTaskFailureAsync(string token, string error, string cause, CancellationToken cancellation) => Task.FromResult(CallbackOutcome.Closed);
        }
    }
}
