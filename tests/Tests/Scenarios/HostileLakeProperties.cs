using System.Text;
using Limpid.Core.Erasure;
using Limpid.Tests.Formats;

namespace Limpid.Tests.Scenarios;

/// <summary>Random lakes that nobody would write on purpose, indexed and erased end to end, against a reader that shares no code with Limpid.</summary>
public sealed class HostileLakeProperties
{
    private const int Lakes = 40;

    [Theory]
    [InlineData(1, "drop", "erase")]
    [InlineData(2, "drop", "block")]
    [InlineData(3, "blank", "erase")]
    public async Task F51_a_person_goes_from_a_hostile_lake_and_nothing_else_does(int seed, string erase, string shared)
    {
        for (int round = 0; round < Lakes; round++)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} round {round}");
            var random = new Random(seed * 1000 + round);
            await using var world = new MemoryWorld(ScenarioWorld.Yaml(
                "grace: 0\nunattended: true\nlimits: {rows: 100000, share: 100%}",
                ScenarioWorld.Dataset("n", "ndjson", $"subjects: [{{kind: customer, field: id}}], erase: {erase}, shared: {shared}"),
                ScenarioWorld.Dataset("c", "csv", $"subjects: [{{kind: customer, field: id}}], erase: drop, shared: {shared}")));
            var plain = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            for (int file = 0; file < 5; file++)
            {
                string key = file < 3 ? $"n/{file}" : $"c/{file}";
                plain[key] = Encoding.UTF8.GetBytes(file < 3 ? new HostileContent(random).Ndjson() : new HostileContent(random).Csv(out _));
                world.Put(key, file % 2 == 0 ? plain[key] : Oracle.Gzip(plain[key]));
            }
            foreach (int person in Enumerable.Range(0, 6).OrderBy(_ => random.Next()).Take(2))
            {
                HashSet<string> unreadable = [];
                await world.ReconcileAsync();
                foreach (string dataset in new[] { "n", "c" })
                    await foreach (var record in world.Ports.Index.ListAsync(dataset, null, ScenarioWorld.Stop))
                        _ = record.Unreadable is not null && unreadable.Add(record.Object);
                foreach (string key in plain.Keys.Where(k => !unreadable.Contains(k)).ToArray())
                    plain[key] = After(plain[key], key.StartsWith("c/", StringComparison.Ordinal), $"{person}", key.StartsWith("c/", StringComparison.Ordinal) ? "drop" : erase, shared);
                ErasureRequest request = await world.EraseAsync(ScenarioWorld.Asking($"customer={person}") with { ApproveAs = ScenarioWorld.Dpo });
                Assert.True(request.Status is RequestStatus.Certified or RequestStatus.CertifiedWithExceptions or RequestStatus.NothingFound, $"{request.Status}: {request.Reason}");
                foreach ((string key, byte[] content) in world.Lake())
                {
                    byte[] now = int.Parse(key[2..], System.Globalization.CultureInfo.InvariantCulture) % 2 == 0 ? content : Oracle.Gunzip(content);
                    Assert.True(plain[key].AsSpan().SequenceEqual(now), $"seed {seed} round {round} person {person}: {key}\nexpected {Encoding.UTF8.GetString(plain[key])}\nfound {Encoding.UTF8.GetString(now)}");
                }
            }
        }
    }

    private static byte[] After(byte[] before, bool csv, string person, string erase, string shared)
    {
        List<byte> after = [];
        int kept = 0;
        foreach (NaiveReader.Row row in csv ? NaiveReader.Csv(before) : NaiveReader.Ndjson(before, ["id"]))
        {
            if (row.Ids?.Contains(person) != true || (row.Ids.Count > 1 && shared == "block"))
                continue;
            after.AddRange(before[kept..row.Offset]);
            kept = erase == "drop" ? row.End : row.Offset + row.Length;
            if (erase == "blank")
                after.AddRange("{}".PadRight(row.Length).Select(c => (byte)c));
        }
        after.AddRange(before[kept..]);
        return [.. after];
    }
}
