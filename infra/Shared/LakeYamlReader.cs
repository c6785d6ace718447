using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Makes a <see cref="LakeConfig"/> of a tree that the schema has passed, and checks what the schema can't.</summary>
/// <param name="files">The text of a file that lake.yaml names, or null where there is none; null itself where nobody can look.</param>
internal sealed class LakeYamlReader(Func<string, string?>? files)
{
    public List<LakeProblem> Problems { get; } = [];

    public List<LakeProblem> OutOfReachLocally { get; } = [];

    public List<LakeProblem> OutOfReachOnS3 { get; } = [];

    public LakeConfig Read(YamlMapping root)
    {
        Dictionary<string, Kind> kinds = ReadKinds(root.Mapping("kinds")!);
        IReadOnlyList<Dataset> datasets = new LakeYamlDatasets(this, kinds).Read(root.Items("datasets"));
        IReadOnlyList<Reference>? references = new LakeYamlReferences(this).Read(root.Items("references"));
        return new LakeConfig
        {
            Name = root.Text("lake")!,
            TimeZone = ReadTimeZone(root),
            Kinds = kinds,
            Requesters = ReadRequesters(root),
            Grace = ReadGrace(root),
            Limits = ReadLimits(root.Mapping("limits")),
            Unattended = root.Flag("unattended") ?? false,
            Evidence = new EvidenceRules { Keep = root.Mapping("evidence")?.Text("keep") ?? new EvidenceRules().Keep },
            Pages = root.Text("pages")?.TrimEnd('/'),
            Mail = ReadMail(root.Mapping("mail")),
            Datasets = datasets,
            References = references,
            Hours = new LakeYamlHours(this, datasets).Read(root.Items("hours")),
            Streams = new LakeYamlStreams(this, datasets, references ?? [], files).Read(root.Items("streams")),
            Tables = new LakeYamlTables(this, datasets, references ?? [], files).Read(root.Items("tables")),
        };
    }

    public void Report(YamlMark at, string message) => Problems.Add(new LakeProblem(at.Line, at.Column, message));

    public void ReportOutOfReachLocally(YamlMark at, string message) =>
        OutOfReachLocally.Add(new LakeProblem(at.Line, at.Column, message));

    public void ReportOutOfReachOnS3(YamlMark at, string message) =>
        OutOfReachOnS3.Add(new LakeProblem(at.Line, at.Column, message));

    private static Dictionary<string, Kind> ReadKinds(YamlMapping kinds) => kinds.Entries.ToDictionary(
        e => e.Key,
        e => new Kind { Normalize = [.. ((YamlMapping)e.Value).Texts("normalize").Select(ToNormalization)] },
        StringComparer.Ordinal);

    private static Normalization ToNormalization(string text) => text switch
    {
        "trim" => Normalization.Trim,
        "lower" => Normalization.Lower,
        "nfc" => Normalization.Nfc,
        _ => Normalization.Integer,
    };

    private string ReadTimeZone(YamlMapping root)
    {
        if (root.Find("timeZone") is not { } entry)
            return "UTC";
        string name = root.Text("timeZone")!;
        // Windows names are found as well on Windows; a lake.yaml must mean the same everywhere.
        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) && zone.HasIanaId)
            return name;
        string tail = Suggestion.Tail(name, TimeZoneInfo.GetSystemTimeZones().Select(z => z.Id));
        Report(entry.Value.At, $"`{LakeSchema.Shown(name)}` is no time zone that this machine knows" + tail);
        return name;
    }

    private List<Requester> ReadRequesters(YamlMapping root)
    {
        var requesters = new List<Requester>();
        var principals = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlMapping item in root.Items("requesters").Cast<YamlMapping>())
        {
            var requester = new Requester { Mail = LakeYamlText.Mail(item.Text("mail")!), Principal = item.Text("principal") };
            if (requester.Principal is { } principal && !principals.TryAdd(principal, requester.Mail) && principals[principal] != requester.Mail)
                Report(item.Find("principal")!.Value.Value.At, $"this principal is {principals[principal]} already");
            requesters.Add(requester);
        }
        return requesters;
    }

    private TimeSpan ReadGrace(YamlMapping root)
    {
        if (root.Find("grace") is not { } entry)
            return TimeSpan.FromHours(24);
        // The schema lets one number through: 0.
        if (((YamlScalar)entry.Value).Value is not string text)
            return TimeSpan.Zero;
        if (!LakeYamlText.TryParseDuration(text, out TimeSpan grace) || grace > TimeSpan.FromDays(365))
            Report(entry.Value.At, "`grace` is longer than a year");
        return grace;
    }

    private static Limits ReadLimits(YamlMapping? limits)
    {
        var defaults = new Limits();
        return limits is null ? defaults : new Limits
        {
            Rows = limits.Whole("rows") ?? defaults.Rows,
            Share = limits.Find("share") is { } share ? LakeYamlText.Share((YamlScalar)share.Value) : defaults.Share,
        };
    }

    private static MailRules ReadMail(YamlMapping? mail)
    {
        var defaults = new MailRules();
        return mail is null ? defaults : new MailRules
        {
            From = mail.Text("from")?.Trim() ?? defaults.From,
            Operators = LakeYamlText.Mails(mail.Texts("operators")),
            Smtp = mail.Mapping("smtp") is { } smtp ? ReadSmtp(smtp) : null,
        };
    }

    private static SmtpServer ReadSmtp(YamlMapping smtp)
    {
        var server = new SmtpServer { Host = smtp.Text("host")!, User = smtp.Text("user") };
        return server with
        {
            Port = (int)(smtp.Whole("port") ?? server.Port),
            StartTls = smtp.Flag("startTls") ?? server.StartTls,
        };
    }
}
