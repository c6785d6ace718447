namespace Limpid.Local.Steps;

/// <summary>A column of a table that SQL reads.</summary>
internal sealed class SqlColumn
{
    /// <summary>Whether a value was true or false.</summary>
    public bool HasBooleans { get; set; }

    /// <summary>Whether a value was neither true nor false nor null.</summary>
    public bool HasOthers { get; set; }

    /// <summary>Whether 1 and 0 in it stand for true and false.</summary>
    public bool IsBoolean => HasBooleans && !HasOthers;
}
