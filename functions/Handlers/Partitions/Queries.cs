using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Limpid.Core.Lake;

namespace Limpid.Functions.Partitions;

/// <summary>
/// The statements of the hours, from the files beside. Names go in as they are and only where they are plain, since CREATE TABLE AS takes no
/// quoted ones (Athena's guide, considerations and limitations for CTAS queries); texts go in between quotes, doubled within. Nothing that
/// came with the data goes in.
/// </summary>
internal sealed partial class Queries(LakeConfig lake, HourlyCopy hours)
{
    /// <summary>The most hours that one statement registers: far below Athena's 262,144 bytes (its service quotas).</summary>
    public const int MostHours = 100;

    public string CreateCopies() => Render("create-copies.sql");

    public string RegisterHours(IEnumerable<Hour> which) => Render("register-hours.sql",
        ("partitions", string.Join('\n', which.Select(hour => $"PARTITION (dt = {Text(hour.ToString())}) LOCATION {Text(lake.RawOf(hours, hour))}"))));

    /// <summary>
    /// Writes the hour's rows into the attempt's own location. Rows without any value are what erasing by <c>blank</c> leaves of a row, and
    /// are not copied. An empty location is the rule of Athena, and one that is not makes it fail.
    /// </summary>
    public string CopyHour(Hour hour, string attempt) => Render("copy-hour.sql", Of(hour, attempt));

    /// <summary>Does nothing where the hour has a partition; <see cref="SwitchCopy"/> goes after it.</summary>
    public string AddCopy(Hour hour, string attempt) => Render("add-copy.sql", Of(hour, attempt));

    public string SwitchCopy(Hour hour, string attempt) => Render("switch-copy.sql", Of(hour, attempt));

    /// <summary>The table alone: what an external table shows stays.</summary>
    public string DropTemporary(Hour hour, string attempt) => Render("drop-temporary.sql", Of(hour, attempt));

    /// <summary>
    /// One text says which hours come from where, and replacing it is one write: whoever reads the view while it moves on reads either all
    /// of the old or all of the new. An older one that comes late shows more hours from the raw table, each once all the same.
    /// </summary>
    /// <param name="boundary">The first hour that comes from the raw table.</param>
    public string ShowHours(Hour boundary) => Render("show-hours.sql", ("boundary", Text(boundary.ToString())));

    private (string, string)[] Of(Hour hour, string attempt) =>
    [
        ("hour", Text(hour.ToString())), ("location", Text(lake.CopyOf(hours, hour, attempt))),
        ("temporary", Name(hours.Copy.Table) + "_" + Name("h" + hour.ToString().Replace("-", "", StringComparison.Ordinal) + "_" + attempt)),
    ];

    private string Render(string file, params ReadOnlySpan<(string Name, string Value)> values)
    {
        string columns = string.Join(", ", hours.Columns.Select(c => Name(c.Name)));
        var all = new Dictionary<string, string>
        {
            ["database"] = Name(hours.Database),
            ["raw"] = Name(hours.Raw.Table),
            ["copy"] = Name(hours.Copy.Table),
            ["view"] = Name(hours.View),
            ["columns"] = columns,
            ["columnTypes"] = string.Join(",\n", hours.Columns.Select(c => $"  {Name(c.Name)} {TypeOf(c)}")),
            ["anyColumn"] = string.Join(" OR ", hours.Columns.Select(c => $"{Name(c.Name)} IS NOT NULL")),
            ["bucketBy"] = string.Join(", ", hours.BucketBy.Select(Name)),
            ["bucketByTexts"] = string.Join(", ", hours.BucketBy.Select(b => Text(Name(b)))),
            ["buckets"] = hours.Buckets.ToString(CultureInfo.InvariantCulture),
            ["copyLocation"] = Text(lake.Named(hours.Copy.Dataset)!.Location),
            ["compression"] = Text(hours.Gzip ? "GZIP" : "NONE"),
            ["since"] = Text(hours.First().ToString()),
        };
        foreach ((string name, string value) in values)
            all.Add(name, value);
        return PlaceholderPattern().Replace(Read(file), hole => all[hole.Groups[1].Value]).TrimEnd();
    }

    private static string Read(string file)
    {
        using Stream stream = typeof(Queries).Assembly.GetManifestResourceStream(file) ?? throw new InvalidOperationException($"{file} is not embedded");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    // The configuration was checked when it was read from YAML; functions get its JSON form, which somebody may have written by hand.
    private static string Name(string name) => NamePattern().IsMatch(name) ? name : throw new ArgumentException("a name of Athena has lower-case letters, digits and underscores");

    private static string TypeOf(Column column) => TypePattern().IsMatch(column.Type) ? column.Type : throw new ArgumentException($"{column.Name} has no type of Athena");

    [GeneratedRegex(@"\{([a-zA-Z]+)\}")]
    private static partial Regex PlaceholderPattern();

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,126}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A([a-z]+|(decimal|char|varchar)\([0-9]{1,5}(,[0-9]{1,2})?\)|(array|map|struct)<[a-z0-9_<>:,]+>)\z")]
    private static partial Regex TypePattern();
}
