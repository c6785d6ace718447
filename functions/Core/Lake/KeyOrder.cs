namespace Limpid.Core.Lake;

/// <summary>
/// The order in which every store lists keys: by their UTF-8 bytes. <see cref="string.CompareOrdinal(string, string)"/> differs
/// from it for characters beyond U+FFFF, so a merge of two listings by that would miss some.
/// </summary>
public sealed class KeyOrder : IComparer<string>
{
    public static KeyOrder Instance { get; } = new();

    private KeyOrder()
    {
    }

    public int Compare(string? x, string? y) => Compare(x.AsSpan(), y.AsSpan());

    public static int Compare(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
    {
        int at = x.CommonPrefixLength(y);
        return at == x.Length || at == y.Length ? x.Length.CompareTo(y.Length) : Rank(x[at]).CompareTo(Rank(y[at]));
    }

    // UTF-16 puts surrogates, which stand for the highest characters, below U+E000 to U+FFFF.
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
