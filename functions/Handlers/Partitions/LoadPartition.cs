using Limpid.Core.Lake;

namespace Limpid.Functions.Partitions;

/// <param name="Run">The execution's name.</param>
/// <param name="Registered">What the answer before said, once its query has run; else empty.</param>
internal sealed record LoadPartitionInput(string Hours, string Run, string Registered = "");

/// <param name="Work"><c>register</c>, <c>none</c>, or <c>busy</c> where another run is at it.</param>
/// <param name="Query">Registers some hours, or makes the copies' table where it is missing.</param>
/// <param name="Registered">To be given back once the query has run.</param>
internal sealed record LoadPartitionResult(string Work, string WorkGroup, string Query = "", string Registered = "");

/// <summary>
/// <c>load-partition</c>: says which raw hours are to be registered, from the first on that is not, up to the one that begins next, so that
/// its first rows are seen at once. Missed hours come first and a hundred at a time. Registering twice is registering once, and an hour that
/// has no objects shows no rows.
/// </summary>
internal sealed class LoadPartition(Ports ports)
{
    public async Task<LoadPartitionResult> HandleAsync(LoadPartitionInput input, CancellationToken cancellation)
    {
        HourlyCopy hours = ports.Lake.KnownHours(input.Hours);
        var book = new HourBook(ports, hours);
        if (await book.TakeTurnAsync(input.Run, cancellation) is null)
            return new LoadPartitionResult("busy", hours.WorkGroup);
        HoursProgress progress = input.Registered.Length == 0
            ? await book.ProgressAsync(cancellation)
            : await book.ChangeProgressAsync(stored => IsFurther(stored, input.Registered) ? stored with { Registered = input.Registered } : stored, cancellation);
        var queries = new Queries(ports.Lake, hours);
        Hour from = progress.Registered is { } text ? Hour.Parse(text) : hours.First(), end = Hour.Of(ports.Time.GetUtcNow()) + 2;
        if (from >= end)
            return new LoadPartitionResult("none", hours.WorkGroup, queries.CreateCopies());
        var some = new List<Hour>();
        for (Hour hour = from; hour < end && some.Count < Queries.MostHours; hour = hour.Next)
            some.Add(hour);
        return new LoadPartitionResult("register", hours.WorkGroup, queries.RegisterHours(some), some[^1].Next.ToString());
    }

    private static bool IsFurther(HoursProgress stored, string registered) =>
        stored.Registered is null || Hour.Parse(stored.Registered) < Hour.Parse(registered);
}
