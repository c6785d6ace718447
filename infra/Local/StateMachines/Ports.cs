using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>Runs functions for Task states.</summary>
public interface ITaskInvoker
{
    /// <summary>Runs the function and gives its result, or the name and cause of its error.</summary>
    /// <param name="functionName">Without ARN and version: <c>erase-rows</c>.</param>
    /// <param name="payload">UTF-8 JSON.</param>
    Task<TaskResult> InvokeAsync(string functionName, ReadOnlyMemory<byte> payload, CancellationToken cancellation);
}

/// <summary>Runs what Task states name: functions by <see cref="FunctionTasks"/>, or recorded answers.</summary>
public interface ITaskIntegrations
{
    /// <summary>
    /// Whether an answer ends a task whatever its pattern, as recorded answers do. Otherwise <c>.waitForTaskToken</c> waits for its
    /// callback and nested executions are run.
    /// </summary>
    bool AnswersForGood => false;

    /// <summary>Calls the integration, and gives its whole result: for <c>lambda:invoke</c> with <c>Payload</c> and <c>StatusCode</c>.</summary>
    Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation);
}

/// <summary>The objects that a Map's ItemReader reads and its ResultWriter writes.</summary>
public interface IItemSource
{
    /// <summary>Null where there is no such object.</summary>
    Task<Stream?> OpenAsync(string bucket, string key, CancellationToken cancellation);

    /// <summary>The objects under a prefix in ordinal order of their keys, as the service's reader gives them: Etag, Key, LastModified (seconds), Size, StorageClass.</summary>
    IAsyncEnumerable<JsonData> ListAsync(string bucket, string prefix, CancellationToken cancellation);

    Task WriteAsync(string bucket, string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation);
}

/// <summary>Functions by name or ARN, and <c>lambda:invoke</c>, whose result it wraps as AWS does.</summary>
public sealed class FunctionTasks(ITaskInvoker functions) : ITaskIntegrations
{
    public async Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation)
    {
        if (call.Resource.Function is { } direct)
            return await functions.InvokeAsync(direct, call.Parameters.ToUtf8(), cancellation);
        if (call.Resource.Integration != "lambda:invoke")
            return TaskResult.Failure(StatesErrors.Runtime, $"There is no integration '{call.Resource.Integration}' here.");
        string name = TaskResource.FunctionName(call.Parameters.Get("FunctionName")?.Text ?? "");
        JsonData payload = call.Parameters.Get("Payload") ?? JsonData.EmptyObject;
        TaskResult result = await functions.InvokeAsync(name, payload.ToUtf8(), cancellation);
        if (result.Output is not { } output)
            return result;
        // Invocations that don't wait, by type Event, have no payload to give back.
        bool waits = call.Parameters.Get("InvocationType") is not { Kind: JsonValueKind.String, Text: "Event" };
        int status = waits ? 200 : 202;
        return TaskResult.Success(JsonData.Object(
            ("ExecutedVersion", JsonData.Of("$LATEST")), ("Payload", waits ? output : JsonData.EmptyObject),
            ("SdkHttpMetadata", JsonData.Object(("HttpStatusCode", JsonData.Of(status)))), ("StatusCode", JsonData.Of(status))));
    }
}
