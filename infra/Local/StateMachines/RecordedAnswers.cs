using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>
/// Answers tasks from a recording, whatever integration they name. Of the answers that are left, one for the same resource and request
/// comes first, then one for the same request, then the next in order; the last answer of a recording stays.
/// </summary>
internal sealed class RecordedAnswers : ITaskIntegrations
{
    private readonly List<Answer> left;
    private readonly Lock gate = new();

    private RecordedAnswers(List<Answer> answers) => left = answers;

    public bool AnswersForGood => true;

    /// <param name="recording">An array of answers, or an object that has one as <c>mocks</c>. An answer is an object with a <c>response</c>,
    /// which holds <c>succeed</c> or <c>fail</c> (<c>error</c>, <c>cause</c>, and the <c>type</c> of the event by which it failed), and may have the <c>request</c> and <c>resource</c> that it is for.</param>
    /// <exception cref="FormatException">It is none; says where.</exception>
    public static RecordedAnswers Read(JsonData recording)
    {
        JsonData answers = recording.Get("mocks") ?? recording;
        if (answers.Kind != JsonValueKind.Array)
            throw new FormatException("there must be an array of answers, or an object with one as \"mocks\"");
        return new([.. answers.Items.Select(Answer.Read)]);
    }

    public Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (left.Count == 0)
                return Task.FromResult(TaskResult.Failure(StatesErrors.TaskFailed, $"There is no recorded answer for {call.Resource.Arn}."));
            int at = left.FindIndex(a => a.Request is not null && a.IsOf(call.Resource) && Same(a.Request, call.Parameters));
            at = at >= 0 ? at : left.FindIndex(a => a.Request is not null && Same(a.Request, call.Parameters));
            Answer answer = left[Math.Max(at, 0)];
            if (left.Count > 1)
                left.Remove(answer);
            return Task.FromResult(answer.Result);
        }
    }

    /// <summary>
    /// Equal as JSON, where recordings hold: what isn't an object may stand as text; in angle brackets, and under "date" and
    /// "timestamp", stands what varies.
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

    private sealed record Answer(string? Resource, JsonData? Request, TaskResult Result)
    {
        public bool IsOf(TaskResource resource) => Resource == resource.Arn || Resource == resource.ActionInHistory;

        public static Answer Read(JsonData answer, int index)
        {
            JsonData? response = answer.Get("response");
            if (response?.Get("fail") is { Kind: JsonValueKind.Object } fail)
            {
                string? type = Text(fail.Get("type"));
                bool timedOut = type?.EndsWith("TimedOut", StringComparison.Ordinal) == true;
                return new(Text(answer.Get("resource")), answer.Get("request"),
                    new(null, Text(fail.Get("error")), Text(fail.Get("cause")), timedOut, NotSubmitted: type == "TaskSubmitFailed"));
            }
            JsonData output = response?.Get("succeed") ?? throw new FormatException($"answer {index} has no \"response\" with \"succeed\" or \"fail\"");
            if (output.Kind == JsonValueKind.String && JsonData.TryParse(output.Text, out JsonData? parsed))
                output = parsed;
            return new(Text(answer.Get("resource")), answer.Get("request"), TaskResult.Success(output));
        }

        private static string? Text(JsonData? value) => value is { Kind: JsonValueKind.String } ? value.Text : null;
    }
}
