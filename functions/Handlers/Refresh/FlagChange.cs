using Limpid.Core.Lake;

namespace Limpid.Functions.Refresh;

/// <param name="Reference">Null: look after the flags that stand.</param>
/// <param name="Changes">How many there were.</param>
internal sealed record FlagChangeInput(string? Reference = null, long Changes = 1);

/// <param name="Flagged">The reference data whose flags stand now.</param>
internal sealed record FlagChangeResult(IReadOnlyList<string> Flagged);

/// <summary>The input of the state machine for reference data.</summary>
/// <param name="NotBefore">RFC 3339, in UTC.</param>
internal sealed record RefreshReferenceInput(string Reference, string Flag, string NotBefore);

/// <summary>
/// <c>flag-change</c>: reference data changed, by its table's stream or by an object under its prefix. Puts the change flag and begins the
/// execution that publishes a new version when so many changes have come or so much time has passed. A replayed change makes a version
/// come sooner, and none where nothing changed. Called without a reference, from time to time, it begins what somebody died before beginning.
/// </summary>
internal sealed class FlagChange(Ports ports)
{
    private readonly ChangeFlags _flags = new(ports);

    public async Task<FlagChangeResult> HandleAsync(FlagChangeInput input, CancellationToken cancellation)
    {
        if (input.Reference is not { } name)
            return await LookAfterAsync(cancellation);
        Reference reference = ports.Lake.KnownReference(name);
        await _flags.PutAsync(reference, Math.Max(1, input.Changes), cancellation);
        return new FlagChangeResult([name]);
    }

    private async Task<FlagChangeResult> LookAfterAsync(CancellationToken cancellation)
    {
        var standing = new List<string>();
        foreach (Reference reference in (ports.Lake.References ?? []).Where(r => r.Source is not null))
        {
            if (await _flags.ReadAsync(reference, cancellation) is not { } there)
                continue;
            await _flags.BeginAsync(reference, there.Flag, cancellation);
            standing.Add(reference.Name);
        }
        return new FlagChangeResult(standing);
    }
}
