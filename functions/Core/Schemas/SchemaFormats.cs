using System.Net;
using System.Net.Sockets;

namespace Limpid.Core.Schemas;

/// <summary>The formats of drafts 4, 6 and 7.</summary>
internal static class SchemaFormats
{
    private static readonly Dictionary<string, (SchemaDraft Since, Func<string, bool>? Check)> All = new()
    {
        ["date-time"] = (SchemaDraft.Draft4, DateFormats.IsDateTime),
        ["email"] = (SchemaDraft.Draft4, IsEmail),
        ["hostname"] = (SchemaDraft.Draft4, IsHostName),
        ["ipv4"] = (SchemaDraft.Draft4, IsIpv4),
        ["ipv6"] = (SchemaDraft.Draft4, IsIpv6),
        ["uri"] = (SchemaDraft.Draft4, UriFormats.IsUri),
        ["uri-reference"] = (SchemaDraft.Draft6, UriFormats.IsReference),
        ["uri-template"] = (SchemaDraft.Draft6, null),
        ["json-pointer"] = (SchemaDraft.Draft6, IsPointer),
        ["date"] = (SchemaDraft.Draft7, DateFormats.IsDate),
        ["time"] = (SchemaDraft.Draft7, DateFormats.IsTime),
        ["regex"] = (SchemaDraft.Draft7, IsPattern),
        ["relative-json-pointer"] = (SchemaDraft.Draft7, IsRelativePointer),
        ["idn-email"] = (SchemaDraft.Draft7, null),
        ["idn-hostname"] = (SchemaDraft.Draft7, null),
        ["iri"] = (SchemaDraft.Draft7, null),
        ["iri-reference"] = (SchemaDraft.Draft7, null),
    };

    public static bool IsUnsupported(string name, SchemaDraft draft) => All.TryGetValue(name, out var format) && format.Since <= draft && format.Check is null;

    /// <summary>Null where the draft knows none of this name: then it means nothing.</summary>
    public static Func<string, bool>? Named(string name, SchemaDraft draft) =>
        All.TryGetValue(name, out var format) && format.Since <= draft ? format.Check : null;

    // RFC 5321, section 4.1.2, without comments.
    private static bool IsEmail(string text)
    {
        int at = text.LastIndexOf('@');
        if (at <= 0 || !text.All(char.IsAscii))
            return false;
        string local = text[..at], domain = text[(at + 1)..];
        return (IsDotAtom(local) || IsQuoted(local)) && (IsHostName(domain) || IsAddressLiteral(domain));
    }

    private static bool IsDotAtom(string local) =>
        local.Split('.').All(atom => atom.Length > 0 && atom.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal)));

    private static bool IsQuoted(string local)
    {
        if (local.Length < 2 || local[0] != '"' || local[^1] != '"')
            return false;
        for (int i = 1; i < local.Length - 1; i++)
        {
            if (local[i] == '\\' ? ++i == local.Length - 1 : local[i] is '"' or < ' ' or > '~')
                return false;
        }
        return true;
    }

    private static bool IsAddressLiteral(string domain) =>
        domain.StartsWith('[') && domain.EndsWith(']')
        && (IsIpv4(domain[1..^1]) || (domain.StartsWith("[IPv6:", StringComparison.OrdinalIgnoreCase) && IsIpv6(domain[6..^1])));

    // RFC 1123, section 2.1.
    private static bool IsHostName(string text) => text.Length is > 0 and <= 253 && text.Split('.').All(label =>
        label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-');

    private static bool IsIpv4(string text) => text.Split('.') is { Length: 4 } parts
        && parts.All(part => part.Length is > 0 and <= 3 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0') && int.Parse(part, System.Globalization.CultureInfo.InvariantCulture) <= 255);

    private static bool IsIpv6(string text)
    {
        if (text.Contains('%', StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal) || text.Contains('/', StringComparison.Ordinal))
            return false;
        if (text.Split(':').Any(group => group.Length > 4 && !group.Contains('.', StringComparison.Ordinal)))
            return false;
        int last = text.LastIndexOf(':');
        if (text.Contains('.', StringComparison.Ordinal) && (last < 0 || !IsIpv4(text[(last + 1)..])))
            return false;
        return IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    // RFC 6901.
    private static bool IsPointer(string text)
    {
        if (text.Length > 0 && text[0] != '/')
            return false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '~' && (i + 1 == text.Length || text[i + 1] is not ('0' or '1')))
                return false;
        }
        return true;
    }

    private static bool IsRelativePointer(string text)
    {
        int digits = text.Length - text.AsSpan().TrimStart("0123456789").Length;
        return digits > 0 && (digits == 1 || text[0] != '0') && (text[digits..] == "#" || IsPointer(text[digits..]));
    }

    private static bool IsPattern(string text)
    {
        try
        {
            SchemaPattern.Of(text);
            return true;
        }
        catch (NotSupportedException)
        {
            // A pattern all the same, which only we don't run.
            return true;
        }
        catch (Exception bad) when (bad is FormatException or ArgumentException)
        {
            return false;
        }
    }
}
