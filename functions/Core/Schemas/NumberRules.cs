namespace Limpid.Core.Schemas;

/// <summary>What a schema asks of numbers, each keyword null where it is not said.</summary>
internal sealed class NumberRules
{
    public ExactNumber? Minimum { get; init; }

    public ExactNumber? Maximum { get; init; }

    /// <summary>Draft 4 says that <see cref="Minimum"/> itself is too little; later drafts have numbers of their own, below.</summary>
    public bool MinimumIsExcluded { get; init; }

    public bool MaximumIsExcluded { get; init; }

    public ExactNumber? ExclusiveMinimum { get; init; }

    public ExactNumber? ExclusiveMaximum { get; init; }

    public ExactNumber? MultipleOf { get; init; }

    public bool SaysNothing => (Minimum ?? Maximum ?? ExclusiveMinimum ?? ExclusiveMaximum ?? MultipleOf) is null;

    /// <summary>The keyword that the number breaks, or null.</summary>
    public string? WhyNot(ReadOnlySpan<byte> number)
    {
        var value = ExactNumber.Of(number);
        return Minimum is { } minimum && IsBelow(value.CompareTo(minimum), MinimumIsExcluded) ? "minimum"
            : Maximum is { } maximum && IsBelow(maximum.CompareTo(value), MaximumIsExcluded) ? "maximum"
            : ExclusiveMinimum is { } above && value.CompareTo(above) <= 0 ? "exclusiveMinimum"
            : ExclusiveMaximum is { } below && value.CompareTo(below) >= 0 ? "exclusiveMaximum"
            : MultipleOf is { } divisor && !value.IsMultipleOf(divisor) ? "multipleOf"
            : null;
    }

    private static bool IsBelow(int order, bool excluded) => order < 0 || (excluded && order == 0);
}
