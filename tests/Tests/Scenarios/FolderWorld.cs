using System.Text;
using Limpid.Local;
using Limpid.Local.Folder;
using Limpid.Tests.Approvals;

namespace Limpid.Tests.Scenarios;

/// <summary>A real folder as <c>limpid up</c> has it: <see cref="LocalLake"/> with its SQLite files, secrets and outbox.</summary>
internal sealed class FolderWorld : ScenarioWorld
{
    private readonly StateFolder _folder;
    private readonly LocalLake _lake;

    private FolderWorld(StateFolder folder, LocalLake lake, ScenarioTime clock)
        : base(clock)
    {
        _folder = folder;
        _lake = lake;
        Attach(lake.Ports, lake.Folder.State);
    }

    public string Root => _lake.Folder.Root;

    public LakeFolder Folder => _lake.Folder;

    public static async Task<FolderWorld> OpenAsync(string yaml)
    {
        Assert.SkipUnless(FolderStore.IsSupported, "a folder store needs 64-bit Linux");
        var folder = new StateFolder();
        string root = Directory.CreateDirectory(Path.Combine(folder.Path, "lake")).FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "lake.yaml"), yaml, Stop);
        var clock = new ScenarioTime(Start);
        LocalLake lake = await LocalLake.OpenAsync(root, null, Path.Combine(folder.Path, "home"), "http://localhost:8080", clock, null, Stop);
        return new FolderWorld(folder, lake, clock);
    }

    public override void Put(string key, ReadOnlySpan<byte> content)
    {
        string path = Path.Combine(Root, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string beside = Path.Combine(_folder.Path, Path.GetRandomFileName());
        File.WriteAllBytes(beside, content);
        File.SetLastWriteTimeUtc(beside, Clock.GetUtcNow().UtcDateTime);
        File.Move(beside, path, overwrite: true);
    }

    public override void Remove(string key)
    {
        if (File.Exists(Path.Combine(Root, key)))
            File.Delete(Path.Combine(Root, key));
    }

    public override byte[]? Content(string key) => File.Exists(Path.Combine(Root, key)) ? File.ReadAllBytes(Path.Combine(Root, key)) : null;

    public override SortedDictionary<string, byte[]> Lake()
    {
        var all = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            string key = Path.GetRelativePath(Root, path);
            if (!key.StartsWith(".limpid/", StringComparison.Ordinal) && key != "lake.yaml")
                all.Add(key, File.ReadAllBytes(path));
        }
        return all;
    }

    public override void ThrowKillSwitch(bool on)
    {
        string stop = Path.Combine(Folder.State, "stop");
        if (on)
            File.WriteAllBytes(stop, []);
        else
            File.Delete(stop);
    }

    public override IReadOnlyList<(string To, string Text)> Mails() => !Directory.Exists(Folder.Outbox) ? [] :
    [
        .. new DirectoryInfo(Folder.Outbox).GetFiles("*.eml").OrderBy(f => f.LastWriteTimeUtc).Select(f => File.ReadAllText(f.FullName, Encoding.UTF8))
            .Select(eml => (Eml.Header(eml, "To"), Eml.Part(eml, "text/plain"))),
    ];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _lake.DisposeAsync();
        _folder.Dispose();
    }
}
