using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Limpid.Core.Formats;

/// <summary>How far plain characters run in a JSON string: up to a quote, a backslash or a control character.</summary>
internal static class StringRun
{
    private static readonly SearchValues<byte> AsciiEnd = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(b => (byte)b), .. Enumerable.Range(128, 128).Select(b => (byte)b)]);

    private static readonly SearchValues<byte> Utf8End = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(b => (byte)b)]);

    /// <summary>The first byte that ends the run or is not ASCII, or -1. <paramref name="start"/> is at most the length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EndOfAscii(ReadOnlySpan<byte> row, int start)
    {
        if (!Vector256.IsHardwareAccelerated || row.Length - start < Vector256<byte>.Count)
            return Beyond(row[start..].IndexOfAny(AsciiEnd), start);
        // Most strings are short: their end is in the first vector.
        uint stops = StopsInAscii(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(row), (nuint)start));
        return stops != 0 ? start + BitOperations.TrailingZeroCount(stops) : EndOfLongAscii(row, start + Vector256<byte>.Count);
    }

    /// <summary>The first byte that ends the run in a row that is proven UTF-8, or -1.</summary>
    public static int EndOfUtf8(ReadOnlySpan<byte> row, int start) => Beyond(row[start..].IndexOfAny(Utf8End), start);

    // Behind a whole vector, so that the last one may reach back over bytes that were seen already.
    private static int EndOfLongAscii(ReadOnlySpan<byte> row, int at)
    {
        ref byte first = ref MemoryMarshal.GetReference(row);
        for (; at <= row.Length - 2 * Vector256<byte>.Count; at += 2 * Vector256<byte>.Count)
        {
            Vector256<byte> one = Vector256.LoadUnsafe(ref first, (nuint)at);
            Vector256<byte> two = Vector256.LoadUnsafe(ref first, (nuint)(at + Vector256<byte>.Count));
            ulong stops = StopsInAscii(one) | (ulong)StopsInAscii(two) << Vector256<byte>.Count;
            if (stops != 0)
                return at + BitOperations.TrailingZeroCount(stops);
        }
        while (at < row.Length)
        {
            at = Math.Min(at, row.Length - Vector256<byte>.Count);
            uint stops = StopsInAscii(Vector256.LoadUnsafe(ref first, (nuint)at));
            if (stops != 0)
                return at + BitOperations.TrailingZeroCount(stops);
            at += Vector256<byte>.Count;
        }
        return -1;
    }

    // As signed numbers, bytes beyond ASCII are below every control character.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint StopsInAscii(Vector256<byte> bytes) => (
        Vector256.Equals(bytes, Vector256.Create((byte)'"'))
        | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
        | Vector256.LessThan(bytes.AsSByte(), Vector256.Create((sbyte)0x20)).AsByte()).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Beyond(int found, int start) => found < 0 ? -1 : start + found;
}
