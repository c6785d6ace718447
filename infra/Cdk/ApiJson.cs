using System.Text.Json.Serialization;

namespace Limpid.Infra;

[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ApiJson : JsonSerializerContext;
