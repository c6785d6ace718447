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

    public RecordedAnswers Answers => RecordedAnswers.Read(json);

    public string Recording => json.ToString();

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

    private static long Number(JsonData happened, string field) => happened.Get(field)!.TryInteger(out long number) ? number : 0;

    public static string Outline(JsonData happened)
    {
        string? name = (happened.Get("stateEnteredEventDetails") ?? happened.Get("stateExitedEventDetails"))?.Get("name")?.Text;
        string? index = happened.Members.Where(m => m.Key.StartsWith("mapIteration", StringComparison.Ordinal)).Select(m => m.Value.Get("index")?.Text).FirstOrDefault();
        return $"{happened.Get("type")!.Text} {name}{index}".TrimEnd();
    }

    public override string ToString() => Id;
}
