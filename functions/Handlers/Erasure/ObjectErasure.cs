using Limpid.Core.Erasure;
using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>Takes a person's rows out of the current version of an object, or removes it, as its dataset says.</summary>
internal sealed class ObjectErasure(Ports ports)
{
    /// <param name="rows">By a scan of exactly this content.</param>
    /// <param name="edits">Of the same scan.</param>
    public async Task<(StoreResult Result, RewriteReport? Report)> EraseAsync(
        Dataset dataset, IReadOnlyList<SubjectIdentity> subject, ObjectInfo info, SubjectRows rows, RowEditLog edits, CancellationToken cancellation)
    {
        if (dataset.Erase == EraseMode.Delete)
        {
            return rows.IsAllOf
                ? (await ports.Objects.RemoveAsync(info, cancellation), null)
                : (new StoreResult(StoreOutcome.Blocked, Reason: "not every row in it is proven the person's any more"), null);
        }
        if (edits.Count == 0)
            return (new StoreResult(StoreOutcome.Done, info), null);
        var rewriter = new RowRewriter(dataset, ports.Lake.Kinds, ports.Hasher, subject);
        if (await SpliceAsync(rewriter, info, rows.Report.Compression, edits, cancellation) is { } spliced)
            return spliced;
        RewriteReport? report = null;
        StoreResult result = await ports.Objects.ReplaceAsync(
            info,
            async (target, token) =>
            {
                await using Stream source = await ports.Objects.OpenReadAsync(info, 0, token);
                report = await rewriter.RewriteAsync(source, target, edits.Read(), token);
            },
            (written, token) => RowRewriter.ProveAsync(written, report!, token),
            cancellation);
        return (result, report);
    }

    // Null where the whole object has to pass through here: the store copies no ranges, its offsets are not the content's, or it is small.
    private async Task<(StoreResult, RewriteReport?)?> SpliceAsync(
        RowRewriter rewriter, ObjectInfo info, Compression compression, RowEditLog log, CancellationToken cancellation)
    {
        if (ports.Objects is not ISplicingStore store || compression != Compression.None || info.Size <= SplicePlan.RewrittenWhole)
            return null;
        RewriteReport report;
        IReadOnlyList<ByteEdit>? edits;
        await using (Stream source = await ports.Objects.OpenReadAsync(info, 0, cancellation))
            (report, edits) = await rewriter.PlanAsync(source, log.Read(), cancellation);
        return edits is null
            ? null
            : (await store.SpliceAsync(info, edits, (written, token) => RowRewriter.ProveAsync(written, report, token), cancellation), report);
    }
}
