using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>Rewrites an object without a person's rows, only if it still is what was read, and proves the result before it takes its place.</summary>
internal static class RowErasure
{
    /// <param name="edits">As a scan of this very object gave them.</param>
    /// <returns>What the store says of it; no report where there was nothing to edit.</returns>
    public static async Task<(StoreResult, RewriteReport?)> RewriteAsync(
        Ports ports, Dataset dataset, ObjectInfo info, IReadOnlyList<SubjectIdentity> subject, Compression compression, RowEditLog edits, CancellationToken cancellation)
    {
        if (edits.Count == 0)
            return (new StoreResult(StoreOutcome.Done, info), null);
        var rewriter = new RowRewriter(dataset, ports.Lake.Kinds, ports.Hasher, subject);
        if (await SpliceAsync(ports, rewriter, info, compression, edits, cancellation) is { } spliced)
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
    private static async Task<(StoreResult, RewriteReport?)?> SpliceAsync(
        Ports ports, RowRewriter rewriter, ObjectInfo info, Compression compression, RowEditLog log, CancellationToken cancellation)
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
