namespace Limpid.Functions;

/// <summary>
/// What a function uses of what stands outside, beyond its own settings, secrets and state, which every function reads. The CDK app
/// gives a function's role the rights to exactly this: what is missing here is refused in the cloud.
/// </summary>
[Flags]
internal enum Needs
{
    None = 0,

    /// <summary>Lists and reads the datasets' objects, with what keeps them from being erased.</summary>
    ReadLake = 1 << 0,

    /// <summary>Rewrites and removes the datasets' objects.</summary>
    WriteLake = 1 << 1,

    ReadIndex = 1 << 2,
    WriteIndex = 1 << 3,

    /// <summary>Writes the state, but for audit, suppression and the fingerprints of the secrets.</summary>
    WriteState = 1 << 4,

    /// <summary>Appends to audit chains.</summary>
    AppendAudit = 1 << 5,

    /// <summary>Adds people to the list of those who were erased.</summary>
    Suppress = 1 << 6,

    ReadEvidence = 1 << 7,

    /// <summary>Adds plans and certificates to the evidence; nothing that is there is overwritten.</summary>
    WriteEvidence = 1 << 8,

    /// <summary>Keeps signed heads of the lake's chain where nobody can remove them.</summary>
    Anchor = 1 << 9,

    /// <summary>Signs; whoever only checks a signature has the public key.</summary>
    Sign = 1 << 10,

    SendMail = 1 << 11,

    /// <summary>Starts a request's workflow.</summary>
    StartWorkflow = 1 << 12,

    /// <summary>Stops a request's workflow.</summary>
    StopWorkflow = 1 << 13,

    /// <summary>Answers workflows that wait for a person.</summary>
    AnswerWorkflow = 1 << 14,

    /// <summary>Asks where the lake's buckets are copied to.</summary>
    ListCopies = 1 << 15,

    /// <summary>Makes the lake's secrets where there are none. One function's alone: with a second set under the same numbers nobody would be found again.</summary>
    MakeSecrets = 1 << 16,
}
