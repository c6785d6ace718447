using System.Text.Json.Serialization;
using Limpid.Core.Subjects;

namespace Limpid.Core.Erasure;

/// <summary>One demand to erase one person. It holds subject keys, never an identifier.</summary>
public sealed record ErasureRequest
{
    /// <summary>Pseudonymous and fit for URLs, execution names and file names: <c>r-</c> and 20 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>The person, by one or more identifiers.</summary>
    public required IReadOnlyList<SubjectIdentity> Subject { get; init; }

    /// <summary>The mail address of who asked, as given.</summary>
    public required string RequestedBy { get; init; }

    public string? Case { get; init; }

    /// <summary>How the data subject's identity was verified, in the requester's words.</summary>
    public string? VerifiedBy { get; init; }

    /// <summary>The day the demand came in, in the lake's time zone; the month runs from here.</summary>
    public required DateOnly Received { get; init; }

    /// <summary>One calendar month after <see cref="Received"/> (GDPR article 12(3)), or what that was extended to; see <see cref="DueDay"/>.</summary>
    public required DateOnly Due { get; init; }

    /// <summary>Why <see cref="Due"/> is later than a month after receipt; null where it isn't.</summary>
    public Extension? Extension { get; init; }

    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>Asked for explicitly beyond the limits of lake.yaml.</summary>
    public bool BeyondLimits { get; init; }

    /// <summary>Whether one of the identifiers was empty or a placeholder; counts as beyond the limits.</summary>
    public bool Placeholder { get; init; }

    /// <summary>Who decides at once, where lake.yaml says <c>unattended: true</c>; else null.</summary>
    public string? ApproveAs { get; init; }

    public required RequestStatus Status { get; init; }

    /// <summary>One line for people on why it stands where it stands (a rejection's ground, a limit, an error); may be null.</summary>
    public string? Reason { get; init; }

    /// <summary>The newest plan; null before the first.</summary>
    public PlanReference? Plan { get; init; }

    /// <summary>Only what stood in the lake at this time is erased; newer objects are reported as resurfaced.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>When the first write may happen.</summary>
    public DateTimeOffset? GraceUntil { get; init; }

    /// <summary>Whether the first write may have happened: then cancelling is too late, also while a supplementary plan waits.</summary>
    public bool BeganErasing { get; init; }

    /// <summary>The evidence key of the certificate, once there is one.</summary>
    public string? Certificate { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    [JsonIgnore]
    public bool IsEnded => Status is RequestStatus.Certified or RequestStatus.CertifiedWithExceptions or RequestStatus.NothingFound
        or RequestStatus.Rejected or RequestStatus.Cancelled or RequestStatus.Stopped or RequestStatus.Failed;
}

[JsonConverter(typeof(JsonStringEnumConverter<RequestStatus>))]
public enum RequestStatus
{
    [JsonStringEnumMemberName("locating")] Locating,
    [JsonStringEnumMemberName("waiting")] Waiting,
    [JsonStringEnumMemberName("approved")] Approved,
    [JsonStringEnumMemberName("erasing")] Erasing,
    [JsonStringEnumMemberName("certified")] Certified,
    [JsonStringEnumMemberName("certified-with-exceptions")] CertifiedWithExceptions,
    [JsonStringEnumMemberName("nothing-found")] NothingFound,
    [JsonStringEnumMemberName("rejected")] Rejected,
    [JsonStringEnumMemberName("cancelled")] Cancelled,
    [JsonStringEnumMemberName("stopped")] Stopped,
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <param name="Number">From 1; each supplementary plan gets the next one.</param>
/// <param name="Digest">What approvals bind to.</param>
public sealed record PlanReference(int Number, string Digest, long Objects, long Rows, long BlockedObjects);

/// <summary>When an answer is due: one calendar month from receipt, the last day of the month where the day does not exist.</summary>
public static class DueDay
{
    public static DateOnly After(DateOnly received) => received.AddMonths(1);

    /// <summary>The last day that an extension may reach: the month may be extended by two further months (GDPR article 12(3)).</summary>
    public static DateOnly Latest(DateOnly received) => received.AddMonths(3);
}

/// <summary>That answering takes longer than a month; once a request, with the reason that the person is told.</summary>
/// <param name="From">The day on which it was due before.</param>
/// <param name="Until">The day on which it is due since.</param>
public sealed record Extension(DateOnly From, DateOnly Until, string Reason, string By, DateTimeOffset At);
