namespace Limpid.Functions.Notices;

/// <summary>A mail's id from what the mail is: the same mail has the same id whenever it is made.</summary>
internal static class MailId
{
    /// <summary>Joined by dots; what is neither letter, digit, dot nor dash is written as its number, so that it is fit for a file's name and a Message-ID.</summary>
    public static string Of(params ReadOnlySpan<string> parts)
    {
        var id = new System.Text.StringBuilder();
        foreach (string part in parts)
        {
            if (part.Length == 0)
                continue;
            if (id.Length > 0)
                id.Append('.');
            foreach (char c in part)
                _ = char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? id.Append(c) : id.Append(System.Globalization.CultureInfo.InvariantCulture, $"-x{(int)c:x}-");
        }
        return id.ToString();
    }
}
