namespace Limpid;

/// <summary>
/// Two methods of LINQ for everything in Limpid's namespaces, without what makes them fast: .NET 9 has a dozen iterators for each pair of
/// types, and their machine code was a seventh of the executable. .NET 10 makes LINQ small by itself where it is compiled ahead of time
/// (<c>UseSizeOptimizedLinq</c>), so this can go once the AOT check is made for it.
/// </summary>
internal static class SmallLinq
{
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (TSource item in source)
            yield return selector(item);
    }

    public static IEnumerable<TSource> Where<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)
    {
        foreach (TSource item in source)
        {
            if (predicate(item))
                yield return item;
        }
    }
}
