using System.Text.RegularExpressions;

namespace Limpid.Core.Lake;

/// <summary>
/// What stands for something in the texts of a step: <c>${input}</c>, the location that it reads (of the first step the first of
/// <c>from</c>); <c>${inputs.orders}</c>, that of one of <c>from</c>; <c>${output}</c>, the one that it writes, which is empty;
/// <c>${table}</c>, <c>${version}</c>.
/// </summary>
public static partial class StepText
{
    private const string OfInputs = "inputs.";

    /// <summary>The first thing in a text that stands for nothing, or null.</summary>
    public static string? Unknown(string text, IReadOnlyList<string> from) =>
        Pattern().Matches(text).Select(m => m.Groups[1].Value).FirstOrDefault(name =>
            name is not ("input" or "output" or "table" or "version")
            && !(name.StartsWith(OfInputs, StringComparison.Ordinal) && from.Contains(name[OfInputs.Length..])));

    /// <param name="value">Of a name.</param>
    public static string Fill(string text, Func<string, string?> value) =>
        Pattern().Replace(text, m => value(m.Groups[1].Value) ?? m.Value);

    /// <summary>The name in <c>inputs.NAME</c>, else null.</summary>
    public static string? InputNamed(string name) => name.StartsWith(OfInputs, StringComparison.Ordinal) ? name[OfInputs.Length..] : null;

    [GeneratedRegex(@"\$\{([A-Za-z][A-Za-z0-9._-]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
