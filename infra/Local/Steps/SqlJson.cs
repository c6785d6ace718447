using SQLitePCL;

namespace Limpid.Local.Steps;

/// <summary>
/// JSON that SQLite has no type for, as its own binary JSON: objects, arrays, and whole numbers of more than 64 bits. Its functions
/// take that like text (<c>->></c>, <c>json_each</c>), and no text can be taken for it.
/// </summary>
internal sealed class SqlJson(sqlite3 database) : IDisposable
{
    private readonly SqlStatement _toBinary = new(database, "SELECT jsonb(?1)");

    // What is valid binary JSON and nothing but that.
    private readonly SqlStatement _toText = new(database, "SELECT json(?1) WHERE json_valid(?1, 8)");

    /// <param name="json">Well-formed.</param>
    public byte[] ToBinary(ReadOnlySpan<byte> json)
    {
        _toBinary.BindText(1, json);
        _toBinary.Step();
        byte[] binary = _toBinary.Bytes(0).ToArray();
        _toBinary.Step();
        return binary;
    }

    /// <summary>Null where the bytes are no JSON.</summary>
    public byte[]? ToText(ReadOnlySpan<byte> binary)
    {
        _toText.BindBytes(1, binary);
        if (!_toText.Step())
            return null;
        byte[] text = _toText.Bytes(0).ToArray();
        _toText.Step();
        return text;
    }

    public void Dispose()
    {
        _toBinary.Dispose();
        _toText.Dispose();
    }
}
