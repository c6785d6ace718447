namespace Limpid.Infra.Lake;

/// <summary>The word that somebody most likely meant.</summary>
internal static class Suggestion
{
    /// <summary>The nearest candidate within a third of the word's length (case aside), or null.</summary>
    public static string? For(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        int bestDistance = Math.Max(1, word.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }
        return best;
    }

    /// <summary><c>; did you mean `x`?</c>, or nothing.</summary>
    public static string Tail(string word, IEnumerable<string> candidates) =>
        For(word, candidates) is { } meant ? $"; did you mean `{meant}`?" : "";

    /// <summary>Letters added, removed, exchanged, or swapped with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        int[] before = new int[b.Length + 1], last = new int[b.Length + 1], row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int exchange = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(exchange, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, last, row) = (last, row, before);
        }
        return last[b.Length];
    }
}
