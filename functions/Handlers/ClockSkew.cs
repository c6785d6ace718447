namespace Limpid.Functions;

/// <summary>What two clocks that nobody keeps together may differ by: of two functions, of a function and of S3, which tells times by the second.</summary>
internal static class ClockSkew
{
    public static readonly TimeSpan Most = TimeSpan.FromMinutes(15);
}
