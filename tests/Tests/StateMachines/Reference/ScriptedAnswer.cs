using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>What a function answers, by its name and its payload alone, so that it doesn't matter who is called when.</summary>
/// <param name="Silent">Nobody ever calls back.</param>
internal sealed record ScriptedAnswer(JsonData? Output, string? Error = null, string? Cause = null, bool Silent = false)
{
    public const string Yes = "yes", No = "no", Never = "never", Refuse = "refuse";

    /// <summary>What comes of the call in the end, its callback among it.</summary>
    public static ScriptedAnswer To(string function, JsonData payload)
    {
        long Number(string name) => payload.Get(name) is { } n && n.TryInteger(out long value) ? value : 0;
        return function switch
        {
            "flaky" => Number("try") < Number("k") % 4 ? new(null, $"E{1 + Number("k") % 2}", "not yet") : new(JsonData.Object(("tries", JsonData.Of(Number("try"))), ("k", JsonData.Of(Number("k"))))),
            "broken" => new(null, $"E{Number("k") % 3}", "for good"),
            "ask" => (payload.Get("token") is null ? Never : payload.Get("mode")?.Text) switch
            {
                Yes => new(JsonData.Object(("said", JsonData.Of("yes")))),
                No => new(null, "E2", "said no"),
                Refuse => new(null, "E1", "asks nobody"),
                _ => new(null, Silent: true),
            },
            _ => new(payload),
        };
    }

    /// <summary>The same on a runner: functions that are called, and answers that come back under a token.</summary>
    public static ScriptedTasks On(RunnerBench bench) => new((function, payload) =>
    {
        ScriptedAnswer said = To(function, payload);
        TaskResult result = said.Error is null ? TaskResult.Success(said.Output ?? JsonData.Null) : TaskResult.Failure(said.Error, said.Cause);
        if (function != "ask" || payload.Get("mode")?.Text == Refuse)
            return result;
        if (!said.Silent)
            bench.Store.CallBack(payload.Get("token")!.Text, result);
        return TaskResult.Success(JsonData.Null);
    });
}
