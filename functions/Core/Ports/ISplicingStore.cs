using Limpid.Core.Formats;

namespace Limpid.Core.Ports;

/// <summary>
/// An object store that copies ranges of an object by itself, so that a large one is rewritten without passing through the function.
/// What can't do that is an <see cref="IObjectStore"/> alone.
/// </summary>
public interface ISplicingStore : IObjectStore
{
    /// <summary>
    /// As <see cref="IObjectStore.ReplaceAsync"/>, with the new content told by what changes: <paramref name="edits"/> of the bytes of
    /// the version that was read, ascending.
    /// </summary>
    Task<StoreResult> SpliceAsync(
        ObjectInfo read,
        IReadOnlyList<ByteEdit> edits,
        Func<Stream, CancellationToken, Task<bool>> prove,
        CancellationToken cancellation);
}
