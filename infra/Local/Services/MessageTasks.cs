using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Limpid.Local.StateMachines;
using Limpid.Local.Storage;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Services;

/// <summary>
/// SNS, SQS and EventBridge. Every topic, queue and bus is there once it is named; what is sent is kept, for whoever reads it by
/// <c>limpid messages</c>, and goes nowhere else.
/// </summary>
internal sealed class MessageTasks(ServicesDatabase database, TimeProvider time)
{
    private const int MostEntries = 10;

    /// <summary>For how long a FIFO queue or topic takes a message with the same deduplication id for the same message.</summary>
    private static readonly TimeSpan SameMessage = TimeSpan.FromMinutes(5);

    /// <summary>Told of each event that was put, in the form that a rule's target gets, by the process that put it.</summary>
    public Action<JsonData>? EventPut { get; init; }

    public Task<JsonData> PublishAsync(TaskCall call, CancellationToken cancellation)
    {
        JsonData request = call.Parameters;
        string? target = Text(request, "TopicArn") ?? Text(request, "TargetArn") ?? Text(request, "PhoneNumber");
        if (target is null)
            throw new ServiceException("InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter");
        if (request.Get("PhoneNumber") is null && (target.Split(':') is not ["arn", _, "sns", _, _, var name, ..] || name.Length == 0))
            throw new ServiceException("InvalidParameter", "Invalid parameter: TopicArn");
        if (Content(request.Get("Message")) is not { Length: > 0 } message)
            throw new ServiceException("InvalidParameter", "Invalid parameter: Empty message");
        if (Text(request, "MessageStructure") == "json" && !(JsonData.TryParse(message, out JsonData? json) && json.Get("default") is not null))
            throw new ServiceException("InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body");
        return database.OnceAsync(call.Origin, session => Store(session, call, "sns", target, message, JsonData.Object(Told(request, "Subject", "MessageAttributes", "MessageStructure"))), cancellation);
    }

    public Task<JsonData> SendAsync(TaskCall call, CancellationToken cancellation)
    {
        JsonData request = call.Parameters;
        string target = Text(request, "QueueUrl") ?? throw new ServiceException("MissingParameter", "The request must contain the parameter QueueUrl.", isModeled: false);
        if (Content(request.Get("MessageBody")) is not { Length: > 0 } body)
            throw new ServiceException("MissingParameter", "The request must contain the parameter MessageBody.", isModeled: false);
        return database.OnceAsync(call.Origin, session =>
        {
            JsonData answer = Store(session, call, "sqs", target, body, JsonData.Object(Told(request, "MessageAttributes", "DelaySeconds")));
            answer = answer.With("MD5OfMessageBody", JsonData.Of(Md5(Encoding.UTF8.GetBytes(body))));
            return request.Get("MessageAttributes") is { Members.Count: > 0 } attributes ? answer.With("MD5OfMessageAttributes", JsonData.Of(Md5(AttributeBytes(attributes)))) : answer;
        }, cancellation);
    }

    /// <param name="isSdk">Whether it is called as it stands: the optimized integration adds the execution to the resources.</param>
    public async Task<JsonData> PutEventsAsync(TaskCall call, bool isSdk, CancellationToken cancellation)
    {
        if (call.Parameters.Get("Entries") is not { Kind: JsonValueKind.Array } entries)
            throw ServiceException.Missing("Entries");
        if (entries.Items.Count is 0 or > MostEntries)
            throw ServiceException.Invalid($"1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and {MostEntries}");
        var put = new List<JsonData>();
        JsonData answer = await database.OnceAsync(call.Origin, session =>
        {
            JsonData[] results = [.. entries.Items.Select((entry, index) => Put(session, call, entry, index, isSdk, put))];
            return JsonData.Object(("Entries", JsonData.Array(results)), ("FailedEntryCount", JsonData.Of(results.Count(r => r.Get("ErrorCode") is not null))));
        }, cancellation);
        foreach (JsonData happened in put)
            EventPut?.Invoke(happened);
        return answer;
    }

    /// <summary>What was sent, the oldest first.</summary>
    /// <param name="to">Only what was sent to this topic, queue or bus: its ARN, URL or name.</param>
    public static IReadOnlyList<SentMessage> List(ServicesDatabase database, string? to) => database.Read(session =>
    {
        var messages = new List<SentMessage>();
        using SqliteDataReader row = session.Query("SELECT id, service, target, sent, execution, content FROM messages ORDER BY number");
        while (row.Read())
        {
            var message = new SentMessage(row.GetString(0), row.GetString(1), row.GetString(2), new(row.GetInt64(3), TimeSpan.Zero), row.GetString(4), JsonData.Parse(row.GetFieldValue<byte[]>(5)));
            if (to is null || message.Target == to || message.TargetName == to)
                messages.Add(message);
        }
        return messages;
    });

