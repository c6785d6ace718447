using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>Choice rules for the reference interpreter.</summary>
internal static class ReferenceChoices
{
    public static bool Holds(JsonData rule, ReferenceValues values)
    {
        if (rule.Get("And") is { } and)
            return and.Items.All(r => Holds(r, values));
        if (rule.Get("Or") is { } or)
            return or.Items.Any(r => Holds(r, values));
        if (rule.Get("Not") is { } not)
            return !Holds(not, values);
        JsonData? found = values.Path(rule.Get("Variable")!.Text);
        (string test, JsonData given) = rule.Members.Where(m => m.Key is not ("Variable" or "Next" or "Assign")).Select(m => (m.Key, m.Value)).Single();
        if (test == "IsPresent")
            return found is not null == (given.Kind == JsonValueKind.True);
        JsonData value = found ?? throw ReferenceFailure.Runtime();
        if (test.StartsWith("Is", StringComparison.Ordinal))
            return Is(test, value) == (given.Kind == JsonValueKind.True);
        JsonData other = test.EndsWith("Path", StringComparison.Ordinal) ? values.Path(given.Text) ?? throw ReferenceFailure.Runtime() : given;
        return Compare(test.Replace("Path", "", StringComparison.Ordinal), value, other);
    }

    private static bool Is(string test, JsonData value) => test switch
    {
        "IsNull" => value.Kind == JsonValueKind.Null,
        "IsNumeric" => value.Kind == JsonValueKind.Number,
        "IsString" => value.Kind == JsonValueKind.String,
        "IsBoolean" => value.Kind is JsonValueKind.True or JsonValueKind.False,
        _ => Time(value) is not null,
    };

    private static bool Compare(string test, JsonData a, JsonData b)
    {
        if (test == "StringMatches")
            return a.Kind == JsonValueKind.String && Regex.IsMatch(a.Text, $"^{string.Join(".*", b.Text.Split('*').Select(Regex.Escape))}$");
        if (test == "BooleanEquals")
            return a.Kind is JsonValueKind.True or JsonValueKind.False && a.Kind == b.Kind;
        int? order = test switch
        {
            _ when test.StartsWith("String", StringComparison.Ordinal) => a.Kind == JsonValueKind.String && b.Kind == JsonValueKind.String ? string.CompareOrdinal(a.Text, b.Text) : null,
            _ when test.StartsWith("Numeric", StringComparison.Ordinal) => a.Kind == JsonValueKind.Number && b.Kind == JsonValueKind.Number ? a.Double().CompareTo(b.Double()) : null,
            _ => Time(a) is { } first && Time(b) is { } second ? first.CompareTo(second) : null,
        };
        return order is { } o && Regex.Replace(test, "^(String|Numeric|Timestamp)", "") switch
        {
            "Equals" => o == 0,
            "LessThan" => o < 0,
            "LessThanEquals" => o <= 0,
            "GreaterThan" => o > 0,
            _ => o >= 0,
        };
    }

    public static DateTimeOffset? Time(JsonData value) =>
        value.Kind == JsonValueKind.String && DateTimeOffset.TryParseExact(value.Text, "yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
}
