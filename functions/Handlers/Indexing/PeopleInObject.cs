using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Indexing;

/// <param name="Rows">Well-formed data rows.</param>
/// <param name="MalformedAt">Where the first malformed rows stand, in one line; null without any.</param>
/// <param name="Unreadable">Why the object is not what its dataset says; null when it is.</param>
internal readonly record struct ObjectContent(long Rows, long MalformedRows, string? MalformedAt, string? Unreadable)
{
    private const int MostPlaces = 5;

    public static ObjectContent Refused(string why) => new(0, 0, null, why);

    /// <summary>Lines from 1, as editors count them.</summary>
    public static string? Places(ScanReport report)
    {
        if (report.Malformed.Count == 0)
            return null;
        IEnumerable<string> first = report.Malformed.Take(MostPlaces)
            .Select(m => FormattableString.Invariant($"line {m.Row.Line + 1} (byte {m.Row.Offset}): {m.Reason}"));
        return string.Join("; ", first) + (report.MalformedRows > MostPlaces ? FormattableString.Invariant($"; {report.MalformedRows} in all") : "");
    }
}

/// <summary>Reads who is in an object: by its rows, its name, its tags, and the metadata file beside it.</summary>
internal sealed class PeopleInObject(Ports ports)
{
    /// <summary>Sidecars are small; a larger one is not what it should be.</summary>
    private const int LargestSidecar = 1 << 20;

    private readonly ConcurrentDictionary<string, ObjectScanner> _scanners = new(StringComparer.Ordinal);

    /// <summary>One a dataset: it keeps its caches from object to object.</summary>
    public ObjectScanner ScannerOf(Dataset dataset) =>
        _scanners.GetOrAdd(dataset.Name, _ => new ObjectScanner(dataset, ports.Lake.Kinds, ports.Hasher));

    /// <summary>Changes whenever the object, whom its tags name, or a metadata file beside it does.</summary>
    /// <exception cref="ObjectChangedException">The object is gone.</exception>
    public async Task<string> ETagOfAsync(Dataset dataset, ObjectInfo info, CancellationToken cancellation)
    {
        string etag = info.ETag;
        if (IsTagged(dataset))
            etag += "+" + (await TaggedAsync(dataset, info, cancellation) is { } tagged ? string.Join(',', tagged.Select(p => p.Keys[0])) : "?");
        foreach (SubjectRule rule in dataset.Subjects.Where(r => r.Sidecar is not null))
        {
            etag += "+";
            await foreach (ObjectInfo sidecar in SidecarsAsync(rule, info, cancellation))
                etag += sidecar.ETag;
        }
        return etag;
    }

    /// <summary>Whether the object's name itself names the person.</summary>
    public bool IsNamedBy(Dataset dataset, string objectKey, SubjectMatcher subject) => subject.Match([.. FromName(dataset, objectKey)]) != RowMatch.None;

    /// <summary>Adds everybody in the object to <paramref name="entries"/>.</summary>
    /// <exception cref="ObjectChangedException">The object changed while it was read.</exception>
    public async Task<ObjectContent> ReadAsync(Dataset dataset, ObjectInfo info, EntrySorter entries, CancellationToken cancellation)
    {
        WholeObject whole = await WholeAsync(dataset, info.Key, info, cancellation);
        foreach (RowPerson person in whole.People)
            entries.Add(person.Keys[0], []);
        if (info.Unreadable is { } closed)
            return ObjectContent.Refused(closed);
        if (HasNoRows(dataset, info))
            return new ObjectContent(0, 0, null, whole.Unreadable);

        ScanReport report;
        await using (Stream content = await ports.Objects.OpenReadAsync(info, 0, cancellation))
        {
            var collector = new EntryCollector(entries);
            report = await ScannerOf(dataset).ScanAsync(ports.Watched(content), collector, cancellation);
            collector.Flush();
        }
        // What a scan gave before it found the object unreadable stays in the index: it can only make somebody look at it.
        return new ObjectContent(report.Rows, report.MalformedRows, ObjectContent.Places(report), report.Unreadable ?? whole.Unreadable);
    }

    /// <summary>Who stands for the whole object.</summary>
    /// <param name="info">Null where it is gone, while its metadata file may still be there, in any of its versions.</param>
    /// <param name="isAlone">Whether a metadata file counts as one whose object is not there, without a look.</param>
    /// <exception cref="ObjectChangedException">The object changed meanwhile.</exception>
    public async Task<WholeObject> WholeAsync(Dataset dataset, string objectKey, ObjectInfo? info, CancellationToken cancellation, bool isAlone = false)
    {
        var people = new List<RowPerson>(FromName(dataset, objectKey));
        var sidecars = new List<Sidecar>();
        string? unreadable = null;
        if (info is not null && IsTagged(dataset))
        {
            if (await TaggedAsync(dataset, info, cancellation) is { } tagged)
                people.AddRange(tagged);
            else
                unreadable = "its tags can't be read";
        }
        foreach (SubjectRule rule in dataset.Subjects.Where(r => r.Sidecar is not null))
        {
            if (info is not null && OwnerBy(rule, info) is { } owner && (isAlone || !info.IsCurrent || await ports.Objects.HeadAsync(owner, cancellation) is null))
                await AddAsync(rule, info, isBeside: false);
            await foreach (ObjectInfo sidecar in SidecarsAsync(rule, info ?? Absent(objectKey), cancellation))
                await AddAsync(rule, sidecar, isBeside: true);
        }
        return new WholeObject(people, sidecars, unreadable);

        async Task AddAsync(SubjectRule rule, ObjectInfo sidecar, bool isBeside)
        {
            // What may be an object with rows, and is named like a metadata file, has to be no JSON document.
            bool mayBeRows = !isBeside && dataset.Subjects.Any(r => r.IsByRow);
            if (mayBeRows && sidecar.Unreadable is null && sidecar.Size > LargestSidecar)
                return;
            if ((sidecar.Unreadable ?? (sidecar.Size > LargestSidecar ? "it is larger than 1 MiB" : null)) is { } closed)
            {
                unreadable = $"its metadata file can't be read: {closed}";
                return;
            }
            await using Stream stream = await ports.Objects.OpenReadAsync(sidecar, 0, cancellation);
            using var json = new MemoryStream();
            await stream.CopyToAsync(json, cancellation);
            if (ObjectPeople.FromSidecar(rule, ports.Lake.Kinds, ports.Hasher, json.GetBuffer().AsMemory(0, (int)json.Length)) is { } named)
            {
                people.AddRange(named);
                if (isBeside && named.Count > 0)
                    sidecars.Add(new Sidecar(sidecar, named));
            }
            else if (!mayBeRows)
                unreadable = "its metadata file is not JSON";
        }
    }

