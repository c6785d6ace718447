using System.Runtime.InteropServices;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>
/// Keeps one plan while it is made. First the files of a step, which nothing else names, and then the table's record that names the
/// step, by compare-and-swap: of two calls at work on one plan, what one saved stands.
/// </summary>
internal sealed class PlanDrafts(Ports ports, string requestId, int number, DateTimeOffset listedTo)
{
    private readonly Plans _plans = new(ports.Evidence);
    private long _version;
    private string? _step;

    /// <summary>As it was saved last, or empty.</summary>
    public async Task<PlanDraft> OpenAsync(CancellationToken cancellation)
    {
        var draft = new PlanDraft(ports.Lake, requestId, _plans.PutChunkAsync);
        if (await ports.State.GetAsync(Requests.Partition(requestId), Sort(number), Records.Default.BegunPlan, cancellation) is not { } stored)
            return draft;
        _version = stored.Version;
        if (stored.Value.LakeDigest != ports.LakeDigest || stored.Value.ListedTo != listedTo)
            return draft;
        _step = stored.Value.Step;
        var steps = new Stack<DraftStep>();
        for (string? step = _step; step is not null; step = steps.Peek().Before)
            steps.Push(await _plans.StepAsync(requestId, step, cancellation));
        string? begun = null;
        foreach (DraftStep step in steps)
        {
            foreach (string chunk in step.Chunks)
                draft.Resume(chunk, await _plans.ChunkAsync(requestId, chunk, cancellation));
            draft.Resume(MemoryMarshal.Cast<byte, UInt128>(step.Through).ToArray());
            begun = step.Begun;
        }
        if (begun is not null)
            draft.Resume(null, await _plans.ChunkAsync(requestId, begun, cancellation));
        return draft;
    }

    /// <summary>False where somebody else is at the same plan and was faster.</summary>
    public async Task<bool> TrySaveAsync(PlanDraft draft, CancellationToken cancellation)
    {
        if (draft.Unsaved.Count == 0)
            return true;
        string step = await _plans.PutStepAsync(requestId, new DraftStep
        {
            Before = _step,
            Chunks = draft.UnsavedChunks,
            Begun = draft.Begun.Count == 0 ? null : await _plans.PutChunkAsync(requestId, draft.Begun, cancellation),
            Through = MemoryMarshal.AsBytes<UInt128>([.. draft.Unsaved]).ToArray(),
        }, cancellation);
        var begun = new BegunPlan { Step = step, LakeDigest = ports.LakeDigest, ListedTo = listedTo };
        if (!await ports.State.TryPutAsync(Requests.Partition(requestId), Sort(number), begun, _version, Records.Default.BegunPlan, cancellation))
            return false;
        (_step, _version) = (step, _version + 1);
        draft.MarkSaved();
        return true;
    }

    /// <summary>For a plan that stands. The record is emptied and stays, so that a late twin finds its place taken and saves nothing.</summary>
    public static Task ForgetAsync(IStateTable table, string requestId, int number, CancellationToken cancellation) => table.UpdateAsync(
        Requests.Partition(requestId), Sort(number), stored => stored?.Step is null ? null : new BegunPlan(), Records.Default.BegunPlan, cancellation);

    private static string Sort(int number) => $"begun/{number:D4}";
}
