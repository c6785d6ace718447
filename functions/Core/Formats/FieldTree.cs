using System.Text;
using System.Text.Json;

namespace Limpid.Core.Formats;

/// <summary>
/// Dotted field paths as a tree over JSON keys. <c>a.b</c> is the field <c>b</c> of an object <c>a</c>, and also a field whose own
/// name is <c>a.b</c>: no way of writing an identifier down may hide it. Arrays on the way and at the end are gone through.
/// </summary>
internal sealed class FieldTree
{
    private readonly IReadOnlyList<string[]> _paths;
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    private FieldTree(IReadOnlyList<string> paths)
    {
        _paths = [.. paths.Select(path => path.Split('.'))];
        Root = NodeOf([.. _paths.Select((_, index) => (index, 0))]);
    }

    /// <summary>Stands for the row.</summary>
    public Node Root { get; }

    /// <param name="paths">Named by their position from here on; the same path may stand twice.</param>
    public static FieldTree Of(IReadOnlyList<string> paths) => new(paths);

    private Node NodeOf(IReadOnlyList<(int Path, int At)> places)
    {
        string id = string.Join(' ', places.Select(place => $"{place.Path}:{place.At}"));
        if (_nodes.TryGetValue(id, out Node? known))
            return known;
        var steps =
            from place in places
            let path = _paths[place.Path]
            from next in Enumerable.Range(place.At + 1, path.Length - place.At)
            group (place.Path, next) by string.Join('.', path[place.At..next]);
        Node node = new(
            [.. steps.Select(step => new Step(Encoding.UTF8.GetBytes(step.Key), NodeOf([.. step.Distinct()])))],
            [.. places.Where(place => place.At == _paths[place.Path].Length).Select(place => place.Path).Distinct()]);
        _nodes.Add(id, node);
        return node;
    }

    /// <param name="steps">The keys that lead on.</param>
    /// <param name="here">The paths that end here.</param>
    internal sealed class Node(Step[] steps, int[] here)
    {
        public Step[] Steps { get; } = steps;

        public int[] Here { get; } = here;

        /// <summary>Where the property name that the reader stands on leads, or null.</summary>
        public Node? Follow(ref Utf8JsonReader reader, JsonEscapes escapes)
        {
            if (Steps.Length == 0)
                return null;
            return Follow(reader.ValueIsEscaped ? escapes.Decode(reader.ValueSpan) : reader.ValueSpan);
        }

        public Node? Follow(ReadOnlySpan<byte> name)
        {
            foreach (Step step in Steps)
            {
                if (name.SequenceEqual(step.Name))
                    return step.Next;
            }
            return null;
        }
    }

    internal readonly record struct Step(byte[] Name, Node Next);
}
