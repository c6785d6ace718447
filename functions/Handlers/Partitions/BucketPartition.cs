using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Partitions;

/// <param name="Run">The execution's name.</param>
/// <param name="Shown">The digest of the view's statement that has run since the answer before; else empty.</param>
/// <param name="Failed">Whether the copy that the answer before asked for failed.</param>
internal sealed record BucketPartitionInput(string Hours, string Run, string Shown = "", bool Failed = false);

/// <param name="Work">
/// <c>copy</c> an hour; <c>settle</c> one whose copy is complete; <c>show</c> the hours by the view; <c>clear</c> a copy that is of no use;
/// <c>more</c>: ask again; <c>none</c>; <c>busy</c> where another run is at it.
/// </param>
/// <param name="Token">By which Athena takes the same query twice for one.</param>
internal sealed record BucketPartitionResult(
    string Work, string WorkGroup, string Hour = "", string Attempt = "", string Query = "", string Token = "", string Digest = "",
    string Database = "", string Table = "", bool Failed = false, int Blocked = 0);

/// <summary>
/// <c>bucket-partition</c>: says what is to be done next for a pair, from what the state table and the raw objects say, and so goes on
/// wherever the run before died: complete copies are put in place, hours that are over are copied, oldest first and 24 a run, hours that
/// got late data are copied anew, the view moves on, and copies of no use are removed. Called again where nothing is to be done, it changes nothing.
/// </summary>
internal sealed class BucketPartition(Ports ports)
{
    private const int MostCopies = 24;
    private const int HoursACall = 200;

    /// <summary>How many of the last hours each run looks at for late data, and how many of the older ones in turn.</summary>
    private const int LastHours = 48, OlderHours = 100;

    /// <summary>
    /// Nothing writes or reads a copy any more that is not served for so long: a run ends after 6 hours, a query after 4 at most, DDL after
    /// 10 (Athena's service quotas). A view's reader that began before the partition was switched would miss the files.
    /// </summary>
    public static readonly TimeSpan Rest = TimeSpan.FromHours(24);

    public async Task<BucketPartitionResult> HandleAsync(BucketPartitionInput input, CancellationToken cancellation)
    {
        HourlyCopy hours = ports.Lake.KnownHours(input.Hours);
        var step = new Step(ports, hours, input.Run);
        if (await step.Book.TakeTurnAsync(input.Run, cancellation) is not { } turn)
            return step.Result("busy");
        if (input.Failed)
            turn = await step.Book.ChangeTurnAsync(input.Run, t => t with { Failed = true }, cancellation);
        if (input.Shown.Length > 0)
            await step.Book.ChangeProgressAsync(p => p with { ShownDigest = input.Shown }, cancellation);
        return await step.SettleAsync(cancellation)
            ?? await step.CopyAsync(turn, cancellation)
            // Before the view moves on: it would take late rows away that it shows from the raw table until then.
            ?? await step.LookAsync(turn, cancellation)
            ?? await step.ShowAsync(cancellation)
            ?? await step.ClearAsync(cancellation)
            ?? await step.EndAsync(turn, cancellation);
    }

    /// <summary>The kinds of work in their order; null where there is none of a kind.</summary>
    private sealed class Step(Ports ports, HourlyCopy hours, string run)
    {
        private readonly Queries _queries = new(ports.Lake, hours);

        public HourBook Book { get; } = new(ports, hours);

        public BucketPartitionResult Result(string work) => new(work, hours.WorkGroup, Database: hours.Database, Table: hours.Copy.Table);

        /// <summary>A complete copy that is not in place yet: whoever was at it died.</summary>
        public async Task<BucketPartitionResult?> SettleAsync(CancellationToken cancellation)
        {
            await foreach (LeftCopy left in Book.LeftAsync(cancellation))
            {
                if ((await Book.HourAsync(Hour.Parse(left.Hour), cancellation)).Value.Chosen == left.Attempt)
                    return Result("settle") with { Hour = left.Hour, Attempt = left.Attempt };
            }
            return null;
        }

        /// <summary>The oldest hour that is over and not done. Hours without any object are done, and need no copy.</summary>
        public async Task<BucketPartitionResult?> CopyAsync(HoursTurn turn, CancellationToken cancellation)
        {
            if (turn.Failed || turn.Copies >= MostCopies)
                return null;
            Hour first = await BoundaryAsync(cancellation), hour = first, end = Hour.Of(ports.Time.GetUtcNow() - hours.Settle);
            // Of an hour that the raw table does not know nothing would be copied.
            if (!Hour.TryParse((await Book.ProgressAsync(cancellation)).Registered ?? "", out Hour registered) || registered < end)
                end = registered;
            BucketPartitionResult? found = null;
            for (; hour < end && hour < first + HoursACall; hour = hour.Next)
            {
                Versioned<HourRecord> record = await Book.HourAsync(hour, cancellation);
                if (record.Value.Done)
                    continue;
                RawObjects raw = await RawObjects.ListAsync(ports.Objects, ports.Lake.RawOf(hours, hour), cancellation);
                if (raw.Count > 0)
                {
                    found = await BeginCopyAsync(hour, record, raw, t => t with { Copies = t.Copies + 1 }, cancellation);
                    break;
                }
                await Book.ChangeHourAsync(hour, record, record.Value with { Done = true }, cancellation);
            }
            if (hour > first)
                await Book.ChangeProgressAsync(p => p.Boundary is { } b && Hour.Parse(b) >= hour ? p : p with { Boundary = hour.ToString() }, cancellation);
            return found ?? (hour < end ? Result("more") : null);
        }

