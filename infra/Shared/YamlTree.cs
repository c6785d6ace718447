using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Limpid.Infra.Lake;

/// <summary>
/// Reads one YAML document into nodes with their places. Only plain data comes through: text keys, each once in its mapping,
/// no tags but <c>!!str</c>, no merge keys. Aliases are followed as long as what they repeat stays small.
/// </summary>
internal sealed class YamlTree
{
    private const int MaxCharacters = 1 << 20;
    private const int MaxNodes = 20_000;
    private const int MaxDepth = 32;

    private readonly Dictionary<AnchorName, YamlNode> _anchors = [];
    private readonly List<LakeProblem> _problems;
    private readonly Parser _parser;
    private int _nodes;

    private YamlTree(TextReader yaml, List<LakeProblem> problems)
    {
        _problems = problems;
        _parser = new Parser(new Scanner(yaml, skipComments: true));
    }

    /// <summary>The document's root, or null where problems say why there is none.</summary>
    public static YamlNode? Read(string yaml, List<LakeProblem> problems)
    {
        if (yaml.Length > MaxCharacters)
        {
            problems.Add(new LakeProblem(1, 1, $"the file has more than {MaxCharacters:N0} characters"));
            return null;
        }
        using var reader = new StringReader(yaml.TrimStart('\uFEFF'));
        try
        {
            return new YamlTree(reader, problems).ReadDocument();
        }
        catch (YamlException e)
        {
            problems.Add(FirstTab(yaml) ?? Broken(e));
            return null;
        }
        catch (RefusedException e)
        {
            problems.Add(new LakeProblem(e.At.Line, e.At.Column, e.Message));
            return null;
        }
    }

    /// <summary>The scanner blames the collection around a tab and not the tab.</summary>
    private static LakeProblem? FirstTab(string yaml)
    {
        int number = 0;
        foreach (ReadOnlySpan<char> line in yaml.AsSpan().EnumerateLines())
        {
            number++;
            int indent = line.IndexOfAnyExcept(' ');
            if (indent >= 0 && line[indent] == '\t')
                return new LakeProblem(number, indent + 1, "a tab can't indent in YAML; use spaces");
        }
        return null;
    }

    private static LakeProblem Broken(YamlException e)
    {
        // A broken collection begins at Start; what broke it stands at End.
        YamlMark at = MarkOf(e.End);
        return new LakeProblem(at.Line, at.Column, "this is no valid YAML: " + e.Message.TrimEnd('.'));
    }

    private YamlNode? ReadDocument()
    {
        Next();
        if (Next() is StreamEnd)
        {
            _problems.Add(new LakeProblem(1, 1, "the file is empty"));
            return null;
        }
        Next();
        YamlNode root = ReadNode(0);
        Next();
        if (Next() is not StreamEnd)
            throw new RefusedException(MarkOf(_parser.Current!.Start), "a second document begins here; the file holds one");
        return root;
    }

    private ParsingEvent Next()
    {
        YamlMark last = _parser.Current is { } current ? MarkOf(current.End) : new YamlMark(1, 1);
        try
        {
            _parser.MoveNext();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or OverflowException)
        {
            // On some broken texts the scanner trips over itself instead of saying what is wrong.
            throw new RefusedException(last, "this is no valid YAML from here on");
        }
        return _parser.Current!;
    }

    /// <summary>Reads the node that the current event begins; its last event is the current one afterwards.</summary>
    private YamlNode ReadNode(int depth)
    {
        ParsingEvent begin = _parser.Current!;
        YamlMark at = MarkOf(begin.Start);
        if (depth > MaxDepth)
            throw new RefusedException(at, $"values are nested more than {MaxDepth} deep");
        if (begin is AnchorAlias alias)
            return Follow(alias, at);
        if (begin is not NodeEvent node)
            throw new RefusedException(at, "a value is missing");

        RefuseTag(node, at);
        Count(1, at);
        YamlNode read = node switch
        {
            Scalar scalar => ReadScalar(scalar, at),
            SequenceStart => ReadSequence(at, depth),
            _ => ReadMapping(at, depth),
        };
        if (!node.Anchor.IsEmpty)
            _anchors[node.Anchor] = read;
        return read;
    }

    private static YamlScalar ReadScalar(Scalar scalar, YamlMark at)
    {
        bool isPlain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty;
        return new YamlScalar(at, scalar.Value, isPlain ? YamlScalarValue.Of(scalar.Value) : scalar.Value);
    }

    private YamlSequence ReadSequence(YamlMark at, int depth)
    {
        var sequence = new YamlSequence(at);
        while (Next() is not SequenceEnd)
            sequence.Add(ReadNode(depth + 1));
        return sequence;
    }

    private YamlMapping ReadMapping(YamlMark at, int depth)
    {
        var mapping = new YamlMapping(at);
        while (Next() is not MappingEnd)
        {
            YamlMark keyAt = MarkOf(_parser.Current!.Start);
            string? key = KeyOf(ReadNode(depth + 1), keyAt);
            Next();
            YamlNode value = ReadNode(depth + 1);
            if (key is null)
                continue;
            if (mapping.Find(key) is { } first)
                Report(keyAt, $"`{key}` stands twice; it stood in line {first.At.Line} before");
            else
                mapping.Add(new YamlEntry(key, keyAt, value));
        }
        return mapping;
    }

    private string? KeyOf(YamlNode node, YamlMark at)
    {
        if (node is YamlScalar { Text: "<<" })
        {
            Report(at, "merge keys (`<<`) are not supported; write the keys out");
            return null;
        }
        if (node is YamlScalar { Value: string text })
            return text;
        Report(at, node is YamlScalar scalar
            ? $"a key must be text; put `{scalar.Text}` in quotes"
            : "a key must be text");
        return null;
    }

    private YamlNode Follow(AnchorAlias alias, YamlMark at)
    {
        if (!_anchors.TryGetValue(alias.Value, out YamlNode? node))
            throw new RefusedException(at, $"`*{alias.Value}` names no anchor that stands complete before it");
        Count(node.Size, at);
        return node;
    }

    // A few lines of nested aliases can stand for billions of values.
    private void Count(int nodes, YamlMark at)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
            throw new RefusedException(at, $"the file has more than {MaxNodes:N0} values, those that aliases repeat included");
    }

    private static void RefuseTag(NodeEvent node, YamlMark at)
    {
        if (node.Tag is { IsEmpty: false, IsNonSpecific: false } tag && tag.Value != "tag:yaml.org,2002:str")
            throw new RefusedException(at, "tags (`!...`) are not supported");
    }

    private void Report(YamlMark at, string message) => _problems.Add(new LakeProblem(at.Line, at.Column, message));

    private static YamlMark MarkOf(in Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private sealed class RefusedException(YamlMark at, string message) : Exception(message)
    {
        public YamlMark At => at;
    }
}
