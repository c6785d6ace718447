using System.Text.Json;
using Limpid.Functions.Refresh;
using Limpid.Local;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.Refresh;

/// <summary>The workflow of reference data by itself: each error in each of its states, once, often, and for good.</summary>
public sealed class RefreshStatesTests
{
    private const string Input = """{"reference":"priorities","flag":"f","notBefore":"2026-01-01T00:00:30Z"}""";

    private static readonly string[] Errors =
    [
        "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
        "Lambda.Unknown", "States.TaskFailed", "IOException", "Events.InternalException", "SNS.ThrottledException",
    ];

    private static readonly string[] States = ["lambda:invoke", "events:putEvents", "sns:publish"];

    public static MatrixTheoryData<string, string> EachInEach => new(States, Errors);

    [Theory]
    [MemberData(nameof(EachInEach))]
    public async Task F23_what_passes_is_tried_again_and_nothing_comes_of_it(string state, string error)
    {
        // The last state is on the way of a failure only, and says that.
        bool isOfFailure = state == "sns:publish";
        var tasks = new Answers { Fails = (called, attempt) => called == state && attempt <= 3 ? error : isOfFailure && called == "lambda:invoke" ? nameof(BadReferenceException) : null };
        (ExecutionDescription ended, int events) = await RunAsync(tasks);
        Assert.Equal(isOfFailure ? "FAILED" : "SUCCEEDED", ended.Status);
        Assert.Equal(4, tasks.Calls[state]);
        Assert.Equal(isOfFailure ? nameof(BadReferenceException) : null, ended.Error);
        Assert.Equal(!isOfFailure, tasks.Calls.GetValueOrDefault("sns:publish") == 0);
        Assert.InRange(events, 1, 100);
    }

    [Theory]
    [MemberData(nameof(EachInEach))]
    public async Task F23_what_does_not_pass_is_said_and_ends_the_execution_with_its_name(string state, string error)
    {
        bool isOfFailure = state == "sns:publish";
        var tasks = new Answers { Fails = (called, _) => called == state ? error : isOfFailure && called == "lambda:invoke" ? nameof(BadReferenceException) : null };
        (ExecutionDescription ended, int events) = await RunAsync(tasks);
        Assert.Equal(("FAILED", isOfFailure ? nameof(BadReferenceException) : error), (ended.Status, ended.Error));
        Assert.Contains(isOfFailure ? nameof(BadReferenceException) : error, tasks.Said, StringComparison.Ordinal);
        // F25: the most that can come of one.
        Assert.InRange(events, 1, 150);
    }

    [Theory]
    [InlineData(nameof(BadReferenceException))]
    [InlineData(nameof(UnknownReferenceException))]
    [InlineData("TableMissingException")]
    [InlineData("BadEventException")]
    public async Task F23_what_no_second_try_mends_is_tried_once(string error)
    {
        var tasks = new Answers { Fails = (called, _) => called == "lambda:invoke" ? error : null };
        Assert.Equal(error, (await RunAsync(tasks)).Ended.Error);
        Assert.Equal(1, tasks.Calls["lambda:invoke"]);
        Assert.Contains(error, tasks.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("published", true)]
    [InlineData("unchanged", false)]
    [InlineData("nothing", false)]
    public async Task F24_nothing_but_names_and_numbers_travels(string outcome, bool isTold)
    {
        var tasks = new Answers { Outcome = outcome };
        (ExecutionDescription ended, _) = await RunAsync(tasks);
        Assert.Equal("SUCCEEDED", ended.Status);
        Assert.Equal(isTold, tasks.Calls.ContainsKey("events:putEvents"));
        Assert.InRange(tasks.Longest, 1, 1_000);
        Assert.InRange(ended.Output!.ToUtf8().Length, 1, 1_000);
    }

    private static async Task<(ExecutionDescription Ended, int Events)> RunAsync(Answers tasks)
    {
        IReadOnlyDictionary<string, StateMachineDefinition> machines = LocalStateMachines.Load();
        using var trial = new StateMachineTrial(machines[RefreshRuns.StateMachine], machines, tasks, new NoItems(), new VirtualTime(), seed: 1);
        ExecutionDescription ended = await trial.RunAsync(Input, TestContext.Current.CancellationToken);
        return (ended, trial.History.Count);
    }

    private sealed class Answers : ITaskIntegrations
    {
        public Func<string, int, string?> Fails { get; init; } = (_, _) => null;

        public string Outcome { get; init; } = "published";

        public Dictionary<string, int> Calls { get; } = [];

        public int Longest { get; private set; }

        /// <summary>To the operators.</summary>
        public string Said { get; private set; } = "";

        public Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation)
        {
            string state = call.Resource.Integration!;
            Calls[state] = Calls.GetValueOrDefault(state) + 1;
            Longest = Math.Max(Longest, call.Parameters.ToUtf8().Length);
            if (state == "sns:publish")
                Said = call.Parameters.Get("Message")!.Text;
            if (Fails(state, Calls[state]) is { } error)
                return Task.FromResult(TaskResult.Failure(error, "why"));
            return Task.FromResult(TaskResult.Success(JsonData.Parse(
                state == "lambda:invoke" ? JsonSerializer.Serialize(new { Payload = new { outcome = Outcome, version = 4, rows = 7 }, StatusCode = 200 }) : "{}")));
        }
    }
}
