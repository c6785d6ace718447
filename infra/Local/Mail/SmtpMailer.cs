using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Notices;

namespace Limpid.Local.Mail;

/// <summary>Hands mails to an SMTP server, one connection each. It throws when the server does not take one.</summary>
/// <param name="password">Null for a server that wants none.</param>
internal sealed class SmtpMailer(SmtpServer server, string from, string? password) : IMailer
{
    /// <summary>Where the password is read from; it never stands in lake.yaml.</summary>
    public const string PasswordVariable = "LIMPID_SMTP_PASSWORD";

    public async Task SendAsync(Core.Ports.Mail mail, CancellationToken cancellation)
    {
        using var message = new MailMessage
        {
            From = new MailAddress(from),
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
        };
        foreach (string to in mail.To)
            message.To.Add(new MailAddress(to));
        message.Headers.Add("Message-ID", MimeMessage.MessageId(mail.Id, from));
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.AlternateViews.Add(View(mail.Text, MediaTypeNames.Text.Plain));
        message.AlternateViews.Add(View(mail.Html, MediaTypeNames.Text.Html));

        using var client = new SmtpClient(server.Host, server.Port) { EnableSsl = server.StartTls };
        if (server.User is { } user)
            client.Credentials = new NetworkCredential(user, password);
        await client.SendMailAsync(message, cancellation);
    }

    // Quoted-printable: in base64 a filter sees less, and a person reading the source nothing.
    private static AlternateView View(string content, string type)
    {
        AlternateView view = AlternateView.CreateAlternateViewFromString(content, Encoding.UTF8, type);
        view.TransferEncoding = TransferEncoding.QuotedPrintable;
        return view;
    }
}
