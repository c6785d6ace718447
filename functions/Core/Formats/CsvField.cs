namespace Limpid.Core.Formats;

/// <summary>Where a field stands in its row, quotes included.</summary>
/// <param name="HasQuotesInside">Whether it is quoted and holds doubled quotes.</param>
internal readonly record struct CsvField(int Start, int Length, bool IsQuoted, bool HasQuotesInside);
