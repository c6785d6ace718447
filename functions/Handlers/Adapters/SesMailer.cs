using Amazon.SimpleEmailV2;
using Amazon.SimpleEmailV2.Model;
using Limpid.Core.Ports;
using Limpid.Functions.Notices;

namespace Limpid.Functions.Adapters;

/// <summary>
/// SES. It takes the whole message as Limpid writes it. A message that is handed over twice arrives twice; <c>X-Limpid-Mail</c> tells.
/// </summary>
/// <param name="configurationSet">With click tracking off: links of approvals must reach the approver as they are.</param>
internal sealed class SesMailer(IAmazonSimpleEmailServiceV2 client, string from, string configurationSet, TimeProvider time) : IMailer
{
    public async Task SendAsync(Mail mail, CancellationToken cancellation)
    {
        using var message = new MemoryStream(MimeMessage.Of(mail, from, time.GetUtcNow()), writable: false);
        await client.SendEmailAsync(new SendEmailRequest
        {
            FromEmailAddress = from,
            Destination = new Destination { ToAddresses = [.. mail.To] },
            Content = new EmailContent { Raw = new RawMessage { Data = message } },
            ConfigurationSetName = configurationSet,
        }, cancellation);
    }
}
