using System.Globalization;
using System.Text;
using System.Text.Json;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>
/// S3. The lake is the bucket of its name, and what Limpid keeps for proof is the bucket <c>evidence</c>, in which nothing is
/// written over.
/// </summary>
/// <param name="buckets">The store of a bucket, or null where there is none.</param>
internal sealed class ObjectTasks(Func<string, IObjectStore?> buckets)
{
    /// <summary>How often a write begins anew because somebody else was faster.</summary>
    private const int MostTries = 5;

    public async Task<JsonData> GetAsync(TaskCall call, CancellationToken cancellation)
    {
        (IObjectStore store, string key, _) = Place(call);
        ObjectInfo info = await store.HeadAsync(key, cancellation) ?? throw new ServiceException("NoSuchKey", "The specified key does not exist.", status: 404);
        if (info.Size > StatesErrors.PayloadLimit)
            throw new ServiceException("S3", $"The object has {info.Size.ToString(CultureInfo.InvariantCulture)} bytes, and a task's result at most {StatesErrors.PayloadLimit}.", isModeled: false);
        using var bytes = new MemoryStream();
        try
        {
            await using Stream content = await store.OpenReadAsync(info, 0, cancellation);
            await content.CopyToAsync(bytes, cancellation);
        }
        catch (IOException broken)
        {
            throw new ServiceException("InternalError", broken.Message, isModeled: false, 500);
        }
        return JsonData.Object(
            ("AcceptRanges", JsonData.Of("bytes")), ("Body", JsonData.Of(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length))), ("ContentLength", JsonData.Of(info.Size)),
            ("ContentType", JsonData.Of("binary/octet-stream")), ("ETag", JsonData.Of($"\"{info.ETag}\"")), ("LastModified", JsonData.Of(Time(info.Modified))), ("Metadata", JsonData.EmptyObject));
    }

    public async Task<JsonData> PutAsync(TaskCall call, CancellationToken cancellation)
    {
        (IObjectStore store, string key, string bucket) = Place(call);
        byte[] body = call.Parameters.Get("Body") switch
        {
            null or { Kind: JsonValueKind.Null } => [],
            { Kind: JsonValueKind.String } text => Encoding.UTF8.GetBytes(text.Text),
            var json => json.ToUtf8().ToArray(),
        };
        for (int i = 0; i < MostTries; i++)
        {
            ObjectInfo? there = await store.HeadAsync(key, cancellation);
            if (there is not null && bucket == LocalStateMachines.EvidenceBucket && !await HoldsAsync(store, there, body, cancellation))
                throw new ServiceException("AccessDenied", "Access Denied", isModeled: false, 403);
            StoreResult result = there is null
                ? await store.CreateAsync(key, (stream, c) => stream.WriteAsync(body, c).AsTask(), cancellation)
                : bucket == LocalStateMachines.EvidenceBucket ? new StoreResult(StoreOutcome.Done, there)
                : await store.ReplaceAsync(there, (stream, c) => stream.WriteAsync(body, c).AsTask(), (stream, c) => IsAsync(stream, body, c), cancellation);
            if (result.Outcome == StoreOutcome.Done)
                return JsonData.Object(("ETag", JsonData.Of($"\"{(result.Info ?? await store.HeadAsync(key, cancellation))?.ETag}\"")));
            if (result.Outcome == StoreOutcome.Blocked)
                throw new ServiceException("AccessDenied", $"Access Denied: {result.Reason}", isModeled: false, 403);
        }
        throw new ServiceException("ConditionalRequestConflict", "Others write this object all the time.", isModeled: false, 409);
    }

    private (IObjectStore Store, string Key, string Bucket) Place(TaskCall call)
    {
        string bucket = Named(call, "Bucket"), key = Named(call, "Key");
        IObjectStore store = buckets(bucket) ?? throw new ServiceException("NoSuchBucket", "The specified bucket does not exist", status: 404);
        return (store, key, bucket);
    }

    private static string Named(TaskCall call, string parameter) =>
        call.Parameters.Get(parameter) is { Kind: JsonValueKind.String, Text.Length: > 0 } value ? value.Text : throw ServiceException.Missing(parameter);

    private static async Task<bool> HoldsAsync(IObjectStore store, ObjectInfo info, byte[] body, CancellationToken cancellation)
    {
        await using Stream content = await store.OpenReadAsync(info, 0, cancellation);
        return await IsAsync(content, body, cancellation);
    }

    private static async Task<bool> IsAsync(Stream content, byte[] body, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellation);
        return bytes.GetBuffer().AsSpan(0, (int)bytes.Length).SequenceEqual(body);
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
