using System.Text.Json.Nodes;
using Limpid.Functions;

namespace Limpid.Tests.Infra;

/// <summary>A CloudFormation template, read as an auditor does: by what it grants and what follows from it.</summary>
internal sealed class Template(string json)
{
    private readonly JsonObject _root = (JsonObject)JsonNode.Parse(json)!;

    public IReadOnlyDictionary<string, JsonNode> Resources => Section("Resources").ToDictionary(r => r.Key, r => r.Value!);

    public IReadOnlyDictionary<string, string> Outputs => Section("Outputs").ToDictionary(o => o.Key, o => Text(o.Value!["Value"]));

    /// <summary>Its resources of a type, without the <c>AWS::</c> before it, by logical id.</summary>
    public IReadOnlyDictionary<string, JsonNode> All(string type) => Resources.Where(r => Text(r.Value["Type"]) == $"AWS::{type}").ToDictionary();

    public JsonNode Properties(string id) => Resources[id]["Properties"]!;

    /// <summary>The function under a name of the table.</summary>
    public (string Id, JsonNode Properties) Function(string name) => All("Lambda::Function")
        .Select(f => (f.Key, f.Value["Properties"]!)).Single(f => Text(f.Item2["Environment"]!["Variables"]!["LIMPID_FUNCTION"]) == name);

    /// <summary>Everything that a function's role allows.</summary>
    public IReadOnlyList<Grant> GrantsOf(Function function) => GrantsOfRole(LogicalId(Function(function.Name).Properties["Role"]!));

    /// <param name="role">Its logical id.</param>
    public IReadOnlyList<Grant> GrantsOfRole(string role) =>
    [
        .. from policy in All("IAM::Policy").Values.Concat(All("IAM::ManagedPolicy").Values)
           where policy["Properties"]!["Roles"]!.AsArray().Any(r => LogicalId(r!) == role)
           from statement in policy["Properties"]!["PolicyDocument"]!["Statement"]!.AsArray()
           select Grant.Of(statement!),
    ];

    public IEnumerable<(string Role, Grant Grant)> AllGrants() => All("IAM::Role").Keys.SelectMany(role => GrantsOfRole(role).Select(grant => (role, grant)));

    private JsonObject Section(string name) => _root[name]!.AsObject();

    /// <summary>A value with <c>${Id}</c> and <c>${Id.Attribute}</c> for what is known only once it is deployed.</summary>
    public static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value => value.ToString(),
        JsonObject o when o["Ref"] is { } reference => $"${{{reference}}}",
        JsonObject o when o["Fn::GetAtt"] is JsonArray attribute => $"${{{attribute[0]}.{attribute[1]}}}",
        JsonObject o when o["Fn::Join"] is JsonArray join => string.Join(Text(join[0]), join[1]!.AsArray().Select(Text)),
        JsonObject o when o["Fn::Sub"] is { } sub => Text(sub),
        _ => node.ToJsonString(),
    };

    public static IReadOnlyList<string> Texts(JsonNode? node) => node is JsonArray list ? [.. list.Select(Text)] : node is null ? [] : [Text(node)];

    /// <summary>JSON about as long as the service sees it, and not as CloudFormation puts it together.</summary>
    public static string Deployed(JsonNode node) => node switch
    {
        JsonObject o when o.Count == 1 && (o["Fn::Join"] ?? o["Ref"] ?? o["Fn::GetAtt"]) is not null => Text(o)
            .Replace("${AWS::Partition}", "aws", StringComparison.Ordinal).Replace("${AWS::Region}", "ap-southeast-2", StringComparison.Ordinal).Replace("${AWS::AccountId}", "123456789012", StringComparison.Ordinal),
        JsonObject o => string.Concat(o.Select(member => $"\"{member.Key}\":{Deployed(member.Value!)},")),
        JsonArray list => string.Concat(list.Select(item => $"\"{Deployed(item!)}\",")),
        _ => node.ToJsonString(),
    };

    /// <summary>Of the resource that a reference is to.</summary>
    public static string LogicalId(JsonNode reference) => Text(reference).Trim('$', '{', '}').Split('.')[0];
}

/// <summary>A statement that allows something.</summary>
internal sealed record Grant(string Sid, IReadOnlyList<string> Actions, IReadOnlyList<string> Resources, string Conditions)
{
    public static Grant Of(JsonNode statement)
    {
        Assert.Equal("Allow", Template.Text(statement["Effect"]));
        return new Grant(
            Template.Text(Member("Sid")), Template.Texts(Member("Action")), Template.Texts(Member("Resource")), Member("Condition")?.ToJsonString() ?? "");

        JsonNode? Member(string name) => statement[name];
    }

    public bool Reaches(string text) => Resources.Any(resource => resource.Contains(text, StringComparison.Ordinal));
}
