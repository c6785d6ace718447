using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters;

/// <summary>An object called <c>stop</c> in the evidence store stops every erasure until it is removed: <c>aws s3 cp - s3://BUCKET/stop</c>.</summary>
internal sealed class ObjectKillSwitch(IObjectStore evidence) : IKillSwitch
{
    public const string Key = "stop";

    /// <remarks>Where it can't be seen whether it is there, this throws: erasing on regardless is the one wrong answer.</remarks>
    public async Task<bool> IsOnAsync(CancellationToken cancellation) => await evidence.HeadAsync(Key, cancellation) is not null;
}
