using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Indexing;
using Limpid.Functions.Notices;
using Limpid.Functions.Refresh;
using Limpid.Local.Cli;
using Limpid.Local.Folder;
using Limpid.Local.StateMachines;

namespace Limpid.Local;

/// <summary>What <c>limpid up</c> does all the time: carry out workflows, and keep the index to what the folder shows.</summary>
internal sealed class UpHost(LocalLake lake, TextWriter output, TextWriter error) : IDisposable
{
    /// <summary>A listing repairs what the watcher missed.</summary>
    private static readonly TimeSpan BetweenListings = TimeSpan.FromMinutes(15);

    /// <summary>Buckets tell nothing by themselves.</summary>
    private static readonly TimeSpan BetweenListingsOfBuckets = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _rescan = new(1);

    private readonly TableWatch _tables = new(lake, output, error);

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] all = [_tables.FollowEventsAsync(over.Token), _tables.KeepTimeAsync(over.Token), CarryOutAsync(over.Token), ListNowAndThenAsync(over.Token), .. lake.Folder.IsOnS3 ? (ReadOnlySpan<Task>)[] : [FollowAsync(over.Token)]];
        try
        {
            // None of them ends by itself: the first to do so has broken, and going on without it would look like working.
            await await Task.WhenAny(all);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(all.Select(task => task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)));
        }
    }

    /// <summary>
    /// Mails who came back. A mail server that is away must not end the following of the lake; what was not told is told after the next
    /// listing.
    /// </summary>
    public async Task TellAsync(CancellationToken cancellation)
    {
        try
        {
            await new ResurfacedNotice(lake.Ports).TellAsync(cancellation);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            await error.WriteLineAsync($"limpid: who came back could not be told: {broken.Message}");
        }
    }

    public void Dispose() => _rescan.Dispose();

    private async Task CarryOutAsync(CancellationToken cancellation)
    {
        await OpenRequests.SeeToAsync(lake, cancellation);
        bool told = false;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await lake.Runner.RunAsync(cancellation);
            }
            catch (RunnerBusyException)
            {
                if (!told)
                    await output.WriteLineAsync("another process carries out the requests of this lake; this one takes over when that one ends");
                told = true;
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        using var watcher = new FolderWatcher(lake.Folder.Root, lake.Folder.State, lake.Ports.Time);
        Ports ports = lake.Ports;
        var follow = new FollowLake(ports);
        await foreach (LakeHint hint in watcher.ReadAsync(cancellation))
        {
            try
            {
                if (!ReferenceEquals(ports, lake.Ports))
                    follow = new FollowLake(ports = lake.Ports);
                if (!hint.IsPrefix)
                {
                    if (await follow.HandleAsync(new LakeEvent(hint.Key), cancellation) is { Outcome: "indexed" })
                        await TellAsync(cancellation);
                    foreach (Reference reference in ports.Lake.ReferencesOfObject(hint.Key))
                        await new FlagChange(ports).HandleAsync(new FlagChangeInput(reference.Name), cancellation);
                    foreach (DerivedTable table in ports.Lake.TablesOfObject(hint.Key))
                        await new MarkStale(ports).HandleAsync(new MarkStaleInput(table.Name, Arrivals: 1), cancellation);
                }
                else if (_rescan.CurrentCount == 0)
                    _rescan.Release();
            }
            catch (Exception broken) when (broken is IOException or BadInputException)
            {
                // A listing will see to the object; one that can't be read must not end the following of all others.
                await error.WriteLineAsync($"limpid: an object could not be indexed: {broken.Message}");
            }
        }
    }

    private async Task ListNowAndThenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _rescan.WaitAsync(lake.Folder.IsOnS3 ? BetweenListingsOfBuckets : BetweenListings, cancellation);
            ReconcileRun run;
            try
            {
                run = await Reconciliation.RunAsync(lake.Ports, cancellation);
            }
            catch (BadInputException wrong)
            {
                await error.WriteLineAsync($"limpid: {wrong.Message}");
                continue;
            }
            await TellAsync(cancellation);
            await new FlagChange(lake.Ports).HandleAsync(new FlagChangeInput(), cancellation);
            await _tables.CatchUpAsync(lake.Ports, cancellation);
            if (run.Indexed + run.Removed > 0)
                await output.WriteLineAsync($"index: {run.Indexed} objects read, {run.Removed} gone, {run.Objects} in all");
            // Somebody's submission may have died before its workflow began.
            await OpenRequests.SeeToAsync(lake, cancellation);
        }
    }
}
