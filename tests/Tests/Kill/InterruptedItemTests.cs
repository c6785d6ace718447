using System.Diagnostics.CodeAnalysis;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;
using Limpid.Local;

namespace Limpid.Tests.Kill;

/// <summary>An item whose erasure died right after its object had changed, and is carried out again.</summary>
public sealed class InterruptedItemTests : IDisposable
{
    private readonly PeopleLake _lake = new(seed: 3, people: 4, bystanders: 3);

    public InterruptedItemTests() =>
        Assert.SkipUnless(Local.Folder.FolderStore.IsSupported, "erasing in a folder needs 64-bit Linux");

    // The first person of the lake stands in a row together with somebody else.
    private string Person => _lake.People[0];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _lake.Dispose();

    [Fact]
    public async Task The_metadata_file_of_an_object_that_was_removed_before_the_crash_goes_as_well()
    {
        await using LocalLake lake = await OpenAsync();
        Plan plan = await ApprovedAsync(lake);
        await EraseDyingAsync(lake, plan);
        ModelFile scan = _lake.Files.Single(f => f.Owner == Person && f.Sidecar is not null);
        Assert.False(File.Exists(_lake.PathOf(scan)));
        Assert.True(File.Exists(Path.Combine(_lake.Root, scan.Sidecar!)));

        await EraseAsync(lake, plan);

        Assert.Empty(_lake.Differences(new HashSet<string> { Person }));
    }

    [Fact]
    public async Task An_orphaned_metadata_file_that_names_somebody_else_by_then_stays()
    {
        await using LocalLake lake = await OpenAsync();
        Plan plan = await ApprovedAsync(lake);
        await EraseDyingAsync(lake, plan);
        ModelFile scan = _lake.Files.Single(f => f.Owner == Person && f.Sidecar is not null);
        string sidecar = Path.Combine(_lake.Root, scan.Sidecar!);
        await File.WriteAllTextAsync(sidecar, $"{{\"owner\":\"{_lake.Bystanders[0]}\"}}", Cancellation);

        await EraseAsync(lake, plan);

        Assert.Contains(_lake.Bystanders[0], await File.ReadAllTextAsync(sidecar, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_item_counts_as_erased_with_its_rows_also_where_rows_shared_with_others_stay()
    {
        await using LocalLake lake = await OpenAsync();
        Plan plan = await ApprovedAsync(lake);
        Assert.True(plan.Datasets.Sum(d => d.SharedRows) > 0);
        await EraseDyingAsync(lake, plan);

        await EraseAsync(lake, plan);

        List<ItemOutcome> outcomes = await new Requests(lake.Ports.State).ItemsAsync(plan.RequestId, 1, Cancellation).ToListAsync(Cancellation);
        List<PlanItem> touched = await new Plans(lake.Evidence).ItemsAsync(plan, Cancellation).Where(i => i.Blocked is null).ToListAsync(Cancellation);
        Assert.Equal(touched.Select(i => (i.Number, ItemStatus.Erased, (long)i.Rows)), outcomes.Where(o => o.Status != ItemStatus.Blocked).Select(o => (o.Item, o.Status, o.RowsErased)));
    }

    private Task<LocalLake> OpenAsync() => LocalLake.OpenAsync(
        _lake.Root, null, _lake.Home, "http://localhost", TimeProvider.System, null, Cancellation);

    /// <summary>The steps of the workflow up to the first write, by hand.</summary>
    private async Task<Plan> ApprovedAsync(LocalLake lake)
    {
        SubmitResult submitted = await new SubmitErasure(lake.Ports).HandleAsync(
            new SubmitInput
            {
                Subjects = [new GivenIdentifier("customer", Person)],
                RequestedBy = PeopleLake.Requester,
                ApproveAs = PeopleLake.Approver,
                BeyondLimits = true,
            },
            Cancellation);
        string id = submitted.RequestId!;
        Assert.True((await new ReconcileLake(lake.Ports).HandleAsync(new ReconcileInput("run"), Cancellation)).Done);
        Assert.Equal("plan", (await new LocateSubject(lake.Ports).HandleAsync(new LocateInput(id, 1, "run"), Cancellation)).Outcome);
        await new RequestApproval(lake.Ports).HandleAsync(new ApprovalCall(id, 1, ApprovalPurpose.Erasure, null, "token"), Cancellation);
        Assert.Equal("approve", (await new SettleApproval(lake.Ports).HandleAsync(new SettleInput(id, 1), Cancellation)).Verdict);
        Assert.Equal("go", (await new BeginErasure(lake.Ports).HandleAsync(new BeginInput(id, 1), Cancellation)).Outcome);
        return (await new Plans(lake.Evidence).GetAsync(id, 1, Cancellation))!;
    }

    private static async Task EraseDyingAsync(LocalLake lake, Plan plan)
    {
        var erase = new EraseRows(lake.Ports with { Objects = new DyingStore(lake.Objects) });
        for (int item = 0; item < plan.Items; item++)
        {
            try
            {
                await erase.HandleAsync(new ItemInput(plan.RequestId, 1, item), Cancellation);
            }
            catch (DiedException)
            {
                // The next item is another process's.
            }
        }
    }

    private static async Task EraseAsync(LocalLake lake, Plan plan)
    {
        var erase = new EraseRows(lake.Ports);
        for (int item = 0; item < plan.Items; item++)
            await erase.HandleAsync(new ItemInput(plan.RequestId, 1, item), Cancellation);
    }

    [SuppressMessage("Design", "CA1032", Justification = "Thrown and caught here alone.")]
    private sealed class DiedException : Exception;

    /// <summary>Every change of an object happens, and then the process dies.</summary>
    private sealed class DyingStore(IObjectStore store) : IObjectStore
    {
        public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation) => store.ListAsync(prefix, after, cancellation);

        public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation) => store.HeadAsync(key, cancellation);

        public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation) => store.OpenReadAsync(read, offset, cancellation);

        public async Task<StoreResult> ReplaceAsync(
            ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation)
        {
            Assert.Equal(StoreOutcome.Done, (await store.ReplaceAsync(read, write, prove, cancellation)).Outcome);
            throw new DiedException();
        }

        public async Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation)
        {
            Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(read, cancellation)).Outcome);
            throw new DiedException();
        }

        public Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => store.CreateAsync(key, write, cancellation);
    }
}
