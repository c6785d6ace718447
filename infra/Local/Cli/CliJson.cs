using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Limpid.Local.Cli;

/// <summary>What <c>--json</c> prints.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IndexOutput))]
[JsonSerializable(typeof(FindOutput))]
[JsonSerializable(typeof(EraseOutput))]
[JsonSerializable(typeof(IReadOnlyList<RequestOutput>))]
[JsonSerializable(typeof(CancelOutput))]
[JsonSerializable(typeof(ExtendOutput))]
[JsonSerializable(typeof(IReadOnlyList<HoldOutput>))]
[JsonSerializable(typeof(VerifyOutput))]
internal sealed partial class CliJson : JsonSerializerContext
{
    private static readonly JsonWriterOptions Writing = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write<T>(T value, JsonTypeInfo<T> type)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Writing))
            JsonSerializer.Serialize(writer, value, type);
        return System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
