using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Formats;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>
/// Gives an object other content. Little of it is proven in memory and put in one request; much is put together in the staging
/// place, read back and proven there, and then copied into the lake by S3 itself, in parts, in one conditional step. So nothing
/// unproven ever stands in the lake, with versions or without.
/// </summary>
internal sealed class S3Rewrite(IAmazonS3 s3, S3Place place, S3Bucket bucket, S3Staging staging, TimeProvider time, int held)
{
    private const int AtOnce = 4;

    /// <summary>How often an object is begun anew whose tags or ACL change while it is copied.</summary>
    private const int Attempts = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly S3Reading _reading = new(s3);

    public async Task<StoreResult> ReplaceAsync(
        ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation)
    {
        if (place.NameOf(read.Key) is not { } name)
            return new StoreResult(StoreOutcome.Gone);
        (S3Properties? properties, StoreResult refusal) = await PropertiesAsync(name, read, cancellation);
        if (properties is null)
            return refusal;
        InitiateMultipartUploadRequest stage = staging.Begin(place.Bucket, name, properties);
        await using var spool = new S3Spool(s3, () => stage, held);
        await write(spool, cancellation);
        if (spool.Content is { } content)
            return await PutAsync(name, read, content, properties, prove, cancellation);
        await staging.ClearAsync(place.Bucket, name, cancellation);
        S3Source staged = await staging.CompleteAsync(stage, () => spool.CompleteAsync(null, cancellation), spool.Length, cancellation);
        return await ProveAndPlaceAsync(name, read, staged, prove, cancellation);
    }

    public async Task<StoreResult> SpliceAsync(
        ObjectInfo read, IReadOnlyList<ByteEdit> edits, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation)
    {
        if (SplicePlan.Of(read.Size, edits) is not { } plan)
            return await ReplaceAsync(read, async (target, token) =>
            {
                await using Stream source = await _reading.OpenAsync(SourceOf(read), 0, token);
                await ByteEdits.ApplyAsync(source, edits, target, token);
            }, prove, cancellation);
        if (place.NameOf(read.Key) is not { } name)
            return new StoreResult(StoreOutcome.Gone);
        (S3Properties? properties, StoreResult refusal) = await PropertiesAsync(name, read, cancellation);
        if (properties is null)
            return refusal;
        await staging.ClearAsync(place.Bucket, name, cancellation);
        InitiateMultipartUploadRequest stage = staging.Begin(place.Bucket, name, properties);
        S3Multipart upload = await S3Multipart.BeginAsync(s3, stage, cancellation);
        S3Source staged;
        try
        {
            await InPartsAsync(plan.Parts, (number, part, token) => part.Pieces is { } pieces
                ? UploadAsync(upload, number, read, pieces, (int)part.Length, edits, token)
                : upload.CopyAsync(number, SourceOf(read), part.From, part.Length, token), cancellation);
            staged = await staging.CompleteAsync(stage, () => upload.CompleteAsync(null, null, cancellation), plan.Length, cancellation);
        }
        catch (AmazonS3Exception answer) when (answer.OfWrite() is { } lost)
        {
            await upload.AbortAsync();
            return lost;
        }
        catch (ObjectChangedException)
        {
            // Parts go side by side: one that is read may find the rival before one that is copied does.
            await upload.AbortAsync();
            return new StoreResult(StoreOutcome.Changed);
        }
        catch
        {
            await upload.AbortAsync();
            throw;
        }
        return await ProveAndPlaceAsync(name, read, staged, prove, cancellation);
    }

    private async Task<(S3Properties? Properties, StoreResult Refusal)> PropertiesAsync(string name, ObjectInfo read, CancellationToken cancellation) =>
        (S3Place.WhyUnreachable(name) ?? await bucket.WhyWriteLosesNullVersionAsync(name, read, cancellation)) is { } why
            ? (null, new StoreResult(StoreOutcome.Blocked, Reason: why))
            : await S3Properties.ReadAsync(s3, bucket, name, read, time, cancellation);

    private S3Source SourceOf(ObjectInfo read) => new(place.Bucket, place.NameOf(read.Key)!, read.Version, read.ETag, read.Size);

    private async Task<StoreResult> PutAsync(
        string name, ObjectInfo read, ReadOnlyMemory<byte> content, S3Properties before, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation)
    {
        byte[] bytes = content.ToArray();
        using (var proof = new MemoryStream(bytes, writable: false))
        {
            if (!await prove(proof, cancellation))
                return new StoreResult(StoreOutcome.Unproven);
        }
        // As late as can be: tags and ACL change without changing the ETag, and would be put back as they were.
        (S3Properties? properties, StoreResult refusal) = await PropertiesAsync(name, read, cancellation);
        if (properties is null)
            return refusal;
        // The proof may rest on the tags: those that it saw are those that are put, or it is begun anew.
        if (properties.Fingerprint != before.Fingerprint)
            return new StoreResult(StoreOutcome.Changed);
        var request = new PutObjectRequest
        {
            BucketName = place.Bucket,
            Key = name,
            InputStream = new MemoryStream(bytes, writable: false),
            IfMatch = S3Answers.Quoted(read.ETag),
        };
        properties.GiveTo(request);
        try
        {
            PutObjectResponse answer = await s3.PutObjectAsync(request, cancellation);
            return await DoneAsync(name, read, answer.VersionId, answer.ETag, properties, cancellation);
        }
        catch (AmazonS3Exception answer) when (answer.OfWrite() is { } lost)
        {
            return await IsThereAsync(name, read, SHA256.HashData(bytes), bytes.Length, cancellation) is { } there ? there : lost;
        }
    }

