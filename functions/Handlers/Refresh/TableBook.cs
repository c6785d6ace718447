using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Tables;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <summary>What the state says of a derived table: its lock, what is served, its versions and their profiles.</summary>
internal sealed class TableBook(Ports ports, DerivedTable table)
{
    private const string VersionPrefix = "version/";

    private readonly string _partition = PartitionOf(table);

    /// <summary>Of the state: everything of a table stands in it.</summary>
    public static string PartitionOf(DerivedTable table) => "table/" + table.Name;

    private static RefreshJson Types => RefreshJson.Default;

    public async Task<Versioned<TableHead>> HeadAsync(CancellationToken cancellation) =>
        await ports.State.GetAsync(_partition, "head", Types.TableHead, cancellation) ?? new(new TableHead(), 0);

    public Task<bool> TryChangeAsync(Versioned<TableHead> read, TableHead next, CancellationToken cancellation) =>
        ports.State.TryPutAsync(_partition, "head", next, read.Version, Types.TableHead, cancellation);

    /// <summary>Whether a run may take the lock. One whose execution is over has left it behind; one that is not known here may still be at it.</summary>
    public async Task<bool> IsFreeAsync(TableHead head, CancellationToken cancellation) =>
        head.Lock is not { } held || ports.Time.GetUtcNow() >= held.Until
        || await ports.Workflows.DescribeAsync(RefreshRuns.StateMachine, held.Run, cancellation) is { Status: not "RUNNING" };

    /// <summary>Changes the run's own record, and renews its lease.</summary>
    /// <exception cref="LockLostException">Another run has the table by now, or none.</exception>
    public async Task<TableRun> ChangeAsync(string run, long fence, Func<TableRun, TableRun> change, CancellationToken cancellation)
    {
        while (true)
        {
            Versioned<TableHead> read = await HeadAsync(cancellation);
            TableRun next = change(Own(read.Value, run, fence)) with { Until = ports.Time.GetUtcNow() + table.Lease };
            if (await TryChangeAsync(read, read.Value with { Lock = next }, cancellation))
                return next;
        }
    }

    /// <summary>Says why the run fails, for its end to tell.</summary>
    public Task ExplainAsync(string run, long fence, string why, CancellationToken cancellation) =>
        ChangeAsync(run, fence, own => own with { Why = why }, cancellation);

    public TableRun Own(TableHead head, string run, long fence) =>
        head.Lock is { } own && own.Run == run && own.Fence == fence ? own : throw new LockLostException(table.Name);

    public async Task<Versioned<VersionRecord>?> VersionAsync(long version, CancellationToken cancellation) =>
        await ports.State.GetAsync(_partition, Sort(VersionPrefix, version), Types.VersionRecord, cancellation);

    /// <param name="change">As of <see cref="TypedItem.UpdateAsync"/>.</param>
    public Task<VersionRecord?> ChangeVersionAsync(long version, Func<VersionRecord?, VersionRecord?> change, CancellationToken cancellation) =>
        ports.State.UpdateAsync(_partition, Sort(VersionPrefix, version), change, Types.VersionRecord, cancellation);

    public Task<bool> TryChangeVersionAsync(Versioned<VersionRecord> read, VersionRecord next, CancellationToken cancellation) =>
        ports.State.TryPutAsync(_partition, Sort(VersionPrefix, next.Version), next, read.Version, Types.VersionRecord, cancellation);

    public IAsyncEnumerable<VersionRecord> VersionsAsync(CancellationToken cancellation) =>
        ports.State.QueryAsync(_partition, VersionPrefix, Types.VersionRecord, cancellation);

    public async Task<TableProfile?> ProfileAsync(long version, CancellationToken cancellation) =>
        (await ports.State.GetAsync(_partition, Sort("profile/", version), Types.TableProfile, cancellation))?.Value;

    public Task PutProfileAsync(long version, TableProfile profile, CancellationToken cancellation) =>
        ports.State.UpdateAsync(_partition, Sort("profile/", version), _ => profile, Types.TableProfile, cancellation);

    /// <summary>Forgets a version whose objects are gone.</summary>
    public async Task ForgetAsync(long version, CancellationToken cancellation)
    {
        foreach (string sort in new[] { Sort("profile/", version), Sort(VersionPrefix, version) })
        {
            if (await ports.State.GetAsync(_partition, sort, cancellation) is { } item)
                await ports.State.TryDeleteAsync(item.Partition, item.Sort, item.Version, cancellation);
        }
    }

    /// <summary>
    /// Lets the pointer say what is served. Whoever does it reads the state again afterwards: a slower one never leaves an older version.
    /// </summary>
    public async Task PointAsync(CancellationToken cancellation)
    {
        string key = ports.Lake.PointerKey(table), folder = key[..(key.LastIndexOf('/') + 1)];
        ServedVersion? before = null;
        while ((await HeadAsync(cancellation)).Value.Served is { } served)
        {
            var pointer = new TablePointer(served.Version, served.Location[folder.Length..], served.Rows, served.MadeAt, served.PublishedAt);
            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(pointer, TablePointerJson.Default.TablePointer);
            SmallObject? read = await ports.Objects.ReadSmallAsync(key, cancellation);
            if (read is not null && read.Bytes.AsSpan().SequenceEqual(bytes))
            {
                // Read before and after what was read of the pointer: nothing else was served meanwhile.
                if (served == before)
                    return;
                before = served;
                continue;
            }
            before = null;
            await ports.Objects.TryWriteSmallAsync(key, read?.Info, bytes, cancellation);
        }
    }

    private static string Sort(string prefix, long version) => FormattableString.Invariant($"{prefix}{version:D12}");
}
