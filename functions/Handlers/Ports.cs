using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions;

/// <summary>Everything outside that handlers are built from; put together once, where the process starts.</summary>
/// <param name="PageSecret">32 bytes or more: signs links, forms and codes of the approver's pages.</param>
/// <param name="PagesUrl">Where the approver's pages are reached from a browser, without a trailing slash; never taken from a request.</param>
/// <param name="RandomBytes">Fills a buffer with unguessable bytes.</param>
/// <param name="Scratch">Makes an empty stream that can be written, read and sought, and leaves nothing behind when disposed.</param>
internal sealed record Ports(
    LakeConfig Lake,
    IObjectStore Objects,
    IObjectStore Evidence,
    ISubjectIndex Index,
    IStateTable State,
    IWorkflows Workflows,
    IMailer Mailer,
    SubjectHasher Hasher,
    ObjectNames Names,
    ISigner Signer,
    IKillSwitch KillSwitch,
    ReadOnlyMemory<byte> PageSecret,
    string PagesUrl,
    TimeProvider Time,
    RandomBytes RandomBytes,
    Func<Stream> Scratch)
{
    public LakeConfig Lake
    {
        get;
        init
        {
            field = value;
            LakeDigest = null!;
        }
    } = Lake;

    /// <summary>SHA-256 of lake.yaml's canonical JSON form: worked out from <see cref="Lake"/> when somebody asks, not every function does.</summary>
    public string LakeDigest { get => field ??= LakeConfigDigest.Of(Lake); private init; }

    /// <summary>Told of work as it is done, for progress bars; null where nobody looks.</summary>
    public Action<WorkDone>? Progress { get; init; }

    /// <summary>Lists the copies of the lake that no rewrite reaches; null on one machine, where they are the same for every lake.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<ResidualCopy>>>? CopiesOutOfReach { get; init; }

    /// <summary>Tables that reference data are kept in; null where there are none.</summary>
    public ITableReader? Tables { get; init; }

    /// <summary>Streams into which change records are put; null where there are none.</summary>
    public IRecordStream? Streams { get; init; }

    /// <summary>Whether a derived table's steps are run here, as its <c>local</c> says: on one machine.</summary>
    public bool RunsCommands { get; init; }

    /// <summary>Where heads of the lake's chain are kept so that nobody can change or remove them; null on one machine, where mails alone keep them.</summary>
    public IObjectStore? Anchors { get; init; }

    /// <summary>Takes lines for whoever watches the process; they name no person and no object.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>
    /// Whether a call has to come through the API that proves who calls. On one machine whoever can run the tool may say who asks; in the
    /// cloud the right to invoke a function is no right to ask in somebody else's name.
    /// </summary>
    public bool CallersMustBeProven { get; init; }

    /// <summary>The same stream, telling <see cref="Progress"/> of the bytes that are read from it.</summary>
    public Stream Watched(Stream stream) => Progress is { } progress ? new WatchedStream(stream, progress) : stream;
}

/// <param name="Dataset">Where, or null for bytes.</param>
/// <param name="Objects">Done so far.</param>
/// <param name="Bytes">Read since the last time, or null.</param>
internal readonly record struct WorkDone(string? Dataset, long Objects, long? Bytes);

internal delegate void RandomBytes(Span<byte> destination);
