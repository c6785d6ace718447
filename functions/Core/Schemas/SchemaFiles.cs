using System.Text.Json;

namespace Limpid.Core.Schemas;

/// <summary>The files that a schema consists of, and what has which address in them.</summary>
/// <param name="read">The text of what has this address, or null; nothing is fetched.</param>
internal sealed class SchemaFiles(Func<string, string?> read, SchemaDraft draft)
{
    private readonly Dictionary<string, SchemaLocation> _known = new(StringComparer.Ordinal);

    /// <summary>Where a reference leads. Its target may be any place of a file, also one where no schema is looked for.</summary>
    public SchemaLocation Resolve(SchemaLocation from, string reference)
    {
        string where = $"{from.File}#{from.Pointer}";
        int hash = reference.IndexOf('#', StringComparison.Ordinal);
        string address = hash < 0 ? reference : reference[..hash], fragment = hash < 0 ? "" : reference[(hash + 1)..];
        string target = address.Length == 0 ? Plain(from.Base) : Uri.TryCreate(from.Base, address, out Uri? resolved) ? Plain(resolved) : throw new SchemaRefusedException(where, "`$ref` is no address");
        if (fragment.Length > 0 && fragment[0] != '/')
            return Known(target + "#" + fragment) ?? (Load(target, where) is not null ? Known(target + "#" + fragment) : null) ?? throw new SchemaRefusedException(where, "`$ref` names nothing that there is");
        SchemaLocation at = Known(target) ?? Load(target, where)!;
        foreach (string segment in fragment.Split('/').Skip(1))
            at = Step(at, SchemaLocation.Unescaped(Uri.UnescapeDataString(segment))) ?? throw new SchemaRefusedException(where, "`$ref` leads nowhere");
        return at;
    }

    public SchemaLocation Add(string address, JsonElement root)
    {
        var file = new Uri(address, UriKind.Absolute);
        var location = new SchemaLocation(address, "", root, file);
        _known[address] = location;
        Note(location);
        return Known(address)!;
    }

    private SchemaLocation? Known(string address) => _known.GetValueOrDefault(address);

    private SchemaLocation Load(string address, string where)
    {
        if (SchemaKeywords.Named(address) is not null && read(address) is null)
            throw new SchemaRefusedException(where, "a reference to the drafts' own schema is not supported");
        string text = read(address) ?? throw new SchemaRefusedException(where, $"`$ref` leads to {address}, which is none of the schema's files");
        return Add(address, Parse(address, text));
    }

    public static JsonElement Parse(string address, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException bad)
        {
            throw new SchemaRefusedException(address, $"it is no JSON (line {bad.LineNumber + 1})");
        }
    }

    /// <summary>Finds what has an address of its own, where schemas stand: an <c>$id</c> in an <c>enum</c> is only a value.</summary>
    private void Note(SchemaLocation at)
    {
        if (at.Element.ValueKind != JsonValueKind.Object)
            return;
        at = Named(at);
        foreach (JsonProperty member in at.Element.EnumerateObject())
        {
            SchemaLocation here = at.At(member.Name, member.Value);
            if (SchemaKeywords.MapsOfSchemas.Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty inner in member.Value.EnumerateObject())
                    Note(here.At(inner.Name, inner.Value));
            }
            else if (member.Value.ValueKind == JsonValueKind.Array && (SchemaKeywords.ListsOfSchemas.Contains(member.Name) || member.Name == "items"))
            {
                foreach ((int index, JsonElement inner) in member.Value.EnumerateArray().Index())
                    Note(here.At($"{index}", inner));
            }
            else if (SchemaKeywords.Schemas.Contains(member.Name))
            {
                Note(here);
            }
        }
    }

    private SchemaLocation Named(SchemaLocation at)
    {
        if (OwnId(at) is not { } id)
            return at;
        int hash = id.IndexOf('#', StringComparison.Ordinal);
        if (hash == 0)
        {
            _known[$"{Plain(at.Base)}{id}"] = at;
            return at;
        }
        SchemaLocation moved = at with { Base = BaseOf(at, id) };
        _known[Plain(moved.Base)] = moved;
        if (hash > 0 && hash < id.Length - 1)
            _known[$"{Plain(moved.Base)}{id[hash..]}"] = moved;
        if (at.Pointer.Length == 0)
            _known[at.File] = moved;
        return moved;
    }

    private static Uri BaseOf(SchemaLocation at, string id) =>
        Uri.TryCreate(at.Base, id, out Uri? moved) ? moved : throw new SchemaRefusedException($"{at.File}#{at.Pointer}", "its id is no address");

    // Beside a reference everything else is passed over, an id too.
    private string? OwnId(SchemaLocation at) =>
        at.Element.TryGetProperty(draft.IdKeyword(), out JsonElement id) && id.ValueKind == JsonValueKind.String
        && !(at.Element.TryGetProperty("$ref", out JsonElement reference) && reference.ValueKind == JsonValueKind.String)
            ? id.GetString()
            : null;

    /// <summary>The place one segment further, with the base that it then has.</summary>
    public SchemaLocation? Step(SchemaLocation at, string segment)
    {
        JsonElement element;
        if (at.Element.ValueKind == JsonValueKind.Array)
        {
            if (!int.TryParse(segment, System.Globalization.CultureInfo.InvariantCulture, out int index) || index < 0 || index >= at.Element.GetArrayLength())
                return null;
            element = at.Element[index];
        }
        else if (at.Element.ValueKind != JsonValueKind.Object || !at.Element.TryGetProperty(segment, out element))
        {
            return null;
        }
        return Entered(at.At(segment, element));
    }

    /// <summary>The place with its own id taken as the base of what stands in it.</summary>
    public SchemaLocation Entered(SchemaLocation at) =>
        at.Element.ValueKind == JsonValueKind.Object && OwnId(at) is { } id && !id.StartsWith('#') ? at with { Base = BaseOf(at, id) } : at;

    private static string Plain(Uri address) => address.OriginalString.Length > 0 && !address.IsAbsoluteUri
        ? address.OriginalString
        : address.AbsoluteUri.Split('#')[0];
}
