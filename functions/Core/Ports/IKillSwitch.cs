namespace Limpid.Core.Ports;

/// <summary>What an operator throws to stop every erasure at once (<c>.limpid/stop</c> on one machine).</summary>
public interface IKillSwitch
{
    Task<bool> IsOnAsync(CancellationToken cancellation);
}
