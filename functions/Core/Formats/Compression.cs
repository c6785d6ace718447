using System.Text.Json.Serialization;

namespace Limpid.Core.Formats;

/// <summary>How an object's bytes are packed: told by its first bytes, never by its name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Compression>))]
public enum Compression
{
    [JsonStringEnumMemberName("none")] None,
    [JsonStringEnumMemberName("gzip")] Gzip,
}
