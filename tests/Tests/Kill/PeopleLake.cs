using System.Globalization;
using System.Text;

namespace Limpid.Tests.Kill;

/// <summary>
/// A lake of a few hundred small files in every line format and erase mode, made from a seed; each person stands in some thirty of
/// them, so that an erasure takes a while. Knows what every file must hold at any time.
/// </summary>
internal sealed class PeopleLake : IDisposable
{
    public const string Approver = "dpo@acme.example";
    public const string Requester = "desk@acme.example";
    public const string Operator = "ops@acme.example";

    private const string Yaml = $$"""
        lake: acme
        kinds: {customer: {} }
        requesters: [{mail: {{Requester}} }]
        grace: 0s
        unattended: true
        mail: {from: limpid@acme.example, operators: [{{Operator}}]}
        datasets:
          - {name: reviews, location: reviews, format: ndjson, subjects: [{kind: customer, field: id}], erase: blank, approvers: [{{Approver}}]}
          - {name: visits, location: visits, format: ndjson, subjects: [{kind: customer, field: id}], erase: drop, approvers: [{{Approver}}]}
          - {name: orders, location: orders, format: csv, subjects: [{kind: customer, field: id}], erase: drop, approvers: [{{Approver}}]}
          - {name: profiles, location: profiles, format: ndjson, subjects: [{kind: customer, field: id}], erase: mask, fields: [id, name], approvers: [{{Approver}}]}
          - {name: chats, location: chats, format: ndjson, subjects: [{kind: customer, field: who}], shared: block, erase: blank, approvers: [{{Approver}}]}
          - {name: letters, location: letters, format: csv, subjects: [{kind: customer, fileName: '^(?<id>[^_]+)_'}], erase: delete, approvers: [{{Approver}}]}
          - {name: scans, location: scans, format: ndjson, subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete, approvers: [{{Approver}}]}

        """;

    private readonly Random _random;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("limpid-kill-");
    private int _rows;

    public PeopleLake(int seed, int people, int bystanders)
    {
        _random = new Random(seed);
        People = Named("p", people);
        Bystanders = Named("b", bystanders);
        Directory.CreateDirectory(Root);
        File.WriteAllText(Path.Combine(Root, "lake.yaml"), Yaml);
        Files =
        [
            .. Spread("reviews", "ndjson", people / 2 + 8, Erasing.Blank, false, "", 8, (id, n) => $"{{\"id\":\"{id}\",\"n\":{n},\"text\":\"grüße {n}\"}}\n"),
            .. Spread("visits", "ndjson.gz", people / 2 + 8, Erasing.Drop, true, "", 6, (id, n) => $"{{\"n\":{n},\"id\":\"{id}\"}}\n"),
            .. Spread("orders", "csv", people / 2 + 8, Erasing.Drop, false, "id,n,remark\r\n", 6, (id, n) => $"{id},{n},\"a, b\r\n{n}\"\r\n"),
            .. Spread("profiles", "ndjson", people / 4 + 4, Erasing.Mask, false, "", 3, (id, n) => $"{{\"id\":\"{id}\",\"name\":\"N{n}\",\"n\":{n}}}\n"),
            .. Spread("chats", "ndjson", people / 4 + 4, Erasing.Blank, false, "", 2, (id, n) => $"{{\"n\":{n},\"who\":[\"{id}\"]}}\n"),
            .. People.Concat(Bystanders).Select(id => new ModelFile($"letters/{id}_1.csv", Erasing.Delete, false, "n,text\n", [new($"{++_rows},dear\n", id)]) { Owner = id }),
            .. People.Concat(Bystanders).Select((id, i) =>
                new ModelFile($"scans/s{i:D4}.ndjson", Erasing.Delete, false, "", [new($"{{\"n\":{++_rows}}}\n", id)]) { Owner = id, Sidecar = $"scans/s{i:D4}.ndjson.meta.json" }),
        ];
        ModelFile[] chats = [.. Files.Where(f => f.Key.StartsWith("chats/", StringComparison.Ordinal))];
        // Every third person stands in a row together with somebody else: it stays, and the certificate says so.
        for (int i = 0; i < People.Count; i += 3)
            chats[i % chats.Length].Add(new($"{{\"n\":{++_rows},\"who\":[\"{People[i]}\",\"{Bystanders[i % bystanders]}\"]}}\n", People[i], Bystanders[i % bystanders]));
        foreach (ModelFile file in Files)
            Write(file);
    }

    public string Root => Path.Combine(_folder.FullName, "lake");

    public string Home => Path.Combine(_folder.FullName, "home");

    public IReadOnlyList<string> People { get; }

    public IReadOnlyList<string> Bystanders { get; }

