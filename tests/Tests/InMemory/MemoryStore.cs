using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Tests.InMemory;

/// <summary>
/// An object store in memory, without versions like a folder, or with them like a versioned bucket: an overwrite or a rival's delete
/// then leaves the old version behind, and only deleting it by its id removes it. The ETag is of the content, as S3's is.
/// </summary>
public sealed class MemoryStore(TimeProvider clock, bool versioned = false) : IObjectStore
{
    private const string Suspended = "its bucket's versioning is suspended";

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, List<Entry>> objects = new(KeyOrder.Instance);
    private readonly Dictionary<string, int> calls = [];
    private long lastVersion;
    private Versioning versioning = versioned ? Versioning.Enabled : Versioning.Never;

    /// <summary>
    /// Runs at every step of every call. A rival acts from here; an exception is a fault: before the effect at
    /// <see cref="StoreStep.Before"/>, the answer lost at <see cref="StoreStep.After"/>.
    /// </summary>
    public Func<StoreCall, Task>? OnStep { get; set; }

    /// <summary>From now on every write takes the place of the version without an id, or leaves the old ones behind again.</summary>
    public void Suspend(bool suspended)
    {
        lock (gate)
            versioning = suspended ? Versioning.Suspended : Versioning.Enabled;
    }

    /// <summary>Removes one version for good, as anybody else would.</summary>
    public void RemoveVersion(string key, string version)
    {
        lock (gate)
            Drop(key, objects[key].Single(entry => entry.Version == version));
    }

    /// <summary>Every version of a key, the oldest first; null for a delete marker.</summary>
    public IReadOnlyList<(string Version, byte[]? Content)> Versions(string key)
    {
        lock (gate)
            return objects.TryGetValue(key, out List<Entry>? versions) ? [.. versions.Select(e => (e.Version, e.IsMarker ? null : e.Content))] : [];
    }

    /// <summary>Every key that anything stands under, delete markers too.</summary>
    public IReadOnlyList<string> Keys()
    {
        lock (gate)
            return [.. objects.Keys];
    }

    /// <summary>How often a method of the port was called, by its name.</summary>
    public int Calls(string method)
    {
        lock (gate)
            return calls.GetValueOrDefault(method);
    }

    /// <summary>Writes unconditionally, as anybody else would; the new version's id.</summary>
    public string Put(string key, ReadOnlySpan<byte> content)
    {
        lock (gate)
            return Add(key, content.ToArray(), isMarker: false).Version;
    }

    /// <summary>Removes as anybody else would: with versions, by a delete marker on top.</summary>
    public void Remove(string key)
    {
        lock (gate)
        {
            if (versioning != Versioning.Never)
                Add(key, [], isMarker: true);
            else
                objects.Remove(key);
        }
    }

    /// <summary>From now on neither rewritten nor removed; null lifts it.</summary>
    public void Block(string key, string? reason, string version = "")
    {
        lock (gate)
            foreach (Entry entry in objects[key].Where(e => version.Length == 0 || e.Version == version))
                entry.Blocked = reason;
    }

    /// <summary>Sets the tags of the current version, as anybody else would; null refuses them to everybody.</summary>
    public void Tag(string key, IReadOnlyDictionary<string, string>? tags)
    {
        lock (gate)
            Current(key)!.Tags = tags;
    }

    /// <summary>The current content, or null.</summary>
    public byte[]? Read(string key)
    {
        lock (gate)
            return Current(key)?.Content;
    }

