using System.Reflection;
using System.Xml.Linq;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Local;

namespace Limpid.Tests.House;

/// <summary>Arrows point inwards: Core knows nobody, Handlers know Core, Local and Cdk know both and never each other.</summary>
[Collection(Processes.Name)]
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["functions/Core/Limpid.Core.csproj"] = [],
        ["functions/AwsPackages/Limpid.AwsPackages.csproj"] = [],
        ["functions/Handlers/Limpid.Functions.csproj"] = ["Limpid.Core", "Limpid.AwsPackages"],
        ["infra/Local/Limpid.Local.csproj"] = ["Limpid.Core", "Limpid.Functions"],
        ["infra/Cdk/Limpid.Infra.csproj"] = ["Limpid.Core", "Limpid.Functions"],
    };

    public static TheoryData<string> Projects => [.. Repository.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && !f.StartsWith("tests/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_what_lies_inwards(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} is new: say here what it may refer to");
        string[] referred = [.. Referred(project, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')))];
        Assert.Empty(referred.Except(Allowed.GetValueOrDefault(project, [])));
    }

    // Linked source files would be an arrow that no reference shows: only infra/Shared is compiled into more than one project.
    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_compiles_its_own_files_and_infra_Shared_alone(string project) =>
        Assert.DoesNotContain(Referred(project, "Compile"), include => include.Contains("..", StringComparison.Ordinal) && include != "../Shared/**/*.cs");

    [Fact]
    public void What_is_built_shows_the_same_arrows()
    {
        Assert.DoesNotContain(References(typeof(LakeConfig).Assembly), IsOurs);
        // Where the official packages take the place of the stand-ins, there is one arrow less.
        Assert.Empty(References(typeof(FunctionTable).Assembly).Where(IsOurs).Except(["Limpid.Core", "Limpid.AwsPackages"]));
        Assert.Empty(References(typeof(LocalLake).Assembly).Where(IsOurs).Except(["Limpid.Core", "Limpid.Functions"]));
    }

    [Fact]
    public void What_runs_in_the_cloud_brings_no_tool_of_one_machine()
    {
        string[] tools = ["YamlDotNet", "Microsoft.Data.Sqlite", "SQLitePCLRaw", "NJsonSchema", "Newtonsoft", "Spectre", "System.CommandLine", "Microsoft.AspNetCore", "Amazon.CDK"];
        foreach (Assembly assembly in new[] { typeof(LakeConfig).Assembly, typeof(FunctionTable).Assembly })
            Assert.DoesNotContain(References(assembly), name => tools.Any(tool => name.StartsWith(tool, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_core_knows_no_cloud_no_network_and_no_files()
    {
        string[] outside = ["AWSSDK", "Amazon", "System.Net.Http", "System.Net.Sockets", "System.IO.FileSystem", "System.Diagnostics.Process"];
        Assert.DoesNotContain(References(typeof(LakeConfig).Assembly), name => outside.Any(o => name.StartsWith(o, StringComparison.Ordinal)));
    }

    private static bool IsOurs(string name) => name.StartsWith("Limpid", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(name => name.Name!);

    private static IEnumerable<string> Referred(string project, string element) =>
        XDocument.Parse(Repository.Text(project)).Descendants(element).Select(e => (string?)e.Attribute("Include") ?? "");
}
