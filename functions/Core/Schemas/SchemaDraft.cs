namespace Limpid.Core.Schemas;

/// <summary>A version of JSON Schema.</summary>
public enum SchemaDraft
{
    Draft4 = 4,
    Draft6 = 6,
    Draft7 = 7,
}

internal static class SchemaKeywords
{
    /// <summary>Keywords that have a schema as their value; in <c>items</c> it may be a list of them.</summary>
    public static readonly string[] Schemas = ["items", "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"];

    public static readonly string[] ListsOfSchemas = ["allOf", "anyOf", "oneOf"];

    public static readonly string[] MapsOfSchemas = ["properties", "patternProperties", "definitions", "dependencies"];

    /// <summary>Of drafts after 7. Passing over one would let through what the author meant to refuse.</summary>
    public static readonly string[] OfLaterDrafts =
    [
        "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary", "unevaluatedItems",
        "unevaluatedProperties", "prefixItems", "dependentRequired", "dependentSchemas", "minContains", "maxContains",
    ];

    /// <summary>What a draft doesn't know it passes over, and so do we: <c>const</c> is no keyword of draft 4.</summary>
    public static bool Knows(this SchemaDraft draft, string keyword) => keyword switch
    {
        "$id" or "const" or "contains" or "propertyNames" => draft >= SchemaDraft.Draft6,
        "if" or "then" or "else" => draft >= SchemaDraft.Draft7,
        "id" => draft == SchemaDraft.Draft4,
        _ => true,
    };

    public static string IdKeyword(this SchemaDraft draft) => draft == SchemaDraft.Draft4 ? "id" : "$id";

    public static SchemaDraft? Named(string address) => address.TrimEnd('#') switch
    {
        "http://json-schema.org/draft-04/schema" or "https://json-schema.org/draft-04/schema" => SchemaDraft.Draft4,
        "http://json-schema.org/draft-06/schema" or "https://json-schema.org/draft-06/schema" => SchemaDraft.Draft6,
        "http://json-schema.org/draft-07/schema" or "https://json-schema.org/draft-07/schema" => SchemaDraft.Draft7,
        _ => null,
    };
}
