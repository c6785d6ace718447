using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters;

/// <summary>
/// An object called <c>stop</c> in the evidence store stops every erasure until it is removed: <c>aws s3api put-object --bucket BUCKET --key stop</c>.
/// A deployment that only observes is stopped by itself: requests then end as stopped, and not as certified with everything an exception.
/// </summary>
internal sealed class ObjectKillSwitch(IObjectStore evidence, bool onlyObserves = false) : IKillSwitch
{
    public const string Key = "stop";

    /// <remarks>Where it can't be seen whether it is there, this throws: erasing on regardless is the one wrong answer.</remarks>
    public async Task<bool> IsOnAsync(CancellationToken cancellation) =>
        onlyObserves || await evidence.HeadAsync(Key, cancellation) is not null;
}
