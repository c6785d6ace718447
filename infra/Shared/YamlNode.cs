namespace Limpid.Infra.Lake;

/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal readonly record struct YamlMark(int Line, int Column);

/// <summary>A YAML value that remembers where it stands. An alias is the very node that its anchor names.</summary>
internal abstract class YamlNode(YamlMark at)
{
    public YamlMark At => at;

    /// <summary>Nodes in it, itself included, with what aliases repeat.</summary>
    public int Size { get; protected set; } = 1;
}

/// <param name="text">As written, without quotes.</param>
/// <param name="value">A string, long, double, bool or null: what YAML 1.2's core schema makes of the text.</param>
internal sealed class YamlScalar(YamlMark at, string text, object? value) : YamlNode(at)
{
    public string Text => text;
    public object? Value => value;
}

internal sealed class YamlSequence(YamlMark at) : YamlNode(at)
{
    private readonly List<YamlNode> _items = [];

    public IReadOnlyList<YamlNode> Items => _items;

    public void Add(YamlNode item)
    {
        _items.Add(item);
        Size += item.Size;
    }
}

internal readonly record struct YamlEntry(string Key, YamlMark At, YamlNode Value);

internal sealed class YamlMapping(YamlMark at) : YamlNode(at)
{
    private readonly List<YamlEntry> _entries = [];

    public IReadOnlyList<YamlEntry> Entries => _entries;

    public YamlEntry? Find(string key)
    {
        foreach (YamlEntry entry in _entries)
        {
            if (entry.Key == key)
                return entry;
        }
        return null;
    }

    public void Add(YamlEntry entry)
    {
        _entries.Add(entry);
        Size += entry.Value.Size;
    }
}
