using Limpid.Core.Lake;

namespace Limpid.Functions.Triggers;

/// <summary>Which requester of lake.yaml a cloud principal is.</summary>
internal static class Principal
{
    /// <summary>Null for nobody's.</summary>
    /// <param name="caller">As IAM names who signed the call: <c>arn:aws:sts::123456789012:assumed-role/PrivacyDesk/session</c>.</param>
    public static string? MailOf(string? caller, LakeConfig lake) => caller is null
        ? null
        : lake.Requesters.FirstOrDefault(requester => requester.Principal is { } principal && IsSame(principal, caller))?.Mail;

    private static bool IsSame(string principal, string caller) =>
        principal == caller || (RoleOf(principal, "iam", "role/") is { } role && RoleOf(caller, "sts", "assumed-role/") == role);

    /// <summary>Partition, account and name. A session's ARN leaves out the role's path, and in one account no two roles share a name.</summary>
    private static (string Partition, string Account, string Role)? RoleOf(string arn, string service, string kind)
    {
        if (arn.Split(':', 6) is not ["arn", var partition, var of, "", var account, var resource]
            || of != service || !resource.StartsWith(kind, StringComparison.Ordinal))
            return null;
        string[] names = resource[kind.Length..].Split('/');
        // A role's name stands last, behind its path; a session's role first, before the session's own name.
        return (partition, account, service == "iam" ? names[^1] : names[0]);
    }
}
