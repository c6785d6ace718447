using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;
using Limpid.Core.Lake;

namespace Limpid.Core.Ports;

/// <summary>One version of one object, as a listing or a head shows it.</summary>
public sealed record ObjectInfo
{
    /// <summary>A path below the lake's root with slashes (<c>reviews/a.ndjson</c>), or <c>s3://bucket/key</c>.</summary>
    public required string Key { get; init; }

    /// <summary>Empty on a store without versions.</summary>
    public string Version { get; init; } = "";

    /// <summary>Changes whenever the content does; opaque, not a digest.</summary>
    public required string ETag { get; init; }

    public required long Size { get; init; }

    public required DateTimeOffset Modified { get; init; }

    /// <summary>Whether this is the version that a plain read gets.</summary>
    public bool IsCurrent { get; init; } = true;

    public bool IsDeleteMarker { get; init; }

    /// <summary>Why it can be neither rewritten nor removed just now (a lock, an archived class, a second hard link, ...), or null.</summary>
    public string? Blocked { get; init; }

    /// <summary>
    /// Why its bytes can't be read (a symbolic link, a folder that can't be listed, an archived class, ...), or null. It is listed all
    /// the same, and reading it throws, so that nothing is certified of a place that was never looked into. Then it is blocked as well.
    /// </summary>
    public string? Unreadable { get; init; }
}

public enum StoreOutcome
{
    /// <summary>Done, and durable.</summary>
    Done,

    /// <summary>The object is no longer what was read: somebody else wrote it. Nothing was changed.</summary>
    Changed,

    /// <summary>The object is gone. Nothing was changed.</summary>
    Gone,

    /// <summary>The store can't do this safely to this object; <see cref="StoreResult.Reason"/> says why. Nothing was changed.</summary>
    Blocked,

    /// <summary>The content to be written did not pass the caller's proof. Nothing was changed.</summary>
    Unproven,
}

/// <param name="Outcome">What came of it.</param>
/// <param name="Info">The object as it was written, after <see cref="StoreOutcome.Done"/> of a write; null where somebody else wrote it since.</param>
/// <param name="Reason">One line for people, with <see cref="StoreOutcome.Blocked"/>, and wherever there is more to tell than the outcome.</param>
public readonly record struct StoreResult(StoreOutcome Outcome, ObjectInfo? Info = null, string? Reason = null);

/// <param name="IsUnchanged">Whether it is what was known.</param>
/// <param name="Info">Else as it is now, or null where it is gone.</param>
public readonly record struct ObjectLook(bool IsUnchanged, ObjectInfo? Info);

/// <summary>The object that was to be read is not there any more, or is not the one that was seen.</summary>
public sealed class ObjectChangedException(string message) : IOException(message);

/// <summary>The object is there and may not be read; says why in one line that names neither it nor anybody.</summary>
public sealed class ObjectUnreadableException(string message) : IOException(message);

/// <summary>
/// Where objects are: a folder or S3. Two stand behind every lake: the lake itself, and the evidence store in which Limpid keeps
/// plans, certificates and reports. Every write is conditional. A rival write always wins.
/// </summary>
public interface IObjectStore
{
    /// <summary>Every version under a prefix (exact text, not a pattern), in the order of their keys (<see cref="KeyOrder"/>); <paramref name="after"/> resumes behind a key.</summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation);

    /// <summary>
    /// Why what is listed under this prefix may not be all that stands there (a folder that is missing, or that a symbolic link took the
    /// place of), or null. Nothing is certified of such a place without an exception.
    /// </summary>
    ValueTask<string?> WhyUnlistableAsync(string prefix, CancellationToken cancellation) => new((string?)null);

