using System.Globalization;
using System.Text;

namespace Limpid.Tests.Formats;

/// <summary>Makes up NDJSON and CSV as nobody would write them on purpose. The same random source makes the same content.</summary>
internal sealed class HostileContent(Random random)
{
    private static readonly string[] Texts =
    [
        "", "a", "\"", "\\", "\\\\", "\\\"", "{\"id\":1}", "\"id\":1", "\\u0069d", "}", "{", "[", "]", ",", ":", "\t", "\n", "\r\n", "é", "ʤ", "\U0001F600",
        "id", "null", "//", "\u2028", "\u007f", "\0", "1", "-", "x".PadLeft(300, 'x'), "  ", "\",\"id\":1,\"",
    ];

    private static readonly string[] Endings = ["\n", "\n", "\n", "\r\n"];

    public string Ndjson()
    {
        var content = new StringBuilder(random.Next(5) == 0 ? "\ufeff" : "");
        int rows = random.Next(1, 40);
        for (int i = 0; i < rows; i++)
        {
            content.Append(random.Next(14) switch
            {
                0 => "",
                1 => "{}   ",
                2 => Malformed(),
                3 => random.Next(10) == 0 ? $"{{\"x\":\"{new string('y', 300_000)}\",\"id\":{Id()}}}" : Row(),
                _ => Row(),
            });
            if (i < rows - 1 || random.Next(2) == 0)
                content.Append(Any(Endings));
        }
        return content.ToString();
    }

    public string Csv(out int columns)
    {
        columns = random.Next(1, 6);
        string[] header = [.. Enumerable.Range(0, columns).Select(i => random.Next(4) == 0 ? "id" : $"c{i}")];
        header[random.Next(columns)] = "id";
        var content = new StringBuilder(random.Next(5) == 0 ? "\ufeff" : "");
        content.AppendJoin(',', header.Select(name => random.Next(3) == 0 ? $"\"{name}\"" : name)).Append(Any(Endings));
        int rows = random.Next(0, 40);
        for (int i = 0; i < rows; i++)
        {
            int fields = random.Next(12) == 0 ? random.Next(1, 7) : columns;
            if (random.Next(14) != 0)
                content.AppendJoin(',', Enumerable.Range(0, fields).Select(_ => Field()));
            if (i < rows - 1 || random.Next(2) == 0)
                content.Append(Any(Endings));
        }
        if (random.Next(10) == 0)
            content.Append("1,\"").Append(Text());
        return content.ToString();
    }

    private string Field() => random.Next(12) switch
    {
        0 => "",
        1 => "\"\"",
        2 => $"\"{Any(Texts).Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        3 => $"\"{Text().Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        4 => "a\"b",
        5 => random.Next(3) == 0 ? "\"1\"x" : "x",
        6 => random.Next(3) == 0 ? "1\r" : "é",
        7 => random.Next(4) == 0 ? "\0" : "y",
        8 => $"\"{random.Next(6)}\"",
        _ => random.Next(6).ToString(CultureInfo.InvariantCulture),
    };

    private string Row()
    {
        List<string> members = [];
        for (int i = random.Next(0, 5); i >= 0; i--)
            members.Add($"{Space()}{Name()}{Space()}:{Space()}{Value(0)}{Space()}");
        return $"{Space()}{{{string.Join(',', members)}}}{Space()}";
    }

    private string Name() => random.Next(10) switch
    {
        0 or 1 or 2 or 3 => "\"id\"",
        4 => "\"\\u0069d\"",
        5 => "\"a\"",
        6 => "\"a.id\"",
        7 => "\"ID\"",
        _ => Quoted(Any(Texts)),
    };

    private string Value(int depth) => random.Next(depth > 3 ? 6 : 10) switch
    {
        0 or 1 => Id(),
        2 => Quoted(Text()),
        3 => Any("null", "true", "false", "1.5", "-0", "1e2", "0.1e1"),
        4 => Id(),
        5 => Quoted(Any(Texts)),
        6 or 7 => $"[{Space()}{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Value(depth + 1)))}]",
        _ => $"{{{Space()}{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => $"{Name()}:{Value(depth + 1)}"))}}}",
    };

    private string Id()
    {
        string id = random.Next(6).ToString(CultureInfo.InvariantCulture);
        return random.Next(7) switch
        {
            0 => $"\"{id}\"",
            1 => $"{id}.0",
            2 => $"{id}0e-1",
            3 => $"\"\\u003{id}\"",
            4 => $"\"0{id}\"",
            _ => id,
        };
    }

    private string Malformed()
    {
        string row = Row();
        int at = random.Next(row.Length);
        return random.Next(4) switch
        {
            0 => row[..at].ReplaceLineEndings(""),
            1 => row.Remove(at, 1).ReplaceLineEndings(""),
            2 => row.Insert(at, Any("\"", "\\", "{", "}", "[", "]", ",", ":", "\0", "\t", "0", "-", ".", "e", "tru", "\r")),
            _ => row[..at] + Any("\"", "\\", "{", "}", "[", ",", ":", "x", "\u001f", "+", "1") + row[(at + 1)..],
        };
    }

    private string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '/' when random.Next(2) == 0 => "\\/",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ when !char.IsSurrogate(c) && random.Next(20) == 0 => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => c.ToString(),
            });
        }
        return quoted.Append('"').ToString();
    }

    private string Text() => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Any(Texts)));

    private string Space() => random.Next(8) == 0 ? Any(" ", "  ", "\t") : "";

    private string Any(params string[] choices) => choices[random.Next(choices.Length)];
}
