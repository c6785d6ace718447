using Limpid.Local.StateMachines;

namespace Limpid.Local.Cli;

/// <summary>An execution as <c>limpid execute --json</c> prints it; what it doesn't have is null.</summary>
internal static class ExecutionJson
{
    public static JsonData Of(ExecutionDescription execution, IReadOnlyList<HistoryEvent> history) => JsonData.Object(
        ("status", JsonData.Of(execution.Status)), ("output", execution.Output ?? JsonData.Null), ("error", Text(execution.Error)), ("cause", Text(execution.Cause)),
        ("events", JsonData.Array([.. history.Select(e => e.ToJson())])));

    private static JsonData Text(string? text) => text is null ? JsonData.Null : JsonData.Of(text);
}
