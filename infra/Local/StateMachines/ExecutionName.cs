namespace Limpid.Local.StateMachines;

/// <summary>What an execution may be called, as StartExecution has it.</summary>
public static class ExecutionName
{
    public const int MaxLength = 80;

    private const string Forbidden = "<>{}[]?*\"#%\\^|~`$&,;:/";

    /// <summary>Null, or what is wrong with the name.</summary>
    public static string? Problem(string name)
    {
        if (name.Length is 0 or > MaxLength)
            return $"An execution's name has 1 to {MaxLength} characters.";
        return name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c) || c >= '\uFFFE' || Forbidden.Contains(c, StringComparison.Ordinal))
            ? $"An execution's name has no white space, no control characters and none of {Forbidden}."
            : null;
    }
}
