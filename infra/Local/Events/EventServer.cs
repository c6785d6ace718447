using System.Collections.Concurrent;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Local.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Limpid.Local.Events;

/// <summary>
/// What an event source mapping is in the cloud: takes the event that Lambda would be given, <c>POST /streams/STREAM</c> of Kinesis and
/// <c>POST /changes/REFERENCE</c> of a table's stream, runs the function, and answers as it does. One shard has one batch at a time, in
/// the order in which they come; shards don't wait for each other. On the loopback interface alone, and not for pages in a browser.
/// </summary>
internal sealed class EventServer : IAsyncDisposable
{
    /// <summary>Lambda hands no function more.</summary>
    public const long MostBytes = 6 * 1024 * 1024;

    private static readonly string[] Here = ["localhost", "127.0.0.1", "[::1]"];

    private readonly Func<Ports> _ports;
    private readonly Func<CancellationToken, Task> _ingested;
    private readonly Action<Exception> _broke;
    private readonly Turns _turns = new();
    private readonly ConcurrentDictionary<string, (Ports Ports, Handler Handle)> _warm = [];
    private readonly WebApplication _application;

    private EventServer(Func<Ports> ports, int port, Func<CancellationToken, Task> ingested, Action<Exception> broke)
    {
        (_ports, _ingested, _broke) = (ports, ingested, broke);
        _application = LoopbackServer.Build(port, MostBytes);
        _application.Run(AnswerAsync);
    }

    /// <param name="ports">Asked for at each request: lake.yaml may have changed since the last.</param>
    /// <param name="ingested">Called after each batch of a stream: who is in it may have been erased before.</param>
    /// <param name="broke">Told of what a function broke on; the answer has its name alone.</param>
    public static async Task<EventServer> StartAsync(
        Func<Ports> ports, int port, Func<CancellationToken, Task> ingested, Action<Exception> broke, CancellationToken cancellation)
    {
        var server = new EventServer(ports, port, ingested, broke);
        await server._application.StartAsync(cancellation);
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        (int status, ReadOnlyMemory<byte> body) = await RespondAsync(context.Request);
        context.Response.StatusCode = status;
        context.Response.ContentType = status == 200 ? "application/json" : "text/plain; charset=utf-8";
        if (status == 405)
            context.Response.Headers.Allow = "POST";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task<(int Status, ReadOnlyMemory<byte> Body)> RespondAsync(HttpRequest request)
    {
        try
        {
            Ports ports = _ports();
            if (WhyNot(request, ports.Lake) is { } refused)
                return Line(refused.Status, refused.Why);
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
            if (RecordedEvent.Of(body.ToArray()) is not { } given)
                return Line(400, "the body is no JSON object; send the event that the function would be given");
            string name = NameIn(request)!;
            // Once it is posted it is carried out, even if the sender leaves: it would come again anyway.
            return IsOfStreams(request) ? await IngestAsync(ports, name, given) : await ChangeAsync(ports, ports.Lake.ReferenceNamed(name)!, given);
        }
        catch (BadHttpRequestException bad)
        {
            return Line(bad.StatusCode, bad.StatusCode == 413 ? $"the event is larger than {MostBytes} bytes, and Lambda takes no more; send fewer records" : "the request is none");
        }
        catch (Exception bad) when (bad is BadEventException or BadInputException)
        {
            return Line(400, bad.Message);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            _broke(broken);
            return Line(500, $"the function failed: {broken.GetType().Name}");
        }
    }

    private async Task<(int, ReadOnlyMemory<byte>)> IngestAsync(Ports ports, string stream, RecordedEvent given)
    {
        if (given.Sources.FirstOrDefault(arn => !arn.EndsWith($":stream/{stream}", StringComparison.Ordinal)) is { } other)
            return Line(400, other.Length == 0 ? "a record has no eventSourceARN" : $"a record is not of the stream {stream}, but of {other}");
        string[] shards = [.. given.Shards.Select(shard => $"{stream}/{shard}")];
        ReadOnlyMemory<byte> answer = await _turns.TakeAsync(shards, async () =>
        {
            ReadOnlyMemory<byte> answer = await Warm("ingest-records", string.Join(' ', shards), ports)(given.Json, CancellationToken.None);
            await _ingested(CancellationToken.None);
            return answer;
        });
        return (200, answer);
    }

    private async Task<(int, ReadOnlyMemory<byte>)> ChangeAsync(Ports ports, Reference reference, RecordedEvent given)
    {
        if (given.Sources.FirstOrDefault(arn => !arn.Contains($":table/{reference.Source!.Table}/stream/", StringComparison.Ordinal)) is { } other)
            return Line(400, reference.Source!.Table is not { } table ? $"{reference.Name} is kept in {reference.Source.Location}, and not in a table"
                : other.Length == 0 ? "a record has no eventSourceARN" : $"a record is not of the table {table}, but of {other}");
        // Without records it says no more than that something changed.
        ReadOnlyMemory<byte> payload = given.Sources.Count > 0 ? given.Json : Encoding.UTF8.GetBytes($"{{\"reference\":\"{reference.Name}\"}}");
        string place = $"changes/{reference.Name}";
        return (200, await _turns.TakeAsync([place], () => Warm("flag-change", place, ports)(payload, CancellationToken.None)));
    }

    /// <summary>A function stays as it is from one batch to the next, as a warm one does: it knows the reference data of the last.</summary>
    private Handler Warm(string function, string place, Ports ports)
    {
        if (_warm.TryGetValue(place, out (Ports Ports, Handler Handle) known) && ReferenceEquals(known.Ports, ports))
            return known.Handle;
        Handler handle = FunctionTable.Named(function).Build(ports);
        _warm[place] = (ports, handle);
        return handle;
    }

    private static (int Status, string Why)? WhyNot(HttpRequest request, LakeConfig lake)
    {
        // A name of somebody's that leads to this machine, and a page that asks the browser to send something.
        if (!Here.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
            return (403, "this is asked for as localhost");
        if (request.Headers.Origin.Count > 0)
            return (403, "no page in a browser sends events");
        if (NameIn(request) is not { } name)
            return (404, "there are POST /streams/STREAM and POST /changes/REFERENCE");
        string[] known = IsOfStreams(request) ? [.. (lake.Streams ?? []).Select(s => s.Name)] : [.. (lake.References ?? []).Where(r => r.Source is not null).Select(r => r.Name)];
        if (!known.Contains(name))
            return (404, $"lake.yaml has no such {(IsOfStreams(request) ? "stream" : "reference with a source")}; there {(known.Length == 0 ? "is none" : $"are: {string.Join(", ", known)}")}");
        if (!HttpMethods.IsPost(request.Method))
            return (405, "events are posted");
        return request.ContentType?.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase) == true ? null
            : (415, "an event comes with Content-Type: application/json");
    }

    private static bool IsOfStreams(HttpRequest request) => request.Path.StartsWithSegments("/streams", StringComparison.Ordinal);

    private static string? NameIn(HttpRequest request) => request.Path.Value?.Split('/') is ["", "streams" or "changes", { Length: > 0 } name] ? name : null;

    private static (int, ReadOnlyMemory<byte>) Line(int status, string text) => (status, Encoding.UTF8.GetBytes($"limpid: {text}\n"));
}
