using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>JSONPath and reference paths, by table.</summary>
public class PathTests
{
    private const string Store = """{"book": [{"t": "A", "p": 8.95, "c": "fiction"}, {"t": "B", "p": 12.99}, {"t": "C", "p": 8.99, "i": "x-1"}], "bike": {"p": 19.50}, "a b": {"it's": [1, 2, 3, 4, 5]}}""";

    [Theory]
    [InlineData("$.bike.p", "19.50")]
    [InlineData("$['a b']['it\\'s'][1]", "2")]
    [InlineData("$[\"bike\"]", """{"p":19.50}""")]
    [InlineData("$.book[-1].t", "\"C\"")]
    [InlineData("$.book[*].t", """["A","B","C"]""")]
    [InlineData("$..p", "[8.95,12.99,8.99,19.50]")]
    [InlineData("$.book[0,2].t", """["A","C"]""")]
    [InlineData("$['a b'][\"it's\"][1:3]", "[2,3]")]
    [InlineData("$['a b'][\"it's\"][-2:]", "[4,5]")]
    [InlineData("$['a b'][\"it's\"][::2]", "[1,3,5]")]
    [InlineData("$.book[?(@.p < 10)].t", """["A","C"]""")]
    [InlineData("$.book[?(@.p < 10 && @.c == 'fiction')].t", """["A"]""")]
    [InlineData("$.book[?(@.c)].t", """["A"]""")]
    [InlineData("$.book[?(!@.c)].t", """["B","C"]""")]
    [InlineData("$.book[?(@.p > $.bike.p || @.t == 'B')].t", """["B"]""")]
    [InlineData("$.book[?(@.i =~ /X-\\d/i)].t", """["C"]""")]
    [InlineData("$.book[?(@.t in ['A', 'C'])].p", "[8.95,8.99]")]
    [InlineData("$.book[7:]", "[]")]
    [InlineData("$.book.[0].t", "\"A\"")]
    [InlineData("$.nothing[*]", "[]")]
    [InlineData("$.nothing[1:2].t", "[]")]
    [InlineData("$[*].p", "[19.50]")]
    [InlineData("$.book[:-1].t", """["A","B"]""")]
    [InlineData("$..book[?(@.t == 'A')].p", "[8.95]")]
    [InlineData("$..nothing", "[]")]
    public void A_path_picks(string path, string expected)
    {
        Assert.True(JsonPath.TryParse(path, out JsonPath? parsed));
        Assert.True(parsed.TryEvaluate(JsonData.Parse(Store), out JsonData? value, out _));
        Assert.Equal(expected, value.ToString());
    }

    [Theory]
    [InlineData("$.nothing", "No results for path: $['nothing']")]
    [InlineData("$.bike.x.y", "Missing property in path $['bike']['x']")]
    [InlineData("$.book[3]", "Index out of bounds when evaluating path $['book'][3]")]
    public void A_path_that_picks_nothing_says_why(string path, string expected)
    {
        Assert.True(JsonPath.TryParse(path, out JsonPath? parsed));
        Assert.False(parsed.TryEvaluate(JsonData.Parse(Store), out _, out string reason));
        Assert.Equal(expected, reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("book")]
    [InlineData("$.")]
    [InlineData("$.a.length()")]
    [InlineData("$[")]
    [InlineData("$[abc]")]
    [InlineData("$.a[?(@.b = 1)]")]
    [InlineData("$.a[0")]
    [InlineData("$.a[::0]")]
    public void What_is_no_path_is_refused(string path) => Assert.False(JsonPath.TryParse(path, out _));

    [Theory]
    [InlineData("$", """{"a":{"b":1}}""", "7")]
    [InlineData("$.x", """{"a":{"b":1}}""", """{"a":{"b":1},"x":7}""")]
    [InlineData("$.a.b", """{"a":{"b":1}}""", """{"a":{"b":7}}""")]
    [InlineData("$.x.y.z", """{"a":1}""", """{"a":1,"x":{"y":{"z":7}}}""")]
    [InlineData("$.a[1]", """{"a":[1,2]}""", """{"a":[1,7]}""")]
    [InlineData("$.a[2]", """{"a":[1,2]}""", null)]
    [InlineData("$.a.b", """{"a":1}""", null)]
    public void A_reference_path_puts_a_value_in_its_place(string path, string input, string? expected)
    {
        Assert.True(ReferencePath.TryParse(path, out ReferencePath? parsed));
        Assert.Equal(expected, parsed.Put(JsonData.Parse(input), JsonData.Of(7))?.ToString());
    }
}
