using System.Globalization;
using System.Text.RegularExpressions;
using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Reads the datasets and checks each by itself and against the others.</summary>
internal sealed class LakeYamlDatasets(LakeYamlReader lake, IReadOnlyDictionary<string, Kind> kinds)
{
    private readonly List<(Dataset Dataset, YamlMapping Node)> _read = [];

    public IReadOnlyList<Dataset> Read(IEnumerable<YamlNode> items)
    {
        foreach (YamlMapping node in items.Cast<YamlMapping>())
        {
            Dataset dataset = ReadOne(node);
            CheckModes(dataset, node);
            CheckAgainstOthers(dataset, node);
            ReportOutOfReach(dataset, node);
            _read.Add((dataset, node));
        }
        return [.. _read.Select(r => r.Dataset)];
    }

    private Dataset ReadOne(YamlMapping node)
    {
        DataFormat format = node.Text("format") switch
        {
            "ndjson" => DataFormat.Ndjson,
            "csv" => DataFormat.Csv,
            "parquet" => DataFormat.Parquet,
            _ => DataFormat.External,
        };
        return new Dataset
        {
            Name = node.Text("name")!,
            Location = ReadLocation(node, format),
            Format = format,
            Subjects = [.. node.Items("subjects").Cast<YamlMapping>().Select(rule => ReadSubject(rule, format))],
            Shared = node.Text("shared") switch
            {
                "erase" => SharedMode.Erase,
                "mask" => SharedMode.Mask,
                _ => SharedMode.Block,
            },
            Erase = node.Text("erase") switch
            {
                "blank" => EraseMode.Blank,
                "delete" => EraseMode.Delete,
                "mask" => EraseMode.Mask,
                _ => EraseMode.Drop,
            },
            Fields = [.. node.Texts("fields").Distinct(StringComparer.Ordinal)],
            Approvers = LakeYamlText.Mails(node.Texts("approvers")),
            Retain = node.Mapping("retain") is { } retain ? ReadRetention(retain) : null,
        };
    }

    private string ReadLocation(YamlMapping node, DataFormat format)
    {
        string? text = node.Text("location");
        if (format == DataFormat.External)
            return text ?? "";
        if (text is null)
        {
            lake.Report(node.At, "`location` is missing here; only an external dataset goes without");
            return "";
        }
        if (LakeYamlText.Location(text, out string why) is { } location)
            return location;
        lake.Report(node.Place("location"), $"`location`: {why}");
        return "";
    }

