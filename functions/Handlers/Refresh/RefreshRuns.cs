using Limpid.Core.Ports;

namespace Limpid.Functions.Refresh;

/// <summary>Executions of the state machine that refreshes reference data and derived tables.</summary>
internal sealed class RefreshRuns(Ports ports)
{
    public const string StateMachine = "refresh";

    // Execution names have 80 characters at most.
    private const int LongestNamePart = 48;

    /// <param name="of">The table or the reference data, cut to what there is room for.</param>
    /// <param name="rest">What makes the name one of its own.</param>
    public static string NameOf(string of, string rest) => $"{(of.Length <= LongestNamePart ? of : of[..LongestNamePart])}-{rest}";

    /// <summary>Sixteen hexadecimal digits that nobody has drawn before.</summary>
    public string NewId()
    {
        Span<byte> id = stackalloc byte[8];
        ports.RandomBytes(id);
        return Convert.ToHexStringLower(id);
    }

    /// <summary>False where the execution of this name is over.</summary>
    /// <param name="input">JSON; the same for the same name, so that beginning twice begins once.</param>
    public async Task<bool> TryBeginAsync(string name, string input, CancellationToken cancellation) =>
        await ports.Workflows.StartAsync(StateMachine, name, input, cancellation) == StartOutcome.Started
        || await ports.Workflows.DescribeAsync(StateMachine, name, cancellation) is { Status: "RUNNING" };
}
