using System.Runtime.CompilerServices;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>
/// A table of DynamoDB with a partition key <c>pk</c> and a sort key <c>sk</c>, both text. Reads are consistent. Nothing is scanned,
/// and there are no transactions: what is conditional is one item.
/// </summary>
internal sealed class DynamoTable(IAmazonDynamoDB dynamo, string name, TimeProvider time)
{
    public const string Pk = "pk";
    public const string Sk = "sk";

    private const int WrittenAtOnce = 25;
    private const int ReadAtOnce = 100;

    /// <summary>How often nothing of a batch may be taken, each time after a longer wait (five minutes in all).</summary>
    private const int FruitlessAttempts = 14;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(40);

    public static Dictionary<string, AttributeValue> Key(string pk, string sk) => new() { [Pk] = new(pk), [Sk] = new(sk) };

    /// <summary>The item, or null.</summary>
    public async Task<Dictionary<string, AttributeValue>?> GetAsync(string pk, string sk, CancellationToken cancellation)
    {
        GetItemResponse answer = await dynamo.GetItemAsync(
            new GetItemRequest { TableName = name, Key = Key(pk, sk), ConsistentRead = true }, cancellation);
        return answer.Item is { Count: > 0 } item ? item : null;
    }

    /// <summary>The items of a partition whose sort key begins with <paramref name="prefix"/>, ascending by its UTF-8 bytes.</summary>
    public IAsyncEnumerable<Dictionary<string, AttributeValue>> QueryAsync(string pk, string prefix, CancellationToken cancellation) =>
        QueryAsync(pk, prefix, null, cancellation);

    /// <param name="after">Resumes behind this sort key, whether or not it is there; null begins at the beginning.</param>
    public async IAsyncEnumerable<Dictionary<string, AttributeValue>> QueryAsync(
        string pk, string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new QueryRequest
        {
            TableName = name,
            ConsistentRead = true,
            KeyConditionExpression = prefix.Length == 0 ? $"{Pk} = :pk" : $"{Pk} = :pk AND begins_with({Sk}, :sk)",
            ExpressionAttributeValues = new() { [":pk"] = new(pk) },
            ExclusiveStartKey = after is null ? null : Key(pk, after),
        };
        if (prefix.Length > 0)
            request.ExpressionAttributeValues[":sk"] = new(prefix);
        do
        {
            QueryResponse page = await dynamo.QueryAsync(request, cancellation);
            foreach (Dictionary<string, AttributeValue> item in page.Items ?? [])
                yield return item;
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });
    }

    /// <summary>Stores an item if the condition holds; says whether it did.</summary>
    public async Task<bool> PutIfAsync(
        Dictionary<string, AttributeValue> item, string condition, Dictionary<string, AttributeValue>? values, CancellationToken cancellation)
    {
        try
        {
            await dynamo.PutItemAsync(
                new PutItemRequest { TableName = name, Item = item, ConditionExpression = condition, ExpressionAttributeValues = values }, cancellation);
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    public Task PutAsync(Dictionary<string, AttributeValue> item, CancellationToken cancellation) =>
        dynamo.PutItemAsync(new PutItemRequest { TableName = name, Item = item }, cancellation);

    /// <summary>Changes an item and returns what it was before, empty where there was none; null where the condition does not hold.</summary>
    public async Task<Dictionary<string, AttributeValue>?> UpdateAsync(
        string pk, string sk, string change, string? condition, Dictionary<string, AttributeValue> values, CancellationToken cancellation)
    {
        try
        {
            UpdateItemResponse answer = await dynamo.UpdateItemAsync(new UpdateItemRequest
            {
                TableName = name,
                Key = Key(pk, sk),
                UpdateExpression = change,
                ConditionExpression = condition,
                ExpressionAttributeValues = values,
                ReturnValues = ReturnValue.ALL_OLD,
            }, cancellation);
            return answer.Attributes ?? [];
        }
        catch (ConditionalCheckFailedException)
        {
            return null;
        }
    }

    public async Task<bool> DeleteIfAsync(string pk, string sk, string condition, Dictionary<string, AttributeValue> values, CancellationToken cancellation)
    {
        try
        {
            await dynamo.DeleteItemAsync(new DeleteItemRequest
            {
                TableName = name,
                Key = Key(pk, sk),
                ConditionExpression = condition,
                ExpressionAttributeValues = values,
            }, cancellation);
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    public Task DeleteAsync(string pk, string sk, CancellationToken cancellation) =>
        dynamo.DeleteItemAsync(new DeleteItemRequest { TableName = name, Key = Key(pk, sk) }, cancellation);

    public Task PutAllAsync(IEnumerable<Dictionary<string, AttributeValue>> items, CancellationToken cancellation) =>
        WriteAllAsync(items.Select(item => new WriteRequest(new PutRequest(item))), cancellation);

    public Task DeleteAllAsync(IEnumerable<Dictionary<string, AttributeValue>> keys, CancellationToken cancellation) =>
        WriteAllAsync(keys.Select(key => new WriteRequest(new DeleteRequest(key))), cancellation);

    /// <summary>Those of the items that are there, in no order. Each key once.</summary>
    public async Task<List<Dictionary<string, AttributeValue>>> GetAllAsync(IEnumerable<Dictionary<string, AttributeValue>> keys, CancellationToken cancellation)
    {
        var found = new List<Dictionary<string, AttributeValue>>();
        foreach (Dictionary<string, AttributeValue>[] batch in keys.Chunk(ReadAtOnce))
        {
            var left = new List<Dictionary<string, AttributeValue>>(batch);
            await UntilEmptyAsync(left, async rest =>
            {
                BatchGetItemResponse answer = await dynamo.BatchGetItemAsync(new BatchGetItemRequest
                {
                    RequestItems = new() { [name] = new KeysAndAttributes { Keys = rest, ConsistentRead = true } },
                }, cancellation);
                if (answer.Responses?.GetValueOrDefault(name) is { } items)
                    found.AddRange(items);
                return answer.UnprocessedKeys?.GetValueOrDefault(name)?.Keys ?? [];
            }, cancellation);
        }
        return found;
    }

    private Task WriteAllAsync(IEnumerable<WriteRequest> requests, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            requests.Chunk(WrittenAtOnce),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellation },
            async (batch, token) => await UntilEmptyAsync([.. batch], async rest =>
            {
                BatchWriteItemResponse answer = await dynamo.BatchWriteItemAsync(new BatchWriteItemRequest { RequestItems = new() { [name] = rest } }, token);
                return answer.UnprocessedItems?.GetValueOrDefault(name) ?? [];
            }, token));

    // A batch is no transaction: DynamoDB takes what it has room for, and hands the rest back as if all were well.
    private async Task UntilEmptyAsync<T>(List<T> left, Func<List<T>, Task<List<T>>> send, CancellationToken cancellation)
    {
        TimeSpan pause = FirstPause;
        for (int fruitless = 0; left.Count > 0;)
        {
            List<T> rest = await send(left);
            fruitless = rest.Count < left.Count ? 0 : fruitless + 1;
            left = rest;
            if (left.Count == 0)
                return;
            if (fruitless == FruitlessAttempts)
                throw new IOException($"DynamoDB takes nothing more into {name}");
            if (fruitless == 0)
                pause = FirstPause;
            await SpreadPause.WaitAsync(pause, time, cancellation);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
