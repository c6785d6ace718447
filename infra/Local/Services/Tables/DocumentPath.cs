using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>A path into an item: an attribute's name, then names and indexes within its maps and lists.</summary>
internal sealed class DocumentPath(IReadOnlyList<object> steps)
{
    /// <summary>Names as text, indexes as numbers.</summary>
    public IReadOnlyList<object> Steps => steps;

    public string Top => (string)steps[0];

    public override string ToString() => $"[{string.Join(", ", steps.Select(s => s is int index ? $"[{index}]" : s))}]";

    public bool Overlaps(DocumentPath other) => steps.Zip(other.Steps).All(p => p.First.Equals(p.Second));

    public JsonData? Get(JsonData item)
    {
        JsonData? value = item.Get(Top);
        foreach (object step in steps.Skip(1))
            value = value is null ? null : Below(value, step);
        return value;
    }

    /// <summary>The item with the value there; null removes what is there. An index behind the end adds to the end.</summary>
    public JsonData Put(JsonData item, JsonData? value)
    {
        if (steps.Count == 1)
            return WithMember(item, Top, value);
        JsonData top = item.Get(Top) ?? throw Nowhere();
        return WithMember(item, Top, Put(top, 1, value));
    }

    private JsonData Put(JsonData above, int at, JsonData? value)
    {
        bool last = at == steps.Count - 1;
        if (steps[at] is string name && above.Get("M") is { } map)
        {
            JsonData? inner = last ? value : Put(map.Get(name) ?? throw Nowhere(), at + 1, value);
            return AttributeValue.Of("M", WithMember(map, name, inner));
        }
        if (steps[at] is int index && above.Get("L") is { } list)
        {
            var items = list.Items.ToList();
            if (!last)
                items[index] = index < items.Count ? Put(items[index], at + 1, value) : throw Nowhere();
            else if (value is null)
                items.RemoveRange(Math.Min(index, items.Count), index < items.Count ? 1 : 0);
            else if (index < items.Count)
                items[index] = value;
            else
                items.Add(value);
            return AttributeValue.Of("L", JsonData.Array(items));
        }
        throw Nowhere();
    }

    /// <summary>The parts of an item that paths pick, in the shape that they have in it.</summary>
    public static JsonData Project(JsonData item, IReadOnlyList<DocumentPath> paths)
    {
        var picked = new List<KeyValuePair<string, JsonData>>();
        foreach (IGrouping<string, DocumentPath> attribute in paths.GroupBy(p => p.Top))
        {
            if (item.Get(attribute.Key) is { } value && Pick(value, [.. attribute], 1) is { } part)
                picked.Add(KeyValuePair.Create(attribute.Key, part));
        }
        return JsonData.Object(picked);
    }

    private static JsonData? Pick(JsonData value, IReadOnlyList<DocumentPath> paths, int at)
    {
        if (paths.Any(p => p.Steps.Count == at))
            return value;
        var parts = paths.GroupBy(p => p.Steps[at]).Select(g => (Step: g.Key, Part: Below(value, g.Key) is { } inner ? Pick(inner, [.. g], at + 1) : null)).Where(p => p.Part is not null).ToList();
        if (parts.Count == 0)
            return null;
        return value.Get("M") is not null
            ? AttributeValue.Of("M", JsonData.Object(parts.Select(p => KeyValuePair.Create((string)p.Step, p.Part!))))
            : AttributeValue.Of("L", JsonData.Array([.. parts.OrderBy(p => (int)p.Step).Select(p => p.Part!)]));
    }

    private static JsonData? Below(JsonData value, object step) => step is int index
        ? value.Get("L")?.Items.ElementAtOrDefault(index)
        : value.Get("M")?.Get((string)step);

    private static JsonData WithMember(JsonData map, string name, JsonData? value) =>
        value is null ? JsonData.Object(map.Members.Where(m => m.Key != name)) : map.With(name, value);

    private static ServiceException Nowhere() => ServiceException.Invalid("The document path provided in the update expression is invalid for update");
}
