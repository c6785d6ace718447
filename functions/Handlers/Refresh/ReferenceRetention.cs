using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <summary>
/// Removes versions of reference data that were current a whole <c>keep</c> ago for the last time, a few at each refresh. A batch that is
/// done again then takes what is current. Where a dataset holds them they stay: of a dataset only erasures remove anything.
/// </summary>
internal sealed class ReferenceRetention(Ports ports)
{
    private const int MostAtOnce = 20;

    /// <summary>What can't be removed stays, and fails no refresh.</summary>
    public async Task RemoveAsync(Reference reference, CancellationToken cancellation)
    {
        if (ports.Lake.DatasetOf(reference.PointerKey()) is not null || await ports.Objects.ReadSmallAsync(reference.PointerKey(), cancellation) is not { } read)
            return;
        ReferencePointer pointer = ReferencePointer.Read(read.Bytes, reference.Name);
        ReferenceHistory history = ReferenceHistory.Of(pointer);
        int bound = Math.Min(history.Bound(ports.Time.GetUtcNow(), reference.Keep!.Value), pointer.Version);
        int first = history.First;
        try
        {
            for (int most = first + MostAtOnce; first < Math.Min(bound, most); first++)
            {
                if (await ports.Objects.HeadAsync(reference.Folder() + ReferenceObjects.VersionName(first), cancellation) is { } info)
                    await ports.Objects.TryRemoveAsync(info, cancellation);
            }
        }
        catch (IOException kept)
        {
            ports.Log?.Invoke($"version {first} of {reference.Name} could not be removed: {kept.GetType().Name}");
        }
        // Where somebody else was faster, the next refresh looks for what is gone, and finds nothing.
        if (first > history.First)
            await ports.Objects.TryWriteSmallAsync(reference.PointerKey(), read.Info, (pointer with { History = history with { First = first } }).ToJson(), cancellation);
    }
}
