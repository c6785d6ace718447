using System.Text;
using System.Text.Json;
using Limpid.Infra.Lake;

namespace Limpid.Tests.Lake;

/// <summary>Laws that hold for every file, tried on the example with a seed that is printed.</summary>
public class LakeYamlLawTests
{
    private static readonly string[] Lines = ExampleLake.Yaml.Split('\n');

    /// <summary>Every line of the example that holds a key, with the column of the key.</summary>
    public static TheoryData<int, int> KeyLines { get; } = [.. Lines
        .Select((line, i) => (Line: i + 1, Column: ColumnOfKey(line)))
        .Where(k => k.Column > 0)];

    [Theory]
    [MemberData(nameof(KeyLines))]
    public void A_key_added_anywhere_is_an_error_at_its_place(int line, int column)
    {
        var random = Seeded();
        string name = "x" + random.Next().ToString("x8", null);
        List<string> changed = [.. Lines];
        string here = changed[line - 1];
        if (here.TrimStart().StartsWith('-'))
        {
            // The first key of a list's entry: the dash goes to the new key.
            changed[line - 1] = string.Concat(here.AsSpan(0, column - 1), name, ": 1");
            changed.Insert(line, new string(' ', column - 1) + here[(column - 1)..]);
        }
        else
        {
            changed.Insert(line - 1, string.Concat(new string(' ', column - 1), name, ": 1"));
        }
        LakeYamlResult result = LakeYaml.Read(string.Join('\n', changed));

        Assert.Null(result.Config);
        LakeProblem problem = Assert.Single(result.Problems);
        // Below `kinds` every name is free, so it is the value that is wrong there.
        bool isKind = Lines[line - 1] is "  customer: {}" or "  email:";
        Assert.Equal((line, isKind ? column + name.Length + 2 : column), (problem.Line, problem.Column));
        Assert.StartsWith(isKind ? $"`{name}` must hold keys and values" : $"unknown key `{name}`", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(KeyLines))]
    public void A_letter_changed_in_any_key_is_an_error(int line, int column)
    {
        var random = Seeded();
        string here = Lines[line - 1];
        int length = here.IndexOf(':', StringComparison.Ordinal) - (column - 1);
        char[] mutated = here.ToCharArray();
        int at = column - 1 + random.Next(length);
        mutated[at] = mutated[at] == 'q' ? 'z' : 'q';
        string[] changed = [.. Lines];
        changed[line - 1] = new string(mutated);
        LakeYamlResult result = LakeYaml.Read(string.Join('\n', changed));

        Assert.Null(result.Config);
        bool isKind = here is "  customer: {}" or "  email:";
        string mutant = new(mutated, column - 1, length);
        if (isKind)
            Assert.Contains(result.Problems, p => p.Message.EndsWith($"did you mean `{mutant}`?", StringComparison.Ordinal));
        else
            Assert.Contains(result.Problems, p => p.Line == line && p.Column == column && p.Message.StartsWith($"unknown key `{mutant}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Any_broken_text_is_a_list_of_problems_inside_it_and_never_an_exception()
    {
        var random = Seeded();
        const string Breakers = "[]{}:,-?&*!|>'\"%@`#<~ \n\t\0\ud800ab1.\\";
        for (int i = 0; i < 1_000; i++)
        {
            var text = new StringBuilder(ExampleLake.Yaml);
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                int at = random.Next(text.Length);
                switch (random.Next(3))
                {
                    case 0:
                        text[at] = Breakers[random.Next(Breakers.Length)];
                        break;
                    case 1:
                        text.Insert(at, Breakers[random.Next(Breakers.Length)]);
                        break;
                    default:
                        text.Remove(at, Math.Min(random.Next(1, 40), text.Length - at));
                        break;
                }
            }
            string yaml = text.ToString();
            LakeYamlResult result = LakeYaml.Read(yaml);
            Assert.Equal(result.Config is null, result.Problems.Count > 0);
            int lines = yaml.Split('\n', '\r', '\u0085', '\u2028', '\u2029').Length;
            Assert.All(result.Problems, p =>
            {
                Assert.InRange(p.Line, 1, lines + 1);
                Assert.InRange(p.Column, 1, yaml.Length + 2);
                Assert.DoesNotContain(p.Message, c => char.IsControl(c));
            });
        }
    }

    [Fact]
    public void Any_beginning_of_the_file_is_read_or_refused()
    {
        for (int length = 0; length < ExampleLake.Yaml.Length; length++)
        {
            LakeYamlResult result = LakeYaml.Read(ExampleLake.Yaml[..length]);
            Assert.Equal(result.Config is null, result.Problems.Count > 0);
        }
    }

    [Fact]
    public void Aliases_that_multiply_are_refused_before_they_fill_memory()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++)
            bomb.Append(null, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        LakeProblem problem = Assert.Single(LakeYaml.Read(bomb.ToString()).Problems);
        Assert.Equal(5, problem.Line);
        Assert.Contains("aliases repeat", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_anchor_can_not_hold_itself()
    {
        LakeProblem problem = Assert.Single(LakeYaml.Read("lake: &a [*a]\n").Problems);
        Assert.Equal((1, 11), (problem.Line, problem.Column));
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Deep_nesting_is_refused(char bracket)
    {
        string deep = bracket == '[' ? new string('[', 100_000) : string.Concat(Enumerable.Repeat("{a: ", 50_000));
        Assert.NotEmpty(LakeYaml.Read("lake: " + deep).Problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("null")]
    [InlineData("acme")]
    [InlineData("[lake]")]
    public void A_file_that_says_nothing_is_refused(string yaml)
    {
        LakeProblem problem = Assert.Single(LakeYaml.Read(yaml).Problems);
        Assert.Matches("^the file (is empty|must hold keys and values)$", problem.Message);
    }

    [Fact]
    public void The_example_says_everything_that_the_schema_knows()
    {
        using JsonDocument schema = JsonDocument.Parse(LakeSchema.ReadPublished());
        string[] known = [.. KeysOf(schema.RootElement)];
        Assert.True(known.Length > 30);
        Assert.All(known, key => Assert.Matches($@"(?m)^[ -]*{key}:", ExampleLake.Yaml));
    }

    [Fact]
    public void A_file_beyond_its_size_is_refused() =>
        Assert.Single(LakeYaml.Read(ExampleLake.Yaml + new string('#', 1 << 20)).Problems);

    private static IEnumerable<string> KeysOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return [];
        IEnumerable<string> own = schema.TryGetProperty("properties", out JsonElement properties)
            ? properties.EnumerateObject().Select(p => p.Name)
            : [];
        return own.Concat(schema.EnumerateObject().SelectMany(p => KeysOf(p.Value)));
    }

    private static int ColumnOfKey(string line)
    {
        int at = line.AsSpan().IndexOfAnyExcept(" -");
        return at >= 0 && line.Contains(':', StringComparison.Ordinal) ? at + 1 : 0;
    }

    private static Random Seeded()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
