using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Partitions;

/// <summary>What the state table knows of a pair. Every change is a compare-and-swap, and each by itself leaves a state that the next run goes on from.</summary>
internal sealed class HourBook(Ports ports, HourlyCopy hours)
{
    public const string StateMachine = "bucket";

    private const string LeftPrefix = "left/";

    /// <summary>As long as the state machine lets an execution run.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromHours(6);

    private readonly string _partition = "hours/" + hours.Name;

    private static PartitionsJson Types => PartitionsJson.Default;

    /// <summary>Makes it this run's turn, or renews it; null where it is another's that runs.</summary>
    public async Task<HoursTurn?> TakeTurnAsync(string run, CancellationToken cancellation)
    {
        while (true)
        {
            Versioned<HoursTurn>? stored = await ports.State.GetAsync(_partition, "turn", Types.HoursTurn, cancellation);
            DateTimeOffset now = ports.Time.GetUtcNow();
            if (stored is { Value: { Ended: false } other } && other.Run != run && now < other.Until
                && await ports.Workflows.DescribeAsync(StateMachine, other.Run, cancellation) is null or { Status: "RUNNING" })
                return null;
            HoursTurn turn = (stored?.Value is { } own && own.Run == run ? own : new HoursTurn { Run = run, Until = now }) with { Until = now + Lease };
            if (await ports.State.TryPutAsync(_partition, "turn", turn, stored?.Version ?? 0, Types.HoursTurn, cancellation))
                return turn;
        }
    }

    /// <exception cref="HourTakenOverException">The turn is another run's by now.</exception>
    public async Task<HoursTurn> ChangeTurnAsync(string run, Func<HoursTurn, HoursTurn> change, CancellationToken cancellation)
    {
        HoursTurn? turn = await ports.State.UpdateAsync(
            _partition, "turn", stored => stored?.Run == run && change(stored) is var next && next != stored ? next : null, Types.HoursTurn, cancellation);
        return turn?.Run == run ? turn : throw new HourTakenOverException(hours.Name);
    }

    public async Task<HoursProgress> ProgressAsync(CancellationToken cancellation) =>
        Current((await ports.State.GetAsync(_partition, "progress", Types.HoursProgress, cancellation))?.Value);

    public async Task<HoursProgress> ChangeProgressAsync(Func<HoursProgress, HoursProgress> change, CancellationToken cancellation) =>
        Current(await ports.State.UpdateAsync(
            _partition, "progress", stored => change(Current(stored)) is var next && next != stored ? next : null, Types.HoursProgress, cancellation));

    private HoursProgress Current(HoursProgress? stored) => stored?.Since == hours.Since ? stored : new HoursProgress { Since = hours.Since };

    public async Task<Versioned<HourRecord>> HourAsync(Hour hour, CancellationToken cancellation) =>
        await ports.State.GetAsync(_partition, Sort(hour), Types.HourRecord, cancellation) ?? new(new HourRecord(), 0);

    /// <exception cref="HourTakenOverException">Somebody else changed it meanwhile.</exception>
    public async Task ChangeHourAsync(Hour hour, Versioned<HourRecord> read, HourRecord next, CancellationToken cancellation)
    {
        // Where the answer to the first try was lost, the second finds what it wrote.
        if (!await ports.State.TryPutAsync(_partition, Sort(hour), next, read.Version, Types.HourRecord, cancellation)
            && (await HourAsync(hour, cancellation)).Value != next)
            throw new HourTakenOverException(hour.ToString());
    }

    /// <summary>
    /// Begins an attempt to copy an hour that holds these objects: first what finds it again if nothing else comes of it, then what it
    /// covers, then the hour's record.
    /// </summary>
    public async Task<string> BeginAttemptAsync(Hour hour, Versioned<HourRecord> read, RawObjects objects, CancellationToken cancellation)
    {
        byte[] random = new byte[8];
        ports.RandomBytes(random);
        string attempt = Convert.ToHexStringLower(random);
        await LeaveAsync(hour, attempt, cancellation);
        foreach ((int number, byte[] hashes) in objects.ToItems().Index())
            await ports.State.TryPutAsync(_partition, $"{CopiedPrefix(hour, attempt)}{number:D4}", new CopiedObjects(hashes), 0, Types.CopiedObjects, cancellation);
        await ChangeHourAsync(hour, read, read.Value with { Attempt = attempt }, cancellation);
        return attempt;
    }

    /// <summary>What an attempt covers: the raw objects before it began. Nothing for null, an hour that had none.</summary>
    public async Task<RawObjects> CopiedAsync(Hour hour, string? attempt, CancellationToken cancellation) => RawObjects.Of(attempt is null
        ? []
        : await ports.State.QueryAsync(_partition, CopiedPrefix(hour, attempt), Types.CopiedObjects, cancellation).Select(c => c.Hashes).ToListAsync(cancellation));

    /// <summary>Remembers that a copy is to be removed a while from now, unless it is served then.</summary>
    public Task LeaveAsync(Hour hour, string attempt, CancellationToken cancellation) =>
        ports.State.UpdateAsync(_partition, LeftSort(hour, attempt), _ => new LeftCopy(hour.ToString(), attempt, ports.Time.GetUtcNow()), Types.LeftCopy, cancellation);

    public IAsyncEnumerable<LeftCopy> LeftAsync(CancellationToken cancellation) =>
        ports.State.QueryAsync(_partition, LeftPrefix, Types.LeftCopy, cancellation);

    public async Task KeepAsync(Hour hour, string attempt, CancellationToken cancellation)
    {
        if (await ports.State.GetAsync(_partition, LeftSort(hour, attempt), cancellation) is { } left)
            await ports.State.TryDeleteAsync(left.Partition, left.Sort, left.Version, cancellation);
    }

    /// <summary>Forgets a copy whose objects are gone.</summary>
    public async Task ForgetAsync(Hour hour, string attempt, CancellationToken cancellation)
    {
        await foreach (StateItem copied in ports.State.QueryAsync(_partition, CopiedPrefix(hour, attempt), cancellation))
            await ports.State.TryDeleteAsync(copied.Partition, copied.Sort, copied.Version, cancellation);
        await KeepAsync(hour, attempt, cancellation);
    }

    private static string Sort(Hour hour) => $"hour/{hour}";

    private static string LeftSort(Hour hour, string attempt) => $"{LeftPrefix}{hour}/{attempt}";

    private static string CopiedPrefix(Hour hour, string attempt) => $"copied/{hour}/{attempt}/";
}
