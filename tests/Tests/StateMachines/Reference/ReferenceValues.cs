using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>What a path, a function or a template means at one place of a run.</summary>
/// <param name="Input">What <c>$</c> is.</param>
/// <param name="Context">What <c>$$</c> is.</param>
internal sealed record ReferenceValues(JsonData Input, JsonData Context, Func<string, JsonData?> Variable)
{
    public JsonData Template(JsonData template) => template.Kind switch
    {
        JsonValueKind.Array => JsonData.Array([.. template.Items.Select(Template)]),
        JsonValueKind.Object => JsonData.Object([.. template.Members.Select(m => m.Key.EndsWith(".$", StringComparison.Ordinal) ? (m.Key[..^2], Member(m.Value.Text)) : (m.Key, Template(m.Value)))]),
        _ => template,
    };

    /// <summary>In a template an index beyond the end of its array is null, not an error.</summary>
    private JsonData Member(string text) => text.StartsWith('$') && text.EndsWith(']') && text[^2] != '\'' && Path(text) is null && Path(text[..text.LastIndexOf('[')])?.Kind == JsonValueKind.Array
        ? JsonData.Null
        : Value(text);

    /// <summary>The value of a path or a function.</summary>
    public JsonData Value(string text) => text.StartsWith("States.", StringComparison.Ordinal) ? Call(text, 0).Value : Path(text) ?? throw ReferenceFailure.Runtime();

    /// <summary>The value of a path; null where there is none.</summary>
    public JsonData? Path(string text)
    {
        if (text.StartsWith("$$", StringComparison.Ordinal))
            return ReferencePaths.Find(text[2..], Context);
        string name = string.Concat(text.Skip(1).TakeWhile(c => char.IsLetterOrDigit(c)));
        JsonData? root = name.Length == 0 ? Input : Variable(name);
        return root is null ? null : ReferencePaths.Find(text[(1 + name.Length)..], root);
    }

    private (JsonData Value, int End) Call(string text, int at)
    {
        int open = text.IndexOf('(', at);
        string function = text[(at + "States.".Length)..open];
        var arguments = new List<JsonData>();
        at = open + 1;
        while (text[at] != ')')
        {
            (JsonData argument, at) = Argument(text, at);
            arguments.Add(argument);
            at += text[at] == ',' ? 2 : 0;
        }
        return (Apply(function, arguments), at + 1);
    }

    private (JsonData, int) Argument(string text, int at)
    {
        if (text[at..].StartsWith("States.", StringComparison.Ordinal))
            return Call(text, at);
        int end = at, brackets = 0;
        if (text[at] == '\'')
            end = text.IndexOf('\'', at + 1) + 1;
        else
        {
            for (; brackets > 0 || text[end] is not (',' or ')'); end++)
                brackets += text[end] switch { '[' => 1, ']' => -1, _ => 0 };
        }
        string argument = text[at..end];
        return (argument[0] switch { '\'' => JsonData.Of(argument[1..^1]), '$' => Value(argument), _ => JsonData.Parse(argument) }, end);
    }

    private static JsonData Apply(string function, List<JsonData> a)
    {
        switch (function)
        {
            case "Format":
                string[] parts = a[0].Text.Split("{}");
                Check(parts.Length == a.Count);
                return JsonData.Of(string.Concat(parts.Zip(a.Skip(1).Select(Printed).Append(""), (part, value) => part + value)));
            case "StringToJson":
                return JsonData.TryParse(Text(a[0]), out JsonData? json) ? json : throw ReferenceFailure.Intrinsic();
            case "JsonToString":
                return JsonData.Of(a[0].ToString());
            case "Array":
                return JsonData.Array(a);
            case "ArrayPartition":
                Check(Items(a[0]) is not null && Number(a[1]) > 0);
                return JsonData.Array([.. a[0].Items.Chunk((int)Number(a[1])).Select(c => JsonData.Array(c))]);
            case "ArrayContains":
                return JsonData.Of(Items(a[0]).Any(item => item.Equals(a[1])));
            case "ArrayRange":
                var range = new List<JsonData>();
                for (long n = Number(a[0]); n <= Number(a[1]); n += Number(a[2]))
                    range.Add(JsonData.Of(n));
                return JsonData.Array(range);
            case "ArrayGetItem":
                Check(Number(a[1]) >= 0 && Number(a[1]) < Items(a[0]).Count);
                return a[0].Items[(int)Number(a[1])];
            case "ArrayLength":
                return JsonData.Of(Items(a[0]).Count);
            case "ArrayUnique":
                return JsonData.Array([.. Items(a[0]).Where((item, i) => !a[0].Items.Take(i).Contains(item))]);
            case "Base64Encode":
                return JsonData.Of(Convert.ToBase64String(Encoding.UTF8.GetBytes(Text(a[0]))));
            case "Hash":
                return JsonData.Of(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text(a[0])))));
            case "JsonMerge":
                Check(a[0].Kind == JsonValueKind.Object && a[1].Kind == JsonValueKind.Object);
                return a[1].Members.Aggregate(a[0], (merged, member) => merged.With(member.Key, member.Value));
            case "MathAdd":
                return JsonData.Of(Number(a[0]) + Number(a[1]));
            case "StringSplit":
                return JsonData.Array([.. Text(a[0]).Split(Text(a[1])[0]).Where(s => s.Length > 0).Select(JsonData.Of)]);
            default:
                throw new NotSupportedException(function);
        }
    }

    private static string Printed(JsonData value) => value.Kind switch
    {
        JsonValueKind.String => value.Text,
        JsonValueKind.Array => $"[{string.Join(", ", value.Items.Select(Printed))}]",
        JsonValueKind.Object => $"{{{string.Join(", ", value.Members.Select(m => $"{m.Key}={Printed(m.Value)}"))}}}",
        _ => value.ToString(),
    };

    private static void Check(bool holds)
    {
        if (!holds)
            throw ReferenceFailure.Intrinsic();
    }

    private static string Text(JsonData value) => value.Kind == JsonValueKind.String ? value.Text : throw ReferenceFailure.Intrinsic();

    private static long Number(JsonData value) => value.TryInteger(out long number) ? number : throw ReferenceFailure.Intrinsic();

    private static IReadOnlyList<JsonData> Items(JsonData value) => value.Kind == JsonValueKind.Array ? value.Items : throw ReferenceFailure.Intrinsic();
}
