using System.Globalization;
using System.Text;

namespace Limpid.Core.Ingest;

/// <summary>Parts of an object's place as Hive writes them, <c>country=gr/</c>, with what its path escapes (FileUtils of Apache Hive).</summary>
public static class HivePath
{
    /// <summary>What stands where there is no value.</summary>
    public const string NoValue = "__HIVE_DEFAULT_PARTITION__";

    /// <summary>In bytes: a folder's name holds 255 of them.</summary>
    private const int Longest = 200;

    private const string Escaped = "\"#%'*/:=?\\\u007F{[]^";

    /// <summary><c>dt=2026-03-10-09/</c>: the hour in UTC.</summary>
    public static string OfHour(DateTimeOffset time) => time.UtcDateTime.ToString("'dt='yyyy-MM-dd-HH'/'", CultureInfo.InvariantCulture);

    /// <summary>Null where the value is too long for a name.</summary>
    public static string? Of(string field, string? value)
    {
        var path = new StringBuilder();
        Escape(field, path);
        path.Append('=');
        if (string.IsNullOrEmpty(value))
            path.Append(NoValue);
        else
            Escape(value, path);
        path.Append('/');
        return Encoding.UTF8.GetByteCount(path.ToString()) <= Longest ? path.ToString() : null;
    }

    private static void Escape(string text, StringBuilder path)
    {
        foreach (char c in text)
        {
            if (c < ' ' || Escaped.Contains(c, StringComparison.Ordinal))
                path.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
            else
                path.Append(c);
        }
    }
}
