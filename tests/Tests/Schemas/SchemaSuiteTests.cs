using System.Text;
using System.Text.Json;
using Limpid.Core.Schemas;

namespace Limpid.Tests.Schemas;

/// <summary>The official suite, as far as it is at hand: every case of every file, those that the suite calls optional too.</summary>
public class SchemaSuiteTests
{
    private const string Remotes = "http://localhost:1234/";

    /// <summary>What is refused instead: said in <see cref="JsonSchema"/>.</summary>
    private static readonly string[] Refused =
    [
        "definitions.json: validate definition against metaschema",
        "ref.json: remote ref, containing refs itself",
    ];

    // What the suite serves under an address of its own, in our words.
    private static readonly Dictionary<string, string> Served = new()
    {
        ["integer.json"] = """{"type": "integer"}""",
        ["draft4/subSchemas.json"] = """{"definitions": {"integer": {"type": "integer"}, "refToInteger": {"$ref": "#/definitions/integer"}}}""",
        ["draft4/locationIndependentIdentifier.json"] = """{"definitions": {"refToInteger": {"$ref": "#foo"}, "A": {"id": "#foo", "type": "integer"}}}""",
        ["draft4/name.json"] = """{"type": "string", "definitions": {"orNull": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}}}""",
        ["baseUriChange/folderInteger.json"] = """{"type": "integer"}""",
        ["baseUriChangeFolder/folderInteger.json"] = """{"type": "integer"}""",
        ["baseUriChangeFolderInSubschema/folderInteger.json"] = """{"type": "integer"}""",
    };

    public static TheoryData<string> Files
    {
        get
        {
            string? root = SharedData.Find("jsonschema", "draft4");
            return root is null ? [""] : [.. Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)).Order()];
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Draft_4_is_kept_to(string file)
    {
        using JsonDocument suite = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("jsonschema", "draft4", file)));
        var wrong = new List<string>();
        int cases = 0, refused = 0;
        foreach (JsonElement group in suite.RootElement.EnumerateArray())
        {
            string name = $"{file}: {group.GetProperty("description").GetString()}", text = group.GetProperty("schema").GetRawText();
            JsonSchema? schema = JsonSchema.Compile("http://suite.example/schema.json", address => address == "http://suite.example/schema.json" ? text : Remote(address), out string problem, SchemaDraft.Draft4);
            if (schema is null)
            {
                refused++;
                Assert.True(Refused.Contains(name), $"{name} is refused: {problem}");
                continue;
            }
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                cases++;
                bool isAllowed = schema.Validate(Encoding.UTF8.GetBytes(test.GetProperty("data").GetRawText())) is null;
                if (isAllowed != test.GetProperty("valid").GetBoolean())
                    wrong.Add($"{name}: {test.GetProperty("description").GetString()}");
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} cases, {refused} groups refused");
        Assert.Empty(wrong);
    }

    private static string? Remote(string address) =>
        address.StartsWith(Remotes, StringComparison.Ordinal) ? Served.GetValueOrDefault(address[Remotes.Length..]) : null;
}
