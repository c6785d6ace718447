using System.Globalization;

namespace Limpid.Infra.Lake;

/// <summary>Reads the small notations of <c>lake.yaml</c>, after the schema's patterns have passed them.</summary>
internal static class LakeYamlText
{
    /// <summary><c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or <c>0</c>.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (text == "0")
            return true;
        if (text.Length < 2 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count))
            return false;
        long? seconds = text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => null,
        };
        if (seconds is null || count > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond / seconds)
            return false;
        duration = TimeSpan.FromSeconds(count * seconds.Value);
        return true;
    }

    /// <summary><c>10%</c> or <c>0.1</c>, as 0.1.</summary>
    public static double Share(YamlScalar share) => share.Value switch
    {
        long whole => whole,
        double fraction => fraction,
        // By decimals, so that 10% and 0.1 are one double and the file's digest the same.
        _ => (double)(decimal.Parse(share.Text.AsSpan().TrimEnd('%').TrimEnd(' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) / 100m),
    };

    /// <summary>The form in which addresses are compared: without white space around it, in lower case.</summary>
    public static string Mail(string address) => address.Trim().ToLowerInvariant();

    /// <summary>Each address once, in the order given.</summary>
    public static IReadOnlyList<string> Mails(IEnumerable<string> addresses) => [.. addresses.Select(Mail).Distinct(StringComparer.Ordinal)];

    /// <summary>A location that ends with a slash, or null and the reason why it can't be one.</summary>
    public static string? Location(string text, out string why)
    {
        why = "";
        if (text.Any(char.IsControl))
            why = "a location has no control characters";
        else if (text.AsSpan().IndexOfAny("*?") >= 0)
            why = "a location is a folder or prefix, not a pattern: every object below it belongs to the dataset";
        else if (text.StartsWith("s3://", StringComparison.Ordinal))
            return S3Location(text, out why);
        else if (text.Contains(':', StringComparison.Ordinal))
            why = "write s3://bucket/prefix/, or a folder below the lake's own";
        else
            return FolderLocation(text, out why);
        return null;
    }

    private static string? S3Location(string text, out string why)
    {
        int slash = text.IndexOf('/', "s3://".Length);
        string bucket = slash < 0 ? text["s3://".Length..] : text["s3://".Length..slash];
        bool isBucket = bucket.Length is >= 3 and <= 63
            && bucket.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.')
            && char.IsAsciiLetterOrDigit(bucket[0]) && char.IsAsciiLetterOrDigit(bucket[^1]);
        string prefix = slash < 0 ? "" : text[(slash + 1)..].TrimEnd('/');
        why = !isBucket ? $"`{LakeSchema.Shown(bucket)}` is no bucket's name"
            : prefix.Split('/').Any(s => s is "." or "..") ? "a prefix has no `.` or `..` in it"
            : "";
        return why.Length > 0 ? null : prefix.Length == 0 ? $"s3://{bucket}/" : $"s3://{bucket}/{prefix}/";
    }

    private static string? FolderLocation(string text, out string why)
    {
        string[] segments = text.Split('/');
        // A slash at the end and `./` in front say nothing.
        if (segments is [.., ""])
            segments = segments[..^1];
        if (segments is [".", ..])
            segments = segments[1..];
        why = text.StartsWith('/') ? "a folder is named relative to the lake's own, without a slash in front"
            : segments.Length == 0 ? "a dataset needs a folder of its own below the lake's; lake.yaml stands in the lake's"
            : segments.Contains("..") ? "a folder lies below the lake's own; `..` leads out of it"
            : segments.Any(s => s is "" or ".") ? "a folder's path has no empty or `.` parts"
            : text.Contains('\\', StringComparison.Ordinal) ? "a folder's path is written with `/`, not `\\`"
            : segments.Contains(".limpid", StringComparer.OrdinalIgnoreCase) ? "`.limpid` holds what Limpid keeps and is no part of the lake"
            : "";
        return why.Length > 0 ? null : string.Join('/', segments) + "/";
    }
}
