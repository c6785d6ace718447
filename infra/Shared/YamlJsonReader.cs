using Newtonsoft.Json;

namespace Limpid.Infra.Lake;

/// <summary>Hands a YAML tree to the schema validator as JSON tokens that carry the YAML text's places, so that its errors do too.</summary>
internal sealed class YamlJsonReader : JsonReader, IJsonLineInfo
{
    private readonly List<(JsonToken Token, object? Value, YamlMark At)> _tokens = [];
    private int _at = -1;

    public YamlJsonReader(YamlNode root) => Add(root);

    public int LineNumber => _tokens[Math.Max(0, _at)].At.Line;

    public int LinePosition => _tokens[Math.Max(0, _at)].At.Column;

    public bool HasLineInfo() => true;

    public override bool Read()
    {
        if (_at + 1 == _tokens.Count)
            return false;
        (JsonToken token, object? value, _) = _tokens[++_at];
        SetToken(token, value);
        return true;
    }

    public override byte[]? ReadAsBytes() => throw new NotSupportedException();
    public override DateTime? ReadAsDateTime() => throw new NotSupportedException();
    public override DateTimeOffset? ReadAsDateTimeOffset() => throw new NotSupportedException();
    public override decimal? ReadAsDecimal() => throw new NotSupportedException();
    public override int? ReadAsInt32() => throw new NotSupportedException();
    public override string? ReadAsString() => throw new NotSupportedException();

    private void Add(YamlNode node)
    {
        switch (node)
        {
            case YamlMapping mapping:
                _tokens.Add((JsonToken.StartObject, null, mapping.At));
                foreach (YamlEntry entry in mapping.Entries)
                {
                    _tokens.Add((JsonToken.PropertyName, entry.Key, entry.At));
                    Add(entry.Value);
                }
                _tokens.Add((JsonToken.EndObject, null, mapping.At));
                break;
            case YamlSequence sequence:
                _tokens.Add((JsonToken.StartArray, null, sequence.At));
                foreach (YamlNode item in sequence.Items)
                    Add(item);
                _tokens.Add((JsonToken.EndArray, null, sequence.At));
                break;
            case YamlScalar scalar:
                _tokens.Add((TokenOf(scalar.Value), scalar.Value, scalar.At));
                break;
        }
    }

    private static JsonToken TokenOf(object? value) => value switch
    {
        null => JsonToken.Null,
        bool => JsonToken.Boolean,
        long => JsonToken.Integer,
        double => JsonToken.Float,
        _ => JsonToken.String,
    };
}
