using System.Text;
using Limpid.Core.Schemas;

namespace Limpid.Tests.Schemas;

public class JsonSchemaTests
{
    private const string Address = "lake:///schemas/orders.json";

    [Theory]
    // Keywords of each draft
    [InlineData("{\"const\": {\"a\": [1, 2.0]}}", "{\"a\": [1.0, 2]}", null)]
    [InlineData("{\"const\": 1}", "true", ": const")]
    [InlineData("{\"contains\": {\"minimum\": 5}}", "[1, 2]", ": contains")]
    [InlineData("{\"propertyNames\": {\"maxLength\": 2}}", "{\"abc\": 1}", ": propertyNames")]
    [InlineData("{\"properties\": {\"a\": false}}", "{\"a\": 1}", "/a: false")]
    [InlineData("{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}, \"else\": {\"required\": [\"c\"]}}", "{\"a\": 1}", ": required")]
    [InlineData("{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}, \"else\": {\"required\": [\"c\"]}}", "{\"c\": 1}", null)]
    [InlineData("{\"type\": \"integer\"}", "1.0", null)]
    [InlineData("{\"exclusiveMinimum\": 1}", "1", ": exclusiveMinimum")]
    [InlineData("{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"type\": \"integer\"}", "1.0", ": type")]
    [InlineData("{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"minimum\": 1, \"exclusiveMinimum\": true}", "1", ": minimum")]
    [InlineData("{\"$schema\": \"http://json-schema.org/draft-06/schema#\", \"if\": false, \"then\": false}", "1", null)]
    // References
    [InlineData("{\"properties\": {\"next\": {\"$ref\": \"#\"}}, \"required\": [\"id\"]}", "{\"id\": 1, \"next\": {\"id\": 2, \"next\": {}}}", "/next/next: required")]
    [InlineData("{\"items\": {\"$ref\": \"common.json#/definitions/positive\"}}", "[1, 0]", "/1: exclusiveMinimum")]
    [InlineData("{\"$ref\": \"common.json#named\"}", "1", ": type")]
    [InlineData("{\"$ref\": \"#/definitions/a\", \"type\": \"string\", \"definitions\": {\"a\": {\"type\": \"integer\"}}}", "1", null)]
    // Formats
    [InlineData("{\"format\": \"date-time\"}", "\"2026-02-29T10:00:00Z\"", ": format")]
    [InlineData("{\"format\": \"time\"}", "\"23:59:60Z\"", null)]
    [InlineData("{\"format\": \"relative-json-pointer\"}", "\"1/a\"", null)]
    [InlineData("{\"format\": \"uri-reference\"}", "\"a b\"", ": format")]
    [InlineData("{\"format\": \"no-such-thing\"}", "\"x\"", null)]
    // What is no JSON
    [InlineData("true", "{\"a\": }", ": json")]
    [InlineData("{\"type\": \"string\"}", "{} {}", ": json")]
    [InlineData("true", "", ": json")]
    public void A_value_is_allowed_or_refused_with_its_place_and_keyword(string schema, string value, string? error) =>
        Assert.Equal(error, Compiled(schema).Validate(Encoding.UTF8.GetBytes(value)) is { } e ? $"{e.Instance}: {e.Keyword}" : null);

