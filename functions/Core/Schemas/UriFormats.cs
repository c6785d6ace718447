using System.Net;
using System.Net.Sockets;

namespace Limpid.Core.Schemas;

/// <summary>Addresses as RFC 3986 writes them, character by character: the platform's own reader mends what is wrong.</summary>
internal static class UriFormats
{
    private const string Unreserved = "-._~", SubDelimiters = "!$&'()*+,;=";

    public static bool IsUri(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && char.IsAsciiLetter(text[0]) && text[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.') && IsRest(text[(colon + 1)..]);
    }

    public static bool IsReference(string text)
    {
        if (IsUri(text))
            return true;
        // A colon before any slash would make a scheme of what stands in front of it.
        int colon = text.IndexOf(':', StringComparison.Ordinal), end = text.IndexOfAny(['/', '?', '#']);
        return (colon < 0 || (end >= 0 && end < colon)) && IsRest(text);
    }

    private static bool IsRest(string text)
    {
        int hash = text.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0 && !Are(text[(hash + 1)..], ":@/?"))
            return false;
        text = hash < 0 ? text : text[..hash];
        int question = text.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0 && !Are(text[(question + 1)..], ":@/?"))
            return false;
        text = question < 0 ? text : text[..question];
        if (!text.StartsWith("//", StringComparison.Ordinal))
            return Are(text, ":@/");
        int slash = text.IndexOf('/', 2);
        return IsAuthority(slash < 0 ? text[2..] : text[2..slash]) && (slash < 0 || Are(text[slash..], ":@/"));
    }

    private static bool IsAuthority(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0 && !Are(text[..at], ":"))
            return false;
        text = text[(at + 1)..];
        if (text.StartsWith('['))
        {
            int close = text.IndexOf(']', StringComparison.Ordinal);
            return close > 0 && IPAddress.TryParse(text[1..close], out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6 && IsPort(text[(close + 1)..]);
        }
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return Are(colon < 0 ? text : text[..colon], "") && (colon < 0 || IsPort(text[colon..]));
    }

    private static bool IsPort(string text) => text.Length == 0 || (text[0] == ':' && text[1..].All(char.IsAsciiDigit));

    private static bool Are(string text, string others)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '%' ? i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])
                : !char.IsAsciiLetterOrDigit(c) && !Unreserved.Contains(c, StringComparison.Ordinal) && !SubDelimiters.Contains(c, StringComparison.Ordinal) && !others.Contains(c, StringComparison.Ordinal))
                return false;
        }
        return true;
    }
}
