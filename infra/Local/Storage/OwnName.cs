using System.Security.Cryptography;
using System.Text;

namespace Limpid.Local.Storage;

/// <summary>
/// Marks of the short-lived files that Limpid makes where others keep files too: random digits, then a digest over them. Whatever
/// does not bear such a mark was not made by Limpid, and is neither hidden nor swept away: nobody hits on one by chance (1 in 2^64).
/// </summary>
internal static class OwnName
{
    /// <summary>In characters, all of them lower-case hexadecimal digits.</summary>
    public const int Length = 2 * Half;

    private const int Half = 16;

    public static string New()
    {
        string random = RandomNumberGenerator.GetHexString(Half, lowercase: true);
        return random + DigestOf(random);
    }

    public static bool Is(ReadOnlySpan<char> mark) =>
        mark.Length == Length && mark[Half..].SequenceEqual(DigestOf(mark[..Half]));

    // Of lower-case digits, so that the second half is a digest of the first as it was made and of no other spelling.
    private static string DigestOf(ReadOnlySpan<char> random)
    {
        Span<byte> message = stackalloc byte[128];
        int length = Encoding.UTF8.GetBytes("limpid's own\n", message);
        length += Encoding.UTF8.GetBytes(random, message[length..]);
        return Convert.ToHexStringLower(SHA256.HashData(message[..length]).AsSpan(0, Half / 2));
    }
}