    [Theory]
    [InlineData("{\"unevaluatedProperties\": false}", "lake:///schemas/orders.json#: `unevaluatedProperties` is of a later draft than 7")]
    [InlineData("{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"}", "lake:///schemas/orders.json: `$schema` is none of drafts 4, 6 and 7")]
    [InlineData("{\"format\": \"iri\"}", "lake:///schemas/orders.json#/format: the format iri is not supported")]
    [InlineData("{\"properties\": {\"a\": {\"pattern\": \"a(?=b)\"}}}", "lake:///schemas/orders.json#/properties/a/pattern: look-around and back-references are not supported, since a text could be made that they never finish")]
    [InlineData("{\"$ref\": \"https://elsewhere.example/x.json\"}", "lake:///schemas/orders.json#: `$ref` leads to https://elsewhere.example/x.json, which is none of the schema's files")]
    [InlineData("{\"$ref\": \"#/definitions/none\"}", "lake:///schemas/orders.json#: `$ref` leads nowhere")]
    [InlineData("{\"$ref\": \"http://json-schema.org/draft-07/schema#\"}", "lake:///schemas/orders.json#: a reference to the drafts' own schema is not supported")]
    [InlineData("{\"allOf\": [{\"$ref\": \"#\"}]}", "lake:///schemas/orders.json: it refers to itself without going deeper into the value, which never ends")]
    [InlineData("{\"properties\": {\"a\": {\"anyOf\": [{\"$ref\": \"#/properties/a\"}]}}}", "lake:///schemas/orders.json: it refers to itself without going deeper into the value, which never ends")]
    [InlineData("{\"type\": \"strng\"}", "lake:///schemas/orders.json#/type: there is no such type")]
    [InlineData("{\"minLength\": -1}", "lake:///schemas/orders.json#: `minLength` is a whole number from 0 on")]
    [InlineData("{\"required\": \"a\"}", "lake:///schemas/orders.json#/required: a list of names stands here, and this is none")]
    [InlineData("{\"multipleOf\": 0}", "lake:///schemas/orders.json#: `multipleOf` is above zero")]
    [InlineData("{\"a\":\n}", "lake:///schemas/orders.json: it is no JSON (line 2)")]
    public void What_can_not_be_kept_to_is_refused_and_never_passed_over(string schema, string why)
    {
        Assert.Null(JsonSchema.Compile(Address, address => Files(address, schema), out string problem));
        Assert.Equal(why, problem);
    }

    [Fact]
    public void An_error_names_no_member_that_the_schema_does_not_name()
    {
        JsonSchema schema = Compiled("{\"properties\": {\"known\": {\"additionalProperties\": {\"type\": \"integer\"}}}, \"patternProperties\": {\"@\": {\"type\": \"integer\"}}}");
        Assert.Equal(new SchemaError("/known/*", "type"), schema.Validate("{\"known\":{\"pella@letterbox.example\":\"x\"}}"u8));
        Assert.Equal(new SchemaError("/*", "type"), schema.Validate("{\"pella@letterbox.example\":\"x\"}"u8));
    }

    [Fact]
    public void Texts_that_are_no_texts_stop_nothing()
    {
        JsonSchema schema = Compiled("{\"properties\": {\"a\": {\"maxLength\": 1, \"pattern\": \"^.$\", \"enum\": [\"\\ufffd\"]}}}");
        Assert.Null(schema.Validate("{\"a\":\"\\ud800\"}"u8));
        Assert.Equal("json", schema.Validate([(byte)'"', 0xFF, (byte)'"'])?.Keyword);
    }

    [Fact]
    public void A_hostile_value_takes_no_longer_than_its_length()
    {
        JsonSchema schema = Compiled("{\"uniqueItems\": true, \"items\": {\"multipleOf\": 0.01, \"pattern\": \"^(a+)+$\"}}");
        string numbers = string.Join(',', Enumerable.Range(0, 50_000)), text = new string('a', 50_000);
        Assert.Null(schema.Validate(Encoding.UTF8.GetBytes($"[{numbers},1e999999999,\"{text}\"]")));
        Assert.Equal("pattern", schema.Validate(Encoding.UTF8.GetBytes($"[\"{text}b\"]"))?.Keyword);
    }

    private static JsonSchema Compiled(string schema)
    {
        JsonSchema? compiled = JsonSchema.Compile(Address, address => Files(address, schema), out string problem);
        Assert.Equal("", problem);
        return compiled!;
    }

    private static string? Files(string address, string schema) => address switch
    {
        Address => schema,
        "lake:///schemas/common.json" => "{\"definitions\": {\"positive\": {\"exclusiveMinimum\": 0}, \"b\": {\"$id\": \"#named\", \"type\": \"string\"}}}",
        _ => null,
    };
}
