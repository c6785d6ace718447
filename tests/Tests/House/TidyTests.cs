using System.Text.RegularExpressions;

namespace Limpid.Tests.House;

/// <summary>What must stand in no file of the repository.</summary>
[Collection(Processes.Name)]
public sealed partial class TidyTests
{
    private const int MostLines = 450;

    private static readonly string[] Binary = [".png", ".jpg", ".gz", ".ico"];

    private static IEnumerable<string> Texts => Repository.Files.Where(f => !Binary.Contains(Path.GetExtension(f)));

    [Fact]
    public void No_file_names_a_path_of_somebodys_machine() => Assert.Empty(Lines(Texts, MachinePattern()));

    [Fact]
    public void No_file_names_a_host_of_a_package_registry() => Assert.Empty(Lines(Texts, RegistryPattern()));

    [Fact]
    public void The_lock_file_says_what_and_not_from_where() =>
        Assert.DoesNotContain("\"resolved\"", Repository.Text("package-lock.json"), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_left_undone() => Assert.Empty(Lines(Texts.Where(f => f.EndsWith(".cs", StringComparison.Ordinal)), UndonePattern()));

    // Tables of Unicode and contract suites are long because what they list is.
    [Fact]
    public void Every_source_file_is_read_in_one_sitting() => Assert.Empty(
        from file in Texts
        where file.EndsWith(".cs", StringComparison.Ordinal) && !file.EndsWith(".Tables.cs", StringComparison.Ordinal) && !file.EndsWith("Contract.cs", StringComparison.Ordinal)
        let lines = Repository.Text(file).AsSpan().Count('\n')
        where lines >= (file.StartsWith("tests/", StringComparison.Ordinal) ? MostLines + 100 : MostLines)
        select $"{file}: {lines} lines");

    private static IEnumerable<string> Lines(IEnumerable<string> files, Regex pattern) =>
        from file in files
        where file != "tests/Tests/House/TidyTests.cs"
        from line in Repository.Text(file).Split('\n').Index()
        where pattern.IsMatch(line.Item)
        select $"{file}:{line.Index + 1}: {line.Item.Trim()}";

    [GeneratedRegex(@"(?<![\w.])/(work|root|farm)/")]
    private static partial Regex MachinePattern();

    [GeneratedRegex(@"nuget\.org|npmjs\.(org|com)|deb\.debian\.org|pypi\.org", RegexOptions.IgnoreCase)]
    private static partial Regex RegistryPattern();

    [GeneratedRegex("NotImplementedException|\\b(TODO|FIXME|HACK|XXX)\\b")]
    private static partial Regex UndonePattern();
}
