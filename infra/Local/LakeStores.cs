using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Local;

/// <summary>Where a lake stands, and what Limpid keeps of it: in folders and SQLite, or at an endpoint of S3 and DynamoDB.</summary>
internal interface ILakeStores : IDisposable
{
    /// <summary>The stores of the lake as lake.yaml describes it. What Limpid keeps of it stays the same whatever that says.</summary>
    LakeStores Of(LakeConfig lake);

    /// <summary>Where it is, for people.</summary>
    string Place { get; }

    /// <summary>Where an evidence file is, for people.</summary>
    string EvidencePlace(string key);

    /// <summary>Ends what a process that was killed left half done.</summary>
    void Sweep(CancellationToken cancellation);
}

/// <param name="Bucket">The store that a state machine's task means by a bucket's name; null where there is none.</param>
/// <param name="CopiesOutOfReach">As in <see cref="Functions.Ports"/>.</param>
internal sealed record LakeStores(
    IObjectStore Objects, IObjectStore Evidence, ISubjectIndex Index, IStateTable State, IKillSwitch KillSwitch, Func<string, IObjectStore?> Bucket,
    Func<CancellationToken, Task<IReadOnlyList<ResidualCopy>>>? CopiesOutOfReach);
