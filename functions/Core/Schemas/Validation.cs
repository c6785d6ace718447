using System.Text.Json;
using Limpid.Core.Formats;

namespace Limpid.Core.Schemas;

/// <summary>One value being held against a schema: what failed first, and where.</summary>
internal sealed class Validation
{
    private readonly JsonEscapes _escapes = new();
    private readonly List<string> _path = [];
    private string _keyword = "";

    public SchemaError Error => new(string.Concat(Enumerable.Reverse(_path).Select(segment => "/" + segment)), _keyword);

    public bool Fail(string keyword)
    {
        _path.Clear();
        _keyword = keyword;
        return false;
    }

    /// <summary>Called on the way out of what failed, from the inside.</summary>
    public bool FailedIn(string segment)
    {
        _path.Add(segment);
        return false;
    }

    /// <summary>The name or text that the reader stands on, without escapes. Valid until the next call.</summary>
    public ReadOnlySpan<byte> TextOf(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? _escapes.Decode(reader.ValueSpan) : reader.ValueSpan;
}
