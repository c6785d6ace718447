using System.Text.Json.Serialization;

namespace Limpid.Core.Erasure;

/// <summary>What a question to approvers is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApprovalPurpose>))]
public enum ApprovalPurpose
{
    /// <summary>Whether a plan may be carried out.</summary>
    [JsonStringEnumMemberName("erasure")] Erasure,

    /// <summary>Whether the person is gone from an external dataset, with evidence.</summary>
    [JsonStringEnumMemberName("attestation")] Attestation,
}

/// <summary>One question to the approvers of one plan; the workflow's token never leaves this record.</summary>
public sealed record Approval
{
    public required string RequestId { get; init; }
    public required int Plan { get; init; }
    public required ApprovalPurpose Purpose { get; init; }

    /// <summary>With <see cref="ApprovalPurpose.Attestation"/>: the external dataset.</summary>
    public string? Dataset { get; init; }
    public required string PlanDigest { get; init; }

    /// <summary>The newest token of the waiting task: a retry makes a new one, and mails hold none.</summary>
    public string? TaskToken { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    public int Reminders { get; init; }

    public DateTimeOffset? RemindedAt { get; init; }
}