    /// <summary>
    /// Whether a metadata file without its object names the subject, or may. One that is gone names nobody, wherever its object is by now.
    /// </summary>
    /// <param name="sidecar">As the index has it.</param>
    public async Task<bool> NamesAsync(Dataset dataset, ObjectInfo sidecar, SubjectMatcher subject, CancellationToken cancellation)
    {
        if (await ports.Objects.HeadVersionAsync(sidecar, cancellation) is not { } info)
            return false;
        if (info.Unreadable is not null)
            return true;
        try
        {
            WholeObject whole = await WholeAsync(dataset, info.Key, info, cancellation, isAlone: true);
            return whole.Unreadable is not null || subject.Match([.. whole.People]) != RowMatch.None;
        }
        catch (Exception e) when (e is ObjectChangedException or ObjectUnreadableException)
        {
            return true;
        }
    }

    /// <summary>
    /// Whether this is an old version of a metadata file: it speaks of nobody's object any more, but it still names whom it named, and
    /// its content is not rows.
    /// </summary>
    public static bool IsOldSidecar(Dataset dataset, ObjectInfo info) => !info.IsCurrent && dataset.Subjects.Any(rule => OwnerBy(rule, info) is not null);

    /// <summary>Whether there is nothing in it but whom it names: in a dataset that looks into rows it may be an object that is only named like a metadata file.</summary>
    public static bool HasNoRows(Dataset dataset, ObjectInfo info) => IsOldSidecar(dataset, info) && !dataset.Subjects.Any(rule => rule.IsByRow);

    // The object of which this would be the metadata file by this rule. Where that is not there it names somebody all the same.
    private static string? OwnerBy(SubjectRule rule, ObjectInfo info) =>
        rule.OwnerOfSidecar(info.Key) is { } owner && rule.SidecarOf(owner) == info.Key ? owner : null;

    // An old version may be of a time when the metadata file named somebody else: everybody whom it ever named counts there.
    private async IAsyncEnumerable<ObjectInfo> SidecarsAsync(SubjectRule rule, ObjectInfo info, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string key = rule.SidecarOf(info.Key);
        if (info.IsCurrent)
        {
            if (await ports.Objects.HeadAsync(key, cancellation) is { } sidecar)
                yield return sidecar;
            yield break;
        }
        await foreach (ObjectInfo version in ports.Objects.VersionsAsync(key, cancellation))
        {
            if (!version.IsDeleteMarker && await ports.Objects.HeadVersionAsync(version, cancellation) is { } sidecar)
                yield return sidecar;
        }
    }

    private IReadOnlyList<RowPerson> FromName(Dataset dataset, string objectKey) =>
        ObjectPeople.FromName(dataset, ports.Lake.Kinds, ports.Hasher, objectKey[dataset.Location.Length..]);

    private static ObjectInfo Absent(string key) => new() { Key = key, ETag = "", Size = 0, Modified = default, IsCurrent = false };

    /// <summary>Asking for tags is a request more for each object, so that only a dataset that needs them asks.</summary>
    private static bool IsTagged(Dataset dataset) => dataset.Subjects.Any(r => r.Tag is not null);

    private async ValueTask<IReadOnlyList<RowPerson>?> TaggedAsync(Dataset dataset, ObjectInfo info, CancellationToken cancellation) =>
        await ports.Objects.TagsAsync(info, cancellation) is { } tags ? ObjectPeople.FromTags(dataset, ports.Lake.Kinds, ports.Hasher, tags) : null;
}

/// <param name="People">Named by the object's name, tag or metadata file.</param>
/// <param name="Sidecars">The metadata files that name somebody.</param>
/// <param name="Unreadable">Why the tags or a metadata file could not be read.</param>
internal sealed record WholeObject(IReadOnlyList<RowPerson> People, IReadOnlyList<Sidecar> Sidecars, string? Unreadable)
{
    /// <summary>The metadata files that go with the subject's object: those that speak of nobody else, and shared ones where the dataset erases what is shared.</summary>
    public IEnumerable<ObjectInfo> SidecarsOf(SubjectMatcher subject, Dataset dataset) =>
        Sidecars.Where(s => subject.Match([.. s.People]) switch
        {
            RowMatch.Own => true,
            RowMatch.Shared => dataset is { Shared: SharedMode.Erase, Erase: not EraseMode.Delete },
            _ => false,
        }).Select(s => s.File);
}

/// <param name="People">Whom it names; never empty.</param>
internal sealed record Sidecar(ObjectInfo File, IReadOnlyList<RowPerson> People);
