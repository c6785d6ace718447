using System.Text.Json.Nodes;
using Limpid.Tests.Infra;

namespace Limpid.Tests.Rights;

/// <summary>What the CDK app grants: read from the template that it makes, by the functions' names.</summary>
internal static class GrantedRights
{
    private static readonly (string Part, string Kind)[] Kinds =
    [
        ("BucketsSecrets", "secrets"), ("BucketsAnchors", "anchors"), ("BucketsIndex", "index-files"), ("BucketsStaging", "staging"), ("BucketsEvidence", "evidence"), (":s3:::acme-lake", "lake"),
        ("TablesIndex", "index"), ("TablesState", "state"), ("KeysData", "data-key"), ("KeysSigning", "signing-key"), ("KeysSecrets", "secrets-key"), (LakeKey, "lake-key"),
        (":table/acme-dishes/stream/", "table-stream"), (":table/acme-dishes", "references-table"), (":stream/acme-changes", "change-stream"), (":stream/", "stream"),
        ("Failed", "failed-queue"), ("Queue", "events-queue"), ("limpid-acme-refresh", "refresh"), ("limpid-acme-bucket", "bucket"),
        ("limpid-acme-purge", "purge"), ("limpid-acme-approval", "approval"), ("Workflowspurge", "purge"), ("Workflowsapproval", "approval"), ("Mail", "mail"), (":ses:", "mail"),
    ];

    private const string LakeKey = "arn:aws:kms:eu-west-1:123456789012:key/lake";

    /// <param name="lake">A lake.yaml.</param>
    public static async Task<ILookup<string, RequiredRight>> OfAsync(string lake, bool erases)
    {
        JsonObject resources = (await SynthesizeAsync(lake, erases))["Resources"]!.AsObject();
        var granted = new List<(string Function, RequiredRight Right)>();
        foreach (JsonNode function in resources.Select(r => r.Value!).Where(r => (string)r["Type"]! == "AWS::Lambda::Function"))
        {
            if ((string?)function["Properties"]!["Environment"]?["Variables"]?["LIMPID_FUNCTION"] is not { } name)
                continue;
            string role = (string)function["Properties"]!["Role"]!["Fn::GetAtt"]![0]!;
            Assert.Null(resources[role]!["Properties"]!["ManagedPolicyArns"]);
            Assert.Null(resources[role]!["Properties"]!["Policies"]);
            granted.AddRange(resources.Select(r => r.Value!)
                .Where(r => (string)r["Type"]! == "AWS::IAM::Policy" && r["Properties"]!["Roles"]!.AsArray().Any(of => (string?)of!["Ref"] == role))
                .SelectMany(policy => policy["Properties"]!["PolicyDocument"]!["Statement"]!.AsArray())
                .SelectMany(statement => Of(statement!)).Select(right => (name, right)));
        }
        return granted.Distinct().ToLookup(g => g.Function, g => g.Right);
    }

    private static IEnumerable<RequiredRight> Of(JsonNode statement)
    {
        Assert.Equal("Allow", (string)statement["Effect"]!);
        string condition = statement["Condition"]?.ToJsonString() ?? "";
        return List(statement["Action"]!).SelectMany(action => List(statement["Resource"]!).SelectMany(resource => Named(resource.ToJsonString(), condition)
            .Select(kind => new RequiredRight((string)action!, kind))));
    }

    private static IEnumerable<string> Named(string resource, string condition)
    {
        string kind = Kinds.FirstOrDefault(k => resource.Contains(k.Part, StringComparison.Ordinal)).Kind ?? resource;
        return kind switch
        {
            // Reading is not parted: it names no condition.
            "state" when condition.Contains("StringLike", StringComparison.Ordinal) => [.. new[] { "audit", "suppression", "secrets", "hours", "table" }.Where(p => condition.Contains('#' + p, StringComparison.Ordinal)).Select(p => $"state/{p}")],
            "evidence" => [.. new[] { "plans", "certificates", "stop" }.Where(p => resource.Contains('/' + p, StringComparison.Ordinal)).Select(p => $"evidence/{p}").DefaultIfEmpty("evidence")],
            "secrets-key" => new[] { "subjects", "naming", "pages" }.Where(p => condition.Contains($"\"{p}\"", StringComparison.Ordinal)).Select(p => $"secrets-key/{p}"),
            _ => [kind],
        };
    }

    private static JsonNode[] List(JsonNode one) => one is JsonArray many ? [.. many.Select(m => m!)] : [one];

    private static async Task<JsonNode> SynthesizeAsync(string lake, bool erases)
    {
        using var folder = new Synthesis(lake);
        (int exit, string said) = await folder.RunAsync([("erase", erases ? "on" : "off"), ("lakeKeys", LakeKey)]);
        Assert.True(exit == 0, said);
        return JsonNode.Parse(folder.TemplateText())!;
    }
}
