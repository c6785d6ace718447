using System.Globalization;
using System.Text.RegularExpressions;

namespace Limpid.Local.StateMachines;

/// <summary>Points in time as the States Language writes them: RFC 3339 with a capital <c>T</c> and an offset or a capital <c>Z</c>.</summary>
internal static partial class Timestamps
{
    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form { get; }

    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        return Form.IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    public static DateTimeOffset Parse(string text) => TryParse(text, out DateTimeOffset time) ? time : throw new FormatException("no timestamp");

    /// <summary>As the context object gives it: UTC, milliseconds.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
