using System.Security.Cryptography;
using Limpid.Functions;
using Limpid.Functions.Indexing;

namespace Limpid.Local.Cli;

/// <summary>One whole reconciliation, as the workflow does it call by call.</summary>
internal static class Reconciliation
{
    /// <returns>The run, from which plans are made.</returns>
    public static async Task<ReconcileRun> RunAsync(Ports ports, CancellationToken cancellation)
    {
        string runId = "cli-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var reconcile = new ReconcileLake(ports);
        while (!(await reconcile.HandleAsync(new ReconcileInput(runId), cancellation)).Done)
        {
        }
        ReconcileRun run = (await ReconcileLake.GetAsync(ports.State, runId, cancellation))!;
        await ReconcileLake.ForgetAsync(ports.State, runId, cancellation);
        return run;
    }
}
