using System.Globalization;

namespace Limpid.Infra;

/// <summary>How lake.yaml writes long times: <c>6y</c>, <c>18m</c>, <c>90d</c>.</summary>
internal static class LakePeriod
{
    /// <summary>Rather longer than shorter: years and months count as their longest.</summary>
    public static double Days(string period)
    {
        int count = int.Parse(period.AsSpan(..^1), CultureInfo.InvariantCulture);
        return period[^1] switch
        {
            'y' => 366 * count,
            'm' => 31 * count,
            _ => count,
        };
    }
}
