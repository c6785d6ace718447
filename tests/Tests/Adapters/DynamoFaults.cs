using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Limpid.Tests.Adapters;

/// <summary>Between a client and DynamoDB: loses answers, and takes only some of a batch.</summary>
internal sealed class DynamoFaults : DelegatingHandler
{
    private readonly Lock _gate = new();

    /// <summary>The next call of this operation is carried out, and its answer lost once.</summary>
    public string? LoseAnswerOf { get; set; }

    public int Lost { get; private set; }

    /// <summary>Given the batch's items, how many of them are taken; the others come back unprocessed.</summary>
    public Func<int, int>? TakenOfBatch { get; set; }

    /// <summary>Every call, and how many items it was for.</summary>
    public List<(string Operation, int Items)> Calls { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string operation = request.Headers.GetValues("X-Amz-Target").First().Split('.')[1];
        string body = await request.Content!.ReadAsStringAsync(cancellationToken);
        JsonObject asked = JsonNode.Parse(body)!.AsObject();
        JsonObject? left = operation is "BatchWriteItem" or "BatchGetItem" ? Hold(operation, asked) : null;
        if (left is null)
            lock (_gate)
                Calls.Add((operation, 1));
        else
            request.Content = new StringContent(asked.ToJsonString(), Encoding.UTF8, request.Content.Headers.ContentType!);
        HttpResponseMessage answer = asked["RequestItems"] is JsonObject { Count: 0 }
            ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("""{"Responses":{}}"""), RequestMessage = request }
            : await base.SendAsync(request, cancellationToken);
        lock (_gate)
        {
            if (LoseAnswerOf == operation)
            {
                LoseAnswerOf = null;
                Lost++;
                throw new HttpRequestException("the answer is lost");
            }
        }
        if (left is not { Count: > 0 })
            return answer;
        JsonObject said = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!.AsObject();
        said[operation == "BatchWriteItem" ? "UnprocessedItems" : "UnprocessedKeys"] = left;
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(said.ToJsonString()), RequestMessage = request };
    }

    /// <summary>Takes out of the request what is not taken; what that was.</summary>
    private JsonObject Hold(string operation, JsonObject asked)
    {
        JsonObject tables = asked["RequestItems"]!.AsObject();
        var left = new JsonObject();
        foreach (string table in tables.Select(t => t.Key).ToList())
        {
            JsonArray items = operation == "BatchWriteItem" ? tables[table]!.AsArray() : tables[table]!["Keys"]!.AsArray();
            int taken;
            lock (_gate)
            {
                Calls.Add((operation, items.Count));
                taken = TakenOfBatch?.Invoke(items.Count) ?? items.Count;
            }
            var over = new JsonArray();
            while (items.Count > taken)
            {
                JsonNode item = items[taken]!;
                items.RemoveAt(taken);
                over.Add(item);
            }
            if (over.Count > 0)
                left[table] = operation == "BatchWriteItem" ? over : new JsonObject { ["Keys"] = over, ["ConsistentRead"] = true };
            if (items.Count == 0)
                tables.Remove(table);
        }
        return left;
    }
}
