using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Limpid.Core.Ports;
using Limpid.Local.Storage;

namespace Limpid.Tests.Scenarios;

/// <summary>Nobody's name in what Limpid keeps and says, and proof that shows any change.</summary>
public sealed class EvidenceTests
{
    private const string Canary = "Canary.Person+4711@people.example";
    private const string NameCanary = "canaryname4712";

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task F53_after_a_whole_request_no_identifier_is_left_in_any_form_anywhere()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml(
            "grace: 0",
            ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: email, field: mail}], erase: drop"),
            ScenarioWorld.Dataset("letters", "csv", "subjects: [{kind: customer, fileName: '^(?<id>[a-z0-9]+)-'}], erase: delete"),
            ScenarioWorld.Dataset("notes", "csv", "subjects: [{kind: customer, fileName: '^(?<id>[a-z0-9]+)-'}], erase: drop")));
        lake.Put("reviews/a.ndjson", $"{{\"mail\":\"{Canary}\"}}\n{{\"mail\":\"x@y.example\"}}\n{{\"mail\":\"{Canary}\", broken\n");
        lake.Put($"letters/{NameCanary}-1.csv", "a\n1\n");
        lake.Put($"notes/{NameCanary}-1.csv", "a\n1\n");
        lake.Put($"notes/{NameCanary}-2.csv", "\0\0\0");
        string people = Path.Combine(Path.GetDirectoryName(lake.Root)!, "people");
        await File.WriteAllTextAsync(people, $"email={Canary}\ncustomer={NameCanary}\n", Stop);
        Task<(int Exit, JsonObject Json)> erasing = lake.JsonAsync(
            "erase", "--subject-file", people, "--requested-by", ScenarioWorld.Requester, "--port", $"{Random.Shared.Next(20_000, 60_000)}");
        await lake.DecideAsync(ScenarioWorld.Dpo, "approve", "", Stop);
        (int exit, JsonObject json) = await erasing;
        Assert.True(exit == 4, json.ToString());
        await lake.RunAsync("requests");
        await lake.RunAsync("verify");
        await lake.RunAsync("index");
        await lake.RunAsync("index", "--json");
        Assert.Equal("a\n1\n".Length, new FileInfo(Path.Combine(lake.Root, $"notes/{NameCanary}-1.csv")).Length + 2);

        Assert.Equal([], Leaks("what was printed", Encoding.UTF8.GetBytes(lake.Printed.ToString())));
        string[] files = Directory.GetFiles(lake.State, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 });
        Assert.True(files.Length > 10, $"{files.Length} files");
        Assert.Equal([], files.SelectMany(f => Leaks(Path.GetRelativePath(lake.State, f), [.. Encoding.UTF8.GetBytes(f), .. Shared(f)])));
    }

    [Fact]
    public void F53_the_search_finds_every_form_that_it_looks_for()
    {
        foreach (string id in new[] { Canary, NameCanary })
        {
            foreach ((string form, byte[] bytes) in Forms(id))
                Assert.NotEmpty(Leaks(form, [1, 2, 3, .. bytes, 4, 5]));
            foreach (string padding in new[] { "", "x", "xy" })
                Assert.NotEmpty(Leaks("base64 of a longer text", Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(padding + id + "z")))));
        }
    }

    [Fact]
    public async Task F56_a_flipped_byte_of_a_certificate_shows()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0\nunattended: true", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/a", "{\"id\":1}\n{\"id\":2}\n");
        string file = (string)(await lake.EraseAsync("customer=2", "--approve-as", ScenarioWorld.Dpo)).Json["certificate"]!;
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);
        byte[] good = await File.ReadAllBytesAsync(file, Stop);
        const int Seed = 56;
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}, {good.Length} bytes");
        int[] places = [.. Enumerable.Range(0, 60).Select(_ => random.Next(good.Length)), .. Enumerable.Range(good.Length - 40, 40)];
        foreach (int at in places)
        {
            byte[] bad = [.. good];
            bad[at] ^= (byte)(1 << random.Next(7));
            await File.WriteAllBytesAsync(file, bad, Stop);
            (int exit, string output, string error) = await lake.RunAsync("verify");
            Assert.True(exit == 1, $"byte {at}: {exit} {output}{error}");
            Assert.NotEqual("", output + error);
        }
        await File.WriteAllBytesAsync(file, good, Stop);
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);

        string items = Directory.GetFiles(Path.GetDirectoryName(file)!, "items-*").Single(f => new FileInfo(f).Length > 0);
        byte[] listed = await File.ReadAllBytesAsync(items, Stop);
        listed[listed.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(items, listed, Stop);
        Assert.Equal(1, (await lake.RunAsync("verify")).Exit);
    }

    [Fact]
    public async Task F56_a_changed_or_truncated_audit_chain_shows()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0\nunattended: true", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/a", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
        string first = (string)(await lake.EraseAsync("customer=2", "--approve-as", ScenarioWorld.Dpo)).Json["requestId"]!;
        await lake.EraseAsync("customer=3", "--approve-as", ScenarioWorld.Dpo);
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);
        const int Seed = 57;
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        foreach (string chain in new[] { first, "lake" })
        {
            StateItem[] entries = await EntriesAsync(lake, chain);
            Assert.NotEmpty(entries);
            foreach (StateItem entry in entries)
            {
                byte[] bad = entry.Json.ToArray();
                bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(7));
                await PutAsync(lake, entry, bad);
                (int exit, string output, string error) = await lake.RunAsync("verify");
                Assert.True(exit == 1, $"{chain} {entry.Sort}: {Encoding.UTF8.GetString(bad)}: {exit} {output}{error}");
                await PutAsync(lake, entry, entry.Json.ToArray());
            }
            Assert.Equal(0, (await lake.RunAsync("verify")).Exit);
            // Cut off from its end; what comes behind the heads in certificates too.
            foreach (StateItem entry in (await EntriesAsync(lake, chain)).Reverse())
            {
                using (var table = new SqliteStateTable(lake.State))
                    Assert.True(await table.TryDeleteAsync(entry.Partition, entry.Sort, entry.Version, Stop));
                Assert.True((await lake.RunAsync("verify")).Exit == 1, $"{chain} from {entry.Sort}");
            }
            foreach (StateItem entry in entries)
                await PutAsync(lake, entry, entry.Json.ToArray());
            Assert.Equal(0, (await lake.RunAsync("verify")).Exit);
        }
    }

    [Fact]
    public async Task F56_a_changed_or_missing_plan_shows()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0\nunattended: true", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/a", "{\"id\":1}\n{\"id\":2}\n");
        string id = (string)(await lake.EraseAsync("customer=2", "--approve-as", ScenarioWorld.Dpo)).Json["requestId"]!;
        string[] files = Directory.GetFiles(Path.Combine(lake.State, "evidence", "plans", id), "*", SearchOption.AllDirectories);
        Assert.Equal(3, files.Length);
        foreach (string file in files)
        {
            byte[] good = await File.ReadAllBytesAsync(file, Stop);
            string text = Encoding.UTF8.GetString(good);
            foreach (string bad in new[] { text.Replace("\"d\"", "\"x\"", StringComparison.Ordinal), text[..^3], "" })
            {
                await File.WriteAllTextAsync(file, bad, Stop);
                (int exit, string output, string error) = await lake.RunAsync("verify");
                Assert.True(exit == 1 && error == "", $"{Path.GetFileName(file)}: {exit} {output}{error}");
            }
            File.Delete(file);
            Assert.Equal(1, (await lake.RunAsync("verify")).Exit);
            await File.WriteAllBytesAsync(file, good, Stop);
            Assert.Equal(0, (await lake.RunAsync("verify")).Exit);
        }
    }

    [Fact]
    public async Task F56_a_removed_state_and_a_tampered_request_without_a_certificate_show()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0\nunattended: true", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/a", "{\"id\":1}\n{\"id\":2}\n");
        string cancelled = (string)(await lake.EraseAsync("customer=1", "--no-wait")).Json["requestId"]!;
        Assert.Equal(0, (await lake.RunAsync("cancel", cancelled)).Exit);
        string certificate = (string)(await lake.EraseAsync("customer=2", "--approve-as", ScenarioWorld.Dpo)).Json["certificate"]!;
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);

        StateItem entry = (await EntriesAsync(lake, cancelled))[^1];
        await PutAsync(lake, entry, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entry.Json.Span).Replace("cancelled", "forgotten", StringComparison.Ordinal)));
        Assert.Equal(1, (await lake.RunAsync("verify")).Exit);
        await PutAsync(lake, entry, "{{{"u8.ToArray());
        (int exit, string output, string error) = await lake.RunAsync("verify");
        Assert.True(exit == 1 && error == "", $"{exit} {output}{error}");
        await PutAsync(lake, entry, entry.Json.ToArray());
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);

        foreach (string file in Directory.GetFiles(lake.State, "state.db*"))
            File.Delete(file);
        Assert.Equal(1, (await lake.RunAsync("verify")).Exit);
        // Carried away from the lake a certificate still stands for itself.
        string elsewhere = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(lake.Root)!, "elsewhere")).FullName;
        File.Copy(certificate, Path.Combine(elsewhere, "c.json"));
        using var auditor = new StringWriter();
        Assert.Equal(0, await Limpid.Local.Cli.LimpidCommand.RunAsync(
            ["verify", Path.Combine(elsewhere, "c.json"), "--lake", elsewhere, "--public-key", Path.Combine(lake.State, "public-key.pem")], auditor, auditor));
        Assert.Contains("no audit chain here", auditor.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("customer=Zq7xPella")]
    [InlineData("https://crm.example/people/Zq7xPella?tab=1")]
    [InlineData("case C-2026-Zq7xPella")]
    [InlineData("she is “Zq7xPella”'s mother")]
    [InlineData("mailto:Pella@Letterbox.Example")]
    [InlineData("told pella%40letterbox.example so")]
    [InlineData("about Pella Vant-Whistle, by post")]
    [InlineData("customer:7")]
    public async Task F53_a_case_reference_or_a_verification_that_names_the_person_is_refused(string text)
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml(
            "grace: 0", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        string[] subjects = ["customer=Zq7xPella", "email=pella@letterbox.example", "customer=Pella Vant-Whistle", "customer=7"];
        Functions.Erasure.SubmitInput input = ScenarioWorld.Asking(subjects);
        Assert.NotNull((await world.TrySubmitAsync(input with { Case = text })).Problem);
        Assert.NotNull((await world.TrySubmitAsync(input with { VerifiedBy = text })).Problem);
        Assert.Null((await world.TrySubmitAsync(input with { Case = "C-2026-7", VerifiedBy = "file 7/2026, seen at the desk" })).Problem);
    }

    [Theory]
    [InlineData("Pella+alias@letterbox.example")]
    [InlineData("desk@acme.example, pella@elsewhere.example")]
    [InlineData("\"desk\"@acme.example")]
    [InlineData("desk(pella)@acme.example")]
    [InlineData("Pella <desk@acme.example>")]
    [InlineData("desk@acme@example")]
    public async Task F40_F53_who_asks_is_one_bare_address_and_not_the_persons_own(string requester)
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml(
            "grace: 0", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        Assert.NotNull((await world.TrySubmitAsync(ScenarioWorld.Asking("email=pella@letterbox.example") with { RequestedBy = requester })).Problem);
        Assert.Empty(world.Lake());
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("stopped")]
    public async Task F56_the_chain_of_a_request_that_ended_without_a_certificate_is_kept_too(string end)
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0\nlimits: {rows: 1, share: 100%}", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/a", end == "stopped" ? "{\"id\":2}\n{\"id\":2}\n" : "{\"id\":1}\n{\"id\":2}\n");
        string id = (string)(await lake.EraseAsync("customer=2", "--no-wait")).Json["requestId"]!;
        if (end == "cancelled")
            Assert.Equal(0, (await lake.RunAsync("cancel", id)).Exit);
        Assert.Contains(end, (await lake.RunAsync("requests")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);

        StateItem[] entries = await EntriesAsync(lake, id);
        Assert.True(IsOf("outcome-told", entries[^1]));
        foreach (StateItem entry in entries.Reverse())
        {
            using (var table = new SqliteStateTable(lake.State))
                Assert.True(await table.TryDeleteAsync(entry.Partition, entry.Sort, entry.Version, Stop));
            (int exit, string said, _) = await lake.RunAsync("verify");
            Assert.Equal(1, exit);
            Assert.Contains(id, said, StringComparison.Ordinal);
        }
    }

    private static bool IsOf(string @event, StateItem entry) =>
        Encoding.UTF8.GetString(entry.Json.Span).Contains($"\"event\":\"{@event}\"", StringComparison.Ordinal);

    private static async Task<StateItem[]> EntriesAsync(CliLake lake, string chain)
    {
        using var table = new SqliteStateTable(lake.State);
        return await table.QueryAsync($"audit/{chain}", "entry/", Stop).ToArrayAsync(Stop);
    }

    private static async Task PutAsync(CliLake lake, StateItem item, byte[] json)
    {
        using var table = new SqliteStateTable(lake.State);
        long version = (await table.GetAsync(item.Partition, item.Sort, Stop))?.Version ?? 0;
        Assert.True(await table.TryPutAsync(item with { Version = version + 1, Json = json }, Stop));
    }

    private static byte[] Shared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static List<string> Leaks(string where, byte[] bytes)
    {
        byte[] lower = [.. bytes.Select(b => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b + 32) : b)];
        var leaks = new List<string>();
        foreach (string id in new[] { Canary, NameCanary })
        {
            foreach ((string form, byte[] wanted) in Forms(id))
            {
                bool exact = form.StartsWith("base64", StringComparison.Ordinal);
                byte[] sought = exact ? wanted : [.. wanted.Select(b => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b + 32) : b)];
                if ((exact ? bytes : lower).AsSpan().IndexOf(sought) >= 0)
                    leaks.Add($"{where}: {form}");
            }
        }
        return leaks;
    }

    private static IEnumerable<(string Form, byte[] Bytes)> Forms(string id)
    {
        foreach (string text in new[] { id, id.ToLowerInvariant(), id.ToUpperInvariant() }.Distinct())
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            yield return ("plain", utf8);
            yield return ("UTF-16", Encoding.Unicode.GetBytes(text));
            yield return ("URL", Encoding.ASCII.GetBytes(Uri.EscapeDataString(text)));
            yield return ("form", Encoding.ASCII.GetBytes(System.Net.WebUtility.UrlEncode(text)));
            yield return ("hex", Encoding.ASCII.GetBytes(Convert.ToHexString(utf8)));
            // The middle of the text, as it looks in base64 whatever stands before and behind it.
            for (int shift = 0; shift < 3; shift++)
            {
                string base64 = Convert.ToBase64String([.. new byte[shift], .. utf8]);
                string middle = base64[(shift == 0 ? 0 : 4)..(base64.Length / 4 * 4 - 4)];
                yield return ($"base64 shifted by {shift}", Encoding.ASCII.GetBytes(middle));
                yield return ($"base64url shifted by {shift}", Encoding.ASCII.GetBytes(middle.Replace('+', '-').Replace('/', '_')));
            }
            foreach (byte[] hash in new[] { SHA256.HashData(utf8), Md5(utf8), Sha1(utf8) })
            {
                yield return ("hash", hash);
                yield return ("hash in hex", Encoding.ASCII.GetBytes(Convert.ToHexString(hash)));
                yield return ("base64 of a hash", Encoding.ASCII.GetBytes(Convert.ToBase64String(hash)[..16]));
                yield return ("base64url of a hash", Encoding.ASCII.GetBytes(Base64Url.EncodeToString(hash)[..16]));
            }
        }
    }

#pragma warning disable CA5350, CA5351 // What is looked for, not what is relied on.
    private static byte[] Md5(byte[] bytes) => MD5.HashData(bytes);

    private static byte[] Sha1(byte[] bytes) => SHA1.HashData(bytes);
#pragma warning restore CA5350, CA5351
}
