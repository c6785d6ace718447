using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Erasure;

/// <summary>Takes a person's rows out of the current version of an object, or removes it, as its dataset says.</summary>
internal sealed class ObjectErasure(Ports ports)
{
    private readonly PeopleInObject _people = new(ports);

    /// <param name="rows">By a scan of exactly this content.</param>
    /// <param name="edits">Of the same scan.</param>
    /// <param name="whose">What <see cref="PeopleInObject.ETagOfAsync"/> gave before the scan. The ETag alone does not change with tags and metadata files.</param>
    /// <exception cref="ObjectChangedException">It may be somebody else's by now: look at it again.</exception>
    public async Task<(StoreResult Result, RewriteReport? Report)> EraseAsync(
        Dataset dataset, IReadOnlyList<SubjectIdentity> subject, ObjectInfo info, SubjectRows rows, RowEditLog edits, string whose, CancellationToken cancellation)
    {
        if (dataset.Erase == EraseMode.Delete)
        {
            return rows.IsAllOf
                ? (await ports.Objects.RemoveAsync(info, IsStillAsync, cancellation), null)
                : (new StoreResult(StoreOutcome.Blocked, Reason: "not every row in it is proven the person's any more"), null);
        }
        if (edits.Count == 0)
            return (new StoreResult(StoreOutcome.Done, info), null);
        var rewriter = new RowRewriter(dataset, ports.Lake.Kinds, ports.Hasher, subject);
        if (await SpliceAsync(rewriter, info, rows.Report.Compression, edits, ProveAsync, cancellation) is { } spliced)
            return spliced;
        RewriteReport? report = null;
        StoreResult result = await ports.Objects.ReplaceAsync(
            info,
            async (target, token) =>
            {
                await using Stream source = await ports.Objects.OpenReadAsync(info, 0, token);
                report = await rewriter.RewriteAsync(source, target, edits.Read(), token);
            },
            (written, token) => ProveAsync(written, report!, token),
            cancellation);
        return (result, report);

        async Task<bool> IsStillAsync(CancellationToken token) => await _people.ETagOfAsync(dataset, info, token) == whose;

        async Task<bool> ProveAsync(Stream written, RewriteReport made, CancellationToken token) =>
            await RowRewriter.ProveAsync(written, made, token)
            && (await IsStillAsync(token) ? true : throw new ObjectChangedException("Its tags or a metadata file changed."));
    }

    // Null where the whole object has to pass through here: the store copies no ranges, its offsets are not the content's, or it is small.
    private async Task<(StoreResult, RewriteReport?)?> SpliceAsync(
        RowRewriter rewriter, ObjectInfo info, Compression compression, RowEditLog log,
        Func<Stream, RewriteReport, CancellationToken, Task<bool>> prove, CancellationToken cancellation)
    {
        if (ports.Objects is not ISplicingStore store || compression != Compression.None || info.Size <= SplicePlan.RewrittenWhole)
            return null;
        RewriteReport report;
        IReadOnlyList<ByteEdit>? edits;
        await using (Stream source = await ports.Objects.OpenReadAsync(info, 0, cancellation))
            (report, edits) = await rewriter.PlanAsync(source, log.Read(), cancellation);
        return edits is null
            ? null
            : (await store.SpliceAsync(info, edits, (written, token) => prove(written, report, token), cancellation), report);
    }
}
