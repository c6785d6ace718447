using System.Diagnostics;
using System.Text.Json.Nodes;
using Limpid.Tests.House;

namespace Limpid.Tests.Rights;

/// <summary>What the CDK app grants: read from the template that it makes, by the functions' names.</summary>
internal static class GrantedRights
{
    private static readonly (string Part, string Kind)[] Kinds =
    [
        ("BucketsSecrets", "secrets"), ("BucketsAnchors", "anchors"), ("BucketsIndex", "index-files"), ("BucketsStaging", "staging"), ("BucketsEvidence", "evidence"), (":s3:::acme-lake", "lake"),
        ("TablesIndex", "index"), ("TablesState", "state"), ("KeysData", "data-key"), ("KeysSigning", "signing-key"), ("KeysSecrets", "secrets-key"), (LakeKey, "lake-key"),
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
            "state" when condition.Contains("StringLike", StringComparison.Ordinal) => [.. new[] { "audit", "suppression", "secrets" }.Where(p => condition.Contains('#' + p, StringComparison.Ordinal)).Select(p => $"state/{p}")],
            "evidence" => [.. new[] { "plans", "certificates", "stop" }.Where(p => resource.Contains('/' + p, StringComparison.Ordinal)).Select(p => $"evidence/{p}").DefaultIfEmpty("evidence")],
            "secrets-key" => new[] { "subjects", "naming", "pages" }.Where(p => condition.Contains($"\"{p}\"", StringComparison.Ordinal)).Select(p => $"secrets-key/{p}"),
            _ => [kind],
        };
    }

    private static JsonNode[] List(JsonNode one) => one is JsonArray many ? [.. many.Select(m => m!)] : [one];

    private static async Task<JsonNode> SynthesizeAsync(string lake, bool erases)
    {
        string folder = Directory.CreateTempSubdirectory("limpid-synth-").FullName;
        try
        {
            string package = Directory.CreateDirectory(Path.Combine(folder, "package")).FullName;
            await File.WriteAllTextAsync(Path.Combine(package, "code"), "the functions");
            await File.WriteAllTextAsync(Path.Combine(folder, "lake.yaml"), lake);
            JsonObject context = JsonNode.Parse(Repository.Text("cdk.json"))!["context"]!.DeepClone().AsObject();
            (context["lake"], context["package"], context["erase"], context["lakeKeys"]) = (Path.Combine(folder, "lake.yaml"), package, erases ? "on" : "off", LakeKey);
            var start = new ProcessStartInfo("dotnet", [Path.Combine(Repository.Root, "infra", "Cdk", "bin", Configuration, "net10.0", "Limpid.Infra.dll")])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                Environment = { ["CDK_OUTDIR"] = Path.Combine(folder, "out"), ["CDK_CONTEXT_JSON"] = context.ToJsonString() },
            };
            using Process app = Process.Start(start)!;
            string[] said = await Task.WhenAll(app.StandardError.ReadToEndAsync(), app.StandardOutput.ReadToEndAsync());
            await app.WaitForExitAsync();
            Assert.True(app.ExitCode == 0, said[0]);
            return JsonNode.Parse(await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Path.Combine(folder, "out"), "*.template.json"))))!;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Configuration => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
}
