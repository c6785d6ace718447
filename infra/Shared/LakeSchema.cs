using System.Globalization;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;

namespace Limpid.Infra.Lake;

/// <summary>Holds a YAML tree against the published <c>lake.schema.json</c> and says in plain words what does not fit.</summary>
internal sealed class LakeSchema
{
    private const string Resource = "lake.schema.json";
    private const string SubjectRuleWords = "a subject stands in exactly one place: field, fileName, tag, or sidecar with field";

    private static readonly Lazy<JsonSchema> Published = new(() =>
        JsonSchema.FromJsonAsync(ReadPublished()).GetAwaiter().GetResult());

    private readonly Dictionary<YamlMark, (string Name, YamlNode Value)> _values = [];

    private LakeSchema(YamlNode root) => Note("the file", root);

    /// <summary>The published schema's text.</summary>
    public static string ReadPublished()
    {
        using Stream stream = typeof(LakeSchema).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    public static IEnumerable<LakeProblem> Check(YamlNode root)
    {
        using var json = new YamlJsonReader(root);
        var words = new LakeSchema(root);
        List<ValidationError> errors = [.. Published.Value.Validate(JToken.ReadFrom(json)).SelectMany(Flatten)];
        // A misspelt key leaves the rule without its place; the second complaint would only hide the first.
        HashSet<(string, JsonSchema)> misspelt = [.. errors.Where(IsUnknownKey).Select(e => (ParentOf(e), e.Schema))];
        return errors
            .Where(e => e.Kind != ValidationErrorKind.NotOneOf || !misspelt.Contains((e.Path ?? "", e.Schema)))
            .DistinctBy(e => words.IsNoMapping(e) ? (e.LineNumber, e.LinePosition, "") : (e.LineNumber, e.LinePosition, words.Describe(e)))
            .Select(e => new LakeProblem(e.LineNumber, e.LinePosition, words.Describe(e)));
    }

    private static string ParentOf(ValidationError unknownKey) => unknownKey.Path?[..^(unknownKey.Property!.Length + 1)] ?? "";

    /// <summary>One complaint about such a value is enough: a list that should be a mapping lacks every key of it as well.</summary>
    private bool IsNoMapping(ValidationError error) =>
        !IsUnknownKey(error) && _values.GetValueOrDefault(PlaceOf(error)).Value is YamlScalar or YamlSequence;

    private static YamlMark PlaceOf(ValidationError error) => new(error.LineNumber, error.LinePosition);

    private static bool IsUnknownKey(ValidationError error) => error.Kind == ValidationErrorKind.NoAdditionalPropertiesAllowed;

    /// <summary>Errors of list items and of named values come wrapped; what matters is what is inside.</summary>
    private static IEnumerable<ValidationError> Flatten(ValidationError error) => error.Kind switch
    {
        ValidationErrorKind.ArrayItemNotValid or ValidationErrorKind.AdditionalPropertiesNotValid
            when error is ChildSchemaValidationError child => child.Errors.SelectMany(e => e.Value).SelectMany(Flatten),
        _ => [error],
    };

    private void Note(string name, YamlNode node)
    {
        if (!_values.TryAdd(node.At, (name, node)))
            return;
        switch (node)
        {
            case YamlMapping mapping:
                foreach (YamlEntry entry in mapping.Entries)
                    Note($"`{entry.Key}`", entry.Value);
                break;
            case YamlSequence sequence:
                foreach (YamlNode item in sequence.Items)
                    Note($"an entry of {name}", item);
                break;
        }
    }

    private string Describe(ValidationError error)
    {
        if (IsUnknownKey(error))
            return UnknownKey(error.Property ?? "", error.Schema);
        (string name, YamlNode? value) = _values.GetValueOrDefault(PlaceOf(error), ("this", null!));
        string written = value is YamlScalar scalar ? Shown(scalar.Text) : "";
        return error.Kind switch
        {
            ValidationErrorKind.PropertyRequired => $"`{error.Property}` is missing here",
            ValidationErrorKind.NotOneOf => SubjectRuleWords,
            _ when value is YamlScalar { Value: null } => $"{name} is empty",
            ValidationErrorKind.NotInEnumeration => NotAmong(name, written, error.Schema),
            _ when error.Schema.ExtensionData?.TryGetValue("patternErrorMessage", out object? words) == true =>
                written.Length == 0 ? $"{name}: {words}" : $"{name}: {words}; not `{written}`",
            ValidationErrorKind.StringExpected when written.Length > 0 => $"{name} must be text; put `{written}` in quotes",
            ValidationErrorKind.StringExpected => $"{name} must be text",
            ValidationErrorKind.IntegerExpected or ValidationErrorKind.NumberExpected =>
                $"{name} must be a {(error.Kind == ValidationErrorKind.IntegerExpected ? "whole " : "")}number without quotes; not `{written}`",
            ValidationErrorKind.BooleanExpected => $"{name} must be true or false without quotes; not `{written}`",
            ValidationErrorKind.ArrayExpected => $"{name} must be a list",
            ValidationErrorKind.ObjectExpected => $"{name} must hold keys and values",
            ValidationErrorKind.TooFewItems or ValidationErrorKind.TooFewProperties => $"{name} needs at least one entry",
            ValidationErrorKind.NumberTooSmall => Bound(name, "less", error.Schema.Minimum, written),
            ValidationErrorKind.NumberTooBig or ValidationErrorKind.IntegerTooBig => Bound(name, "more", error.Schema.Maximum, written),
            ValidationErrorKind.StringTooShort => $"{name} is empty",
            ValidationErrorKind.StringTooLong => $"{name} has more than {error.Schema.MaxLength} characters",
            _ => $"{name} is not what the schema asks for ({error.Kind})",
        };
    }

    private static string UnknownKey(string key, JsonSchema schema)
    {
        if (schema.PatternProperties.Count > 0)
            return $"`{Shown(key)}` can't name a kind: letters, digits, dashes and underscores, a letter first, 63 characters at most";
        if (key.Equals("password", StringComparison.OrdinalIgnoreCase))
            return "unknown key `password`; the password comes from the environment variable LIMPID_SMTP_PASSWORD";
        ICollection<string> known = schema.ActualProperties.Keys.ToArray();
        string tail = Suggestion.Tail(key, known);
        return $"unknown key `{Shown(key)}`" + (tail.Length > 0 ? tail : "; known here: " + string.Join(", ", known));
    }

    private static string NotAmong(string name, string written, JsonSchema schema)
    {
        string[] allowed = [.. schema.Enumeration.Select(e => e?.ToString() ?? "")];
        string tail = Suggestion.Tail(written, allowed);
        return $"{name} can't be `{written}`" + (tail.Length > 0 ? tail : "; it is one of " + string.Join(", ", allowed));
    }

    private static string Bound(string name, string direction, decimal? bound, string written) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} can't be {direction} than {bound}; not `{written}`");

    /// <summary>Safe in one line of a terminal.</summary>
    internal static string Shown(string text)
    {
        string shown = text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…");
        return string.Concat(shown.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }
}
