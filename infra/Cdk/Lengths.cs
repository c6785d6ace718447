namespace Limpid.Infra;

/// <summary>Lists that AWS limits by characters, and not by how many they hold.</summary>
internal static class Lengths
{
    /// <summary>In order, each chunk of <paramref name="most"/> characters at most; what is longer by itself stands alone.</summary>
    /// <param name="length">Characters that a text takes, with what stands around it.</param>
    public static IEnumerable<string[]> ChunkByLength(this IEnumerable<string> texts, int most, Func<string, int> length)
    {
        var chunk = new List<string>();
        int filled = 0;
        foreach (string text in texts)
        {
            if (chunk.Count > 0 && filled + length(text) > most)
            {
                yield return [.. chunk];
                chunk.Clear();
                filled = 0;
            }
            chunk.Add(text);
            filled += length(text);
        }
        if (chunk.Count > 0)
            yield return [.. chunk];
    }
}
