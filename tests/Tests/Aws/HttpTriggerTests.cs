using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Limpid.Core.Erasure;
using Limpid.Functions.Erasure;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

/// <summary>The approver's pages and the requester's calls, through an HTTP API in payload format 2.0.</summary>
public sealed partial class HttpTriggerTests : IAsyncLifetime
{
    private const string Role = "arn:aws:iam::123456789012:role/desks/PrivacyDesk";
    private const string Session = "arn:aws:sts::123456789012:assumed-role/PrivacyDesk/anna";

    private readonly MemoryWorld _world = new(ScenarioWorld.Yaml(
        $"grace: 0\nrequesters: [{{mail: {ScenarioWorld.Requester}, principal: '{Role}'}}, {{mail: other@acme.example, principal: 'arn:aws:iam::123456789012:user/Otto'}}, {{mail: local@acme.example}}]",
        ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));

    public ValueTask InitializeAsync()
    {
        _world.Intercept(ports => ports with { CallersMustBeProven = true, PagesUrl = "https://pages.acme.example/limpid" });
        _world.Put("d/a", "{\"id\":1}\n{\"id\":2}\n");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_person_is_forgotten_by_requests_through_the_API_alone()
    {
        (int status, JsonElement body) = await CallAsync("submit-erasure", """{"subjects":[{"kind":"customer","id":"2"}],"case":"C-1"}""");
        Assert.Equal(202, status);
        string id = body.GetProperty("requestId").GetString()!;
        Assert.Equal(ScenarioWorld.Requester, (await _world.RequestAsync(id)).RequestedBy);
        await _world.RunAsync();

        string link = _world.LinkOf(ScenarioWorld.Dpo, id);
        await PostAsync(link, "code", base64: true);
        HttpAnswer decided = await PostAsync(link, "decision", base64: true, ("verdict", "approve"), ("ground", ""), ("code", _world.CodeOf(ScenarioWorld.Dpo)));
        Assert.Equal((303, $"/limpid/approvals/{link}#decide"), (decided.Status, decided.Headers["Location"]));
        Assert.Equal(RequestStatus.Certified, (await _world.FinishAsync(id)).Status);
        Assert.Equal("{\"id\":1}\n", _world.Text("d/a"));
    }

    [Fact]
    public async Task HEAD_gives_the_headers_of_GET_and_no_body()
    {
        string link = await AskedAsync();
        HttpAnswer get = await PageAsync("show-approval", "GET", link), head = await PageAsync("show-approval", "HEAD", link);
        Assert.Equal((200, 200, ""), (get.Status, head.Status, head.Body));
        Assert.Contains("<h1>", get.Body, StringComparison.Ordinal);
        Assert.Equal(get.Headers, head.Headers);
        Assert.Equal(("no-store", "no-referrer"), (get.Headers["Cache-Control"], get.Headers["Referrer-Policy"]));
    }

    [Theory]
    [InlineData("show-approval", "POST")]
    [InlineData("show-approval", "DELETE")]
    [InlineData("decide-approval", "GET")]
    [InlineData("decide-approval", "HEAD")]
    public async Task A_function_answers_its_own_methods_alone(string function, string method) =>
        Assert.Equal(405, (await PageAsync(function, method, await AskedAsync())).Status);

    [Theory]
    [InlineData("application/json", "{}", false, 415)]
    [InlineData(null, "a=b", false, 415)]
    [InlineData("application/x-www-form-urlencoded", "%%%", true, 400)]
    [InlineData("application/x-www-form-urlencoded; charset=utf-8", "verdict=approve&verdict=reject", false, 403)]
    public async Task What_is_no_form_of_the_page_decides_nothing(string? type, string body, bool base64, int status)
    {
        string link = await AskedAsync();
        var headers = new JsonObject();
        if (type is not null)
            headers["content-type"] = type;
        JsonObject request = Request("POST", $"/limpid/approvals/{link}/decision", headers, body);
        request["isBase64Encoded"] = base64;
        Assert.Equal(status, (await SendAsync("decide-approval", request)).Status);
    }

    [Theory]
    [InlineData("a", 33)]
    [InlineData("ground", 1)]
    public async Task A_form_that_is_too_large_is_refused(string name, int fields)
    {
        string link = await AskedAsync();
        string body = string.Join('&', Enumerable.Repeat($"{name}={new string('x', fields == 1 ? 17_000 : 1)}", fields));
        Assert.Equal(413, (await SendAsync("decide-approval", Form(link, "decision", body, base64: false))).Status);
    }

    [Fact]
    public async Task F41_a_form_from_another_site_is_refused()
    {
        string link = await AskedAsync();
        JsonObject request = Form(link, "code", Encoded(await FormAsync(link)), base64: false);
        request["headers"]!["sec-fetch-site"] = "cross-site";
        Assert.Equal(403, (await SendAsync("decide-approval", request)).Status);
    }

    [Fact]
    public async Task What_breaks_behind_a_page_is_a_page_and_a_line_of_the_log()
    {
        string link = await AskedAsync();
        var lines = new List<string>();
        _world.Intercept(ports => ports with { Log = lines.Add, State = null! });
        HttpAnswer answer = await PageAsync("show-approval", "GET", link);
        Assert.Equal(500, answer.Status);
        Assert.Contains("Something broke here", answer.Body, StringComparison.Ordinal);
        Assert.StartsWith("show-approval broke: NullReferenceException", Assert.Single(lines), StringComparison.Ordinal);
        Assert.DoesNotContain(link, lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Session, ScenarioWorld.Requester)]
    [InlineData(Role, ScenarioWorld.Requester)]
    [InlineData("arn:aws:iam::123456789012:user/Otto", "other@acme.example")]
    [InlineData("arn:aws:sts::999999999999:assumed-role/PrivacyDesk/anna", null)]
    [InlineData("arn:aws-cn:sts::123456789012:assumed-role/PrivacyDesk/anna", null)]
    [InlineData("arn:aws:sts::123456789012:assumed-role/privacydesk/anna", null)]
    [InlineData("arn:aws:sts::123456789012:assumed-role/desks/PrivacyDesk", null)]
    [InlineData("arn:aws:sts::123456789012:federated-user/PrivacyDesk", null)]
    [InlineData("arn:aws:iam::123456789012:user/PrivacyDesk", null)]
    [InlineData("arn:aws:iam::123456789012:root", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public async Task A_principal_asks_in_its_own_name_or_not_at_all(string? principal, string? mail)
    {
        (int status, JsonElement body) = await CallAsync("submit-erasure", """{"subjects":[{"kind":"customer","id":"2"}]}""", principal);
        Assert.Equal(mail is null ? 403 : 202, status);
        if (mail is not null)
            Assert.Equal(mail, (await _world.RequestAsync(body.GetProperty("requestId").GetString()!)).RequestedBy);
        else
            Assert.Empty(await new Functions.State.Requests(_world.Ports.State).ListAsync(ScenarioWorld.Stop).ToListAsync(ScenarioWorld.Stop));
    }

    [Theory]
    [InlineData("""{"subjects":[{"kind":"customer","id":"2"}],"requestedBy":"other@acme.example"}""")]
    [InlineData("""{"subjects":[{"kind":"customer","id":"2"}],"requestedBy":["desk@acme.example"]}""")]
    [InlineData("""{"subjects":[{"kind":"customer","id":"2"}],"requestedBy":"desk@acme.example","requestedBy":"other@acme.example"}""")]
    [InlineData("""{"subjects":[{"kind":"unknown","id":"2"}]}""")]
    [InlineData("""{"subjects":"customer"}""")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{")]
    public async Task What_is_refused_says_why_and_names_no_identifier(string payload)
    {
        (int status, JsonElement body) = await CallAsync("submit-erasure", payload);
        Assert.Equal(400, status);
        Assert.NotEmpty(body.GetProperty("problem").GetString()!);
        Assert.Empty(await new Functions.State.Requests(_world.Ports.State).ListAsync(ScenarioWorld.Stop).ToListAsync(ScenarioWorld.Stop));
    }

    [Fact]
    public async Task A_request_is_cancelled_in_the_name_of_who_calls()
    {
        (_, JsonElement submitted) = await CallAsync("submit-erasure", """{"subjects":[{"kind":"customer","id":"2"}]}""");
        string id = submitted.GetProperty("requestId").GetString()!;
        JsonObject request = Request("POST", $"/limpid/erasures/{id}/cancel", [], "{}", Session);
        request["pathParameters"] = new JsonObject { ["requestId"] = id };
        Assert.Equal(202, (await SendAsync("cancel-erasure", request)).Status);
        ErasureRequest stored = await _world.RequestAsync(id);
        Assert.Equal((RequestStatus.Cancelled, $"cancelled by {ScenarioWorld.Requester}"), (stored.Status, stored.Reason));
    }

    [Theory]
    [InlineData("submit-erasure", """{"subjects":[{"kind":"customer","id":"2"}],"requestedBy":"desk@acme.example"}""")]
    [InlineData("cancel-erasure", """{"requestId":"r-1","by":"desk@acme.example"}""")]
    [InlineData("extend-erasure", """{"requestId":"r-1","reason":"many","by":"desk@acme.example"}""")]
    public async Task In_the_cloud_nobody_calls_but_through_the_API(string function, string payload) =>
        await Assert.ThrowsAsync<NotAuthorizedException>(() => _world.CallAsync(function, payload));

    private async Task<string> AskedAsync()
    {
        (_, JsonElement body) = await CallAsync("submit-erasure", """{"subjects":[{"kind":"customer","id":"2"}]}""");
        await _world.RunAsync();
        return _world.LinkOf(ScenarioWorld.Dpo, body.GetProperty("requestId").GetString()!);
    }

    private async Task<(int Status, JsonElement Body)> CallAsync(string function, string body, string? principal = Session)
    {
        HttpAnswer answer = await SendAsync(function, Request("POST", "/limpid/erasures", [], body, principal));
        using JsonDocument document = JsonDocument.Parse(answer.Body);
        return (answer.Status, document.RootElement.Clone());
    }

    private Task<HttpAnswer> PageAsync(string function, string method, string link) =>
        SendAsync(function, Request(method, $"/limpid/approvals/{link}", [], null));

    private async Task<HttpAnswer> PostAsync(string link, string action, bool base64, params (string Name, string Value)[] fields)
    {
        Dictionary<string, string> form = await FormAsync(link);
        foreach ((string name, string value) in fields)
            form[name] = value;
        return await SendAsync("decide-approval", Form(link, action, Encoded(form), base64));
    }

    private async Task<Dictionary<string, string>> FormAsync(string link) =>
        HiddenPattern().Matches((await PageAsync("show-approval", "GET", link)).Body)
            .DistinctBy(m => m.Groups["name"].Value).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value);

    private static string Encoded(Dictionary<string, string> form) =>
        string.Join('&', form.Select(f => $"{WebUtility.UrlEncode(f.Key)}={WebUtility.UrlEncode(f.Value)}"));

    private static JsonObject Form(string link, string action, string body, bool base64)
    {
        JsonObject request = Request(
            "POST", $"/limpid/approvals/{link}/{action}",
            new JsonObject { ["Content-Type"] = "application/x-www-form-urlencoded", ["origin"] = "https://pages.acme.example" },
            base64 ? Convert.ToBase64String(Encoding.UTF8.GetBytes(body)) : body);
        request["isBase64Encoded"] = base64;
        return request;
    }

    private static JsonObject Request(string method, string path, JsonObject headers, string? body, string? principal = null)
    {
        var context = new JsonObject
        {
            ["stage"] = "$default",
            ["requestId"] = "id",
            ["http"] = new JsonObject { ["method"] = method, ["path"] = path, ["protocol"] = "HTTP/1.1", ["sourceIp"] = "192.0.2.1", ["userAgent"] = "agent" },
        };
        if (principal is not null)
            context["authorizer"] = new JsonObject { ["iam"] = new JsonObject { ["userArn"] = principal, ["accountId"] = "123456789012" } };
        return new JsonObject
        {
            ["version"] = "2.0",
            ["routeKey"] = "$default",
            ["rawPath"] = path,
            ["rawQueryString"] = "",
            ["headers"] = headers,
            ["requestContext"] = context,
            ["body"] = body,
            ["isBase64Encoded"] = false,
        };
    }

    private async Task<HttpAnswer> SendAsync(string function, JsonObject request)
    {
        JsonElement answer = await _world.CallAsync(function, request.ToJsonString());
        Assert.False(answer.GetProperty("isBase64Encoded").GetBoolean());
        return new HttpAnswer(
            answer.GetProperty("statusCode").GetInt32(),
            answer.GetProperty("headers").EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!),
            answer.GetProperty("body").GetString()!);
    }

    private sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

    [GeneratedRegex("""<input type="hidden" name="(?<name>[a-z]+)" value="(?<value>[^"]*)">""")]
    private static partial Regex HiddenPattern();
}
