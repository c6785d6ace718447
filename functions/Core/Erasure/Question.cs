using System.Globalization;

namespace Limpid.Core.Erasure;

/// <summary>Names one question to approvers: may this plan be carried out, or is the person gone from that external dataset.</summary>
/// <param name="Dataset">The external dataset, with <see cref="ApprovalPurpose.Attestation"/>; else null.</param>
public sealed record Question(string RequestId, int Plan, ApprovalPurpose Purpose, string? Dataset = null)
{
    /// <summary>Unique within the request: <c>0001/erasure</c>, <c>0001/attestation/crm</c>.</summary>
    public string Sort => Purpose == ApprovalPurpose.Erasure
        ? string.Create(CultureInfo.InvariantCulture, $"{Plan:D4}/erasure")
        : string.Create(CultureInfo.InvariantCulture, $"{Plan:D4}/attestation/{Dataset}");
}
