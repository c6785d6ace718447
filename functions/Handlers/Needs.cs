namespace Limpid.Functions;

/// <summary>
/// What a function uses of what stands outside, beyond the state, which every function reads. It opens nothing else when it starts,
/// and the CDK app gives its role the rights to exactly this: what is missing here is refused in the cloud. What only sees to reference data or
/// begins hourly runs does not read the state either.
/// </summary>
[Flags]
internal enum Needs : long
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

    ReadPlans = 1 << 7,

    /// <summary>Adds plans; nothing that is there is overwritten.</summary>
    WritePlans = 1 << 8,

    ReadCertificates = 1 << 9,

    /// <summary>Adds certificates; nothing that is there is overwritten.</summary>
    WriteCertificates = 1 << 10,

    /// <summary>Looks whether somebody stopped all erasing.</summary>
    SeeKillSwitch = 1 << 11,

    /// <summary>Keeps signed heads of the lake's chain where nobody can remove them.</summary>
    Anchor = 1 << 12,

    /// <summary>Signs; knows the public key too.</summary>
    Sign = 1 << 13,

    SendMail = 1 << 14,

    /// <summary>Starts a request's workflow.</summary>
    StartWorkflow = 1 << 15,

    /// <summary>Stops a request's workflow.</summary>
    StopWorkflow = 1 << 16,

    /// <summary>Answers workflows that wait for a person.</summary>
    AnswerWorkflow = 1 << 17,

    /// <summary>Asks where the lake's buckets are copied to.</summary>
    ListCopies = 1 << 18,

    /// <summary>Makes the lake's secrets where there are none. One function's alone: with a second set under the same numbers nobody would be found again.</summary>
    MakeSecrets = 1 << 19,

    /// <summary>Knows the subject secrets: makes keys of identifiers.</summary>
    SubjectSecrets = 1 << 20,

    /// <summary>Knows the naming secret: names objects whose keys are identifiers.</summary>
    NamingSecret = 1 << 21,

    /// <summary>Knows the page secret: makes links, codes and references to people.</summary>
    PageSecret = 1 << 22,

    /// <summary>Knows the public key, and checks decisions by it.</summary>
    CheckDecisions = 1 << 23,

    /// <summary>Signs what scripts decide: only where <c>unattended</c> lets them.</summary>
    SignUnattended = 1 << 24,

    /// <summary>Asks whether an hourly run still runs.</summary>
    WatchWorkflow = 1 << 25,

    /// <summary>Removes items of the state that are of no use any more: what is remembered of hours, and never of requests or audit.</summary>
    ForgetHours = 1 << 26,

    /// <summary>Puts change flags of reference data, and begins what sees to them.</summary>
    FlagReferences = 1 << 27,

    /// <summary>Reads reference data where they are kept, writes their versions and pointers, takes their flags off and tells consumers.</summary>
    PublishReferences = 1 << 28,

    /// <summary>Adds objects to the datasets that streams go to, reads what it added and the reference data that rows are enriched with. Overwrites and removes nothing.</summary>
    AddRows = 1 << 29,

    /// <summary>Begins the hourly runs.</summary>
    BeginHours = 1 << 30,

    /// <summary>Lists the raw objects of hours.</summary>
    ListRawHours = 1L << 31,

    /// <summary>Lists and removes the objects of copies of hours that are of no use.</summary>
    ClearCopies = 1L << 32,

    /// <summary>Begins the runs of derived tables, and asks whether they still run.</summary>
    RunTables = 1L << 33,

    /// <summary>Forgets what is remembered of tables: marks that were seen to, and versions that are gone.</summary>
    ForgetTables = 1L << 34,

    /// <summary>Reads which version is current of reference data that derived tables are built of.</summary>
    FindInputs = 1L << 35,

    /// <summary>Reads versions of derived tables, and erases in them anew.</summary>
    ReplayErasures = 1L << 36,

    /// <summary>Reads versions of derived tables, and moves the tables' pointers.</summary>
    ServeTables = 1L << 37,

    /// <summary>Lists and removes versions of derived tables.</summary>
    ClearVersions = 1L << 38,

    /// <summary>Asks whether a request's workflow still runs.</summary>
    WatchErasure = 1L << 39,
}
