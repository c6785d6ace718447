using Limpid.Local.Storage;

namespace Limpid.Local.Folder;

/// <summary>
/// The names of the two files that stand beside an object while it is rewritten or removed: <c>.limpid-ID.tmp</c> with content and
/// <c>.limpid-ID.rewrite</c>, the record (<see cref="RewriteRecord"/>) that is made first, removed last and locked by whoever works.
/// The id bears Limpid's mark: a file that is only named much like these is an object like any other.
/// </summary>
internal readonly record struct RewriteFiles(string Id)
{
    private const string Start = ".limpid-";
    private const string ContentEnd = ".tmp";
    private const string RecordEnd = ".rewrite";
    private const int LongestName = 255;

    public string Content => Start + Id + ContentEnd;

    public string Record => Start + Id + RecordEnd;

    public static RewriteFiles New() => new(OwnName.New());

    public static bool IsOne(ReadOnlySpan<char> name) => IsRecord(name) || IsContent(name);

    public static bool IsRecord(ReadOnlySpan<char> name) => name.EndsWith(RecordEnd, StringComparison.Ordinal) && HasId(name, RecordEnd);

    public static bool IsContent(ReadOnlySpan<char> name) => name.EndsWith(ContentEnd, StringComparison.Ordinal) && HasId(name, ContentEnd);

    /// <summary>The pair that one of its names belongs to.</summary>
    public static RewriteFiles Of(string name) => new(name.Substring(Start.Length, OwnName.Length));

    /// <summary>The visible name for bytes of a rival that have no other place any more: the object's own with the pair's id.</summary>
    public string Rescue(string name)
    {
        string end = ".limpid-" + Id;
        return System.Text.Encoding.UTF8.GetByteCount(name) + end.Length <= LongestName ? name + end : "rescued" + end;
    }

    private static bool HasId(ReadOnlySpan<char> name, string end) =>
        name.Length == Start.Length + OwnName.Length + end.Length
        && name.StartsWith(Start, StringComparison.Ordinal)
        && OwnName.Is(name.Slice(Start.Length, OwnName.Length));
}
