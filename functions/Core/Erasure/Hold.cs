using Limpid.Core.Subjects;

namespace Limpid.Core.Erasure;

/// <summary>Stops erasing, by dataset or by subject, until it is released; checked when planning and again before each object.</summary>
public sealed record Hold
{
    public required string Id { get; init; }

    /// <summary>Null for a hold on a subject.</summary>
    public string? Dataset { get; init; }

    /// <summary>Null for a hold on a dataset.</summary>
    public SubjectIdentity? Subject { get; init; }

    public required string Reason { get; init; }
    public required string Author { get; init; }
    public required DateTimeOffset Since { get; init; }
    public DateTimeOffset? ReleasedAt { get; init; }
    public string? ReleasedBy { get; init; }

    /// <summary>Whether this forbids touching the subject's rows in the dataset.</summary>
    public bool Covers(string dataset, IReadOnlyList<SubjectIdentity> subject) =>
        ReleasedAt is null
        && (Dataset is null || Dataset == dataset)
        && (Subject is null || Subject.Keys.Any(key => subject.Any(identity => identity.Keys.Contains(key))));
}
