using System.Diagnostics;
using System.Text;
using Limpid.Core.Schemas;
using Limpid.Tests.House;

namespace Limpid.Tests.Schemas;

/// <summary>
/// Drafts 6 and 7 against npm's ajv, which shares no code with ours: random schemas over the keywords of the draft, random values that
/// they are about, and both must say the same of each.
/// </summary>
[Collection(Processes.Name)]
public sealed class AjvTests
{
    private const int Schemas = 1_500, ValuesASchema = 12;

    private const string Script =
        """
        const Ajv = require('ajv').default || require('ajv');
        const draft = process.argv[1];
        const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(line => line);
        for (const line of lines) {
          const { schema, values } = JSON.parse(line);
          const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false, logger: false });
          if (draft === '6') ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));
          const validate = ajv.compile(schema);
          console.log(values.map(value => validate(value) ? '1' : '0').join(''));
        }
        """;

    [Theory]
    [InlineData(SchemaDraft.Draft6)]
    [InlineData(SchemaDraft.Draft7)]
    public async Task Both_say_the_same(SchemaDraft draft)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Repository.Root, "node_modules", "ajv")), "npm's ajv is not restored");
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new RandomSchema(new Random(seed), draft);
        (string Schema, string[] Values)[] cases = [.. Enumerable.Range(0, Schemas).Select(_ => (random.Schema(), Enumerable.Range(0, ValuesASchema).Select(_ => random.Value(3)).ToArray()))];
        string[] said = await AskAsync(draft, cases);
        var wrong = new List<string>();
        int allowed = 0;
        foreach (((string schema, string[] values), string verdicts) in cases.Zip(said))
        {
            JsonSchema? ours = JsonSchema.Compile("test:schema", _ => schema, out string problem);
            Assert.True(ours is not null, $"{problem}: {schema}");
            foreach ((string value, char verdict) in values.Zip(verdicts))
            {
                SchemaError? error = ours.Validate(Encoding.UTF8.GetBytes(value));
                allowed += error is null ? 1 : 0;
                if (error is null != (verdict == '1'))
                    wrong.Add($"{schema}\n  {value}: {error?.ToString() ?? "allowed"}");
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{allowed} of {Schemas * ValuesASchema} allowed");
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ, seed {seed}\n{string.Join('\n', wrong.OrderBy(w => w.Length).Take(5))}");
        // A test where everything is refused, or nothing, would prove little.
        Assert.InRange(allowed, Schemas * ValuesASchema / 10, Schemas * ValuesASchema * 9 / 10);
    }

    private static async Task<string[]> AskAsync(SchemaDraft draft, (string Schema, string[] Values)[] cases)
    {
        using Process node = Process.Start(new ProcessStartInfo("node", ["-e", Script, $"{(int)draft}"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> failed = node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> said = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        foreach ((string schema, string[] values) in cases)
            await node.StandardInput.WriteLineAsync($"{{\"schema\":{schema},\"values\":[{string.Join(',', values)}]}}");
        node.StandardInput.Close();
        string[] lines = (await said).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0 && lines.Length == cases.Length, await failed);
        return lines;
    }
}

/// <summary>Makes schemas of one draft, and values of the same few names and numbers, so that they often meet.</summary>
internal sealed class RandomSchema(Random random, SchemaDraft draft)
{
    // Not the empty name: ajv takes a member of that name for there where it is missing.
    private static readonly string[] Names = ["a", "b", "ab", "c/d", "e~"];

    public string Schema()
    {
        string body = One(3);
        string address = draft == SchemaDraft.Draft6 ? "http://json-schema.org/draft-06/schema#" : "http://json-schema.org/draft-07/schema#";
        string definitions = string.Join(',', Enumerable.Range(0, 3).Select(i => $"\"d{i}\":{One(1, references: false)}"));
        return body is "true" or "false"
            ? $"{{\"$schema\":\"{address}\",\"not\":{body}}}"
            : $"{{\"$schema\":\"{address}\",\"definitions\":{{{definitions}}},\"allOf\":[{body}]}}";
    }

    public string Value(int depth) => random.Next(depth > 0 ? 8 : 5) switch
    {
        0 => Number(),
        1 => Quoted(Text()),
        2 => random.Next(2) == 0 ? "true" : "false",
        3 => "null",
        4 => Number(),
        5 => $"[{string.Join(',', Some(4, () => Value(depth - 1)))}]",
        _ => $"{{{string.Join(',', Names.Where(_ => random.Next(2) == 0).Select(name => $"{Quoted(name)}:{Value(depth - 1)}"))}}}",
    };

    private string One(int depth, bool references = true)
    {
        int kind = random.Next(20);
        if (kind < 2)
            return kind == 0 ? "true" : "false";
        if (references && kind == 2)
            return $"{{\"$ref\":\"#/definitions/d{random.Next(3)}\"}}";
        return $"{{{string.Join(',', Some(3, () => Keyword(depth, references)).DistinctBy(k => k.Split(':')[0]))}}}";
    }

    private string Keyword(int depth, bool references)
    {
        string Sub() => One(depth - 1, references);
        string Subs() => $"[{string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Sub()))}]";
        string Map() => $"{{{string.Join(',', Names.Where(_ => random.Next(3) == 0).Select(name => $"{Quoted(name)}:{Sub()}"))}}}";
        string NameList() => $"[{string.Join(',', Names.Where(_ => random.Next(4) == 0).Select(Quoted))}]";
        int last = depth > 0 ? draft == SchemaDraft.Draft7 ? 28 : 26 : 14;
        return random.Next(last) switch
        {
            0 => $"\"type\":{Quoted(Type())}",
            1 => $"\"type\":[{string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Quoted(Type())).Distinct())}]",
            2 => $"\"minimum\":{Number()}",
            3 => $"\"exclusiveMaximum\":{Number()}",
            4 => $"\"multipleOf\":{new[] { "1", "2", "3", "10" }[random.Next(4)]}",
            5 => $"\"minLength\":{random.Next(4)}",
            6 => $"\"maxLength\":{random.Next(4)}",
            7 => $"\"pattern\":{Quoted(new[] { "^a", "b$", "^.$", "[^a]", "\\\\d", "^a+$" }[random.Next(6)], escaped: true)}",
            8 => $"\"enum\":[{string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Value(1)))}]",
            9 => $"\"const\":{Value(1)}",
            10 => $"\"required\":{NameList()}",
            11 => $"\"minProperties\":{random.Next(3)}",
            12 => $"\"maxItems\":{random.Next(3)}",
            13 => "\"uniqueItems\":true",
            14 or 15 => $"\"properties\":{Map()}",
            16 => $"\"patternProperties\":{{\"^a\":{Sub()},\"b$\":{Sub()}}}",
            17 => $"\"additionalProperties\":{Sub()}",
            18 => $"\"propertyNames\":{Sub()}",
            19 => $"\"items\":{(random.Next(2) == 0 ? Sub() : Subs())}",
            20 => $"\"items\":{Subs()},\"additionalItems\":{Sub()}",
            21 => $"\"contains\":{Sub()}",
            22 => $"\"dependencies\":{{\"a\":{NameList()},\"b\":{Sub()}}}",
            23 => $"\"anyOf\":{Subs()}",
            24 => $"\"oneOf\":{Subs()}",
            25 => $"\"not\":{Sub()}",
            _ => $"\"if\":{Sub()},\"then\":{Sub()},\"else\":{Sub()}",
        };
    }

    private string Type() => new[] { "null", "boolean", "object", "array", "number", "integer", "string" }[random.Next(7)];

    private string Number() => new[] { "0", "1", "2", "3.0", "1.5", "-2", "1e1", "10", "6", "-0.5" }[random.Next(10)];

    private string Text() => new[] { "", "a", "ab", "b1", "éa", "😀", "aaa" }[random.Next(7)];

    private List<string> Some(int most, Func<string> make) => [.. Enumerable.Range(0, random.Next(most)).Select(_ => make())];

    private static string Quoted(string text) => Quoted(text, escaped: false);

    private static string Quoted(string text, bool escaped) => escaped ? $"\"{text}\"" : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal)}\"";
}
