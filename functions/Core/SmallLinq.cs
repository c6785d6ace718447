namespace Limpid;

/// <summary>
/// Two methods of LINQ for everything in Limpid's namespaces, in the AOT check alone, which is made for .NET 9. There LINQ has a dozen
/// iterators for each pair of types, which makes it fast, and their machine code was a seventh of the executable. .NET 10 leaves them out
/// by itself when it compiles ahead of time (<c>UseSizeOptimizedLinq</c>): once the check is made for .NET 10, this file can go.
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
