using System.Text.Json;
using Amazon.Lambda.APIGatewayEvents;
using Limpid.Functions.Approvals;

namespace Limpid.Functions.Triggers;

/// <summary>An approver's browser, through an HTTP API; or the plain form. What the API adds to a request is not passed on.</summary>
/// <param name="name">Of the function.</param>
/// <param name="methods">That the function is for; others are refused before it sees them.</param>
internal sealed class PageTrigger(
    string name, IReadOnlyList<string> methods, Ports ports, Func<PageRequest, CancellationToken, Task<PageResponse>> handle)
{
    private const int MostBodyBytes = 64 * 1024;

    private string Lake => ports.Lake.Name;

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        if (Json.Checked(name, () => Envelopes.Of(payload.Span)) != Envelope.Http)
        {
            PageRequest plain = Json.Read(name, payload.Span, PageJson.Default.PageRequest);
            return JsonSerializer.SerializeToUtf8Bytes(await handle(plain, cancellation), PageJson.Default.PageResponse);
        }
        APIGatewayHttpApiV2ProxyRequest request = HttpApi.Read(name, payload);
        PageResponse page = await AnswerAsync(request, cancellation);
        bool head = request.RequestContext!.Http!.Method == "HEAD";
        return HttpApi.Answer(page.Status, page.Headers, head ? "" : page.Body);
    }

    private async Task<PageResponse> AnswerAsync(APIGatewayHttpApiV2ProxyRequest request, CancellationToken cancellation)
    {
        string method = request.RequestContext!.Http!.Method!.ToUpperInvariant();
        if (!methods.Contains(method))
            return Page.Message(405, Lake, "That does not work here", new("<p>These pages know GET, HEAD and POST.</p>"));
        Dictionary<string, string> form = [];
        if (method == "POST")
        {
            if (ReadForm(request, out form) is { } refusal)
                return refusal;
        }
        var headers = new Dictionary<string, string>();
        foreach (string wanted in PageRequest.Wanted)
        {
            if (HttpApi.Header(request, wanted) is { } value)
                headers[wanted] = value;
        }
        try
        {
            return await handle(new PageRequest(method, PathOf(request), headers, form), cancellation);
        }
        catch (Exception broken)
        {
            // The edge: approvers get a page that says what to do. The API counts it among its errors, and there is an alarm on those.
            ports.Log?.Invoke($"{name} broke: {broken.GetType().Name} {broken.StackTrace}");
            return Page.Broken(Lake);
        }
    }

    private PageResponse? ReadForm(APIGatewayHttpApiV2ProxyRequest request, out Dictionary<string, string> form)
    {
        form = [];
        string type = HttpApi.Header(request, "content-type") ?? "";
        if (!type.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return Page.NoForm(415, Lake);
        if (HttpApi.Body(request) is not { } body)
            return Page.NoForm(400, Lake);
        if (body.Length > MostBodyBytes || HttpApi.Form(body) is not { } fields)
            return Page.NoForm(413, Lake);
        form = fields;
        return null;
    }

    // The gateway's path begins with its stage, or with what a domain of one's own maps to it: that stands in the pages' address as well.
    private string PathOf(APIGatewayHttpApiV2ProxyRequest request)
    {
        string prefix = new Uri(ports.PagesUrl).AbsolutePath.TrimEnd('/'), path = request.RawPath!;
        return prefix.Length > 0 && path.StartsWith(prefix + "/", StringComparison.Ordinal) ? path[prefix.Length..] : path;
    }
}