    public IReadOnlyList<ModelFile> Files { get; }

    public string PathOf(ModelFile file) => Path.Combine(Root, file.Key);

    public ModelRow NewRow(ModelFile file)
    {
        string id = Bystanders[_random.Next(Bystanders.Count)];
        int n = Interlocked.Increment(ref _rows);
        return new(file.Key[..file.Key.IndexOf('/', StringComparison.Ordinal)] switch
        {
            "orders" => $"{id},{n},rival\r\n",
            "profiles" => $"{{\"id\":\"{id}\",\"name\":\"R{n}\",\"n\":{n}}}\n",
            "chats" => $"{{\"n\":{n},\"who\":[\"{id}\"]}}\n",
            _ => $"{{\"id\":\"{id}\",\"n\":{n},\"rival\":true}}\n",
        }, id);
    }

    /// <summary>Every file that isn't what it must be once these people are erased, and every file too many.</summary>
    public List<string> Differences(IReadOnlySet<string> erased)
    {
        var wrong = new List<string>();
        var expected = new HashSet<string> { "lake.yaml" };
        foreach (ModelFile file in Files)
        {
            string? content = file.Without(erased);
            if (content is null)
                continue;
            expected.Add(file.Key);
            if (file.Sidecar is not null)
                expected.Add(file.Sidecar);
            if (!File.Exists(PathOf(file)))
                wrong.Add($"{file.Key} is missing");
            else if (file.Decode(File.ReadAllBytes(PathOf(file))) is var found && found != content)
                wrong.Add($"{file.Key} (contested: {file.IsContested}) differs: {FirstDifference(content, found)}");
        }
        string state = Path.Combine(Root, ".limpid");
        foreach (string file in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
        {
            if (!file.StartsWith(state + "/", StringComparison.Ordinal) && !expected.Contains(Path.GetRelativePath(Root, file)))
                wrong.Add($"{Path.GetRelativePath(Root, file)} is left");
            else if (Path.GetFileName(file).StartsWith('.') || file.EndsWith(".scratch", StringComparison.Ordinal))
                wrong.Add($"{Path.GetRelativePath(Root, file)} is left");
        }
        return wrong;
    }

    /// <summary>In which objects, and where in each, somebody stands by plain reading; no place where the whole object is the person's.</summary>
    public Dictionary<string, SortedSet<string>> WhereIs(IReadOnlySet<string> erased)
    {
        var places = People.Concat(Bystanders).ToDictionary(id => id, _ => new SortedSet<string>(StringComparer.Ordinal));
        foreach (ModelFile file in Files)
        {
            if (file.Owner is not null)
            {
                if (!erased.Contains(file.Owner))
                    places[file.Owner].Add(file.Key);
                continue;
            }
            int offset = Encoding.UTF8.GetByteCount(file.Header);
            foreach (ModelRow row in file.Rows)
            {
                var alone = new ModelFile(file.Key, file.Erasing, false, "", [row]);
                string text = alone.Without(erased)!;
                if (text == row.Text)
                {
                    foreach (string id in row.People)
                        places[id].Add(string.Create(CultureInfo.InvariantCulture, $"{file.Key}@{offset}"));
                }
                offset += Encoding.UTF8.GetByteCount(text);
            }
        }
        return places;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string[] Named(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{prefix}{i:D4}"))];

    private static string FirstDifference(string expected, string found)
    {
        int at = expected.AsSpan().CommonPrefixLength(found);
        return $"at {at} of {expected.Length}/{found.Length}: expected '{Cut(expected)}', found '{Cut(found)}'";

        string Cut(string text) => text[Math.Max(0, at - 20)..Math.Min(text.Length, at + 100)];
    }

    private List<ModelFile> Spread(
        string dataset, string ending, int files, Erasing erasing, bool isGzip, string header, int perPerson, Func<string, int, string> row)
    {
        var rows = Enumerable.Range(0, files).Select(_ => new List<ModelRow>()).ToList();
        foreach (string id in People.Concat(Bystanders))
        {
            for (int i = 0; i < perPerson; i++)
                rows[_random.Next(files)].Add(new(row(id, ++_rows), id));
        }
        // Rows of different people lie between each other.
        return [.. rows.Select((r, i) => new ModelFile($"{dataset}/{i % 4}/f{i:D3}.{ending}", erasing, isGzip, header, r.OrderBy(_ => _random.Next()))
        {
            IsContested = i % 4 == 3,
        })];
    }

    private void Write(ModelFile file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllBytes(PathOf(file), file.Original());
        if (file.Sidecar is not null)
            File.WriteAllText(Path.Combine(Root, file.Sidecar), $"{{\"owner\":\"{file.Owner}\"}}");
    }
}
