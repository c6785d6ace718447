using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>One execution that was recorded on AWS.</summary>
internal sealed class RecordedExecution(JsonData json)
{
    private static readonly Lazy<IReadOnlyList<RecordedExecution>> Read = new(() =>
        [.. File.ReadLines(SharedData.Path("statemachines", "recorded-executions.ndjson")).Select(l => new RecordedExecution(JsonData.Parse(l)))]);

    public static IReadOnlyList<RecordedExecution> All => Read.Value;

    public string Id => json.Get("id")!.Text;

    public string Definition => json.Get("definition")!.ToString();

    /// <summary>The input as it was given, else the empty object that stands for none.</summary>
    public string Input => json.Get("input_raw") is { Kind: JsonValueKind.String } raw ? raw.Text
        : json.Get("input") is { Kind: not JsonValueKind.Null } input ? input.ToString() : "{}";

    public JsonData Expected => json.Get("expected")!;

    public string Status => Expected.Get("status")!.Text;

    public string? Error => Expected.Get("error") is { Kind: JsonValueKind.String } error ? error.Text : null;

    public string? Cause => Expected.Get("cause") is { Kind: JsonValueKind.String } cause ? cause.Text : null;

    /// <summary>Type and state name of each event.</summary>
    public IReadOnlyList<string> Events => [.. (Expected.Get("events")?.Items ?? []).Select(Outline)];

    /// <summary>
    /// The event that each event follows, as far as sorting left their numbers. What comes after a Map's run is left out: until November
    /// 2024 the state's exit followed the run's end, since then it follows the run's start, and there are recordings of both.
    /// </summary>
    public IReadOnlyDictionary<long, long> Links
    {
        get
        {
            JsonData[] numbered = [.. (Expected.Get("events")?.Items ?? []).Where(e => e.Get("id")!.TryInteger(out _) && e.Get("previousEventId")!.TryInteger(out _))];
            HashSet<long> runs = [.. numbered.Where(e => e.Get("type")!.Text.StartsWith("MapRun", StringComparison.Ordinal)).Select(e => Number(e, "id"))];
            return numbered.Where(e => !runs.Contains(Number(e, "previousEventId"))).ToDictionary(e => Number(e, "id"), e => Number(e, "previousEventId"));
        }
    }

    public IReadOnlyList<JsonData> Answers => json.Get("mocks")!.Items;

    private static long Number(JsonData happened, string field) => happened.Get(field)!.TryInteger(out long number) ? number : 0;

    public static string Outline(JsonData happened)
    {
        string? name = (happened.Get("stateEnteredEventDetails") ?? happened.Get("stateExitedEventDetails"))?.Get("name")?.Text;
        string? index = happened.Members.Where(m => m.Key.StartsWith("mapIteration", StringComparison.Ordinal)).Select(m => m.Value.Get("index")?.Text).FirstOrDefault();
        return $"{happened.Get("type")!.Text} {name}{index}".TrimEnd();
    }

    /// <summary>
    /// Equal as JSON, where recordings hold: an output that isn't an object stands as text; in angle brackets, and under
    /// "date" and "timestamp", stands what varies.
    /// </summary>
    public static bool Same(JsonData? recorded, JsonData? actual)
    {
        if (recorded is null || actual is null)
            return recorded is null && actual is null;
        if (recorded.Kind == JsonValueKind.String && recorded.Text.Contains('<', StringComparison.Ordinal))
            return true;
        if (recorded.Equals(actual))
            return true;
        if (recorded.Kind == JsonValueKind.String && actual.Kind != JsonValueKind.String && JsonData.TryParse(recorded.Text, out JsonData? parsed))
            return Same(parsed, actual);
        if (recorded.Kind == JsonValueKind.String && actual.Kind == JsonValueKind.String)
            return recorded.Text is "date" or "timestamp" || JsonData.TryParse(recorded.Text, out JsonData? text) && text.Equals(actual);
        return recorded.Kind == actual.Kind && recorded.Kind switch
        {
            JsonValueKind.Object => recorded.Members.Count == actual.Members.Count && recorded.Members.All(m => Same(m.Value, actual.Get(m.Key))),
            JsonValueKind.Array => recorded.Items.Count == actual.Items.Count && recorded.Items.Zip(actual.Items).All(p => Same(p.First, p.Second)),
            _ => false,
        };
    }

    public override string ToString() => Id;
}

/// <summary>Answers tasks from a recording: by request first, then in order.</summary>
internal sealed class RecordedAnswers(IReadOnlyList<JsonData> answers) : ITaskIntegrations
{
    private readonly List<JsonData> left = [.. answers];
    private readonly Lock gate = new();

    public bool AnswersForGood => true;

    public Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation)
    {
        lock (gate)
        {
            int at = left.FindIndex(a => RecordedExecution.Same(a.Get("request"), call.Parameters));
            JsonData answer = left[Math.Max(at, 0)];
            if (left.Count > 1)
                left.Remove(answer);
            JsonData response = answer.Get("response")!;
            if (response.Get("fail") is { } fail)
            {
                string type = Text(fail.Get("type"))!;
                return Task.FromResult(new TaskResult(null, Text(fail.Get("error")), Text(fail.Get("cause")),
                    TimedOut: type.EndsWith("TimedOut", StringComparison.Ordinal), NotSubmitted: type == "TaskSubmitFailed"));
            }
            JsonData output = response.Get("succeed")!;
            if (output.Kind == JsonValueKind.String && JsonData.TryParse(output.Text, out JsonData? parsed))
                output = parsed;
            return Task.FromResult(TaskResult.Success(output));
        }
    }

    private static string? Text(JsonData? value) => value is { Kind: JsonValueKind.String } ? value.Text : null;
}
