using System.Text;

namespace Limpid.Core.Tables;

/// <summary>What is counted of one column.</summary>
internal sealed class ColumnTally(string name, ulong seed)
{
    private static readonly string[] TypeNames = ["text", "number", "boolean", "object", "array"];

    private readonly DistinctSketch _distinct = new(seed);
    private int _types;
    private long _filled;
    private long _lastRow = -1;

    public bool Is(string other) => name == other;

    public byte[] Name { get; } = Encoding.UTF8.GetBytes(name);

    /// <param name="row">A column that a row has twice counts once.</param>
    /// <param name="value">Its text, decoded; for objects and arrays their JSON as it stands.</param>
    public void Add(long row, ValueType type, ReadOnlySpan<byte> value)
    {
        _types |= 1 << (int)type;
        if (_lastRow != row)
            _filled++;
        _lastRow = row;
        _distinct.Add(value);
    }

    public ColumnProfile ToProfile()
    {
        var types = new List<string>();
        for (int type = 0; type < TypeNames.Length; type++)
        {
            if ((_types & 1 << type) != 0)
                types.Add(TypeNames[type]);
        }
        return new ColumnProfile(name, types, _filled, _distinct.Count, _distinct.IsExact);
    }

    public enum ValueType
    {
        Text,
        Number,
        Boolean,
        Object,
        Array,
    }
}
