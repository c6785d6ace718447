using System.Net;
using System.Text;
using System.Text.Json;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>SES, in both versions of its API: mails go where all mails of the lake go, a file in the outbox or an SMTP server.</summary>
/// <param name="mailerFrom">Sends as this sender.</param>
internal sealed class MailTasks(Func<string, IMailer> mailerFrom)
{
    public async Task<JsonData> SendAsync(TaskCall call, CancellationToken cancellation)
    {
        bool isFirst = call.Resource.Service == "aws-sdk:ses";
        JsonData request = call.Parameters;
        string from = Text(request.Get(isFirst ? "Source" : "FromEmailAddress")) ?? throw Bad(isFirst, isFirst ? "1 validation error detected: Value null at 'source' failed to satisfy constraint: Member must not be null" : "FromEmailAddress is required.");
        JsonData? content = isFirst ? request.Get("Message") : request.Get("Content")?.Get("Simple");
        if (content is null)
            throw Bad(isFirst, isFirst ? "1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null" : "Only Simple content can be sent here, no template and no raw message.");
        JsonData? destination = request.Get("Destination");
        List<string> to = [.. ((string[])["ToAddresses", "CcAddresses", "BccAddresses"]).SelectMany(kind => destination?.Get(kind)?.Items ?? []).Select(a => a.Text)];
        if (to.Count == 0)
            throw Bad(isFirst, "Destination is required and must have an address.");
        if (to.Append(from).FirstOrDefault(a => !a.Contains('@', StringComparison.Ordinal) || a.Any(char.IsControl)) is { } wrong)
            throw Bad(isFirst, $"Missing final '@domain' in '{wrong}'");
        string? text = Text(content.Get("Body")?.Get("Text")?.Get("Data"));
        string? html = Text(content.Get("Body")?.Get("Html")?.Get("Data"));
        if (text is null && html is null)
            throw Bad(isFirst, "The body has neither text nor HTML.");
        string id = AwsResponse.Id(call.Origin, "mail");
        // The id is the same if a crash makes the attempt run again: the second mail takes the first one's place.
        await mailerFrom(from).SendAsync(
            new Core.Ports.Mail { Id = id, To = to, Subject = Text(content.Get("Subject")?.Get("Data")) ?? "", Text = text ?? PlainOf(html!), Html = html ?? $"<pre>{WebUtility.HtmlEncode(text)}</pre>" },
            cancellation);
        return JsonData.Object(("MessageId", JsonData.Of(id)));
    }

    private static ServiceException Bad(bool isFirst, string message) => isFirst ? ServiceException.Invalid(message) : new ServiceException("BadRequestException", message);

    private static string? Text(JsonData? value) => value is { Kind: JsonValueKind.String } ? value.Text : null;

    private static string PlainOf(string html)
    {
        var text = new StringBuilder();
        bool inTag = false;
        foreach (char c in html)
        {
            if (c == '<')
                inTag = true;
            else if (c == '>')
                inTag = false;
            else if (!inTag)
                text.Append(c);
        }
        return WebUtility.HtmlDecode(text.ToString());
    }
}
