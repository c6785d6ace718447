namespace Limpid.Functions.Adapters;

internal static class SpreadPause
{
    /// <summary>Waits for half of it to all of it, so that many functions that were turned away do not come back together.</summary>
    public static Task WaitAsync(TimeSpan pause, TimeProvider time, CancellationToken cancellation) =>
        Task.Delay(pause * (0.5 + Random.Shared.NextDouble() / 2), time, cancellation);
}
