using System.Buffers.Binary;
using System.Numerics;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>
/// Remembers the keys of identifiers of one kind, so that a person is hashed once and not once a row. Bounded: an identifier that finds
/// its places taken evicts one, and is hashed anew when it comes again. Not thread-safe.
/// </summary>
internal sealed class PersonCache(string kind, SubjectHasher hasher)
{
    private const int Ways = 4;
    private const int MostEntries = 1 << 16;
    private const int LongestRemembered = 256;

    private Entry[] _entries = new Entry[64];
    private int _taken;
    private int _nextVictim;

    public RowPerson Of(ReadOnlySpan<byte> canonical)
    {
        if (canonical.Length > LongestRemembered)
            return Hash(canonical);
        ulong hash = Mix(canonical);
        Span<Entry> places = PlacesOf(hash);
        foreach (ref readonly Entry entry in places)
        {
            if (entry.Hash == hash && entry.Canonical is { } known && canonical.SequenceEqual(known))
                return entry.Person;
        }
        RowPerson person = Hash(canonical);
        Remember(new Entry(hash, canonical.ToArray(), person));
        return person;
    }

    private RowPerson Hash(ReadOnlySpan<byte> canonical) => new(kind, hasher.KeysOf(kind, canonical));

    private Span<Entry> PlacesOf(ulong hash) =>
        _entries.AsSpan((int)(hash & (ulong)(_entries.Length / Ways - 1)) * Ways, Ways);

    private void Remember(Entry entry)
    {
        if (_taken >= _entries.Length / 2 && _entries.Length < MostEntries)
            Grow();
        Place(entry);
    }

    private void Place(Entry entry)
    {
        Span<Entry> places = PlacesOf(entry.Hash);
        foreach (ref Entry place in places)
        {
            if (place.Canonical is not null)
                continue;
            place = entry;
            _taken++;
            return;
        }
        places[_nextVictim++ & (Ways - 1)] = entry;
    }

    private void Grow()
    {
        Entry[] before = _entries;
        _entries = new Entry[before.Length * 2];
        _taken = 0;
        foreach (Entry entry in before)
        {
            if (entry.Canonical is not null)
                Place(entry);
        }
    }

    // Speed only: whoever provokes collisions evicts entries and gains nothing else.
    private static ulong Mix(ReadOnlySpan<byte> text)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        ulong hash = (ulong)text.Length * Multiplier;
        for (; text.Length > 8; text = text[8..])
            hash = (BitOperations.RotateLeft(hash, 29) ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Multiplier;
        ulong rest = text.Length switch
        {
            // From both ends, overlapping, so that a short identifier takes two reads and not one for each byte.
            >= 4 => BinaryPrimitives.ReadUInt32LittleEndian(text) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]) << 32,
            > 0 => text[0] | (ulong)text[text.Length / 2] << 8 | (ulong)text[^1] << 16,
            _ => 0,
        };
        hash = (BitOperations.RotateLeft(hash, 29) ^ rest) * Multiplier;
        return hash ^ hash >> 32;
    }

    private readonly record struct Entry(ulong Hash, byte[]? Canonical, RowPerson Person);
}
