using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <param name="Request">That erased the person.</param>
/// <param name="Subject">By all identifiers that it was asked for by. Whose a row is depends on these alone, so that people are never taken together.</param>
internal sealed record ErasedPerson(string Request, IReadOnlyList<SubjectIdentity> Subject);

/// <summary>Whom a version may not show, because they were erased since the moment that its content is from.</summary>
/// <param name="People">In the order of their requests.</param>
internal sealed record Erased(IReadOnlyList<ErasedPerson> People)
{
    /// <summary>The same where nobody else was erased meanwhile.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', People.Select(p => p.Request)))));
}

/// <summary>
/// Finds who was erased since a moment: everybody on the list of those who were, and whose approved erasure is being carried out just now,
/// so that the version that comes to be served is not found with them when it ends.
/// </summary>
internal sealed class ErasedSince(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly Suppression _suppression = new(ports.State);
    private readonly Holds _holds = new(ports.State);
    private readonly Plans _plans = new(ports.Evidence);
    private readonly ApprovalState _approvals = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));

    /// <summary>Those whom no hold and no retention keeps in this dataset.</summary>
    public async Task<Erased> FindAsync(Dataset dataset, DateTimeOffset since, CancellationToken cancellation)
    {
        // Under way first: one that ends in between is on the list then.
        var people = new SortedDictionary<string, IReadOnlyList<SubjectIdentity>>(StringComparer.Ordinal);
        await foreach (ErasureRequest request in _requests.ListAsync(cancellation))
        {
            if (request is { BeganErasing: true, IsEnded: false } && await IsApprovedAsync(request, cancellation))
                people[request.Id] = request.Subject;
        }
        foreach ((SubjectKey key, SuppressionEntry entry) in await _suppression.AllAsync(cancellation))
        {
            if (entry.Since < since - ClockSkew.Most)
                continue;
            if (!people.TryGetValue(entry.RequestId, out IReadOnlyList<SubjectIdentity>? known))
                people[entry.RequestId] = known = (await _requests.GetAsync(entry.RequestId, cancellation))?.Subject ?? [];
            if (!known.Any(identity => identity.Keys.Contains(key)))
                people[entry.RequestId] = [.. known, new SubjectIdentity("", [key])];
        }
        if (people.Count == 0)
            return new Erased([]);
        List<Hold> holds = await _holds.ListAsync(cancellation).ToListAsync(cancellation);
        return new Erased([.. people.Select(p => new ErasedPerson(p.Key, p.Value)).Where(person => !IsHeld(dataset, person, holds))]);
    }

    /// <summary>Whether a hold or retention keeps the person's rows in this dataset by now; asked before each object.</summary>
    public async Task<bool> IsHeldAsync(Dataset dataset, ErasedPerson person, CancellationToken cancellation) =>
        IsHeld(dataset, person, await _holds.ListAsync(cancellation).ToListAsync(cancellation));

    private bool IsHeld(Dataset dataset, ErasedPerson person, IReadOnlyList<Hold> holds) =>
        EraseGuards.WhyHeld(dataset, person.Subject, holds, new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today) is not null;

    // What a workflow or the state alone says of a request takes nobody's rows away.
    private async Task<bool> IsApprovedAsync(ErasureRequest request, CancellationToken cancellation)
    {
        for (int number = request.Plan?.Number ?? 0; number > 0; number--)
        {
            if (await _plans.GetAsync(request.Id, number, cancellation) is not { } plan)
                continue;
            List<SignedDocument> decisions = await _approvals.DocumentsAsync(request.Id, number, cancellation).ToListAsync(cancellation);
            if (ports.Lake.Datasets.Any(d => Authorization.WhyNot(d.Name, plan, request, ports.Lake, ports.LakeDigest, decisions, ports.Signer.PublicKey.Span) is null))
                return true;
        }
        return false;
    }
}