    /// <summary>The current version of exactly this key, or null (also where a delete marker stands on top).</summary>
    Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation);

    /// <summary>Every version of exactly this key, the newest first, delete markers too; of a store without versions what a head gives.</summary>
    async IAsyncEnumerable<ObjectInfo> VersionsAsync(string key, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (await HeadAsync(key, cancellation).ConfigureAwait(false) is { } info)
            yield return info;
    }

    /// <summary>
    /// The version that was listed as it is now, with all that keeps it from being read or removed, of which a listing may tell too
    /// little. Null where it is gone, or is a delete marker. Whether it is the current one is taken on trust.
    /// </summary>
    async Task<ObjectInfo?> HeadVersionAsync(ObjectInfo listed, CancellationToken cancellation) =>
        listed.Version.Length == 0 && await HeadAsync(listed.Key, cancellation).ConfigureAwait(false) is { } info ? info : null;

    /// <summary>
    /// As <see cref="HeadAsync"/>, by one request that says what is known already: where the object still has this ETag, nothing
    /// more is asked and nothing described.
    /// </summary>
    async Task<ObjectLook> LookAsync(string key, string? knownETag, CancellationToken cancellation) =>
        await HeadAsync(key, cancellation) is var info && info is not null && info.ETag == knownETag ? new ObjectLook(true, null) : new ObjectLook(false, info);

    /// <summary>
    /// Opens the bytes of exactly that version and ETag, from <paramref name="offset"/>. Reading never returns a mixture of two
    /// contents: the stream throws <see cref="ObjectChangedException"/>, at the latest at its end, if the object changed.
    /// </summary>
    /// <exception cref="ObjectChangedException">It is gone, or is not what was read.</exception>
    /// <exception cref="ObjectUnreadableException">It may not be read, which <see cref="ObjectInfo.Unreadable"/> need not have told before.</exception>
    Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation);

    /// <summary>
    /// The object tags of exactly that version, by their keys: none on a store that has no tags, null where they are refused. They
    /// change without the ETag, and no write is conditional on them.
    /// </summary>
    /// <exception cref="ObjectChangedException">It is gone.</exception>
    ValueTask<IReadOnlyDictionary<string, string>?> TagsAsync(ObjectInfo read, CancellationToken cancellation) =>
        new(ReadOnlyDictionary<string, string>.Empty);

    /// <summary>
    /// Replaces the content of the current version, only if it still is what was read (key and ETag), keeping its other
    /// properties. <paramref name="write"/> writes the whole new content; <paramref name="prove"/> then reads it back and must
    /// return true before it takes the object's place. Whatever a rival does at any moment, its bytes are not lost.
    /// </summary>
    Task<StoreResult> ReplaceAsync(
        ObjectInfo read,
        Func<Stream, CancellationToken, Task> write,
        Func<Stream, CancellationToken, Task<bool>> prove,
        CancellationToken cancellation);

    /// <summary>
    /// Takes the current version out of sight, only if it still is what was read. Where versions are kept a delete marker comes on top
    /// of it, so that no older version takes its place, and it stays as an old version, to be removed for good by
    /// <see cref="DeleteAsync"/>; elsewhere it is gone for good at once.
    /// </summary>
    /// <param name="isStill">
    /// Whether it still is what was read in what no ETag tells: its tags, files beside it. Asked as late as can be, and where there is a
    /// marker once more below that. What proves to be another's by then comes back (<see cref="StoreOutcome.Changed"/>).
    /// </param>
    async Task<StoreResult> RemoveAsync(ObjectInfo read, Func<CancellationToken, Task<bool>> isStill, CancellationToken cancellation) =>
        await isStill(cancellation).ConfigureAwait(false) ? await DeleteAsync(read, cancellation).ConfigureAwait(false) : new StoreResult(StoreOutcome.Changed);

    /// <summary>
    /// Removes this version for good, only if it still is what was read. Already gone is <see cref="StoreOutcome.Gone"/>. Of a current
    /// version the one before it takes the place.
    /// </summary>
    Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation);

    /// <summary>Creates an object; <see cref="StoreOutcome.Changed"/> where the key is taken. Never overwrites.</summary>
    Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation);
}
