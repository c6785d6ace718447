using System.Text.Json;
using System.Text.Unicode;

namespace Limpid.Core.Formats;

/// <summary>Is shown the values that stand at the paths of a <see cref="FieldTree"/>.</summary>
internal interface IFieldVisitor
{
    /// <summary>A text, number, boolean or null, in an array too.</summary>
    void OnScalar(ref Utf8JsonReader reader, FieldTree.Node node);

    /// <summary>An object; true takes it whole, so that nothing in it is shown.</summary>
    bool OnObject(ref Utf8JsonReader reader, FieldTree.Node node);
}

internal enum JsonRowShape
{
    Object,

    /// <summary>An object without members: a blanked row.</summary>
    Empty,

    NotAnObject,

    /// <summary>Not JSON, or not UTF-8.</summary>
    Broken,
}

/// <summary>Walks one row of NDJSON, proving it well-formed on the way. Not thread-safe.</summary>
internal sealed class JsonRow
{
    // A row can't be nested deeper than it is long, so that depth never is what is wrong with it.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = RowLimits.Bytes + 1 };

    private FieldTree.Node[] _open = new FieldTree.Node[16];

    public JsonEscapes Escapes { get; } = new();

    /// <summary>What the visitor was shown counts only if the shape is <see cref="JsonRowShape.Object"/>.</summary>
    public JsonRowShape Walk<TVisitor>(ReadOnlySpan<byte> row, FieldTree.Node root, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        ReadOnlySpan<byte> trimmed = Trim(row);
        // A blanked row is mostly space, and a file may be full of them.
        if (trimmed.SequenceEqual("{}"u8))
            return JsonRowShape.Empty;
        // Told without the reader's exception, which a file of another format would throw on every line.
        if (trimmed is not [(byte)'{', .., (byte)'}'])
            return trimmed is [(byte)'{', ..] ? JsonRowShape.Broken : JsonRowShape.NotAnObject;
        if (!Utf8.IsValid(row))
            return JsonRowShape.Broken;
        try
        {
            var reader = new Utf8JsonReader(row, Options);
            return WalkObject(ref reader, root, ref visitor);
        }
        catch (JsonException)
        {
            return JsonRowShape.Broken;
        }
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> row)
    {
        ReadOnlySpan<byte> space = " \t\r\n"u8;
        int start = row.IndexOfAnyExcept(space);
        return start < 0 ? default : row[start..(row.LastIndexOfAnyExcept(space) + 1)];
    }

    private JsonRowShape WalkObject<TVisitor>(ref Utf8JsonReader reader, FieldTree.Node root, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        reader.Read();
        FieldTree.Node node = root;
        int depth = 0;
        bool empty = true;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    empty = false;
                    if (node.Follow(ref reader, Escapes) is not { } next)
                    {
                        reader.Skip();
                        break;
                    }
                    reader.Read();
                    Enter(ref reader, next, ref node, ref depth, ref visitor);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    if (depth > 0)
                        node = _open[--depth];
                    break;
                default:
                    Enter(ref reader, node, ref node, ref depth, ref visitor);
                    break;
            }
        }
        return empty ? JsonRowShape.Empty : JsonRowShape.Object;
    }

    private void Enter<TVisitor>(
        ref Utf8JsonReader reader, FieldTree.Node value, ref FieldTree.Node current, ref int depth, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject when value.Steps.Length == 0 || value.Here.Length > 0:
                if (visitor.OnObject(ref reader, value) || value.Steps.Length == 0)
                    reader.Skip();
                else
                    Push(value, ref current, ref depth);
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                Push(value, ref current, ref depth);
                break;
            default:
                if (value.Here.Length > 0)
                    visitor.OnScalar(ref reader, value);
                break;
        }
    }

    private void Push(FieldTree.Node value, ref FieldTree.Node current, ref int depth)
    {
        if (depth == _open.Length)
            Array.Resize(ref _open, depth * 2);
        _open[depth++] = current;
        current = value;
    }
}
