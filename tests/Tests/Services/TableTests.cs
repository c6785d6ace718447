using Limpid.Local.Services;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.Services;

/// <summary>DynamoDB's semantics, as far as a task can ask for them.</summary>
public class TableTests
{
    private const string Item = """{"id": {"S": "1"}, "n": {"N": "5"}, "text": {"S": "hello"}, "tags": {"SS": ["a", "b"]}, "list": {"L": [{"N": "1"}, {"S": "two"}, {"N": "3"}]}, "map": {"M": {"in": {"M": {"x": {"BOOL": true}}}, "y": {"NULL": true}}}, "bytes": {"B": "aGk="}}""";

    [Theory]
    [InlineData("attribute_exists(n)", true)]
    [InlineData("attribute_exists(map.in.x)", true)]
    [InlineData("attribute_exists(list[3])", false)]
    [InlineData("attribute_not_exists(none) AND attribute_not_exists(map.none)", true)]
    [InlineData("attribute_type(tags, :ss)", true)]
    [InlineData("begins_with(text, :he) and contains(text, :lo)", true)]
    [InlineData("contains(tags, :a) AND NOT contains(tags, :he)", true)]
    [InlineData("contains(list, :three)", true)]
    [InlineData("size(text) = :five and size(tags) < :three and size(map) = :two", true)]
    [InlineData("n = :fivePointZero", true)]
    [InlineData("n <> :five", false)]
    [InlineData("n BETWEEN :two AND :five", true)]
    [InlineData("n IN (:two, :three)", false)]
    [InlineData("n IN (:two, :five)", true)]
    [InlineData("text > :five", false)]
    [InlineData("text < :lo", true)]
    [InlineData("none = :five", false)]
    [InlineData("none <> :five", true)]
    [InlineData("none < :five", false)]
    [InlineData("n = :two OR n = :five AND text = :lo", false)]
    [InlineData("(n = :two OR n = :five) AND #t <> :lo", true)]
    [InlineData("NOT (n = :five)", false)]
    [InlineData("list[0] < list[2]", true)]
    [InlineData("tags = :ba", true)]
    public async Task A_condition_holds_or_not(string condition, bool holds)
    {
        using var bench = new ServicesBench();
        await bench.AnswerAsync("dynamodb:putItem", Request($"\"Item\": {Item}"));
        string[] all = ["ss:{\"S\": \"SS\"}", "he:{\"S\": \"he\"}", "lo:{\"S\": \"lo\"}", "a:{\"S\": \"a\"}", "two:{\"N\": \"2\"}", "three:{\"N\": \"3\"}", "five:{\"N\": \"5\"}", "fivePointZero:{\"N\": \"5.0e0\"}", "ba:{\"SS\": [\"b\", \"a\"]}"];
        IEnumerable<string> used = all.Select(v => v.Split(':', 2)).Where(v => System.Text.RegularExpressions.Regex.IsMatch(condition, $":{v[0]}\\b")).Select(v => $"\":{v[0]}\": {v[1]}");
        string names = condition.Contains('#', StringComparison.Ordinal) ? """, "ExpressionAttributeNames": {"#t": "text"}""" : "";
        string values = used.Any() ? $", \"ExpressionAttributeValues\": {{{string.Join(',', used)}}}" : "";
        TaskResult result = await bench.CallAsync("dynamodb:deleteItem", Request($"\"Key\": {{\"id\": {{\"S\": \"1\"}}}}, \"ConditionExpression\": \"{condition}\"{names}{values}"));
        Assert.Equal(holds ? null : "DynamoDB.ConditionalCheckFailedException", result.Error);
    }

