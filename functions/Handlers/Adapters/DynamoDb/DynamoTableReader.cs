using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>Reads tables of others by strongly consistent scans: what was written before a page is read is in it.</summary>
internal sealed class DynamoTableReader(IAmazonDynamoDB dynamo) : ITableReader
{
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ScanAsync(string table, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new ScanRequest { TableName = table, ConsistentRead = true };
        do
        {
            ScanResponse page = await PageAsync(request, cancellation);
            foreach (Dictionary<string, AttributeValue> item in page.Items ?? [])
                yield return Plain(item);
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });
    }

    private async Task<ScanResponse> PageAsync(ScanRequest request, CancellationToken cancellation)
    {
        try
        {
            return await dynamo.ScanAsync(request, cancellation);
        }
        catch (ResourceNotFoundException)
        {
            throw new TableMissingException(request.TableName);
        }
    }

    private static ReadOnlyMemory<byte> Plain(Dictionary<string, AttributeValue> item)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
            WriteAll(writer, item);
        return json.WrittenMemory;
    }

    private static void WriteAll(Utf8JsonWriter writer, Dictionary<string, AttributeValue> members)
    {
        writer.WriteStartObject();
        foreach ((string name, AttributeValue value) in members)
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, AttributeValue value)
    {
        switch (value)
        {
            case { S: { } text }:
                writer.WriteStringValue(text);
                break;
            case { N: { } number }:
                writer.WriteRawValue(number);
                break;
            case { BOOL: { } flag }:
                writer.WriteBooleanValue(flag);
                break;
            case { B: { } bytes }:
                writer.WriteBase64StringValue(bytes.ToArray());
                break;
            case { IsMSet: true }:
                WriteAll(writer, value.M);
                break;
            case { IsLSet: true }:
                WriteAll(writer, value.L, Write);
                break;
            case { SS.Count: > 0 }:
                WriteAll(writer, value.SS.Order(StringComparer.Ordinal), (w, text) => w.WriteStringValue(text));
                break;
            case { NS.Count: > 0 }:
                // By value as far as a double tells, then by digits: a set has no order, and the same set is to be the same bytes.
                WriteAll(writer, value.NS.OrderBy(n => double.Parse(n, System.Globalization.CultureInfo.InvariantCulture)).ThenBy(n => n, StringComparer.Ordinal), (w, number) => w.WriteRawValue(number));
                break;
            case { BS.Count: > 0 }:
                WriteAll(writer, value.BS.Select(b => Convert.ToBase64String(b.ToArray())).Order(StringComparer.Ordinal), (w, text) => w.WriteStringValue(text));
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static void WriteAll<T>(Utf8JsonWriter writer, IEnumerable<T> elements, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray();
        foreach (T element in elements)
            write(writer, element);
        writer.WriteEndArray();
    }
}
