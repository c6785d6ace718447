using System.Text.RegularExpressions;

namespace Limpid.Tests.House;

/// <param name="Name">The word after the language: a file's name, or what a piece of JSON is of.</param>
internal sealed record ReadmeBlock(string Language, string Name, string Content);

/// <summary>A command of a console block with what is shown below it. A line that is <c>...</c> stands for any lines, one that ends so for any rest.</summary>
internal sealed partial record ReadmeCommand(string Line, string Shown)
{
    public static IEnumerable<ReadmeCommand> In(ReadmeBlock block) => block.Content.Split("$ ", StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Split('\n', 2)).Select(part => new ReadmeCommand(part[0], part[1]));

    /// <summary>Spaces, the width of rules, days, ports, and the names of requests and holds don't count.</summary>
    public bool Matches(string said)
    {
        string pattern = string.Join('\n', Plain(Shown).Select(line => line == "..." ? "(.*\n?)*" : Regex.Escape(line).Replace(@"\.\.\.", ".*", StringComparison.Ordinal)));
        return Regex.IsMatch(string.Join('\n', Plain(said)), $@"\A{pattern}\z");
    }

    private static IEnumerable<string> Plain(string text) =>
        from line in text.Split('\n')
        let plain = DayPattern().Replace(NamePattern().Replace(SpacePattern().Replace(RulePattern().Replace(line, "-"), " "), "$1-NAME"), "DAY").Trim()
        where plain.Length > 0
        select PortPattern().Replace(plain, "localhost");

    [GeneratedRegex(@"\b([rh])-[0-9a-f]{12,20}\b")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d\b")]
    private static partial Regex DayPattern();

    [GeneratedRegex("─+")]
    private static partial Regex RulePattern();

    [GeneratedRegex(@"\s+")]
    private static partial Regex SpacePattern();

    [GeneratedRegex(@"localhost:\d+")]
    private static partial Regex PortPattern();
}
