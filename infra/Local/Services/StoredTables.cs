using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Services;

/// <summary>The tables of local services, read whole: reference data can be kept in one as they are in DynamoDB.</summary>
internal sealed class StoredTables(ServicesDatabase database) : ITableReader
{
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ScanAsync(string table, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (JsonData item in Read(table) ?? throw new TableMissingException(table))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return Plain(item);
        }
    }

    private List<JsonData>? Read(string table) => database.Read(session =>
    {
        if (session.Scalar("SELECT name FROM tables WHERE name = ?1", table) is null)
            return null;
        var items = new List<JsonData>();
        using SqliteDataReader row = session.Query("SELECT item FROM items WHERE table_name = ?1 ORDER BY key", table);
        while (row.Read())
            items.Add(JsonData.Parse(row.GetFieldValue<byte[]>(0)));
        return items;
    });

    private static ReadOnlyMemory<byte> Plain(JsonData item)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
            WriteAll(writer, item);
        return json.WrittenMemory;
    }

    private static void WriteAll(Utf8JsonWriter writer, JsonData members)
    {
        writer.WriteStartObject();
        foreach ((string name, JsonData value) in members.Members)
        {
            writer.WritePropertyName(name);
            Write(writer, AttributeValue.TypeOf(value), AttributeValue.Content(value));
        }
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string type, JsonData content)
    {
        switch (type)
        {
            case "N":
                writer.WriteRawValue(content.Text);
                break;
            case "BOOL":
                writer.WriteBooleanValue(content.Kind == JsonValueKind.True);
                break;
            case "NULL":
                writer.WriteNullValue();
                break;
            case "M":
                WriteAll(writer, content);
                break;
            case "L":
            case "SS":
            case "NS":
            case "BS":
                writer.WriteStartArray();
                foreach (JsonData element in content.Items)
                {
                    if (type == "L")
                        Write(writer, AttributeValue.TypeOf(element), AttributeValue.Content(element));
                    else
                        Write(writer, type[..1], element);
                }
                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue(content.Text);
                break;
        }
    }
}
