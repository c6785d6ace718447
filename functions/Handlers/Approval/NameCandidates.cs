namespace Limpid.Functions.Approvals;

/// <summary>The parts of a text that could be an identifier of somebody.</summary>
internal static class NameCandidates
{
    /// <summary>A mail address has four runs of letters and digits, a person's name with titles hardly more than this.</summary>
    private const int MostRuns = 8;

    /// <summary>Shorter ones stand in many a reference by chance: the 15 in <c>C-2026-15</c> is not customer 15.</summary>
    private const int ShortestInReference = 5;

    private const string ReferenceSigns = "-_./";

    /// <summary>
    /// The whole text, each word with and without the signs around it, and up to <see cref="MostRuns"/> runs of letters and digits with
    /// what is between them.
    /// </summary>
    public static IEnumerable<string> In(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(word => new[] { word, word.Trim('.', ',', ';', ':', '!', '?', '"', '\'', '(', ')', '<', '>', '[', ']') })
            .Append(text)
            .Concat(OfRuns(text))
            .Where(candidate => candidate.Length > 0);

    private static IEnumerable<string> OfRuns(string text)
    {
        List<(int Start, int End)> runs = Runs(text);
        for (int first = 0; first < runs.Count; first++)
        {
            for (int last = first; last < Math.Min(runs.Count, first + MostRuns); last++)
            {
                (int start, int end) = (runs[first].Start, runs[last].End);
                if (end - start >= ShortestInReference || !(IsInReference(text, start - 1, -1) || IsInReference(text, end, 1)))
                    yield return text[start..end];
            }
        }
    }

    private static List<(int Start, int End)> Runs(string text)
    {
        var runs = new List<(int, int)>();
        for (int at = 0; at < text.Length; at++)
        {
            int start = at;
            while (at < text.Length && IsOfRun(text[at]))
                at++;
            if (at > start)
                runs.Add((start, at));
        }
        return runs;
    }

    // Surrogates and marks too: a letter must not be cut.
    private static bool IsOfRun(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is
        System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static bool IsInReference(string text, int sign, int onwards) =>
        sign >= 0 && sign < text.Length && ReferenceSigns.Contains(text[sign])
        && sign + onwards >= 0 && sign + onwards < text.Length && IsOfRun(text[sign + onwards]);
}
