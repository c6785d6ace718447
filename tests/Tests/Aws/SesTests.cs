using System.Text;
using Amazon.SimpleEmailV2;
using Amazon.SimpleEmailV2.Model;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters;
using Limpid.Tests.Approvals;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

/// <summary>SES as the mailer, over the wire.</summary>
public sealed class SesTests : IAsyncLifetime
{
    private static readonly Mail Letter = new()
    {
        Id = "r-1.invitation.1",
        To = ["dpo@acme.example", "lead@acme.example"],
        Subject = "Decide on é",
        Text = "Please open https://pages.acme.example/approvals/abc",
        Html = "<p>Please open <a href=\"https://pages.acme.example/approvals/abc\">this</a></p>",
    };

    private ServiceServer _server = null!;
    private AmazonSimpleEmailServiceV2Client _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private SesMailer Mailer => new(_client, "limpid@acme.example", "approvals", new ScenarioTime(ScenarioWorld.Start));

    public async ValueTask InitializeAsync()
    {
        _server = await ServiceServer.StartAsync();
        _client = new AmazonSimpleEmailServiceV2Client(ServiceServer.Credentials, _server.Configure(new AmazonSimpleEmailServiceV2Config { MaxErrorRetry = 1 }));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_mail_goes_out_whole_as_Limpid_writes_it()
    {
        _server.Answers("""{"MessageId":"0102017"}""");
        await Mailer.SendAsync(Letter, Stop);
        ServiceRequest request = _server.Single();
        Assert.Equal(("POST", "/v2/email/outbound-emails", "application/json"), (request.Method, request.Path, request.Headers["Content-Type"]));
        request.AssertSigned("ses");
        Assert.Equal(["ConfigurationSetName", "Content", "Destination", "FromEmailAddress"], request.Json.EnumerateObject().Select(m => m.Name).Order());
        Assert.Equal("approvals", request.Json.GetProperty("ConfigurationSetName").GetString());
        Assert.Equal(Letter.To, request.Json.GetProperty("Destination").GetProperty("ToAddresses").EnumerateArray().Select(a => a.GetString()!));
        string message = Encoding.ASCII.GetString(request.Json.GetProperty("Content").GetProperty("Raw").GetProperty("Data").GetBytesFromBase64());
        Assert.Equal("<r-1.invitation.1@acme.example>", Eml.Header(message, "Message-ID"));
        Assert.Contains("https://pages.acme.example/approvals/abc", Eml.Part(message, "text/plain"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F42_a_mail_that_is_sent_twice_carries_the_same_id_in_a_header_that_SES_keeps()
    {
        _server.Answers("{}").Answers("{}");
        await Mailer.SendAsync(Letter, Stop);
        await Mailer.SendAsync(Letter, Stop);
        Assert.Equal(["r-1.invitation.1", "r-1.invitation.1"], _server.Requests.Select(r =>
            Eml.Header(Encoding.ASCII.GetString(r.Json.GetProperty("Content").GetProperty("Raw").GetProperty("Data").GetBytesFromBase64()), "X-Limpid-Mail")));
    }

    [Fact]
    public async Task What_is_throttled_is_tried_again_and_then_an_error_of_its_own()
    {
        for (int i = 0; i < 2; i++)
            _server.Answers("""{"message":"Maximum sending rate exceeded."}""", 429, "TooManyRequestsException");
        TooManyRequestsException error = await Assert.ThrowsAsync<TooManyRequestsException>(() => Mailer.SendAsync(Letter, Stop));
        Assert.Equal(("TooManyRequestsException", "Maximum sending rate exceeded."), (error.ErrorCode, error.Message));
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task What_SES_rejects_is_an_error_of_its_own()
    {
        _server.Answers("""{"message":"Email address is not verified."}""", 400, "MessageRejected");
        await Assert.ThrowsAsync<MessageRejectedException>(() => Mailer.SendAsync(Letter, Stop));
        Assert.Single(_server.Requests);
    }
}