    [Theory]
    [InlineData("SET n = n + :v", """{":v": {"N": "0.5"}}""", "n", """{"N":"5.5"}""")]
    [InlineData("SET n = :v - n", """{":v": {"N": "10000000000000000000000000000000000005"}}""", "n", """{"N":"10000000000000000000000000000000000000"}""")]
    [InlineData("set c = if_not_exists(c, :v), n = if_not_exists(n, :v)", """{":v": {"N": "0"}}""", "c", """{"N":"0"}""")]
    [InlineData("SET list = list_append(list, :v)", """{":v": {"L": [{"N": "4"}]}}""", "list", """{"L":[{"N":"1"},{"S":"two"},{"N":"3"},{"N":"4"}]}""")]
    [InlineData("SET list[1] = :v, list[9] = :v", """{":v": {"N": "2"}}""", "list", """{"L":[{"N":"1"},{"N":"2"},{"N":"3"},{"N":"2"}]}""")]
    [InlineData("SET map.#in.z = text", null, "map", """{"M":{"in":{"M":{"x":{"BOOL":true},"z":{"S":"hello"}}},"y":{"NULL":true}}}""")]
    [InlineData("SET text = tags, tags = text", null, "text", """{"SS":["a","b"]}""")]
    [InlineData("REMOVE list[0], list[2], none, map.none", null, "list", """{"L":[{"S":"two"}]}""")]
    [InlineData("ADD n :v", """{":v": {"N": "-7"}}""", "n", """{"N":"-2"}""")]
    [InlineData("ADD c :v", """{":v": {"N": "1"}}""", "c", """{"N":"1"}""")]
    [InlineData("ADD tags :v", """{":v": {"SS": ["c", "a"]}}""", "tags", """{"SS":["a","b","c"]}""")]
    [InlineData("DELETE tags :v", """{":v": {"SS": ["c", "a"]}}""", "tags", """{"SS":["b"]}""")]
    [InlineData("DELETE tags :v", """{":v": {"SS": ["b", "a"]}}""", "tags", null)]
    [InlineData("REMOVE n SET c = n", null, "c", """{"N":"5"}""")]
    public async Task An_update_changes_what_it_says(string expression, string? values, string attribute, string? expected)
    {
        using var bench = new ServicesBench();
        await bench.AnswerAsync("dynamodb:putItem", Request($"\"Item\": {Item}"));
        string names = expression.Contains('#', StringComparison.Ordinal) ? """, "ExpressionAttributeNames": {"#in": "in"}""" : "";
        JsonData answer = await bench.AnswerAsync("dynamodb:updateItem", Request($"""
            "Key": {Key}, "UpdateExpression": "{expression}", "ReturnValues": "ALL_NEW"{names}{(values is null ? "" : $", \"ExpressionAttributeValues\": {values}")}
            """));
        Assert.Equal(expected, answer.Get("Attributes")!.Get(attribute)?.ToString());
        JsonData stored = await bench.AnswerAsync("dynamodb:getItem", Request($"\"Key\": {Key}"));
        Assert.Equal(answer.Get("Attributes"), stored.Get("Item"));
    }

