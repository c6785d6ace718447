using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>A path of names and indexes alone: one place, where a result can be put.</summary>
public sealed class ReferencePath
{
    private readonly JsonPath path;

    private ReferencePath(JsonPath path) => this.path = path;

    public string Text => path.Text;

    public static bool TryParse(string text, [NotNullWhen(true)] out ReferencePath? reference)
    {
        reference = JsonPath.TryParse(text, out JsonPath? path) && path.Definite ? new(path) : null;
        return reference is not null;
    }

    /// <summary><paramref name="root"/> with the value put in its place; objects on the way are made where they are missing.</summary>
    /// <returns>Null where the place can't be had: below something that is no object, or beyond an array's end.</returns>
    public JsonData? Put(JsonData root, JsonData value) => Put(root, value, 0);

    private JsonData? Put(JsonData? at, JsonData value, int depth)
    {
        if (depth == path.Steps.Count)
            return value;
        if (path.Steps[depth] is PathStep.Name name)
        {
            JsonData target = at is null || at.Kind == JsonValueKind.Null && depth > 0 ? JsonData.EmptyObject : at;
            if (target.Kind != JsonValueKind.Object)
                return null;
            return Put(target.Get(name.Key), value, depth + 1) is { } member ? target.With(name.Key, member) : null;
        }
        int index = ((PathStep.Index)path.Steps[depth]).At;
        if (at?.Kind != JsonValueKind.Array || index < 0 || index >= at.Items.Count)
            return null;
        if (Put(at.Items[index], value, depth + 1) is not { } item)
            return null;
        var items = at.Items.ToList();
        items[index] = item;
        return JsonData.Array(items);
    }
}
