using System.Text;
using System.Text.Json;
using Limpid.Local.StateMachines;
using Limpid.Local.Storage;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Services;

/// <summary>DynamoDB's items, one at a time: getItem, putItem, updateItem, deleteItem.</summary>
internal sealed class TableTasks(ServicesDatabase database)
{
    private const int MostBytes = 400 * 1024;

    private static readonly string[] Legacy = ["Expected", "AttributeUpdates", "AttributesToGet", "ConditionalOperator"];

    public Task<JsonData> CallAsync(string action, TaskCall call, CancellationToken cancellation)
    {
        JsonData request = call.Parameters;
        string table = Text(request, "TableName") ?? throw ServiceException.Missing("TableName");
        if (!table.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
            throw ServiceException.Invalid($"1 validation error detected: Value '{table}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
        if (Legacy.FirstOrDefault(l => request.Get(l) is not null) is { } old)
            throw ServiceException.Invalid($"{old} is of DynamoDB's older form of requests and not supported here: use expressions");
        var names = new ExpressionNames(request.Get("ExpressionAttributeNames"), request.Get("ExpressionAttributeValues"));
        JsonData given = Read(request, action == "putItem" ? "Item" : "Key");
        IReadOnlyList<DocumentPath> projection = Projection(action == "getItem" ? Text(request, "ProjectionExpression") : null, names);
        Func<JsonData, bool>? condition = action != "getItem" && Text(request, "ConditionExpression") is { } text ? ConditionExpression.Read(text, names) : null;
        UpdateExpression? update = action == "updateItem" && Text(request, "UpdateExpression") is { } changes ? UpdateExpression.Read(changes, names) : null;
        names.RequireAllUsed();
        string returned = Text(request, "ReturnValues") ?? "NONE";
        string[] returnable = action == "updateItem" ? ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"] : ["NONE", "ALL_OLD"];
        if (!returnable.Contains(returned))
            throw ServiceException.Invalid($"Return values set to invalid value: {returned}");
        return database.OnceAsync(call.Origin, session =>
        {
            TableKey key = KeyOf(session, table, given, action);
            string place = key.Of(given);
            JsonData? old = Find(session, table, place);
            if (action == "getItem")
                return old is null ? JsonData.EmptyObject : JsonData.Object(("Item", projection.Count == 0 ? old : DocumentPath.Project(old, projection)));
            if (condition?.Invoke(old ?? JsonData.EmptyObject) == false)
                throw new ServiceException("ConditionalCheckFailedException", "The conditional request failed");
            JsonData? now = action switch
            {
                "putItem" => given,
                "deleteItem" => null,
                _ => Updated(key, old ?? given, update),
            };
            Store(session, table, place, now);
            return Answer(returned, old, now, update);
        }, cancellation);
    }

    /// <summary>The table's key, with the table made where an item comes into it.</summary>
    private static TableKey KeyOf(SqliteSession session, string table, JsonData given, string action)
    {
        TableKey? key = TableKey.Find(session, table);
        if (action == "putItem")
        {
            if (key is null)
                (key = TableKey.GuessFrom(given)).Store(session, table);
            return key;
        }
        string[] attributes = [.. given.Members.Keys];
        if (key is null && action != "updateItem")
            throw new ServiceException("ResourceNotFoundException", "Requested resource not found");
        if (key is { } known && known.Attributes.Order(StringComparer.Ordinal).SequenceEqual(attributes.Order(StringComparer.Ordinal)))
            return known;
        if (attributes.Length > 2 || key is { IsGuess: false })
            throw NotTheKey();
        var shown = new TableKey(attributes[0], attributes.ElementAtOrDefault(1), IsGuess: false);
        shown.Store(session, table);
        MoveTo(session, table, shown);
        return shown;
    }

    private static ServiceException NotTheKey() => ServiceException.Invalid("The provided key element does not match the schema");

    private static void MoveTo(SqliteSession session, string table, TableKey key)
    {
        var items = new List<JsonData>();
        using (SqliteDataReader row = session.Query("SELECT item FROM items WHERE table_name = ?1", table))
        {
            while (row.Read())
                items.Add(JsonData.Parse(row.GetFieldValue<byte[]>(0)));
        }
        session.Execute("DELETE FROM items WHERE table_name = ?1", table);
        foreach (JsonData item in items)
            Store(session, table, key.Attributes.All(a => item.Get(a) is not null) ? key.Of(item) : throw NotTheKey(), item);
    }

    private static JsonData Updated(TableKey key, JsonData before, UpdateExpression? update)
    {
        if (update?.Paths.FirstOrDefault(p => key.Attributes.Contains(p.Top)) is { } path)
            throw ServiceException.Invalid($"One or more parameter values were invalid: Cannot update attribute {path.Top}. This attribute is part of the key");
        JsonData after = update?.Apply(before) ?? before;
        if (SizeOf(after) > MostBytes)
            throw ServiceException.Invalid("Item size to update has exceeded the maximum allowed size");
        return after;
    }

    private static JsonData Answer(string returned, JsonData? old, JsonData? now, UpdateExpression? update)
    {
        JsonData? Changed(JsonData? item) => item is not null && update is not null ? DocumentPath.Project(item, [.. update.Paths]) : null;
        JsonData? attributes = returned switch
        {
            "ALL_OLD" => old,
            "ALL_NEW" => now,
            "UPDATED_OLD" => Changed(old),
            "UPDATED_NEW" => Changed(now),
            _ => null,
        };
        return attributes is { Members.Count: > 0 } ? JsonData.Object(("Attributes", attributes)) : JsonData.EmptyObject;
    }

    private static IReadOnlyList<DocumentPath> Projection(string? text, ExpressionNames names)
    {
        if (text is null)
            return [];
        var reader = new ExpressionReader(text, "ProjectionExpression", names);
        var paths = new List<DocumentPath>();
        do
            paths.Add(reader.Path());
        while (reader.TryTake(","));
        return reader.AtEnd ? paths : throw reader.Wrong(reader.Peek()!);
    }

    private static JsonData Read(JsonData request, string parameter)
    {
        JsonData item = request.Get(parameter) is { Kind: JsonValueKind.Object } given ? AttributeValue.ReadAll(given) : throw ServiceException.Missing(parameter);
        if (item.Members.Count == 0)
            throw ServiceException.Invalid("The provided key element does not match the schema");
        return SizeOf(item) <= MostBytes ? item : throw ServiceException.Invalid("Item size has exceeded the maximum allowed size");
    }

    private static JsonData? Find(SqliteSession session, string table, string key) =>
        session.Scalar("SELECT item FROM items WHERE table_name = ?1 AND key = ?2", table, key) is byte[] item ? JsonData.Parse(item) : null;

    private static void Store(SqliteSession session, string table, string key, JsonData? item)
    {
        if (item is null)
            session.Execute("DELETE FROM items WHERE table_name = ?1 AND key = ?2", table, key);
        else
            session.Execute("INSERT OR REPLACE INTO items (table_name, key, item) VALUES (?1, ?2, ?3)", table, key, item.ToUtf8().ToArray());
    }

    private static long SizeOf(JsonData item) => item.Members.Sum(m => Encoding.UTF8.GetByteCount(m.Key) + AttributeValue.SizeOf(m.Value));

    private static string? Text(JsonData request, string name) => request.Get(name) is { Kind: JsonValueKind.String } value ? value.Text : null;
}
