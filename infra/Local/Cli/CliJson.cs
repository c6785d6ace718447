using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Limpid.Local.StateMachines;

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
[JsonSerializable(typeof(IReadOnlyList<TableOutput>))]
[JsonSerializable(typeof(RefreshOutput))]
[JsonSerializable(typeof(InvokeFailure))]
internal sealed partial class CliJson : JsonSerializerContext
{
    private static readonly JsonWriterOptions Writing = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write<T>(T value, JsonTypeInfo<T> type) => Write(writer => JsonSerializer.Serialize(writer, value, type));

    // By way of an element, which writes a number's own text like any value; raw text would stand in an array without a line of its own.
    public static string Write(JsonData value)
    {
        using var document = JsonDocument.Parse(value.ToUtf8(), new JsonDocumentOptions { MaxDepth = 1000 });
        return Write(document.RootElement.WriteTo);
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Writing))
            write(writer);
        return System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