    [Theory]
    [InlineData("SET id = :v", "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key")]
    [InlineData("SET n = text + :v", "An operand in the update expression has an incorrect data type")]
    [InlineData("SET n = none + :v", "The provided expression refers to an attribute that does not exist in the item")]
    [InlineData("SET none.x = :v", "The document path provided in the update expression is invalid for update")]
    [InlineData("SET n = :v, n = :v", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]")]
    [InlineData("SET map = :v REMOVE map.y", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [map], path two: [map, y]")]
    [InlineData("SET n = :w", "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :w")]
    [InlineData("SET n = n", "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}")]
    [InlineData("SET n = :v SET c = :v", "Invalid UpdateExpression: The \\\"SET\\\" section can only be used once in an update expression;")]
    [InlineData("SET n :v", "Invalid UpdateExpression: Syntax error; token: \\\":v\\\", near: \\\"n :v\\\"")]
    [InlineData("SET c = :v REMOVE none.x", "The document path provided in the update expression is invalid for update")]
    [InlineData("SET c = :v REMOVE none[1]", "The document path provided in the update expression is invalid for update")]
    [InlineData("DELETE n :v", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER")]
    [InlineData("SET c = foo(text, :v)", "Invalid UpdateExpression: Invalid function name; function: foo")]
    [InlineData("SET c = n + :v + :v", "Invalid UpdateExpression: Syntax error; token: \\\"+\\\", near: \\\":v + :v\\\"")]
    [InlineData("ADD text :v", "An operand in the update expression has an incorrect data type")]
    [InlineData("SET big = :v + n", null)]
    public async Task A_wrong_update_is_refused_and_changes_nothing(string expression, string? message)
    {
        using var bench = new ServicesBench();
        await bench.AnswerAsync("dynamodb:putItem", Request($"\"Item\": {Item}"));
        string request = Request($$"""
            "Key": {{Key}}, "UpdateExpression": "{{expression}}", "ExpressionAttributeValues": {":v": {"N": "1"} }
            """);
        if (message is null)
        {
            await bench.AnswerAsync("dynamodb:updateItem", request);
            return;
        }
        string error = await bench.ErrorAsync("dynamodb:updateItem", request);
        Assert.StartsWith($"DynamoDB.AmazonDynamoDBException: {message.Replace("\\", "", StringComparison.Ordinal)} (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: ", error, StringComparison.Ordinal);
        Assert.Equal(AttributeValue.ReadAll(JsonData.Parse(Item)), (await bench.AnswerAsync("dynamodb:getItem", Request($"\"Key\": {Key}"))).Get("Item"));
    }

    [Theory]
    [InlineData("""{"S": 1}""")]
    [InlineData("""{"N": "x"}""")]
    [InlineData("""{"N": "123456789012345678901234567890123456789"}""")]
    [InlineData("""{"N": "1e126"}""")]
    [InlineData("""{"N": "1e-131"}""")]
    [InlineData("""{"SS": []}""")]
    [InlineData("""{"NS": ["1", "1.0"]}""")]
    [InlineData("""{"B": "%"}""")]
    [InlineData("""{"S": "a", "N": "1"}""")]
    [InlineData("""{"X": "a"}""")]
    [InlineData("1")]
    public async Task What_is_no_attribute_value_is_refused(string value)
    {
        using var bench = new ServicesBench();
        string request = Request("\"Item\": {\"id\": {\"S\": \"1\"}, \"v\": " + value + "}");
        Assert.StartsWith("DynamoDB.AmazonDynamoDBException: ", await bench.ErrorAsync("dynamodb:putItem", request), StringComparison.Ordinal);
        Assert.StartsWith("DynamoDb.DynamoDbException: ", await bench.ErrorAsync("aws-sdk:dynamodb:putItem", request), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.50", "1.5")]
    [InlineData("-0", "0")]
    [InlineData("1e3", "1000")]
    [InlineData("12345678901234567890123456789012345678", "12345678901234567890123456789012345678")]
    [InlineData("0.00010", "0.0001")]
    [InlineData("+7", "7")]
    public async Task Numbers_are_exact_and_have_one_form(string given, string stored)
    {
        using var bench = new ServicesBench();
        await bench.AnswerAsync("dynamodb:putItem", Request("\"Item\": {\"id\": {\"N\": \"" + given + "\"}}"));
        Assert.Equal("{\"Item\":{\"id\":{\"N\":\"" + stored + "\"}}}", (await bench.AnswerAsync("aws-sdk:dynamodb:getItem", Request("\"Key\": {\"id\": {\"N\": \"" + stored + "\"}}"))).ToString());
    }

    [Fact]
    public async Task Values_are_returned_as_asked_for()
    {
        using var bench = new ServicesBench();
        Assert.Equal("{}", (await bench.AnswerAsync("dynamodb:putItem", Request($"\"Item\": {Item}, \"ReturnValues\": \"ALL_OLD\""))).ToString());
        const string Change = """
            "Key": {"id": {"S": "1"}}, "UpdateExpression": "SET n = n + :v, map.y = :v REMOVE list[1]", "ExpressionAttributeValues": {":v": {"N": "1"}}
            """;
        Assert.Equal("""{"Attributes":{"n":{"N":"5"},"map":{"M":{"y":{"NULL":true}}},"list":{"L":[{"S":"two"}]}}}""", (await bench.AnswerAsync("dynamodb:updateItem", Request(Change + ", \"ReturnValues\": \"UPDATED_OLD\""))).ToString());
        Assert.Equal("""{"N":"7"}""", (await bench.AnswerAsync("dynamodb:updateItem", Request(Change + ", \"ReturnValues\": \"UPDATED_NEW\""))).Get("Attributes")!.Get("n")!.ToString());
        Assert.Equal("""{"N":"7"}""", (await bench.AnswerAsync("dynamodb:deleteItem", Request($"\"Key\": {Key}, \"ReturnValues\": \"ALL_OLD\""))).Get("Attributes")!.Get("n")!.ToString());
        Assert.Equal("{}", (await bench.AnswerAsync("dynamodb:getItem", Request($"\"Key\": {Key}"))).ToString());
        Assert.Contains("Return values set to invalid value", await bench.ErrorAsync("dynamodb:deleteItem", Request($"\"Key\": {Key}, \"ReturnValues\": \"ALL_NEW\"")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_projection_picks_parts_in_the_items_shape()
    {
        using var bench = new ServicesBench();
        await bench.AnswerAsync("dynamodb:putItem", Request($"\"Item\": {Item}"));
        JsonData answer = await bench.AnswerAsync("dynamodb:getItem", Request($$"""
            "Key": {{Key}}, "ProjectionExpression": "list[2], list[0], map.#in, none, n", "ExpressionAttributeNames": {"#in": "in"}
            """));
        Assert.Equal("""{"list":{"L":[{"N":"1"},{"N":"3"}]},"map":{"M":{"in":{"M":{"x":{"BOOL":true}}}}},"n":{"N":"5"}}""", answer.Get("Item")!.ToString());
    }

    [Fact]
    public async Task A_table_comes_up_with_its_first_item_and_its_key_with_the_first_Key()
    {
        using var bench = new ServicesBench();
        Assert.StartsWith("DynamoDB.ResourceNotFoundException: Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: ",
            await bench.ErrorAsync("dynamodb:getItem", Request($"\"Key\": {Key}")), StringComparison.Ordinal);
        // "id" is guessed, and the first Key tells better.
        await bench.AnswerAsync("dynamodb:putItem", Request("""  "Item": {"id": {"S": "same"}, "order": {"S": "a"}, "line": {"N": "1"}} """));
        await bench.AnswerAsync("dynamodb:putItem", Request("""  "Item": {"id": {"S": "other"}, "order": {"S": "a"}, "line": {"N": "2"}} """));
        JsonData one = await bench.AnswerAsync("dynamodb:getItem", Request("""  "Key": {"line": {"N": "2"}, "order": {"S": "a"}} """));
        Assert.Equal("other", one.Get("Item")!.Get("id")!.Get("S")!.Text);
        await bench.AnswerAsync("dynamodb:putItem", Request("""  "Item": {"id": {"S": "same"}, "order": {"S": "a"}, "line": {"N": "3"}} """));
        Assert.Equal("1", (await bench.AnswerAsync("dynamodb:getItem", Request("""  "Key": {"order": {"S": "a"}, "line": {"N": "1"}} """))).Get("Item")!.Get("line")!.Get("N")!.Text);
        Assert.Contains("The provided key element does not match the schema", await bench.ErrorAsync("dynamodb:getItem", Request("""  "Key": {"id": {"S": "same"}} """)), StringComparison.Ordinal);
        Assert.Contains("Missing the key line in the item", await bench.ErrorAsync("dynamodb:putItem", Request("""  "Item": {"order": {"S": "a"}} """)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attempt_that_a_crash_makes_run_twice_counts_once()
    {
        using var bench = new ServicesBench();
        string request = Request($$"""
            "Key": {{Key}}, "UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": {"N": "1"} }, "ReturnValues": "ALL_NEW"
            """);
        TaskResult once = await bench.CallAsync("dynamodb:updateItem", request, of: 1);
        bench.Reopen();
        Assert.Equal(once.Output!.Get("Attributes"), (await bench.CallAsync("dynamodb:updateItem", request, of: 1)).Output!.Get("Attributes"));
        Assert.Equal("2", (await bench.CallAsync("dynamodb:updateItem", request, of: 2)).Output!.Get("Attributes")!.Get("n")!.Get("N")!.Text);
    }

    private static string Key => """{"id": {"S": "1"}}""";

    private static string Request(string members) => $"{{\"TableName\": \"t\", {members}}}";
}
