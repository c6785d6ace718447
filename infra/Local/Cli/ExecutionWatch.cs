using Limpid.Local.StateMachines;

namespace Limpid.Local.Cli;

/// <summary>Sees an execution of the lake to its end: runs it itself while nobody else does, and takes over if that one dies.</summary>
internal static class ExecutionWatch
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public static async Task<ExecutionDescription> UntilClosedAsync(LocalLake lake, string machine, string name, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Of(lake.Executions, machine, name) is { Status: not Execution.Running } closed)
                return closed;
            try
            {
                await lake.Runner.RunUntilClosedAsync(machine, name, cancellation);
            }
            catch (RunnerBusyException)
            {
                await Task.Delay(Look, cancellation);
            }
        }
    }

    public static ExecutionDescription? Of(ExecutionStore executions, string machine, string name) =>
        executions.List(TimeProvider.System.GetUtcNow(), machine, null, name) is [var found] ? found : null;
}
