using System.Text.Json;

namespace Limpid.Core.Schemas;

/// <summary>A place in one of the files that a schema consists of.</summary>
/// <param name="File">Its address, without a fragment.</param>
/// <param name="Pointer">JSON Pointer.</param>
/// <param name="Base">What references at this place are relative to.</param>
internal sealed record SchemaLocation(string File, string Pointer, JsonElement Element, Uri Base)
{
    public SchemaLocation At(string segment, JsonElement element) => this with { Pointer = $"{Pointer}/{Escaped(segment)}", Element = element };

    /// <summary>As a segment of a JSON Pointer (RFC 6901).</summary>
    public static string Escaped(string segment) => segment.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    public static string Unescaped(string segment) => segment.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}

/// <summary>A schema can't be used: says where and why.</summary>
internal sealed class SchemaRefusedException(string where, string why) : Exception($"{where}: {why}");
