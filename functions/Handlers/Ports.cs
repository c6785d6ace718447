using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions;

/// <summary>Everything outside that handlers are built from; put together once, where the process starts.</summary>
/// <param name="LakeDigest">SHA-256 of lake.yaml's canonical JSON form.</param>
/// <param name="PageSecret">32 bytes or more: signs links, forms and codes of the approver's pages.</param>
/// <param name="PagesUrl">Where the approver's pages are reached from a browser, without a trailing slash; never taken from a request.</param>
/// <param name="RandomBytes">Fills a buffer with unguessable bytes.</param>
internal sealed record Ports(
    LakeConfig Lake,
    string LakeDigest,
    IObjectStore Objects,
    IObjectStore Evidence,
    ISubjectIndex Index,
    IStateTable State,
    IWorkflows Workflows,
    IMailer Mailer,
    SubjectHasher Hasher,
    ISigner Signer,
    IKillSwitch KillSwitch,
    ReadOnlyMemory<byte> PageSecret,
    string PagesUrl,
    TimeProvider Time,
    RandomBytes RandomBytes);

internal delegate void RandomBytes(Span<byte> destination);
