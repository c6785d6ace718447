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
    private const int MostPlaces = 1 << 16;
    private const int LongestRemembered = 256;

    // Among very many people each look-up waits for memory, so what it compares lies in one place and not behind references.
    private Place[] _places = new Place[64];
    private byte[]?[] _long = new byte[64][];
    private int _taken;
    private int _nextVictim;

    public RowPerson Of(ReadOnlySpan<byte> canonical)
    {
        if (canonical.Length > LongestRemembered)
            return Hash(canonical);
        Print print = Print.Of(canonical);
        int first = FirstPlaceOf(print);
        ReadOnlySpan<Place> places = _places.AsSpan(first, Ways);
        for (int way = 0; way < places.Length; way++)
        {
            ref readonly Place place = ref places[way];
            if (place.Print == print && place.Keys is { } keys && (print.IsWhole || canonical.SequenceEqual(_long[first + way])))
                return new RowPerson(kind, keys);
        }
        RowPerson person = Hash(canonical);
        Remember(new Place(print, person.Keys), print.IsWhole ? null : canonical.ToArray());
        return person;
    }

    private RowPerson Hash(ReadOnlySpan<byte> canonical) => new(kind, hasher.KeysOf(kind, canonical));

    private int FirstPlaceOf(Print print) => (print.Hash() & (_places.Length / Ways - 1)) * Ways;

    private void Remember(Place place, byte[]? canonical)
    {
        if (_taken >= _places.Length / 2 && _places.Length < MostPlaces)
            Grow();
        Put(place, canonical);
    }

    private void Put(Place place, byte[]? canonical)
    {
        int first = FirstPlaceOf(place.Print);
        int vacant = _places.AsSpan(first, Ways).IndexOf(default(Place));
        if (vacant >= 0)
            _taken++;
        else
            vacant = _nextVictim++ & (Ways - 1);
        _places[first + vacant] = place;
        _long[first + vacant] = canonical;
    }

    private void Grow()
    {
        (Place[] places, byte[]?[] texts) = (_places, _long);
        _places = new Place[places.Length * 2];
        _long = new byte[places.Length * 2][];
        _taken = 0;
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i].Keys is not null)
                Put(places[i], texts[i]);
        }
    }

    /// <param name="Keys">Null where the place is vacant.</param>
    private readonly record struct Place(Print Print, SubjectKey[]? Keys);

    /// <summary>Up to 15 bytes as they stand with their number, and of a longer text a hash.</summary>
    private readonly record struct Print(ulong Low, ulong High)
    {
        private const int LongestWhole = 15;
        private const int LengthShift = 56;
        private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

        public bool IsWhole => High >> LengthShift <= LongestWhole;

        public static Print Of(ReadOnlySpan<byte> text) => text.Length switch
        {
            > LongestWhole => new Print(Mix(text), (ulong)(LongestWhole + 1) << LengthShift | (uint)text.Length),
            >= 8 => new Print(
                BinaryPrimitives.ReadUInt64LittleEndian(text),
                (ulong)text.Length << LengthShift | BinaryPrimitives.ReadUInt64LittleEndian(text[^8..]) >> 8),
            >= 4 => new Print(
                BinaryPrimitives.ReadUInt32LittleEndian(text) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]) << 32,
                (ulong)text.Length << LengthShift),
            > 0 => new Print(text[0] | (ulong)text[text.Length / 2] << 8 | (ulong)text[^1] << 16, (ulong)text.Length << LengthShift),
            _ => default,
        };

        // Speed only: whoever provokes collisions evicts entries and gains nothing else.
        public int Hash()
        {
            ulong hash = (BitOperations.RotateLeft(Low * Multiplier, 29) ^ High) * Multiplier;
            return (int)(hash >> 33);
        }

        private static ulong Mix(ReadOnlySpan<byte> text)
        {
            ulong hash = 0;
            for (; text.Length > 8; text = text[8..])
                hash = (BitOperations.RotateLeft(hash, 29) ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Multiplier;
            ulong rest = 0;
            foreach (byte b in text)
                rest = rest << 8 | b;
            return (BitOperations.RotateLeft(hash, 29) ^ rest) * Multiplier;
        }
    }
}