    /// <summary>Every content that stands in the store under any key and version.</summary>
    public IReadOnlyList<byte[]> Everything()
    {
        lock (gate)
            return [.. objects.Values.SelectMany(versions => versions).Select(e => e.Content)];
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await StepAsync(nameof(ListAsync), StoreStep.Before, prefix).ConfigureAwait(false);
        string? last = after;
        while (NextKey(prefix, last) is { } page)
        {
            foreach (ObjectInfo info in page)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return info;
            }
            last = page[0].Key;
        }
        await StepAsync(nameof(ListAsync), StoreStep.After, prefix).ConfigureAwait(false);
    }

    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation)
    {
        await StepAsync(nameof(HeadAsync), StoreStep.Before, key).ConfigureAwait(false);
        ObjectInfo? info;
        lock (gate)
            info = Current(key) is { } entry ? Describe(key, entry) : null;
        await StepAsync(nameof(HeadAsync), StoreStep.After, key).ConfigureAwait(false);
        return info;
    }

    public async IAsyncEnumerable<ObjectInfo> VersionsAsync(string key, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await StepAsync(nameof(VersionsAsync), StoreStep.Before, key).ConfigureAwait(false);
        List<ObjectInfo> versions;
        lock (gate)
            versions = objects.TryGetValue(key, out List<Entry>? entries) ? [.. entries.AsEnumerable().Reverse().Select(entry => Describe(key, entry))] : [];
        await StepAsync(nameof(VersionsAsync), StoreStep.After, key).ConfigureAwait(false);
        foreach (ObjectInfo version in versions)
            yield return version;
    }

    public async Task<ObjectInfo?> HeadVersionAsync(ObjectInfo listed, CancellationToken cancellation)
    {
        await StepAsync(nameof(HeadVersionAsync), StoreStep.Before, listed.Key).ConfigureAwait(false);
        ObjectInfo? info;
        lock (gate)
            info = Find(listed) is { IsMarker: false } entry ? Describe(listed.Key, entry) with { IsCurrent = listed.IsCurrent } : null;
        await StepAsync(nameof(HeadVersionAsync), StoreStep.After, listed.Key).ConfigureAwait(false);
        return info;
    }

    public async Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation)
    {
        await StepAsync(nameof(OpenReadAsync), StoreStep.Before, read.Key).ConfigureAwait(false);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        Entry entry;
        lock (gate)
            entry = Find(read) is { IsMarker: false } found && found.ETag == read.ETag
                ? found
                : throw new ObjectChangedException("The object is not the one that was seen.");
        var stream = new CheckedStream(entry.Content, (int)Math.Min(offset, entry.Content.Length), () => IsStored(read.Key, entry));
        await StepAsync(nameof(OpenReadAsync), StoreStep.After, read.Key).ConfigureAwait(false);
        return stream;
    }

    public async ValueTask<IReadOnlyDictionary<string, string>?> TagsAsync(ObjectInfo read, CancellationToken cancellation)
    {
        await StepAsync(nameof(TagsAsync), StoreStep.Before, read.Key).ConfigureAwait(false);
        IReadOnlyDictionary<string, string>? tags;
        lock (gate)
            tags = Find(read) is { } entry ? entry.Tags : throw new ObjectChangedException("There is no such object.");
        await StepAsync(nameof(TagsAsync), StoreStep.After, read.Key).ConfigureAwait(false);
        return tags;
    }

    public async Task<StoreResult> ReplaceAsync(
        ObjectInfo read,
        Func<Stream, CancellationToken, Task> write,
        Func<Stream, CancellationToken, Task<bool>> prove,
        CancellationToken cancellation)
    {
        await StepAsync(nameof(ReplaceAsync), StoreStep.Before, read.Key).ConfigureAwait(false);
        lock (gate)
            if (Refusal(read) is { } early)
                return early;
        byte[] content = await ContentAsync(write, cancellation).ConfigureAwait(false);
        await StepAsync(nameof(ReplaceAsync), StoreStep.Written, read.Key).ConfigureAwait(false);
        using (var proof = new MemoryStream(content, writable: false))
            if (!await prove(proof, cancellation).ConfigureAwait(false))
                return new StoreResult(StoreOutcome.Unproven);
        await StepAsync(nameof(ReplaceAsync), StoreStep.Proven, read.Key).ConfigureAwait(false);
        ObjectInfo info;
        lock (gate)
        {
            if (Refusal(read) is { } late)
                return late;
            IReadOnlyDictionary<string, string>? tags = Current(read.Key)!.Tags;
            Entry added = Add(read.Key, content, isMarker: false);
            added.Tags = tags;
            info = Describe(read.Key, added);
        }
        await StepAsync(nameof(ReplaceAsync), StoreStep.After, read.Key).ConfigureAwait(false);
        return new StoreResult(StoreOutcome.Done, info);

        StoreResult? Refusal(ObjectInfo seen) =>
            Current(seen.Key) is not { } current ? new StoreResult(StoreOutcome.Gone)
            : current.ETag != seen.ETag || current.Version != seen.Version ? new StoreResult(StoreOutcome.Changed)
            : (current.Blocked ?? WhyWriteLosesAnother(current, seen.Key)) is { } reason ? new StoreResult(StoreOutcome.Blocked, Reason: reason)
            : null;
    }

    public async Task<StoreResult> RemoveAsync(ObjectInfo read, Func<CancellationToken, Task<bool>> isStill, CancellationToken cancellation)
    {
        await StepAsync(nameof(RemoveAsync), StoreStep.Before, read.Key).ConfigureAwait(false);
        lock (gate)
        {
            if (Current(read.Key) is not { } current)
                return new StoreResult(StoreOutcome.Gone);
            if (current.ETag != read.ETag || current.Version != read.Version)
                return new StoreResult(StoreOutcome.Changed);
        }
        if (!await isStill(cancellation).ConfigureAwait(false))
            return new StoreResult(StoreOutcome.Changed);
        if (versioning == Versioning.Never)
            return await DeleteAsync(read, cancellation).ConfigureAwait(false);
        await StepAsync(nameof(RemoveAsync), StoreStep.Proven, read.Key).ConfigureAwait(false);
        Entry marker;
        bool isBelow;
        lock (gate)
        {
            if (Current(read.Key) is not { } current)
                return new StoreResult(StoreOutcome.Gone);
            if (current.ETag != read.ETag)
                return new StoreResult(StoreOutcome.Changed);
            if (WhyWriteLosesAnother(current, read.Key) is { } reason)
                return new StoreResult(StoreOutcome.Blocked, Reason: reason);
            // As S3 has it: nothing but the ETag was a condition of the marker.
            marker = Add(read.Key, [], isMarker: true);
            isBelow = current.Version == read.Version;
        }
        if (marker.Version.Length > 0 && (!isBelow || !await isStill(cancellation).ConfigureAwait(false)))
        {
            lock (gate)
                Drop(read.Key, marker);
            return new StoreResult(StoreOutcome.Changed);
        }
        await StepAsync(nameof(RemoveAsync), StoreStep.After, read.Key).ConfigureAwait(false);
        return new StoreResult(StoreOutcome.Done);
    }

    public async Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation)
    {
        await StepAsync(nameof(DeleteAsync), StoreStep.Before, read.Key).ConfigureAwait(false);
        lock (gate)
        {
            if (Find(read) is not { } entry)
                return new StoreResult(StoreOutcome.Gone);
            if (entry.ETag != read.ETag)
                return new StoreResult(StoreOutcome.Changed);
            if ((entry.Blocked ?? (versioning == Versioning.Suspended && entry.Version.Length == 0 ? Suspended : null)) is { } reason)
                return new StoreResult(StoreOutcome.Blocked, Reason: reason);
            Drop(read.Key, entry);
        }
        await StepAsync(nameof(DeleteAsync), StoreStep.After, read.Key).ConfigureAwait(false);
        return new StoreResult(StoreOutcome.Done);
    }

    public async Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        await StepAsync(nameof(CreateAsync), StoreStep.Before, key).ConfigureAwait(false);
        byte[] content = await ContentAsync(write, cancellation).ConfigureAwait(false);
        await StepAsync(nameof(CreateAsync), StoreStep.Written, key).ConfigureAwait(false);
        ObjectInfo info;
        lock (gate)
        {
            if (Current(key) is not null)
                return new StoreResult(StoreOutcome.Changed);
            info = Describe(key, Add(key, content, isMarker: false));
        }
        await StepAsync(nameof(CreateAsync), StoreStep.After, key).ConfigureAwait(false);
        return new StoreResult(StoreOutcome.Done, info);
    }

    private static async Task<byte[]> ContentAsync(Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        using var content = new MemoryStream();
        await write(content, cancellation).ConfigureAwait(false);
        return content.ToArray();
    }

    private Task StepAsync(string method, StoreStep step, string key)
    {
        if (step == StoreStep.Before)
            lock (gate)
                calls[method] = calls.GetValueOrDefault(method) + 1;
        return OnStep?.Invoke(new StoreCall(method, step, key)) ?? Task.CompletedTask;
    }

    // One key's versions at a time, newest first, as they stand when the listing gets there.
    private List<ObjectInfo>? NextKey(string prefix, string? after)
    {
        lock (gate)
        {
            foreach ((string key, List<Entry> versions) in objects)
                if (key.StartsWith(prefix, StringComparison.Ordinal) && (after is null || KeyOrder.Compare(key, after) > 0))
                    return [.. versions.AsEnumerable().Reverse().Select(entry => Describe(key, entry))];
            return null;
        }
    }

    private Entry? Current(string key) =>
        objects.TryGetValue(key, out List<Entry>? versions) && versions[^1] is { IsMarker: false } top ? top : null;

    private Entry? Find(ObjectInfo read) =>
        objects.TryGetValue(read.Key, out List<Entry>? versions) ? versions.Find(entry => entry.Version == read.Version) : null;

    private bool IsStored(string key, Entry entry)
    {
        lock (gate)
            return objects.TryGetValue(key, out List<Entry>? versions) && versions.Contains(entry);
    }

    private void Drop(string key, Entry entry)
    {
        List<Entry> versions = objects[key];
        versions.Remove(entry);
        if (versions.Count == 0)
            objects.Remove(key);
    }

    // While versioning is suspended a write takes the place of the version without an id, wherever that stands.
    private string? WhyWriteLosesAnother(Entry current, string key) =>
        versioning == Versioning.Suspended && current.Version.Length > 0 && objects[key].Exists(e => e.Version.Length == 0 && !e.IsMarker) ? Suspended : null;

    private Entry Add(string key, byte[] content, bool isMarker)
    {
        if (!objects.TryGetValue(key, out List<Entry>? versions))
            objects[key] = versions = [];
        // As long as S3's.
        string version = versioning == Versioning.Enabled ? $"v{++lastVersion:d31}" : "";
        // There is one without an id at most.
        versions.RemoveAll(e => e.Version == version);
        string etag = isMarker ? "" : Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16));
        var entry = new Entry(version, etag, content, isMarker, clock.GetUtcNow());
        versions.Add(entry);
        return entry;
    }

    private ObjectInfo Describe(string key, Entry entry) => new()
    {
        Key = key,
        Version = entry.Version,
        ETag = entry.ETag,
        Size = entry.Content.Length,
        Modified = entry.Modified,
        IsCurrent = objects[key][^1] == entry,
        IsDeleteMarker = entry.IsMarker,
        Blocked = entry.Blocked,
    };

    private enum Versioning
    {
        Never,
        Enabled,
        Suspended,
    }

    private sealed class Entry(string version, string etag, byte[] content, bool isMarker, DateTimeOffset modified)
    {
        public string Version => version;
        public string ETag => etag;
        public byte[] Content => content;
        public bool IsMarker => isMarker;
        public DateTimeOffset Modified => modified;
        public string? Blocked { get; set; }
        public IReadOnlyDictionary<string, string>? Tags { get; set; } = new Dictionary<string, string>();
    }

    private sealed class CheckedStream(byte[] content, int offset, Func<bool> isStored) : MemoryStream(content, offset, content.Length - offset, writable: false)
    {
        // The promise is "at the latest at its end", so callers that need every byte have to read to the end. MemoryStream sends
        // every other way of reading through this one in a derived class.
        public override int Read(byte[] buffer, int offset, int count) => Checked(base.Read(buffer, offset, count));

        private int Checked(int read) =>
            Position < Length || isStored() ? read : throw new ObjectChangedException("The object changed while it was read.");
    }
}

/// <summary>Where a call of the store stands.</summary>
public enum StoreStep
{
    Before,

    /// <summary>The new content is written beside, not yet proven.</summary>
    Written,

    /// <summary>Proven, or looked at for the last time; the next thing is the conditional write.</summary>
    Proven,
    After,
}

/// <param name="Method">By the port's name, <c>ReplaceAsync</c> for example.</param>
/// <param name="Key">The object's, or the prefix of a listing.</param>
public readonly record struct StoreCall(string Method, StoreStep Step, string Key);
