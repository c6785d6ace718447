namespace Limpid.Core.Index;

/// <summary>
/// Tells which of two events of one key happened later, by S3's <c>sequencer</c>: a hexadecimal text of varying length, to be
/// compared as text after the shorter one is padded with zeros on the right. Says nothing across keys.
/// </summary>
public static class Sequencer
{
    /// <summary>
    /// Whether an event that carries <paramref name="candidate"/> happened after the one that carried <paramref name="stored"/>.
    /// An event without a sequencer never wins over anything: the store has to be asked. Equal ones are one event.
    /// </summary>
    public static bool IsNewer(string candidate, string stored)
    {
        if (candidate.Length == 0)
            return false;
        int common = Math.Min(candidate.Length, stored.Length);
        int order = string.CompareOrdinal(candidate, 0, stored, 0, common);
        if (order != 0)
            return order > 0;
        // What is left of the longer one stands against zeros, and nothing in a sequencer sorts before a zero.
        return candidate.AsSpan(common).ContainsAnyExcept('0') || stored.Length == 0;
    }

    /// <summary>The one of two that happened later.</summary>
    public static string Latest(string one, string other) => IsNewer(other, one) ? other : one;
}
