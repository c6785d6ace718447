using System.Globalization;
using System.Text;

namespace Limpid.Functions.Notices;

/// <summary>A mail in RFC 5322 and MIME: text and HTML as alternatives, UTF-8, lines ending in CRLF.</summary>
internal static class MimeMessage
{
    private const int LineLength = 76;

    public static byte[] Of(Core.Ports.Mail mail, string from, DateTimeOffset date)
    {
        // The boundary may not stand in a body: quoted-printable writes "=_" in none.
        string boundary = $"=_{mail.Id}";
        var message = new StringBuilder();
        Header(message, "Date", date.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000");
        Header(message, "From", Address(from));
        Header(message, "To", string.Join(", ", mail.To.Select(Address)));
        Header(message, "Message-ID", MessageId(mail.Id, from));
        // SES gives every message an id of its own and drops ours; by this header duplicates are told.
        Header(message, "X-Limpid-Mail", mail.Id);
        Header(message, "Subject", Words(mail.Subject));
        Header(message, "Auto-Submitted", "auto-generated");
        Header(message, "MIME-Version", "1.0");
        Header(message, "Content-Type", $"multipart/alternative;\r\n boundary=\"{boundary}\"");
        message.Append("\r\n");
        Part(message, boundary, "text/plain", mail.Text);
        Part(message, boundary, "text/html", mail.Html);
        message.Append(CultureInfo.InvariantCulture, $"--{boundary}--\r\n");
        return Encoding.ASCII.GetBytes(message.ToString());
    }

    /// <summary>The same for the same mail, whenever and however often it is sent.</summary>
    public static string MessageId(string mailId, string from)
    {
        string host = from[(from.LastIndexOf('@') + 1)..].TrimEnd('>', ' ');
        return $"<{mailId}@{(host.Length > 0 ? host : "localhost")}>";
    }

    private static void Header(StringBuilder message, string name, string value) =>
        message.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");

    private static void Part(StringBuilder message, string boundary, string type, string text)
    {
        message.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\n");
        Header(message, "Content-Type", $"{type}; charset=utf-8");
        Header(message, "Content-Transfer-Encoding", "quoted-printable");
        message.Append("\r\n");
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
            QuotedPrintable(message, line);
    }

    /// <summary>Not a line of its own: a line break would let an address add headers.</summary>
    private static string Address(string address) => address.Any(char.IsControl)
        ? throw new ArgumentException("a mail address holds a control character", nameof(address))
        : address.All(char.IsAscii) ? address : Words(address);

    // RFC 2047: encoded words of at most 75 characters, cut between characters and never within one.
    private static string Words(string text)
    {
        if (text.All(c => c is >= ' ' and <= '~') && text.Length <= LineLength)
            return text;
        const int MostBytes = 42;
        var words = new List<string>();
        var word = new List<byte>();
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = (Rune.IsControl(rune) ? new Rune(' ') : rune).EncodeToUtf8(bytes);
            if (word.Count + length > MostBytes)
            {
                words.Add(Convert.ToBase64String([.. word]));
                word.Clear();
            }
            word.AddRange(bytes[..length]);
        }
        words.Add(Convert.ToBase64String([.. word]));
        return string.Join("\r\n ", words.Select(w => $"=?utf-8?B?{w}?="));
    }

    private static void QuotedPrintable(StringBuilder message, string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        int column = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            bool last = i == bytes.Length - 1;
            bool plain = bytes[i] is >= (byte)'!' and <= (byte)'~' and not (byte)'=' || (bytes[i] is (byte)' ' or (byte)'\t' && !last);
            int width = plain ? 1 : 3;
            if (column + width > LineLength - 1)
            {
                message.Append("=\r\n");
                column = 0;
            }
            // A leading dot would end the message on its way through a server that does not stuff it.
            if (plain && !(column == 0 && bytes[i] == '.'))
                message.Append((char)bytes[i]);
            else
                message.Append(CultureInfo.InvariantCulture, $"={bytes[i]:X2}");
            column += width;
        }
        message.Append("\r\n");
    }
}
