using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <summary>
/// Marks of stale tables, and the executions that see to them. A mark is put before its execution is begun, and both are done again by
/// whoever comes next: whatever dies in between, a mark that stands is seen to.
/// </summary>
internal sealed class StaleTables(Ports ports)
{
    private const string Sort = "stale";

    private readonly RefreshRuns _runs = new(ports);

    public Task<Versioned<StaleMark>?> ReadAsync(DerivedTable table, CancellationToken cancellation) =>
        ports.State.GetAsync(Partition(table), Sort, RefreshJson.Default.StaleMark, cancellation);

    /// <summary>Puts a mark, or adds to the one that stands and that no run has yet, and sees to it that an execution is on its way.</summary>
    /// <param name="arrivals">Of objects; 0 for whatever makes it due at once.</param>
    /// <returns>The execution's name.</returns>
    public async Task<string> PutAsync(DerivedTable table, long arrivals, CancellationToken cancellation)
    {
        DateTimeOffset now = ports.Time.GetUtcNow();
        ArrivalBatch batch = table.When?.Arrivals ?? new ArrivalBatch(1, TimeSpan.Zero);
        StaleMark next = (await ports.State.UpdateAsync(Partition(table), Sort, stored =>
        {
            StaleMark mark = stored is { Begun: false } ? stored : new StaleMark(_runs.NewId(), now, now + batch.Within, 0, 0);
            mark = mark with { Arrivals = mark.Arrivals + arrivals };
            return arrivals == 0 || mark.Arrivals >= batch.Files ? mark with { Due = mark.Due < now ? mark.Due : now } : mark;
        }, RefreshJson.Default.StaleMark, cancellation))!;
        return await BeginAsync(table, next, cancellation);
    }

    /// <summary>Begins the execution that sees to a mark, unless it is under way; again, where one has ended and the mark still stands.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> BeginAsync(DerivedTable table, StaleMark mark, CancellationToken cancellation)
    {
        while (true)
        {
            // One that waits for more arrivals may be on its way already, and finds the mark gone when it wakes up. A name always comes with
            // the same input, so that beginning twice begins once.
            bool isDue = mark.Due <= ports.Time.GetUtcNow();
            string name = RefreshRuns.NameOf(table.Name, FormattableString.Invariant($"{mark.Id}-{mark.Attempt}{(isDue ? "-due" : "")}"));
            var input = new RefreshTableInput(table.Name) { Flag = mark.Id, NotBefore = Words.Timestamp(isDue ? mark.Since : mark.Due) };
            if (await TryBeginAsync(name, input, cancellation))
                return name;
            string id = mark.Id;
            int ended = mark.Attempt;
            StaleMark? now = await ports.State.UpdateAsync(
                Partition(table), Sort, stored => stored?.Id == id && stored.Attempt == ended ? stored with { Attempt = ended + 1, Begun = false } : null,
                RefreshJson.Default.StaleMark, cancellation);
            if (now?.Id != mark.Id)
                return name;
            mark = now;
        }
    }

    /// <summary>Begins an execution that serves an earlier version again.</summary>
    public async Task<string> RestoreAsync(DerivedTable table, long version, CancellationToken cancellation)
    {
        string name = RefreshRuns.NameOf(table.Name, FormattableString.Invariant($"restore-{version}-{_runs.NewId()}"));
        await TryBeginAsync(name, new RefreshTableInput(table.Name) { Restore = version }, cancellation);
        return name;
    }

    /// <summary>A run has it: what is flagged from here on is flagged anew.</summary>
    public Task TakeAsync(DerivedTable table, string id, CancellationToken cancellation) =>
        ports.State.UpdateAsync(
            Partition(table), Sort, stored => stored is { Begun: false } && stored.Id == id ? stored with { Begun = true } : null,
            RefreshJson.Default.StaleMark, cancellation);

    /// <summary>A version was published that has all of it.</summary>
    public async Task TakeOffAsync(DerivedTable table, string id, CancellationToken cancellation)
    {
        while (await ReadAsync(table, cancellation) is { } read && read.Value.Id == id)
        {
            if (await ports.State.TryDeleteAsync(Partition(table), Sort, read.Version, cancellation))
                return;
        }
    }

    private Task<bool> TryBeginAsync(string name, RefreshTableInput input, CancellationToken cancellation) =>
        _runs.TryBeginAsync(name, JsonSerializer.Serialize(input, RefreshJson.Default.RefreshTableInput), cancellation);

    private static string Partition(DerivedTable table) => TableBook.PartitionOf(table);
}