        public async Task<BucketPartitionResult?> ShowAsync(CancellationToken cancellation)
        {
            string query = _queries.ShowHours(await BoundaryAsync(cancellation));
            string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(query)));
            return (await Book.ProgressAsync(cancellation)).ShownDigest == digest ? null : Result("show") with { Query = query, Digest = digest };
        }

        /// <summary>An hour that is done and whose raw objects are others by now.</summary>
        public async Task<BucketPartitionResult?> LookAsync(HoursTurn turn, CancellationToken cancellation)
        {
            if (turn.Failed || turn.Copies >= MostCopies)
                return null;
            if (turn.LookedUntil is null)
            {
                string boundary = (await BoundaryAsync(cancellation)).ToString();
                string? from = (await Book.ProgressAsync(cancellation)).LookFrom;
                turn = await Book.ChangeTurnAsync(run, t => t.LookedUntil is null ? t with { LookedUntil = boundary, LookedFrom = from } : t, cancellation);
            }
            // The last hours, then some of the older ones, from where the last run stopped.
            Hour[] all = [.. LastHoursOf(turn), .. OlderHoursOf(turn)];
            for (int at = turn.Looked; at < all.Length; at++)
            {
                Versioned<HourRecord> record = await Book.HourAsync(all[at], cancellation);
                RawObjects raw = await RawObjects.ListAsync(ports.Objects, ports.Lake.RawOf(hours, all[at]), cancellation);
                int looked = at + 1;
                switch ((await Book.CopiedAsync(all[at], record.Value.Served, cancellation)).To(raw))
                {
                    case RawChange.Later:
                        return await BeginCopyAsync(all[at], record, raw, t => t with { Copies = t.Copies + 1, Looked = looked }, cancellation);
                    case RawChange.LaterAndGone when record.Value.Blocked is null:
                        await Book.ChangeTurnAsync(run, t => t with { Blocked = t.Blocked + 1, Looked = looked }, cancellation);
                        await Book.ChangeHourAsync(all[at], record, record.Value with { Blocked = "late data came after raw objects that were copied had gone" }, cancellation);
                        break;
                }
            }
            await Book.ChangeTurnAsync(run, t => t with { Looked = all.Length }, cancellation);
            return null;
        }

        /// <summary>A copy that nobody has served for long, or an attempt that died.</summary>
        public async Task<BucketPartitionResult?> ClearAsync(CancellationToken cancellation)
        {
            DateTimeOffset before = ports.Time.GetUtcNow() - Rest;
            await foreach (LeftCopy left in Book.LeftAsync(cancellation).Where(l => l.Since <= before))
            {
                var hour = Hour.Parse(left.Hour);
                Versioned<HourRecord> record = await Book.HourAsync(hour, cancellation);
                if (record.Value.Served == left.Attempt)
                {
                    await Book.KeepAsync(hour, left.Attempt, cancellation);
                    continue;
                }
                if (record.Value.Attempt == left.Attempt)
                    await Book.ChangeHourAsync(hour, record, record.Value with { Attempt = null }, cancellation);
                return Result("clear") with { Hour = left.Hour, Attempt = left.Attempt, Query = _queries.DropTemporary(hour, left.Attempt) };
            }
            return null;
        }

        public async Task<BucketPartitionResult> EndAsync(HoursTurn turn, CancellationToken cancellation)
        {
            turn = await Book.ChangeTurnAsync(run, t => t with { Ended = true }, cancellation);
            if (turn.LookedUntil is { } until)
            {
                // Where not all were looked at, those come again; once the last of the older ones was, it begins with the first.
                List<Hour> older = OlderHoursOf(turn);
                bool all = turn.Looked == LastHoursOf(turn).Count + older.Count;
                string? next = !all ? turn.LookedFrom : older is [.., var last] && last.Next < Hour.Parse(until) - LastHours ? last.Next.ToString() : null;
                await Book.ChangeProgressAsync(p => p with { LookFrom = next }, cancellation);
            }
            return Result("none") with { Failed = turn.Failed, Blocked = turn.Blocked };
        }

        private async Task<BucketPartitionResult> BeginCopyAsync(
            Hour hour, Versioned<HourRecord> record, RawObjects raw, Func<HoursTurn, HoursTurn> count, CancellationToken cancellation)
        {
            // Before the attempt: where it dies in between, an attempt less is counted, and never one more begun than is allowed.
            await Book.ChangeTurnAsync(run, count, cancellation);
            string attempt = await Book.BeginAttemptAsync(hour, record, raw, cancellation);
            return Result("copy") with
            {
                Hour = hour.ToString(),
                Attempt = attempt,
                Query = _queries.CopyHour(hour, attempt),
                Token = $"limpid-copy-{hour}-{attempt}",
            };
        }

        private async Task<Hour> BoundaryAsync(CancellationToken cancellation) =>
            (await Book.ProgressAsync(cancellation)).Boundary is { } text ? Hour.Parse(text) : hours.First();

        private List<Hour> LastHoursOf(HoursTurn turn) => Between(Later(Hour.Parse(turn.LookedUntil!) - LastHours, hours.First()), Hour.Parse(turn.LookedUntil!));

        private List<Hour> OlderHoursOf(HoursTurn turn)
        {
            Hour from = turn.LookedFrom is { } text ? Later(Hour.Parse(text), hours.First()) : hours.First(), end = Hour.Parse(turn.LookedUntil!) - LastHours;
            return Between(from, end < from + OlderHours ? end : from + OlderHours);
        }

        private static Hour Later(Hour a, Hour b) => a > b ? a : b;

        private static List<Hour> Between(Hour from, Hour end)
        {
            var all = new List<Hour>();
            for (Hour hour = from; hour < end; hour = hour.Next)
                all.Add(hour);
            return all;
        }
    }
}
