using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>What forbids touching a person's rows in a dataset, whoever approved it; asked when planning and again before each object.</summary>
internal static class EraseGuards
{
    /// <summary>One line for people, or null when nothing does.</summary>
    /// <param name="today">In the lake's time zone.</param>
    public static string? WhyHeld(
        Dataset dataset, IReadOnlyList<SubjectIdentity> subject, IReadOnlyList<Hold> holds, DateOnly today)
    {
        if (holds.FirstOrDefault(h => h.Covers(dataset.Name, subject)) is { } hold)
            return $"on hold {hold.Id}: {hold.Reason}";
        return dataset.Retain is { } retain && today < retain.Until
            ? FormattableString.Invariant($"kept until {retain.Until:yyyy-MM-dd}: {retain.Basis}")
            : null;
    }
}
