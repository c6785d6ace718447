using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <summary>That reference data changed and no version has it yet. It stands until a version is published that was read after it.</summary>
/// <param name="Id">Names the executions that see to it.</param>
/// <param name="Since">The first change.</param>
/// <param name="Changes">How many; one that is delivered twice may count twice.</param>
/// <param name="Writes">Of this object: no two of its contents are the same, so that nobody takes a newer flag for the one that was read.</param>
/// <param name="Attempt">Counts the executions that ended and left it standing.</param>
internal sealed record ChangeFlag(string Id, DateTimeOffset Since, long Changes, long Writes, int Attempt);

/// <summary>
/// Change flags, and the executions that see to them. A flag is put before its execution is begun, and both are done again by whoever
/// comes next: whatever dies in between, a flag that stands is seen to.
/// </summary>
internal sealed class ChangeFlags(Ports ports)
{
    private readonly RefreshRuns _runs = new(ports);

    public async Task<(ChangeFlag Flag, ObjectInfo Info)?> ReadAsync(Reference reference, CancellationToken cancellation) =>
        await ports.Objects.ReadSmallAsync(reference.FlagKey(), cancellation) is { } there
            ? (JsonSerializer.Deserialize(there.Bytes, RefreshJson.Default.ChangeFlag)!, there.Info)
            : null;

    /// <summary>Puts the flag, or adds to the one that stands, and sees to it that an execution is on its way.</summary>
    public async Task<ChangeFlag> PutAsync(Reference reference, long changes, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await ReadAsync(reference, cancellation);
            ChangeFlag next = read is { Flag: var flag }
                ? flag with { Changes = flag.Changes + changes, Writes = flag.Writes + 1 }
                : NewFlag(changes);
            if (await TryWriteAsync(reference, read?.Info, next, cancellation))
                return await BeginAsync(reference, next, cancellation);
        }
    }

    /// <summary>
    /// Takes off what was read before a version was: the whole flag; or, where more changes came meanwhile, only the changes that it had
    /// then. What is left is a flag of its own, with an execution of its own.
    /// </summary>
    public async Task TakeOffAsync(Reference reference, ChangeFlag seen, ObjectInfo info, CancellationToken cancellation)
    {
        if (await ports.Objects.TryRemoveAsync(info, cancellation))
            return;
        while (await ReadAsync(reference, cancellation) is { } now)
        {
            if (now.Flag.Id == seen.Id)
            {
                ChangeFlag rest = NewFlag(Math.Max(1, now.Flag.Changes - seen.Changes)) with { Writes = now.Flag.Writes + 1 };
                if (!await TryWriteAsync(reference, now.Info, rest, cancellation))
                    continue;
                now = (rest, now.Info);
            }
            await BeginAsync(reference, now.Flag, cancellation);
            return;
        }
    }

    /// <summary>Begins the execution that sees to a flag, unless it is under way; again, where one has ended and the flag still stands.</summary>
    /// <returns>The flag as it stands then.</returns>
    public async Task<ChangeFlag> BeginAsync(Reference reference, ChangeFlag flag, CancellationToken cancellation)
    {
        ChangeBatch batch = reference.After!;
        while (true)
        {
            bool begun = await TryBeginAsync(reference, flag, "", flag.Since + batch.Within, cancellation);
            // The other one waits its time out, finds this flag gone, and ends.
            if (begun && flag.Changes >= batch.Changes)
                begun = await TryBeginAsync(reference, flag, "-full", flag.Since, cancellation);
            if (begun)
                return flag;
            if (await ReadAsync(reference, cancellation) is not { } now || now.Flag.Id != flag.Id)
                return flag;
            ChangeFlag again = now.Flag with { Attempt = Math.Max(now.Flag.Attempt, flag.Attempt + 1), Writes = now.Flag.Writes + 1 };
            if (await TryWriteAsync(reference, now.Info, again, cancellation))
                flag = again;
        }
    }

    /// <summary>False where the execution of this name is over.</summary>
    private Task<bool> TryBeginAsync(Reference reference, ChangeFlag flag, string suffix, DateTimeOffset notBefore, CancellationToken cancellation) => _runs.TryBeginAsync(
        RefreshRuns.NameOf(reference.Name, FormattableString.Invariant($"{flag.Id}-{flag.Attempt}{suffix}")),
        JsonSerializer.Serialize(new RefreshReferenceInput(reference.Name, flag.Id, Words.Timestamp(notBefore)), RefreshJson.Default.RefreshReferenceInput),
        cancellation);

    private Task<bool> TryWriteAsync(Reference reference, ObjectInfo? read, ChangeFlag flag, CancellationToken cancellation) =>
        ports.Objects.TryWriteSmallAsync(reference.FlagKey(), read, JsonSerializer.SerializeToUtf8Bytes(flag, RefreshJson.Default.ChangeFlag), cancellation);

    private ChangeFlag NewFlag(long changes) => new(_runs.NewId(), ports.Time.GetUtcNow(), changes, 1, 0);
}
