using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Limpid.Tests.WireS3;

/// <summary>The body of an upload as SDKs send it: plain, or in <c>aws-chunked</c> pieces with a checksum behind them, which is checked.</summary>
internal static class WireBody
{
    public static async Task<WireContent> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var raw = new MemoryStream();
        await request.Body.CopyToAsync(raw, cancellation);
        byte[] sent = raw.ToArray();
        string kind = request.Headers["x-amz-content-sha256"].ToString();
        byte[] content = sent;
        var trailers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (kind.StartsWith("STREAMING-", StringComparison.Ordinal))
            content = Unchunk(sent, trailers);
        else if (kind.Length == 64 && kind != Convert.ToHexStringLower(SHA256.HashData(sent)))
            throw WireFault.Bad("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
        if (request.Headers["x-amz-decoded-content-length"].ToString() is { Length: > 0 } decoded
            && long.Parse(decoded, CultureInfo.InvariantCulture) != content.Length)
            throw WireFault.Bad("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.");
        if (request.Headers["x-amz-trailer"].ToString() is { Length: > 0 } promised && !trailers.ContainsKey(promised))
            throw WireFault.Bad("MalformedTrailerError", "The request contained trailing data that was not well-formed.");
        if (request.Headers["Content-MD5"].ToString() is { Length: > 0 } md5 && md5 != Convert.ToBase64String(WireContent.Of(content).Md5()))
            throw WireFault.Bad("BadDigest", "The Content-MD5 you specified did not match what we received.");
        string? crc = trailers.GetValueOrDefault("x-amz-checksum-crc32") ?? (request.Headers["x-amz-checksum-crc32"].ToString() is { Length: > 0 } header ? header : null);
        if (crc is not null && crc != Crc32(content))
            throw WireFault.Bad("BadDigest", "The CRC32 you specified did not match the calculated checksum.");
        // What came behind the body counts as what came before it.
        foreach ((string name, string value) in trailers)
            request.Headers[name] = value;
        return WireContent.Of(content);
    }

    private static byte[] Unchunk(ReadOnlySpan<byte> sent, Dictionary<string, string> trailers)
    {
        var content = new ArrayBufferWriter<byte>();
        while (true)
        {
            string head = Line(ref sent);
            int length = int.Parse(head.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (length == 0)
                break;
            content.Write(sent[..length]);
            if (!sent[length..].StartsWith("\r\n"u8))
                throw WireFault.Bad("InvalidChunkSizeError", "A chunk is not as long as it says.");
            sent = sent[(length + 2)..];
        }
        while (!sent.IsEmpty && Line(ref sent) is { Length: > 0 } trailer)
        {
            int colon = trailer.IndexOf(':', StringComparison.Ordinal);
            trailers[trailer[..colon].Trim()] = trailer[(colon + 1)..].Trim();
        }
        return content.WrittenSpan.ToArray();
    }

    private static string Line(ref ReadOnlySpan<byte> from)
    {
        int end = from.IndexOf("\r\n"u8);
        if (end < 0)
            throw WireFault.Bad("IncompleteBody", "The body ends in the middle.");
        string line = Encoding.ASCII.GetString(from[..end]);
        from = from[(end + 2)..];
        return line;
    }

    private static readonly uint[] Crc32Table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        uint value = (uint)i;
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        return value;
    })];

    private static string Crc32(ReadOnlySpan<byte> content)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in content)
            crc = Crc32Table[(crc ^ b) & 0xFF] ^ (crc >> 8);
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ~crc);
        return Convert.ToBase64String(bytes);
    }
}