    private async Task<StoreResult> ProveAndPlaceAsync(
        string name, ObjectInfo read, S3Source staged, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation)
    {
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                // Before the proof, which may rest on the tags: those that it saw are those that are placed, or it is begun anew.
                (S3Properties? properties, StoreResult refusal) = await PropertiesAsync(name, read, cancellation);
                if (properties is null)
                    return refusal;
                await using Stream content = await _reading.OpenAsync(staged, 0, cancellation);
                await using var digested = new DigestingStream(content);
                if (!await prove(digested, cancellation))
                    return new StoreResult(StoreOutcome.Unproven);
                byte[] digest = await digested.ToEndAsync(cancellation);
                if (await PlaceAsync(name, read, staged, properties, digest, cancellation) is { } result)
                    return result;
                if (attempt == Attempts)
                    return new StoreResult(StoreOutcome.Changed, Reason: "its tags or its ACL keep changing");
                await Task.Delay(Pause, time, cancellation);
            }
        }
        finally
        {
            await staging.DeleteAsync(staged);
        }
    }

    /// <summary>Null where tags or ACL changed while it was copied.</summary>
    private async Task<StoreResult?> PlaceAsync(string name, ObjectInfo read, S3Source staged, S3Properties properties, byte[] digest, CancellationToken cancellation)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = place.Bucket, Key = name };
        properties.GiveTo(request);
        S3Multipart? upload = null;
        bool isPlaced = false;
        try
        {
            upload = await S3Multipart.BeginAsync(s3, request, cancellation);
            await staging.NoteAsync(place.Bucket, name, upload.Id, cancellation);
            await InPartsAsync(SplicePlan.OfCopy(staged.Size).Parts, (number, part, token) => upload.CopyAsync(number, staged, part.From, part.Length, token), cancellation);
            (S3Properties? now, StoreResult refusal) = await PropertiesAsync(name, read, cancellation);
            if (now is null)
                return refusal;
            if (now.Fingerprint != properties.Fingerprint)
                return null;
            CompleteMultipartUploadResponse answer = await upload.CompleteAsync(S3Answers.Quoted(read.ETag), null, cancellation);
            isPlaced = true;
            return await DoneAsync(name, read, answer.VersionId, answer.ETag, properties, cancellation);
        }
        catch (AmazonS3Exception answer) when (answer.OfWrite() is { } lost)
        {
            return await IsThereAsync(name, read, digest, staged.Size, cancellation) is { } there ? there : lost;
        }
        finally
        {
            if (upload is not null)
            {
                if (!isPlaced)
                    await upload.AbortAsync();
                await staging.ForgetNoteAsync(place.Bucket, name, upload.Id);
            }
        }
    }

    private async Task<StoreResult> DoneAsync(string name, ObjectInfo read, string? versionId, string etag, S3Properties properties, CancellationToken cancellation)
    {
        ObjectInfo? written = await new S3Listing(s3, place, bucket, time).HeadAsync(read.Key, cancellation);
        bool isOurs = written is not null && written.Version == S3Answers.VersionOf(versionId) && written.ETag == S3Answers.ETagOf(etag);
        // With versions the old one still shows what became of its tags and ACL until the last moment.
        if (isOurs && read.Version.Length > 0)
            await properties.PutBackChangesAsync(s3, place.Bucket, name, read.Version, S3Answers.IdOf(written!.Version), cancellation);
        return new StoreResult(StoreOutcome.Done, isOurs ? written : null);
    }

    /// <summary>
    /// An answer may be lost, and the repeated request then finds the ETag of its own first try. Whether it did is told by the
    /// content: it was proven, so that whoever put it there, the object is what was to be.
    /// </summary>
    private async Task<StoreResult?> IsThereAsync(string name, ObjectInfo read, byte[] digest, long size, CancellationToken cancellation)
    {
        ObjectInfo? now = await new S3Listing(s3, place, bucket, time).HeadAsync(read.Key, cancellation);
        if (now is null || now.Size != size || now.ETag == read.ETag || now.Unreadable is not null)
            return null;
        try
        {
            await using Stream content = await _reading.OpenAsync(new S3Source(place.Bucket, name, now.Version, now.ETag, now.Size), 0, cancellation);
            byte[] found = await SHA256.HashDataAsync(content, cancellation);
            return found.AsSpan().SequenceEqual(digest) ? new StoreResult(StoreOutcome.Done, now) : null;
        }
        catch (ObjectChangedException)
        {
            return null;
        }
    }

    private async Task UploadAsync(
        S3Multipart upload, int number, ObjectInfo read, IReadOnlyList<SplicePiece> pieces, int length, IReadOnlyList<ByteEdit> edits, CancellationToken cancellation)
    {
        byte[] bytes = new byte[length];
        int at = 0;
        foreach (SplicePiece piece in pieces)
        {
            Memory<byte> target = bytes.AsMemory(at, (int)piece.Length);
            if (piece.Edit >= 0)
                edits[piece.Edit].Replacement.CopyTo(target);
            else
                await _reading.ReadAsync(SourceOf(read), piece.From, target, cancellation);
            at += (int)piece.Length;
        }
        await upload.UploadAsync(number, bytes, cancellation);
    }

    private static Task InPartsAsync(IReadOnlyList<SplicePart> parts, Func<int, SplicePart, CancellationToken, Task> send, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            parts.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (part, token) => await send(part.Index + 1, part.Item, token));
}