    private Retention ReadRetention(YamlMapping retain)
    {
        string text = retain.Text("until")!;
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly until))
            lake.Report(retain.Place("until"), $"`until`: there is no day {text}");
        return new Retention { Until = until, Basis = retain.Text("basis")! };
    }

    private SubjectRule ReadSubject(YamlMapping node, DataFormat format)
    {
        var rule = new SubjectRule
        {
            Kind = node.Text("kind")!,
            Field = node.Text("field"),
            FileName = node.Text("fileName"),
            Tag = node.Text("tag"),
            Sidecar = node.Text("sidecar"),
        };
        if (!kinds.ContainsKey(rule.Kind))
            lake.Report(node.Place("kind"), $"`{LakeSchema.Shown(rule.Kind)}` is none of the kinds above" + Suggestion.Tail(rule.Kind, kinds.Keys));
        // A column of CSV may be called anything; a path of JSON is split at its dots.
        bool isPath = format != DataFormat.Csv || rule.Sidecar is not null;
        if (isPath && rule.Field is { } field && field.Split('.').Contains(""))
            lake.Report(node.Place("field"), "`field` has an empty part between its dots");
        if (rule.FileName is { } pattern && WhyNoPattern(pattern) is { } why)
            lake.Report(node.Place("fileName"), $"`fileName`: {why}");
        if (rule.Sidecar is { } sidecar && WhyNoSidecar(sidecar) is { } reason)
            lake.Report(node.Place("sidecar"), $"`sidecar`: {reason}");
        return rule;
    }

    private static string? WhyNoPattern(string pattern)
    {
        try
        {
            var regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            return regex.GetGroupNames().Contains("id") ? null : "the pattern needs a group `id`: (?<id>...)";
        }
        catch (RegexParseException e)
        {
            return $"the pattern is broken at character {e.Offset + 1} ({e.Error})";
        }
        catch (NotSupportedException)
        {
            // Whoever can put an object into the lake chooses its name, and could choose one that takes such a pattern years.
            return "look-around, back-references and atomic groups are not supported, since a name could be made that they never finish";
        }
    }

    private static string? WhyNoSidecar(string sidecar)
    {
        const string Key = "{key}";
        int first = sidecar.IndexOf(Key, StringComparison.Ordinal);
        return first < 0 || sidecar.IndexOf(Key, first + 1, StringComparison.Ordinal) >= 0 ? "name the object's key once, as {key}: {key}.meta.json"
            : sidecar == Key ? "this is the object itself; name the file beside it: {key}.meta.json"
            : first > 0 || sidecar.Contains('/', StringComparison.Ordinal) ? "the file stands beside the object, so its name begins with {key} and has no slash"
            : null;
    }

    private void CheckModes(Dataset dataset, YamlMapping node)
    {
        bool masks = dataset.Erase == EraseMode.Mask || dataset.Shared == SharedMode.Mask;
        if (dataset.Format != DataFormat.External && dataset.Subjects.Count == 0)
            lake.Report(node.Place("subjects"), "`subjects` must say where the identifier stands; only an external dataset goes without");
        if (dataset.Erase == EraseMode.Blank && dataset.Format != DataFormat.Ndjson)
            lake.Report(node.Place("erase"), $"`blank` is for ndjson only: a row of {node.Text("format")} has no empty form; use drop, delete or mask");
        if (!masks && dataset.Fields.Count > 0)
            lake.Report(node.Place("fields"), "`fields` is for mask; neither `erase` nor `shared` says so");
        if (masks && dataset.Format != DataFormat.External)
            CheckMask(dataset, node);
    }

    private void CheckMask(Dataset dataset, YamlMapping node)
    {
        string key = dataset.Erase == EraseMode.Mask ? "erase" : "shared";
        if (dataset.Fields.Count == 0)
        {
            lake.Report(node.Place(key), $"`{key}: mask` needs `fields`, the identifier's among them");
            return;
        }
        foreach ((SubjectRule rule, YamlMapping at) in dataset.Subjects.Zip(node.Items("subjects").Cast<YamlMapping>()))
        {
            if (rule.IsByRow && !dataset.Fields.Contains(rule.Field, StringComparer.Ordinal))
                lake.Report(node.Place("fields"), $"`fields` leaves out `{LakeSchema.Shown(rule.Field!)}`, so that masked rows would still name the person");
            else if (!rule.IsByRow && dataset.Erase == EraseMode.Mask)
                lake.Report(at.At, "`erase: mask` overwrites fields of rows; this identifier stands outside of the rows and would stay");
        }
    }

    private void CheckAgainstOthers(Dataset dataset, YamlMapping node)
    {
        foreach ((Dataset other, YamlMapping otherNode) in _read)
        {
            if (other.Name.Equals(dataset.Name, StringComparison.OrdinalIgnoreCase))
                lake.Report(node.Place("name"), $"the dataset in line {otherNode.At.Line} is called `{other.Name}` already");
            if (WhyOverlapping(dataset, other) is { } why)
                lake.Report(node.Place("location"), $"{why} (line {otherNode.Place("location").Line}); a row belongs to one dataset only");
        }
    }

    /// <summary>Both locations end with a slash, so that `a/` is no prefix of `ab/`.</summary>
    private static string? WhyOverlapping(Dataset dataset, Dataset other)
    {
        if (dataset.Format == DataFormat.External || other.Format == DataFormat.External || dataset.Location.Length == 0 || other.Location.Length == 0)
            return null;
        return dataset.Location == other.Location ? $"this is the location of dataset `{other.Name}` too"
            : dataset.Location.StartsWith(other.Location, StringComparison.Ordinal) ? $"this lies inside dataset `{other.Name}`"
            : other.Location.StartsWith(dataset.Location, StringComparison.Ordinal) ? $"dataset `{other.Name}` lies inside this"
            : null;
    }

    private void ReportOutOfReach(Dataset dataset, YamlMapping node)
    {
        if (dataset.Format != DataFormat.External && dataset.Location.StartsWith("s3://", StringComparison.Ordinal))
            lake.ReportOutOfReachLocally(node.Place("location"), "on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint");
        else if (dataset.Format != DataFormat.External)
            lake.ReportOutOfReachOnS3(node.Place("location"), "on S3 a location is s3://bucket/prefix/");
        foreach (YamlMapping rule in node.Items("subjects").Cast<YamlMapping>().Where(rule => rule.Find("tag") is not null))
            lake.ReportOutOfReachLocally(rule.Place("tag"), "object tags are S3's; on one machine use a sidecar file");
    }
}
