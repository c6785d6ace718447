using System.Text.Json;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;
using Limpid.Functions.State;
using Limpid.Local;
using Limpid.Local.Storage;
using Limpid.Tests.Contracts;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>Heads of the lake's chain that are kept where nobody can change them.</summary>
public sealed class AnchorTests
{
    private static readonly string Dataset = ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop");

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task F56_the_lakes_chain_can_be_neither_cut_off_nor_written_anew_without_its_anchors_telling()
    {
        MemoryStore? kept = null;
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0", Dataset), ports => ports with { Anchors = kept = new MemoryStore(ports.Time) });
        world.Put("d/a", "{\"id\":1}\n{\"id\":2}\n");
        await world.EraseAsync("customer=1");
        var log = new AuditLog(world.Ports.State, world.Clock);
        List<AuditEntry> entries = await log.ReadAsync(AuditLog.LakeChain, Stop).ToListAsync(Stop);
        ChainHead[] heads = [.. kept!.Keys().Select(key => Anchors.Read(kept.Read(key), world.Ports.Signer.PublicKey.Span)!)];
        Assert.Equal(entries.Select(e => AuditChain.HeadOf(AuditLog.LakeChain, e)), heads);
        Assert.Equal(2, heads.Length);
        Assert.True(AuditChain.Verify(AuditLog.LakeChain, entries, heads).IsWhole);

        Assert.False(AuditChain.Verify(AuditLog.LakeChain, entries[..^1], heads).IsWhole);
        AuditEntry? forged = null;
        List<AuditEntry> anew = [.. entries.Select(e => forged = AuditChain.Append(forged, AuditLog.LakeChain, e.At, e.Event, JsonSerializer.SerializeToElement("nothing happened")))];
        Assert.True(AuditChain.Verify(AuditLog.LakeChain, anew).IsWhole);
        Assert.False(AuditChain.Verify(AuditLog.LakeChain, anew, heads).IsWhole);

        // The first head of a length stands, and nothing is kept twice.
        byte[] before = kept.Read(Anchors.KeyOf(heads[^1]))!;
        await new Anchors(world.Ports).KeepAsync(forged!, Stop);
        Assert.Equal(before, kept.Read(Anchors.KeyOf(heads[^1])));
    }

    [Fact]
    public async Task Verify_holds_the_chain_against_anchors_and_takes_no_foreign_one()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0\nunattended: true", Dataset));
        using var folder = new TemporaryFolder();
        lake.Put("d/a", "{\"id\":1}\n{\"id\":2}\n");
        await lake.EraseAsync("customer=2", "--approve-as", ScenarioWorld.Dpo);
        await KeepAsync(lake, folder.Path);
        Assert.Equal(0, (await lake.RunAsync("verify", "--anchors", folder.Path)).Exit);

        // The last entry is gone, and the head that is stored beside the chain says so: nothing that is kept here can tell.
        using (var table = new SqliteStateTable(lake.State))
        {
            StateItem last = await table.QueryAsync("audit/lake", "entry/", Stop).LastAsync(Stop);
            Assert.True(await table.TryDeleteAsync(last.Partition, last.Sort, last.Version, Stop));
            StateItem head = (await table.GetAsync("audit/lake", "head", Stop))!.Value;
            AuditEntry end = (await new AuditLog(table, TimeProvider.System).ReadAsync(AuditLog.LakeChain, Stop).ToListAsync(Stop))[^1];
            byte[] rewound = JsonSerializer.SerializeToUtf8Bytes(AuditChain.HeadOf(AuditLog.LakeChain, end), EvidenceJson.Default.ChainHead);
            Assert.True(await table.TryPutAsync(head with { Version = head.Version + 1, Json = rewound }, Stop));
        }
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);
        (int exit, string output, string _) = await lake.RunAsync("verify", "--anchors", folder.Path);
        Assert.Equal(1, exit);
        Assert.Contains("BAD: the lake's audit chain: entry 2: the chain ends here, but a kept head says that it had 2 entries", output, StringComparison.Ordinal);

        string some = Directory.GetFiles(folder.Path, "*1.json", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(some, (await File.ReadAllTextAsync(some, Stop)).Replace("\"sequence\":1", "\"sequence\":3", StringComparison.Ordinal), Stop);
        Assert.Equal(2, (await lake.RunAsync("verify", "--anchors", folder.Path)).Exit);
    }

    // As the cloud keeps them: the functions there anchor what they enter into the lake's chain.
    private static async Task KeepAsync(CliLake lake, string folder)
    {
        await using LocalLake open = await LocalLake.OpenAsync(lake.Root, null, "http://localhost:8080", TimeProvider.System, null, Stop);
        var store = new MemoryStore(TimeProvider.System);
        var anchors = new Anchors(open.Ports with { Anchors = store });
        await foreach (AuditEntry entry in new AuditLog(open.Ports.State, TimeProvider.System).ReadAsync(AuditLog.LakeChain, Stop))
            await anchors.KeepAsync(entry, Stop);
        foreach (string key in store.Keys())
        {
            string file = Path.Combine(folder, key);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, store.Read(key)!, Stop);
        }
    }
}
