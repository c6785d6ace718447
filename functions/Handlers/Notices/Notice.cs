using Limpid.Core.Erasure;
using Limpid.Core.Lake;

namespace Limpid.Functions.Notices;

/// <summary>Who is told what comes of a request.</summary>
internal static class Notice
{
    /// <summary>The requester and the operators, each person once.</summary>
    public static IReadOnlyList<string> Readers(ErasureRequest request, LakeConfig lake) =>
        [.. lake.Mail.Operators.Prepend(request.RequestedBy).DistinctBy(MailIdentity.Normalize, StringComparer.Ordinal)];
}
