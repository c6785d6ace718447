namespace Limpid.Core.Lake;

/// <param name="Since">From when on it was current.</param>
public sealed record ReferenceMark(int Version, DateTimeOffset Since);

/// <summary>
/// Which old versions of reference data are still there, and from when on some of them were current: from one that was so a whole
/// <c>keep</c> ago, nobody reads those before it any more. An object's own time would not tell, since one that was stored and never
/// became current stands between them.
/// </summary>
/// <param name="First">Of the versions below, none is there any more.</param>
/// <param name="Marks">Ascending.</param>
public sealed record ReferenceHistory(int First, IReadOnlyList<ReferenceMark> Marks)
{
    /// <summary>Marks are as far apart as this part of <c>keep</c>, so that there are few; versions stay by so much longer.</summary>
    private const int MarksInKeep = 8;

    /// <summary>Of a pointer, also of one that was written before there were histories.</summary>
    public static ReferenceHistory Of(ReferencePointer pointer) =>
        pointer.History ?? new ReferenceHistory(1, pointer.PublishedAt is { } since ? [new ReferenceMark(pointer.Version, since)] : []);

    /// <summary>Versions below this one were current a whole <paramref name="keep"/> ago for the last time.</summary>
    public int Bound(DateTimeOffset now, TimeSpan keep)
    {
        int bound = First;
        foreach (ReferenceMark mark in Marks)
        {
            if (mark.Since + keep <= now)
                bound = Math.Max(bound, mark.Version);
        }
        return bound;
    }

    /// <summary>With a version that is current from now on.</summary>
    public ReferenceHistory With(int version, DateTimeOffset now, TimeSpan keep)
    {
        int bound = Bound(now, keep);
        ReferenceMark[] marks = [.. Marks.Where(mark => mark.Version >= bound)];
        // The newest is always there. One that is too near to the one before it gives way.
        if (marks is [.., var before, var last] && last.Since - before.Since < keep / MarksInKeep)
            marks = marks[..^1];
        return this with { Marks = [.. marks, new ReferenceMark(version, now)] };
    }
}
