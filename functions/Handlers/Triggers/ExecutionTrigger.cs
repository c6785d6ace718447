using System.Text.Json;
using Limpid.Functions.Erasure;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Functions.Triggers;

/// <summary>
/// Everything that makes <c>fail-erasure</c> run: the workflow itself, and what EventBridge says of one that failed, timed out or was
/// stopped, and so ends no request any more. As often as it is said the request ends once, and each is told once.
/// </summary>
internal sealed class ExecutionTrigger(Ports ports)
{
    private const string Name = "fail-erasure";

    private readonly FailErasure _fail = new(ports);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation) => JsonSerializer.SerializeToUtf8Bytes(
        Json.Checked(Name, () => Envelopes.Of(payload.Span)) == Envelope.Execution
            ? await OfExecutionAsync(Json.Read(Name, payload.Span, ErasureJson.Default.ExecutionEvent).Detail, cancellation)
            : await _fail.HandleAsync(Json.Read(Name, payload.Span, ErasureJson.Default.FailInput), cancellation),
        ErasureJson.Default.FailResult);

    private async Task<FailResult> OfExecutionAsync(ExecutionEnd ended, CancellationToken cancellation)
    {
        if (RequestOf(ended) is not { } id || await new Requests(ports.State).GetAsync(id, cancellation) is not { } request)
            return new FailResult("unknown");
        // It was redriven since, or what ended is one that somebody began by hand beside it.
        if (!request.IsEnded && await ports.Workflows.DescribeAsync("purge", id, cancellation) is { Status: "RUNNING" })
            return new FailResult(request.Status.ToString());
        FailResult result = await _fail.HandleAsync(new FailInput(id, ended.Error ?? ended.Status), cancellation);
        await new Notify(ports).HandleAsync(new NotifyInput(id), cancellation);
        return result;
    }

    /// <summary>Null where the execution was given something else.</summary>
    private static string? RequestOf(ExecutionEnd ended)
    {
        // Left out of the event where it is too long. Executions have the names of their requests.
        if (ended.Input is null)
            return ended.Name;
        try
        {
            return JsonSerializer.Deserialize(ended.Input, ErasureJson.Default.PurgeInput)?.RequestId;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>"Step Functions Execution Status Change", as far as it is read.</summary>
internal sealed record ExecutionEvent(ExecutionEnd Detail);

/// <param name="Input">JSON.</param>
internal sealed record ExecutionEnd(string Name, string Status, string? Input = null, string? Error = null);

/// <summary>What an execution of <c>purge</c> is given.</summary>
internal sealed record PurgeInput(string RequestId);