    private JsonData Store(SqliteSession session, TaskCall call, string service, string target, string content, JsonData more)
    {
        bool isFifo = target.EndsWith(".fifo", StringComparison.Ordinal);
        string? group = Text(call.Parameters, "MessageGroupId");
        string? duplicates = null;
        if (isFifo)
        {
            if (group is null)
                throw new ServiceException(service == "sqs" ? "MissingParameter" : "InvalidParameter", service == "sqs" ? "The request must contain the parameter MessageGroupId." : "Invalid parameter: The MessageGroupId parameter is required for FIFO topics", isModeled: service != "sqs");
            duplicates = Text(call.Parameters, "MessageDeduplicationId") ?? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
        }
        string id = AwsResponse.Id(call.Origin, "message");
        long now = time.GetUtcNow().UtcTicks;
        long number = 0;
        using (SqliteDataReader same = session.Query("SELECT id, number FROM messages WHERE target = ?1 AND duplicates = ?2 AND sent > ?3 ORDER BY number LIMIT 1", target, duplicates, now - SameMessage.Ticks))
        {
            if (same.Read())
                (id, number) = (same.GetString(0), same.GetInt64(1));
        }
        if (number == 0)
            number = Insert(session, id, service, target, call, duplicates, JsonData.Object([.. Told(call.Parameters, "MessageGroupId"), KeyValuePair.Create("Message", JsonData.Of(content)), .. more.Members]));
        JsonData answer = JsonData.Object(("MessageId", JsonData.Of(id)));
        return isFifo ? answer.With("SequenceNumber", JsonData.Of(number.ToString("D20", CultureInfo.InvariantCulture))) : answer;
    }

    private JsonData Put(SqliteSession session, TaskCall call, JsonData entry, int index, bool isSdk, List<JsonData> put)
    {
        foreach (string required in (string[])["Source", "DetailType", "Detail"])
        {
            if (Content(entry.Get(required)) is not { Length: > 0 })
                return Failed("InvalidArgument", $"Parameter {required} is not valid. Reason: {required} is a required argument.");
        }
        if (!JsonData.TryParse(Content(entry.Get("Detail"))!, out JsonData? detail) || detail.Kind != JsonValueKind.Object)
            return Failed("MalformedDetail", "Detail is malformed.");
        string id = AwsResponse.Id(call.Origin, string.Create(CultureInfo.InvariantCulture, $"event {index}"));
        string bus = Text(entry, "EventBusName") ?? "default";
        IEnumerable<JsonData> resources = entry.Get("Resources")?.Items ?? [];
        if (!isSdk)
            resources = resources.Concat([JsonData.Of(call.Origin.StateMachine), JsonData.Of(call.Origin.Execution)]);
        JsonData happened = JsonData.Object(
            ("version", JsonData.Of("0")), ("id", JsonData.Of(id)), ("detail-type", entry.Get("DetailType")!), ("source", entry.Get("Source")!), ("account", JsonData.Of("000000000000")),
            ("time", entry.Get("Time") ?? JsonData.Of(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))), ("region", JsonData.Of(Arns.Region)),
            ("resources", JsonData.Array([.. resources])), ("detail", detail));
        Insert(session, id, "events", bus, call, null, happened);
        put.Add(happened);
        return JsonData.Object(("EventId", JsonData.Of(id)));

        static JsonData Failed(string code, string message) => JsonData.Object(("ErrorCode", JsonData.Of(code)), ("ErrorMessage", JsonData.Of(message)));
    }

    private long Insert(SqliteSession session, string id, string service, string target, TaskCall call, string? duplicates, JsonData content) => (long)session.Scalar(
        "INSERT INTO messages (id, service, target, sent, execution, duplicates, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING number",
        id, service, target, time.GetUtcNow().UtcTicks, call.Origin.Execution, duplicates, content.ToUtf8().ToArray())!;

    private static KeyValuePair<string, JsonData>[] Told(JsonData request, params string[] names) =>
        [.. names.Where(n => request.Get(n) is { Kind: not JsonValueKind.Null }).Select(n => KeyValuePair.Create(n, request.Get(n)!))];

    private static string? Text(JsonData request, string name) => request.Get(name) is { Kind: JsonValueKind.String, Text.Length: > 0 } value ? value.Text : null;

    /// <summary>Text as it stands, other JSON as its text: so do the integrations.</summary>
    private static string? Content(JsonData? value) => value?.Kind switch
    {
        null or JsonValueKind.Null => null,
        JsonValueKind.String => value.Text,
        _ => value.ToString(),
    };

#pragma warning disable CA5351 // SQS tells its callers this digest; nothing is protected by it.
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351

    /// <summary>The form over which SQS takes the digest of attributes: by name, each part with its length before it.</summary>
    private static byte[] AttributeBytes(JsonData attributes)
    {
        using var bytes = new MemoryStream();
        foreach (var (name, attribute) in attributes.Members.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            Part(Encoding.UTF8.GetBytes(name));
            Part(Encoding.UTF8.GetBytes(attribute.Get("DataType")?.Text ?? ""));
            bool isBinary = attribute.Get("BinaryValue") is not null;
            bytes.WriteByte((byte)(isBinary ? 2 : 1));
            Part(isBinary ? Convert.FromBase64String(attribute.Get("BinaryValue")!.Text) : Encoding.UTF8.GetBytes(Content(attribute.Get("StringValue")) ?? ""));
        }
        return bytes.ToArray();

        void Part(byte[] part)
        {
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            bytes.Write(length);
            bytes.Write(part);
        }
    }
}

/// <summary>One message to a topic or queue, or one event on a bus.</summary>
/// <param name="Service"><c>sns</c>, <c>sqs</c> or <c>events</c>.</param>
internal sealed record SentMessage(string Id, string Service, string Target, DateTimeOffset Sent, string Execution, JsonData Content)
{
    /// <summary>The target without what its ARN or URL says besides.</summary>
    public string TargetName => Target[(Target.LastIndexOfAny([':', '/']) + 1)..];

    public JsonData ToJson() => JsonData.Object(
        ("id", JsonData.Of(Id)), ("service", JsonData.Of(Service)), ("to", JsonData.Of(Target)), ("sent", JsonData.Of(Timestamps.Format(Sent))),
        ("execution", JsonData.Of(Execution)), ("content", Content));
}
