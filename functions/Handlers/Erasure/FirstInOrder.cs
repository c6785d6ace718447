namespace Limpid.Functions.Erasure;

/// <summary>Counts everything it is given and keeps the first so many by key: what a certificate lists is bounded, whatever came.</summary>
internal sealed class FirstInOrder<T>(int most, Func<T, string> key)
{
    private readonly List<T> _kept = [];

    public long Count { get; private set; }

    public void Add(T item)
    {
        Count++;
        _kept.Add(item);
        if (_kept.Count >= 2 * most)
            Cut();
    }

    /// <summary>In the ordinal order of keys.</summary>
    public IReadOnlyList<T> ToList()
    {
        Cut();
        return [.. _kept];
    }

    private void Cut()
    {
        _kept.Sort((a, b) => string.CompareOrdinal(key(a), key(b)));
        if (_kept.Count > most)
            _kept.RemoveRange(most, _kept.Count - most);
    }
}
