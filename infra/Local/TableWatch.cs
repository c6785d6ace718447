using System.Threading.Channels;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Limpid.Functions.State;
using Limpid.Functions.Triggers;
using Limpid.Local.Cli;
using Limpid.Local.StateMachines;

namespace Limpid.Local;

/// <summary>What begins refreshes of derived tables while <c>limpid up</c> runs: clocks, arrivals that nobody saw, and new versions of what they are built of.</summary>
internal sealed class TableWatch(LocalLake lake, TextWriter output, TextWriter error)
{
    /// <summary>Between two looks, whatever is due: lake.yaml may change, and other processes refresh tables too.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Between two looks at marks that nobody sees to: what failed is begun again no sooner.</summary>
    private static readonly TimeSpan LookAfterEvery = TimeSpan.FromMinutes(15);

    private DateTimeOffset _lookedAfter;

    private readonly Channel<JsonData> _events = Channel.CreateUnbounded<JsonData>();

    /// <summary>Begins what is due, again and again, until cancelled.</summary>
    public async Task KeepTimeAsync(CancellationToken cancellation)
    {
        TimeProvider time = lake.Ports.Time;
        while (true)
        {
            DateTimeOffset? next = null;
            try
            {
                next = await BeginDueAsync(lake.Ports, cancellation);
                // Not only behind a listing: one that comes a little too soon would put it off until the next.
                await LookAfterAsync(lake.Ports, cancellation);
            }
            catch (BadInputException wrong)
            {
                await error.WriteLineAsync($"limpid: {wrong.Message}");
            }
            TimeSpan pause = next - time.GetUtcNow() is { } wait && wait < LongestPause ? wait : LongestPause;
            await Task.Delay(pause > TimeSpan.Zero ? pause : TimeSpan.Zero, time, cancellation);
        }
    }

    /// <summary>
    /// Begins the refresh of every table whose schedule had a time since its last run: once, however many it missed; also where it never
    /// ran.
    /// </summary>
    /// <returns>The next time of any; null where none has a schedule.</returns>
    public async Task<DateTimeOffset?> BeginDueAsync(Ports ports, CancellationToken cancellation)
    {
        DateTimeOffset now = ports.Time.GetUtcNow();
        DateTimeOffset? next = null;
        foreach (DerivedTable table in ports.Lake.Tables ?? [])
        {
            if (!TryScheduleOf(table, out Schedule? schedule))
                continue;
            TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(ports.Lake.TimeZone);
            TableHead head = (await new TableBook(ports, table).HeadAsync(cancellation)).Value;
            if (schedule.After(LastRun(head), zone) <= now)
            {
                await new MarkStale(ports).HandleAsync(new MarkStaleInput(table.Name), cancellation);
                await output.WriteLineAsync($"{table.Name}: it is time for a refresh ({table.When!.Schedule})");
            }
            DateTimeOffset? after = schedule.After(now, zone);
            next = next is null || after < next ? after : next;
        }
        return next;
    }

    /// <summary>The schedule of a table, if it has one.</summary>
    public static bool TryScheduleOf(DerivedTable table, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Schedule? schedule)
    {
        schedule = null;
        return table.When?.Schedule is { } text && Schedule.TryParse(text, out schedule, out _);
    }

    /// <summary>Tells what comes of refreshes, and begins those of tables that come after, as the rule of the event bus does in the cloud, until cancelled.</summary>
    public async Task FollowEventsAsync(CancellationToken cancellation)
    {
        void Take(JsonData happened) => _events.Writer.TryWrite(happened);
        lake.EventPut += Take;
        try
        {
            await foreach (JsonData happened in _events.Reader.ReadAllAsync(cancellation))
            {
                if (happened.Get("source")?.Text == "limpid")
                    await HappenedAsync(happened, cancellation);
            }
        }
        finally
        {
            lake.EventPut -= Take;
        }
    }

    /// <summary>Begins what a lost event, a missed arrival or a process that died would have begun.</summary>
    public async Task CatchUpAsync(Ports ports, CancellationToken cancellation)
    {
        foreach (DerivedTable table in ports.Lake.Tables ?? [])
        {
            if (table.When?.Arrivals is null)
                continue;
            TableHead head = (await new TableBook(ports, table).HeadAsync(cancellation)).Value;
            long arrived = head.Lock is null && await new StaleTables(ports).ReadAsync(table, cancellation) is null ? await ArrivedSinceAsync(ports, table, LastRead(head), cancellation) : 0;
            if (arrived > 0)
                await new MarkStale(ports).HandleAsync(new MarkStaleInput(table.Name, arrived), cancellation);
        }
        await LookAfterAsync(ports, cancellation);
    }

    private async Task LookAfterAsync(Ports ports, CancellationToken cancellation)
    {
        if (ports.Time.GetUtcNow() - _lookedAfter < LookAfterEvery)
            return;
        _lookedAfter = ports.Time.GetUtcNow();
        await new MarkStale(ports).HandleAsync(new MarkStaleInput(), cancellation);
    }

    private async Task HappenedAsync(JsonData happened, CancellationToken cancellation)
    {
        JsonData detail = happened.Get("detail")!;
        if (detail.Get("table")?.Text is { } table)
        {
            await output.WriteLineAsync(Printable.Of(happened.Get("detail-type")!.Text == "Table Refreshed"
                ? $"{table}: v={detail.Get("version")?.Text} is served, {Words.Count(long.Parse(detail.Get("rows")!.Text, System.Globalization.CultureInfo.InvariantCulture), "row")}"
                : $"{table}: not refreshed ({detail.Get("error")?.Text}); what was served is served still, and `limpid tables` tells more"));
        }
        try
        {
            await new TableTrigger(lake.Ports).HandleAsync(happened.ToUtf8(), cancellation);
        }
        catch (Exception broken) when (broken is IOException or BadInputException)
        {
            await error.WriteLineAsync($"limpid: a refresh could not be begun: {broken.Message}");
        }
    }

    private static async Task<long> ArrivedSinceAsync(Ports ports, DerivedTable table, DateTimeOffset since, CancellationToken cancellation)
    {
        long arrived = 0;
        foreach (string from in table.From)
        {
            if (ports.Lake.TableNamed(from) is not null)
                continue;
            if (ports.Lake.ReferenceNamed(from) is { } reference)
            {
                SmallObject? pointer = await ports.Objects.ReadSmallAsync(reference.PointerKey(), cancellation);
                arrived += pointer?.Info.Modified > since ? 1 : 0;
                continue;
            }
            await foreach (ObjectInfo info in ports.Objects.ListAsync(ports.Lake.Named(from)!.Location, null, cancellation))
                arrived += info.IsCurrent && info.Modified > since ? 1 : 0;
        }
        return arrived;
    }

    /// <summary>When the table was last seen to, by whatever came of it: a run that failed is begun again by its next time, or by a look after what was left, not by the same one.</summary>
    private static DateTimeOffset LastRun(TableHead head)
    {
        DateTimeOffset last = head.Lock?.Since ?? DateTimeOffset.UnixEpoch;
        last = head.Failed?.At > last ? head.Failed.At : last;
        return head.Served is { } served && LastRead(head) > last ? LastRead(head) : last;
    }

    /// <summary>Since when changes are not in what is served.</summary>
    private static DateTimeOffset LastRead(TableHead head) =>
        head.Served?.ReadAt ?? DateTimeOffset.UnixEpoch;
}
