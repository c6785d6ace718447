using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>Paths, functions and templates at random, most of which find something in <see cref="Input"/>.</summary>
/// <param name="variables">Numbers that have been assigned by then.</param>
internal sealed class RandomExpressions(Random random, List<string> variables, bool inMap)
{
    public const string Base = "n s list rows o at";

    public static JsonData Input(Random random) => JsonData.Parse($$"""
        {"n": {{random.Next(1, 9)}}, "s": {{JsonData.Of(Words[random.Next(Words.Length)])}}, "list": [{{string.Join(',', Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(0, 4)))}}],
         "rows": [{"p": {{random.Next(0, 5)}}, "t": "x"}, {"p": 2.50, "t": "y"}], "o": {"e": {{(random.Next(2) == 0 ? "true" : "false")}}, "z": null}, "at": "2026-01-01T00:00:{{random.Next(10, 59)}}Z"}
        """);

    private static readonly string[] Words = ["alpha", "a-b-c", "", "é{}x", "{\"k\":1}"];

    private T Any<T>(params T[] of) => of[random.Next(of.Length)];

    public bool Seldom(int oneIn) => random.Next(oneIn) == 0;

    public string Number()
    {
        if (variables.Count > 0 && Seldom(6))
            return "$" + Any([.. variables]);
        if (inMap && Seldom(4))
            return "$$.Map.Item.Index";
        return Any("$.n", "$.list[0]", "$.list[-1]", "$.rows[0].p", "$.rows[1]['p']");
    }

    public string Path() => random.Next(12) switch
    {
        < 5 => Number(),
        5 => Any("$.s", "$['s']", "$.rows[1].t"),
        6 => Any("$.list", "$.rows[*].t", "$.list[1:]", "$.list[-2:]", "$.rows[?(@.p > 1)].t", "$..p"),
        7 => Any("$.o", "$.o.z", "$.o.e", "$"),
        8 => inMap ? "$$.Map.Item.Value" : Any("$$.State.Name", "$$.State.EnteredTime"),
        9 => Seldom(6) ? Any("$.missing", "$.n.deep", "$.list[9]", "$never") : "$.at",
        _ => "$.rows",
    };

    /// <summary>A call of an intrinsic function.</summary>
    public string Call(int depth = 2)
    {
        string Inner(string otherwise) => depth > 0 && Seldom(3) ? Call(depth - 1) : otherwise;
        return random.Next(14) switch
        {
            0 => $"States.Format('<{{}}|{{}}>', {Inner(Path())}, {Number()})",
            1 => $"States.JsonToString({Inner(Path())})",
            2 => $"States.Array({Inner(Path())}, 'é', {random.Next(5)}, null)",
            3 => $"States.ArrayPartition($.list, {random.Next(1, 4)})",
            4 => $"States.ArrayContains($.list, {Number()})",
            5 => $"States.ArrayRange({random.Next(3)}, {random.Next(3, 9)}, {random.Next(1, 3)})",
            6 => Seldom(6) ? "States.ArrayGetItem($.list, 99)" : "States.ArrayGetItem($.list, 0)",
            7 => $"States.ArrayLength({Any("$.list", "$.rows", "States.Array(1, 2)")})",
            8 => "States.ArrayUnique($.list)",
            9 => "States.Base64Encode($.s)",
            10 => "States.Hash($.s, 'SHA-256')",
            11 => "States.JsonMerge($.o, $.rows[0], false)",
            12 => Seldom(6) ? "States.StringToJson('{')" : "States.StringSplit($.s, '-')",
            _ => $"States.MathAdd({Any("$.n", "$.list[0]", "States.ArrayLength($.list)")}, {random.Next(-3, 4)})",
        };
    }

    public string Value() => Seldom(3) ? Call() : Path();

    public JsonData Template(int depth = 2)
    {
        var members = new List<(string, JsonData)>();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            members.Add(random.Next(5) switch
            {
                0 => ($"m{i}", JsonData.Of(random.Next(9))),
                1 when depth > 0 => ($"m{i}", Seldom(2) ? JsonData.Array([Template(depth - 1), JsonData.Number("1.50")]) : Template(depth - 1)),
                _ => ($"m{i}.$", JsonData.Of(Value())),
            });
        }
        return JsonData.Object([.. members]);
    }

    public JsonData Rule(int depth = 2)
    {
        if (depth > 0 && Seldom(3))
        {
            return random.Next(3) switch
            {
                0 => JsonData.Object(("Not", Rule(depth - 1))),
                1 => JsonData.Object(("And", JsonData.Array([Rule(depth - 1), Rule(depth - 1)]))),
                _ => JsonData.Object(("Or", JsonData.Array([Rule(depth - 1), Rule(depth - 1)]))),
            };
        }
        string order = Any("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals");
        (string test, JsonData value) = random.Next(9) switch
        {
            0 => (Any("IsNull", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"), JsonData.Of(Seldom(2))),
            1 => ("String" + order, JsonData.Of(Any(Words))),
            2 => ("StringMatches", JsonData.Of(Any("a*", "*-b-*", "*", "x", "*a"))),
            3 => ("BooleanEquals", JsonData.Of(Seldom(2))),
            4 => ("Timestamp" + order, JsonData.Of("2026-01-01T00:00:30Z")),
            5 => (Any("Numeric", "String", "Timestamp") + order + "Path", JsonData.Of(Any("$.n", "$.list[0]", "$.s", "$.at"))),
            6 => ("IsPresent", JsonData.Of(Seldom(2))),
            _ => ("Numeric" + order, JsonData.Of(random.Next(5))),
        };
        return JsonData.Object(("Variable", JsonData.Of(test == "IsPresent" ? Any("$.missing", "$.o.z", "$never", "$.list[2]") : Path())), (test, value));
    }
}
