using Limpid.Local.StateMachines;
using Limpid.Local.Storage;
using Microsoft.Data.Sqlite;

namespace Limpid.Local.Services;

/// <summary>
/// By which attributes the items of a table are told apart. Nothing here creates tables: one comes up with the first item that is
/// written to it. What names a Key tells its attributes; an item alone has to be guessed from, until the first Key.
/// </summary>
/// <param name="IsGuess">No Key has shown it yet.</param>
internal sealed record TableKey(string Hash, string? Range, bool IsGuess)
{
    public IEnumerable<string> Attributes => Range is null ? [Hash] : [Hash, Range];

    /// <summary><c>pk</c> and <c>sk</c> (in any case), or <c>pk</c>, or <c>id</c>, or the first attribute.</summary>
    public static TableKey GuessFrom(JsonData item)
    {
        string? Named(string name) => item.Members.Keys.FirstOrDefault(k => string.Equals(k, name, StringComparison.OrdinalIgnoreCase));
        return Named("pk") is { } hash ? new(hash, Named("sk"), true) : new(Named("id") ?? item.Members.Keys.First(), null, true);
    }

    public static TableKey? Find(SqliteSession session, string table)
    {
        using SqliteDataReader row = session.Query("SELECT hash, range, is_guess FROM tables WHERE name = ?1", table);
        return row.Read() ? new(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetInt64(2) == 1) : null;
    }

    public void Store(SqliteSession session, string table) =>
        session.Execute("INSERT OR REPLACE INTO tables (name, hash, range, is_guess) VALUES (?1, ?2, ?3, ?4)", table, Hash, Range, IsGuess ? 1 : 0);

    /// <summary>What tells the item apart, as text: another one for another key.</summary>
    /// <exception cref="ServiceException">The item lacks a part of the key, or has one of a type that keys don't have.</exception>
    public string Of(JsonData item) => string.Join('\n', Attributes.Select(a => Part(item, a)));

    private static string Part(JsonData item, string attribute)
    {
        if (item.Get(attribute) is not { } value)
            throw ServiceException.Invalid($"One or more parameter values were invalid: Missing the key {attribute} in the item");
        string type = AttributeValue.TypeOf(value);
        if (type is not ("S" or "N" or "B"))
            throw ServiceException.Invalid($"One or more parameter values were invalid: Type mismatch for key {attribute} expected: S actual: {type}");
        string text = AttributeValue.Content(value).Text;
        return text.Length > 0
            ? $"{type}{JsonData.Of(text)}"
            : throw ServiceException.Invalid($"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {attribute}");
    }
}
