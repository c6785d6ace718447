using System.Text;
using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>On which line of a definition each of its values begins, by the pointers that problems are told with.</summary>
internal sealed class DefinitionPositions
{
    private readonly Dictionary<string, long> lines = [];
    private readonly List<DefinitionProblem> twice = [];
    private readonly byte[] text;
    private long line = 1;
    private long counted;

    private DefinitionPositions(string definition) => text = Encoding.UTF8.GetBytes(definition);

    /// <param name="definition">JSON.</param>
    public static DefinitionPositions Of(string definition)
    {
        var positions = new DefinitionPositions(definition);
        var reader = new Utf8JsonReader(positions.text, new JsonReaderOptions { MaxDepth = 1000 });
        reader.Read();
        positions.Read(ref reader, "");
        return positions;
    }

    public bool Has(string at) => lines.ContainsKey(at);

    /// <summary>The names that stand twice in one object: only the last of them counts, and what the others say is lost.</summary>
    public IEnumerable<DefinitionProblem> TwiceNamed() => twice;

    /// <summary>The problem with its line, or that of the nearest value around it.</summary>
    public DefinitionProblem Place(DefinitionProblem problem)
    {
        if (problem.Line is not null)
            return problem;
        string at = problem.At;
        while (at.Length > 0 && !lines.ContainsKey(at))
            at = at[..at.LastIndexOf('/')];
        return problem with { Line = lines[at] };
    }

    private void Read(ref Utf8JsonReader reader, string at)
    {
        lines[at] = LineAt(reader.TokenStartIndex);
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            var names = new HashSet<string>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                string name = reader.GetString()!;
                if (!names.Add(name))
                    twice.Add(new($"{at}/{name}", $"'{name}' stands here twice; only the last would count.", LineAt(reader.TokenStartIndex)));
                reader.Read();
                Read(ref reader, $"{at}/{name}");
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                Read(ref reader, $"{at}/{i}");
        }
    }

    /// <summary>Tokens come in order, so that the line breaks before each are counted once.</summary>
    private long LineAt(long position)
    {
        line += text.AsSpan((int)counted, (int)(position - counted)).Count((byte)'\n');
        counted = position;
        return line;
    }
}
