using System.Buffers.Binary;

namespace Limpid.Core.Tables;

/// <summary>
/// Counts different values in bounded memory by the k least of their hashes (Bar-Yossef et al., "Counting distinct elements in a data
/// stream", 2002): exactly up to k, and beyond with a relative standard error of about 1/sqrt(k). Not thread-safe.
/// </summary>
/// <param name="seed">Another one for each run, so that nobody can choose values that deceive it.</param>
/// <param name="k">At least 2.</param>
public sealed class DistinctSketch(ulong seed, int k = DistinctSketch.DefaultK)
{
    public const int DefaultK = 2048;

    private const ulong First = 0xA076_1D64_78BD_642F, Second = 0xE703_7ED1_A0B4_28DB;

    // The k least so far, sorted, and behind them what came since and is less than the greatest of them.
    private ulong[] _hashes = new ulong[64];
    private int _count;
    private ulong _below = ulong.MaxValue;
    private bool _isFull;

    /// <summary>Whether <see cref="Count"/> is exact.</summary>
    public bool IsExact
    {
        get
        {
            Compact();
            return !_isFull;
        }
    }

    /// <summary>How many different values were added.</summary>
    public long Count
    {
        get
        {
            Compact();
            return _isFull ? (long)Math.Round((k - 1) / ((_hashes[k - 1] + 1.0) / Math.Pow(2, 64))) : _count;
        }
    }

    public void Add(ReadOnlySpan<byte> value)
    {
        ulong hash = Hash(value);
        if (_isFull && hash >= _below)
            return;
        if (_count == _hashes.Length)
        {
            Compact();
            if (_count > _hashes.Length / 2 && _hashes.Length < 2 * k)
                Array.Resize(ref _hashes, Math.Min(2 * k, _hashes.Length * 2));
            if (_isFull && hash >= _below)
                return;
        }
        _hashes[_count++] = hash;
    }

    private void Compact()
    {
        Span<ulong> hashes = _hashes.AsSpan(0, _count);
        hashes.Sort();
        int distinct = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            if (i == 0 || hashes[i] != hashes[i - 1])
                hashes[distinct++] = hashes[i];
        }
        _isFull |= distinct > k;
        _count = Math.Min(distinct, k);
        if (_isFull)
            _below = _hashes[k - 1];
    }

    private ulong Hash(ReadOnlySpan<byte> value)
    {
        ulong hash = seed ^ First;
        ReadOnlySpan<byte> rest = value;
        for (; rest.Length >= 8; rest = rest[8..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest), First);
        ulong last = 0;
        for (int i = rest.Length - 1; i >= 0; i--)
            last = last << 8 | rest[i];
        return Mix(Mix(hash ^ last, Second) ^ (ulong)value.Length, First);
    }

    private static ulong Mix(ulong value, ulong by)
    {
        ulong high = Math.BigMul(value, by, out ulong low);
        return high ^ low;
    }
}
