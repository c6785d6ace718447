namespace Limpid.Functions.Notices;

/// <summary>A mail's id from what the mail is: the same mail has the same id whenever it is made.</summary>
internal static class MailId
{
    /// <summary>Joined by dots; what is neither letter nor digit becomes a dash, so that it is fit for a file's name and a Message-ID.</summary>
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
                id.Append(char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-');
        }
        return id.ToString();
    }
}
