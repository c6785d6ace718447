using Limpid.Functions;
using Limpid.Functions.Approvals;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Limpid.Local.Pages;

/// <summary>
/// The approvers' pages on this machine: Kestrel in front of the same two handlers that stand behind API Gateway in the cloud. It keeps
/// no access log, since a page's address is its key.
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    private const long MostBodyBytes = 64 * 1024;

    private readonly WebApplication _application;

    private PageServer(WebApplication application) => _application = application;

    /// <param name="ports">Asked for at each request: lake.yaml may have changed since the last.</param>
    /// <param name="port">On the loopback interface alone.</param>
    /// <param name="broke">Told of what a request broke on; the browser is not.</param>
    public static async Task<PageServer> StartAsync(Func<Ports> ports, int port, Action<Exception> broke, CancellationToken cancellation)
    {
        WebApplication application = LoopbackServer.Build(port, MostBodyBytes);
        Map(application, ports, broke);
        await application.StartAsync(cancellation);
        return new PageServer(application);
    }

    /// <summary>The same pages in an application that serves more.</summary>
    public static void Map(WebApplication application, Func<Ports> ports, Action<Exception> broke)
    {
        Ports first = ports();
        string prefix = new Uri(first.PagesUrl).AbsolutePath.TrimEnd('/');
        if (prefix.Length > 0)
            application.UsePathBase(prefix);
        application.Run(context => AnswerAsync(context, ports, first.Lake.Name, broke));
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private static async Task AnswerAsync(HttpContext context, Func<Ports> ports, string lake, Action<Exception> broke)
    {
        PageResponse response;
        try
        {
            response = await RespondAsync(context.Request, ports());
        }
        catch (BadHttpRequestException bad)
        {
            response = Page.NoForm(bad.StatusCode, lake);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            broke(e);
            response = Page.Broken(lake);
        }
        await WriteAsync(context, response);
    }

    private static async Task<PageResponse> RespondAsync(HttpRequest request, Ports ports)
    {
        string lake = ports.Lake.Name;
        CancellationToken cancellation = request.HttpContext.RequestAborted;
        bool reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        switch (request.Path.Value)
        {
            case "/healthz" when reads:
                return new(200, new Dictionary<string, string> { ["Content-Type"] = "text/plain; charset=utf-8", ["Cache-Control"] = "no-store" }, "ok\n");
            case "" or "/" or null when reads:
                return Page.Message(200, lake, "Limpid is running", new("<p>There is nothing to see here. If you are to decide on something, you have a mail with a link to its page.</p>"));
        }
        if (reads)
            return await new ShowApproval(ports).HandleAsync(await ReadAsync(request, false), cancellation);
        if (!HttpMethods.IsPost(request.Method))
            return Page.Message(405, lake, "That does not work here", new("<p>These pages know GET, HEAD and POST.</p>"));
        // Once it is posted it is carried out, even if the browser leaves: half a decision would have to be posted again.
        return await new DecideApproval(ports).HandleAsync(await ReadAsync(request, true), CancellationToken.None);
    }

    private static async Task<PageRequest> ReadAsync(HttpRequest request, bool withForm)
    {
        var headers = new Dictionary<string, string>();
        foreach (string name in PageRequest.Wanted)
        {
            if (request.Headers.TryGetValue(name, out var value))
                headers[name] = value.ToString();
        }
        var fields = new Dictionary<string, string>();
        if (withForm)
        {
            if (!request.HasFormContentType)
                throw new BadHttpRequestException("not a form", 415);
            IFormCollection form = await ReadFormAsync(request);
            foreach ((string name, var value) in form)
                fields[name] = value.Count == 1 ? value.ToString() : "";
        }
        return new PageRequest(request.Method.ToUpperInvariant(), request.Path.Value ?? "/", headers, fields);
    }

    private static async Task<IFormCollection> ReadFormAsync(HttpRequest request)
    {
        var feature = new FormFeature(request, new FormOptions { ValueCountLimit = 32, KeyLengthLimit = 64, ValueLengthLimit = 16 * 1024 });
        try
        {
            return await feature.ReadFormAsync(request.HttpContext.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            // The second is of an encoding that nobody should use.
            throw new BadHttpRequestException("not a form that these pages send", 400);
        }
    }

    private static async Task WriteAsync(HttpContext context, PageResponse response)
    {
        context.Response.StatusCode = response.Status;
        foreach ((string name, string value) in response.Headers)
            context.Response.Headers[name] = value;
        byte[] body = System.Text.Encoding.UTF8.GetBytes(response.Body);
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
