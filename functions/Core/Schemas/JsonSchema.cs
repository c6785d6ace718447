using System.Text.Json;
using System.Text.Unicode;

namespace Limpid.Core.Schemas;

/// <summary>
/// A JSON Schema of draft 4, 6 or 7 (what <c>$schema</c> says; 7 where it says nothing), compiled once. Values are held against it
/// as they are read. May be used by several threads at once.
/// </summary>
/// <remarks>
/// Formats are asserted: date-time, date, time, email, hostname, ipv4, ipv6, uri, uri-reference, json-pointer, relative-json-pointer and
/// regex. Names of formats that no draft knows mean nothing, as the drafts say. Refused at compiling: keywords of later drafts, formats
/// of these drafts that are not asserted (idn-email, idn-hostname, iri, iri-reference, uri-template), look-around and back-references
/// in patterns, references that leave the given files, and schemas that refer to themselves without going deeper.
/// </remarks>
public sealed class JsonSchema
{
    private readonly SchemaNode _root;

    private JsonSchema(SchemaNode root) => _root = root;

    /// <param name="address">Of the schema, absolute; relative references start here.</param>
    /// <param name="files">The text of what has an absolute address, or null; asked for <paramref name="address"/> first.</param>
    /// <param name="problem">Why it can't be used, in one line with the place; empty where it can.</param>
    /// <param name="draft">Where <c>$schema</c> says nothing.</param>
    /// <returns>Null where there is a problem.</returns>
    public static JsonSchema? Compile(string address, Func<string, string?> files, out string problem, SchemaDraft draft = SchemaDraft.Draft7)
    {
        problem = "";
        try
        {
            JsonElement root = SchemaFiles.Parse(address, files(address) ?? throw new SchemaRefusedException(address, "there is no such file"));
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("$schema", out JsonElement named) && named.ValueKind == JsonValueKind.String)
                draft = SchemaKeywords.Named(named.GetString()!) ?? throw new SchemaRefusedException(address, "`$schema` is none of drafts 4, 6 and 7");
            var all = new SchemaFiles(files, draft);
            SchemaNode node = new SchemaCompiler(all, draft).Compile(all.Add(address, root));
            if (TurnsInCircles(node))
                throw new SchemaRefusedException(address, "it refers to itself without going deeper into the value, which never ends");
            return new JsonSchema(node);
        }
        catch (SchemaRefusedException refused)
        {
            problem = refused.Message;
            return null;
        }
    }

    /// <summary>The first thing that is not allowed about one JSON value, or null.</summary>
    public SchemaError? Validate(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return new SchemaError("", "json");
        var validation = new Validation();
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            bool isAllowed = _root.Check(ref reader, validation);
            // Read on all the same: what is no JSON is that first of all.
            while (reader.Read())
            {
            }
            return isAllowed ? null : validation.Error;
        }
        catch (JsonException)
        {
            return new SchemaError("", "json");
        }
    }

    private static bool TurnsInCircles(SchemaNode root)
    {
        var done = new HashSet<SchemaNode>();
        var under = new HashSet<SchemaNode>();
        return All(root).Any(Turns);

        bool Turns(SchemaNode node)
        {
            if (done.Contains(node))
                return false;
            if (!under.Add(node))
                return true;
            bool turns = node.InPlace.Any(Turns);
            under.Remove(node);
            done.Add(node);
            return turns;
        }
    }

    private static HashSet<SchemaNode> All(SchemaNode root)
    {
        var all = new HashSet<SchemaNode>();
        var waiting = new Stack<SchemaNode>([root]);
        while (waiting.TryPop(out SchemaNode? node))
        {
            if (!all.Add(node))
                continue;
            foreach (SchemaNode next in node.InPlace.Concat(node.Deeper))
                waiting.Push(next);
        }
        return all;
    }
}
