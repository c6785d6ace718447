namespace Limpid.Core.Formats;

/// <summary>A piece of an uploaded part: bytes of the source, or the replacement of an edit.</summary>
/// <param name="From">In the source; 0 for a replacement.</param>
/// <param name="Edit">The number of the edit, or -1 for bytes of the source.</param>
public readonly record struct SplicePiece(long From, long Length, int Edit);

/// <summary>A part of the result: a range that the store copies by itself, or pieces that pass through the function.</summary>
/// <param name="From">In the source; 0 for an uploaded part.</param>
/// <param name="Pieces">Null for a copied range.</param>
public readonly record struct SplicePart(long From, long Length, IReadOnlyList<SplicePiece>? Pieces);

/// <summary>
/// How an edited object is put together of parts, so that as little as can be passes through the function: by S3's rules every part
/// but the last has 5 MiB to 5 GiB, and there are 10,000 at most. An untouched stretch of 5 MiB or more is copied. A replacement
/// takes along what it needs of its surroundings to be a part; a removed stretch only shortens the two ranges beside it.
/// </summary>
public sealed class SplicePlan
{
    public const long SmallestPart = 5L << 20;
    public const long LargestPart = 5L << 30;
    public const int MostParts = 10_000;

    /// <summary>Up to this an object is rewritten whole: it would all be uploaded anyway.</summary>
    public const long RewrittenWhole = SmallestPart;

    // How small parts may be, and how large a range one request copies. Small ones first: little is uploaded, and ranges are copied
    // side by side; larger ones where there would be too many.
    private static readonly (long Smallest, long Copied)[] Sizes =
    [
        (SmallestPart, 256L << 20), (SmallestPart, 1L << 30), (SmallestPart, LargestPart), (16L << 20, LargestPart), (64L << 20, LargestPart),
    ];

    private SplicePlan(IReadOnlyList<SplicePart> parts)
    {
        Parts = parts;
        Length = parts.Sum(part => part.Length);
        Uploaded = parts.Where(part => part.Pieces is not null).Sum(part => part.Length);
    }

    public IReadOnlyList<SplicePart> Parts { get; }

    /// <summary>Of the result.</summary>
    public long Length { get; }

    /// <summary>Bytes that pass through the function.</summary>
    public long Uploaded { get; }

    /// <summary>Null where the object is better rewritten whole: it is small, nothing is left of it, or its edits lie too close for the number of parts.</summary>
    /// <exception cref="ArgumentException">The edits are not those of an object of this size.</exception>
    public static SplicePlan? Of(long size, IReadOnlyList<ByteEdit> edits)
    {
        ByteEdits.Check(size, edits);
        if (size <= RewrittenWhole)
            return null;
        foreach ((long smallest, long copied) in Sizes)
        {
            var building = new Building(smallest, copied);
            if (building.Run(size, edits))
                return building.Parts.Count == 0 ? null : new SplicePlan(building.Parts);
        }
        return null;
    }

    /// <summary>An object of at least a byte, copied as it is.</summary>
    public static SplicePlan OfCopy(long size)
    {
        foreach ((long smallest, long copied) in Sizes)
        {
            var building = new Building(smallest, copied);
            if (building.Run(size, []))
                return new SplicePlan(building.Parts);
        }
        throw new ArgumentOutOfRangeException(nameof(size), size, "no store takes an object of this size");
    }

    private sealed class Building(long smallest, long copied)
    {
        // A part is sent off once it has this much, so that memory does not grow with the number of edits that lie side by side.
        private readonly long _enough = Math.Max(smallest, 8L << 20);
        private List<SplicePiece> _open = [];
        private long _openLength;

        public List<SplicePart> Parts { get; } = [];

        /// <summary>False where there are too many parts.</summary>
        public bool Run(long size, IReadOnlyList<ByteEdit> edits)
        {
            long at = 0;
            for (int i = 0; i < edits.Count && Parts.Count <= MostParts; i++)
            {
                Stretch(at, edits[i].Offset - at, isLast: false);
                Insert(i, edits[i].Replacement.Length);
                at = edits[i].End;
            }
            Stretch(at, size - at, isLast: true);
            Close();
            return Parts.Count <= MostParts;
        }

        private void Insert(int edit, int length)
        {
            if (length == 0)
                return;
            if (_openLength >= _enough)
                Close();
            _open.Add(new SplicePiece(0, length, edit));
            _openLength += length;
        }

        private void Stretch(long from, long length, bool isLast)
        {
            if (length == 0)
                return;
            long missing = _openLength == 0 ? 0 : Math.Max(0, smallest - _openLength);
            if (length - missing < smallest && !(isLast && length > missing))
            {
                // What is left of it would be no part of its own.
                Take(from, length);
                return;
            }
            Take(from, missing);
            Close();
            Copy(from + missing, length - missing);
        }

        private void Take(long from, long length)
        {
            if (length == 0)
                return;
            if (_openLength >= _enough)
                Close();
            _open.Add(new SplicePiece(from, length, -1));
            _openLength += length;
        }

        private void Copy(long from, long length)
        {
            long ranges = (length + copied - 1) / copied;
            for (long i = 0; i < ranges; i++)
            {
                long start = length / ranges * i + Math.Min(i, length % ranges);
                Parts.Add(new SplicePart(from + start, length / ranges + (i < length % ranges ? 1 : 0), null));
            }
        }

        private void Close()
        {
            if (_openLength == 0)
                return;
            Parts.Add(new SplicePart(0, _openLength, _open));
            _open = [];
            _openLength = 0;
        }
    }
}
