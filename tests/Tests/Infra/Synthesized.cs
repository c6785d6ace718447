using System.Diagnostics;
using System.Text.Json.Nodes;
using Limpid.Functions;
using Limpid.Tests.House;

namespace Limpid.Tests.Infra;

/// <summary>What the CDK app makes of a lake: run as the toolkit runs it, once a configuration, with a package that nobody published.</summary>
internal static class Synthesized
{
    public const string Lake = """
        lake: acme
        kinds: {customer: {}, email: {}}
        requesters:
          - {mail: privacy-desk@acme.example, principal: 'arn:aws:iam::123456789012:role/PrivacyDesk'}
        mail: {from: privacy@acme.example, operators: [operators@acme.example]}
        evidence: {keep: 6y}
        datasets:
          - name: reviews
            location: s3://acme-lake/reviews/
            format: ndjson
            subjects: [{kind: customer, field: CustomerId}]
            approvers: [dpo@acme.example]
          - name: letters
            location: s3://acme-letters/in/
            format: csv
            subjects: [{kind: customer, tag: customer-id}]
            erase: delete
            approvers: [dpo@acme.example]
          - name: warehouse
            format: external
            location: db1.table1.column1
            subjects: [{kind: customer, field: id}]
            approvers: [dpo@acme.example]
        """;

    private static readonly string[] OfTables = ["mark-stale", "begin-table", "next-step", "validate-table", "publish-table", "end-refresh"];

    /// <summary>
    /// Those that are put up, with what they need there: the hours' and the streams' are not yet, and those of derived tables, which this
    /// lake has none of, may do nothing.
    /// </summary>
    public static IReadOnlyList<Function> Functions { get; } =
    [
        .. FunctionTable.All.Where(f => f.Trigger is not (Trigger.Schedule or Trigger.Stream) && !f.Name.EndsWith("-partition", StringComparison.Ordinal))
            .Select(f => OfTables.Contains(f.Name) ? f with { Needs = Needs.None } : f),
    ];

    private static readonly Lazy<Task<Template>> ObservingOnce = new(() => OfAsync());
    private static readonly Lazy<Task<Template>> ErasingOnce = new(() => OfAsync(("erase", "on"), ("native", "true"), ("lakeKeys", "arn:aws:kms:eu-west-1:123456789012:key/lake")));

    /// <summary>The first deploy: nothing is set but the lake.</summary>
    public static Task<Template> ObservingAsync() => ObservingOnce.Value;

    /// <summary>With everything that is said by flags: it erases, and is compiled ahead of time.</summary>
    public static Task<Template> ErasingAsync() => ErasingOnce.Value;

    public static Task<Template> OfAsync(params (string Name, string Value)[] context) => OfLakeAsync(Lake, context);

    public static async Task<Template> OfLakeAsync(string lake, params (string Name, string Value)[] context)
    {
        using var folder = new Synthesis(lake);
        (int exit, string said) = await folder.RunAsync(context);
        Assert.True(exit == 0, said);
        return new Template(folder.TemplateText());
    }
}

/// <summary>One run of the app, in a folder that is gone with it.</summary>
internal sealed class Synthesis : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("limpid-synth-");

    public Synthesis(string lake)
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "package"));
        File.WriteAllText(Path.Combine(_folder.FullName, "package", "code"), "code");
        File.WriteAllText(Path.Combine(_folder.FullName, "lake.yaml"), lake);
    }

    /// <summary>Adds a file to the functions' package.</summary>
    public void Pack(string name, string content) => File.WriteAllText(Path.Combine(_folder.FullName, "package", name), content);

    private static string App => Path.Combine(
        Repository.Root, "infra", "Cdk", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "Limpid.Infra.dll");

    private string Out => Path.Combine(_folder.FullName, "out");

    public string TemplateFile => Directory.GetFiles(Out, "*.template.json").Single();

    public string TemplateText() => File.ReadAllText(TemplateFile);

    public async Task<(int Exit, string Said)> RunAsync(params (string Name, string Value)[] context)
    {
        Assert.SkipUnless(HasNode(), "there is no node, which the CDK runs on");
        var all = (JsonObject)JsonNode.Parse(Repository.Text("cdk.json"))!["context"]!.DeepClone();
        all["lake"] = Path.Combine(_folder.FullName, "lake.yaml");
        all["package"] = Path.Combine(_folder.FullName, "package");
        foreach ((string name, string value) in context)
            all[name] = value;
        var start = new ProcessStartInfo("dotnet", [App])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["CDK_OUTDIR"] = Out, ["CDK_CONTEXT_JSON"] = all.ToJsonString(), ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1" },
        };
        using Process app = Process.Start(start)!;
        CancellationToken stop = TestContext.Current.CancellationToken;
        string[] said = await Task.WhenAll(app.StandardOutput.ReadToEndAsync(stop), app.StandardError.ReadToEndAsync(stop));
        await app.WaitForExitAsync(stop);
        return (app.ExitCode, string.Concat(said));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static bool HasNode() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "node")));
}
