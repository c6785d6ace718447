using System.Security.Cryptography;
using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <param name="Flag">The id of the change flag that this execution is for; empty: whichever stands, if any.</param>
internal sealed record PublishReferenceInput(string Reference, string Flag = "");

/// <param name="Outcome"><c>published</c>; <c>unchanged</c>, where the current version says the same; <c>nothing</c>, where another execution has seen to the flag.</param>
/// <param name="Version">That is current; 0 with <c>nothing</c>.</param>
internal sealed record PublishReferenceResult(string Outcome, int Version, long Rows);

/// <summary>
/// <c>publish-reference</c>: reads reference data where they are kept, stores a new version, moves the pointer to it, tells consumers, and
/// takes off the change flag that it read first; then versions that nobody reads any more go. The flag is read before the pointer and the pointer before the data, and both are changed
/// only as they were read: whoever was slower has read older data and begins anew, so that no change is ever covered by an older version.
/// On replay the data are what the pointer says already, and what was left undone is done.
/// </summary>
internal sealed class PublishReference(Ports ports)
{
    /// <summary>How often it begins anew because another version was published meanwhile.</summary>
    private const int MostRivals = 5;

    private readonly ChangeFlags _flags = new(ports);
    private readonly ReferenceReader _reader = new(ports);
    private readonly ChangeNotices _notices = new(ports);
    private readonly ReferenceRetention _old = new(ports);

    public async Task<PublishReferenceResult> HandleAsync(PublishReferenceInput input, CancellationToken cancellation)
    {
        Reference reference = ports.Lake.KnownReference(input.Reference);
        for (int attempt = 0; attempt < MostRivals; attempt++)
        {
            var flag = await _flags.ReadAsync(reference, cancellation);
            if (input.Flag.Length > 0 && flag?.Flag.Id != input.Flag)
            {
                // Somebody may have died between putting that flag and beginning its execution.
                if (flag is { Flag: var other })
                    await _flags.BeginAsync(reference, other, cancellation);
                return new PublishReferenceResult("nothing", 0, 0);
            }
            if (await TryPublishAsync(reference, cancellation) is not { } result)
                continue;
            await _notices.SendAsync(reference, result.Version, cancellation);
            if (flag is { } seen)
                await _flags.TakeOffAsync(reference, seen.Flag, seen.Info, cancellation);
            await _old.RemoveAsync(reference, cancellation);
            return result;
        }
        throw new IOException($"others publish {reference.Name} all the time");
    }

    /// <summary>Null where somebody else moved the pointer meanwhile.</summary>
    private async Task<PublishReferenceResult?> TryPublishAsync(Reference reference, CancellationToken cancellation)
    {
        SmallObject? read = await ports.Objects.ReadSmallAsync(reference.PointerKey(), cancellation);
        ReferencePointer? pointer = read is null ? null : ReferencePointer.Read(read.Bytes, reference.Name);
        ReferenceContent content = await _reader.ReadAsync(reference, cancellation);
        byte[] bytes = content.Bytes ?? throw new BadReferenceException(reference.Name, content.Problem!);
        string digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (pointer?.Sha256 == digest && await ports.Objects.HeadAsync(reference.Folder() + pointer.Object, cancellation) is not null)
            return new PublishReferenceResult("unchanged", pointer.Version, pointer.Rows);
        int version = await StoreAsync(reference, (pointer?.Version ?? 0) + 1, bytes, cancellation);
        DateTimeOffset now = ports.Time.GetUtcNow();
        ReferenceHistory before = pointer is null ? new ReferenceHistory(1, []) : ReferenceHistory.Of(pointer);
        var next = new ReferencePointer(version, ReferenceObjects.VersionName(version), content.Rows, digest, now, before.With(version, now, reference.Keep!.Value));
        return await ports.Objects.TryWriteSmallAsync(reference.PointerKey(), read?.Info, next.ToJson(), cancellation)
            ? new PublishReferenceResult("published", version, content.Rows)
            : null;
    }

    /// <summary>Under the first number from <paramref name="version"/> on that is free: one that died or was slower may have left an object that no pointer names.</summary>
    private async Task<int> StoreAsync(Reference reference, int version, byte[] bytes, CancellationToken cancellation)
    {
        for (; ; version++)
        {
            string key = reference.Folder() + ReferenceObjects.VersionName(version);
            if (await ports.Objects.HeadAsync(key, cancellation) is null && await ports.Objects.TryWriteSmallAsync(key, null, bytes, cancellation))
                return version;
        }
    }
}
