using System.Runtime.InteropServices;
using System.Text;
using Limpid.Local.Folder;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Tests.Folder;

/// <summary>Somebody else who works on the object's name, in one of the ways in which programs do.</summary>
internal abstract partial record Rival(string Name)
{
    public const string Key = "people.ndjson";
    public const string MovedKey = "people.ndjson.1";

    /// <summary>Rows that only this rival writes.</summary>
    public string Row { get; init; } = "{\"rival\":1}\n";

    /// <summary>Whether whatever stood at the name before is meant to be gone.</summary>
    public virtual bool Overwrites => true;

    /// <summary>Whether it writes to the file that stands there, and waits where that is leased.</summary>
    public virtual bool IsInPlace => false;

    public abstract void Act(LakeFolder lake);

    /// <summary>Whether the effect is there, given everything visible.</summary>
    public virtual bool IsVisible(IReadOnlyDictionary<string, string> all) => all.TryGetValue(Key, out string? content) && content == Row;

    public sealed override string ToString() => Name;

    public static Rival[] All(string row = "{\"rival\":1}\n") =>
    [
        new Renames { Row = row }, new Appends { Row = row }, new Truncates { Row = row }, new Removes { Row = row },
        new Recreates { Row = row }, new MovesAway { Row = row }, new Links { Row = row },
    ];

    internal sealed record Renames() : Rival("replaces by rename")
    {
        public override void Act(LakeFolder lake) => lake.Replace(Key, Row);
    }

    internal sealed record Appends() : Rival("appends in place")
    {
        private const int Append = 0x400;

        public override bool Overwrites => false;
        public override bool IsInPlace => true;

        // With O_APPEND, unlike .NET's own way, so that two of them don't overwrite each other.
        public override void Act(LakeFolder lake)
        {
            int descriptor = Libc.Open(Libc.CurrentFolder, lake.PathOf(Key), Libc.WriteOnly | Libc.Create | Append | Libc.CloseOnExec, 0x1B6);
            using var file = new SafeFileHandle(descriptor, true);
            RandomAccess.Write(file, Encoding.UTF8.GetBytes(Row), 0);
        }

        public override bool IsVisible(IReadOnlyDictionary<string, string> all) => all.TryGetValue(Key, out string? content) && content.EndsWith(Row, StringComparison.Ordinal);
    }

    internal sealed record Truncates() : Rival("overwrites in place")
    {
        public override bool IsInPlace => true;
        public override void Act(LakeFolder lake) => File.WriteAllText(lake.PathOf(Key), Row);
    }

    internal sealed record Removes() : Rival("removes")
    {
        public override void Act(LakeFolder lake) => File.Delete(lake.PathOf(Key));
        public override bool IsVisible(IReadOnlyDictionary<string, string> all) => !all.ContainsKey(Key);
    }

    internal sealed record Recreates() : Rival("removes and creates again")
    {
        public override void Act(LakeFolder lake)
        {
            File.Delete(lake.PathOf(Key));
            File.WriteAllText(lake.PathOf(Key), Row);
        }
    }

    internal sealed record MovesAway() : Rival("moves away")
    {
        public override bool Overwrites => false;
        public override void Act(LakeFolder lake)
        {
            if (File.Exists(lake.PathOf(Key)))
                File.Move(lake.PathOf(Key), lake.PathOf(MovedKey), overwrite: true);
        }

        public override bool IsVisible(IReadOnlyDictionary<string, string> all) => !all.ContainsKey(Key);
    }

    /// <summary>Writes nothing, but rows would stay under the second name.</summary>
    internal sealed partial record Links() : Rival("makes a second name")
    {
        public override bool Overwrites => false;
        public override void Act(LakeFolder lake) => _ = MakeLink(lake.PathOf(Key), lake.PathOf(MovedKey));
        public override bool IsVisible(IReadOnlyDictionary<string, string> all) => true;

        [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
        private static partial int MakeLink(string from, string to);
    }
}

/// <summary>
/// Lets rivals act when the store announces its n-th call. Each acts on a thread of its own, for whoever opens for writing waits
/// while the store holds its lease; the store goes on once the rival is done or waits.
/// </summary>
internal sealed class RivalSchedule(LakeFolder lake, params (int Call, Rival Rival)[] plan)
{
    private readonly List<Thread> threads = [];
    private Thread? lastInPlace;
    private readonly List<Exception> failures = [];
    private int calls;

    public List<string> Announced { get; } = [];

    /// <summary>The call at which the process dies.</summary>
    public int DiesAt { get; init; } = int.MaxValue;

    public FolderCalls Calls() => new(name =>
    {
        Announced.Add(name);
        int call = calls++;
        foreach ((int at, Rival rival) in plan)
            if (at == call)
                Start(rival);
        if (call >= DiesAt)
            throw new ProcessDiedException();
    });

    public void Start(Rival rival)
    {
        var done = new ManualResetEventSlim();
        // Two who wait for the same file come to it in no certain order; the later one is to come later.
        Thread? before = rival.IsInPlace ? lastInPlace : null;
        var thread = new Thread(() =>
        {
            try
            {
                before?.Join();
                rival.Act(lake);
            }
            catch (IOException e) when (e is not FileNotFoundException)
            {
                lock (failures)
                    failures.Add(e);
            }
            finally
            {
                done.Set();
            }
        })
        { IsBackground = true };
        threads.Add(thread);
        if (rival.IsInPlace)
            lastInPlace = thread;
        thread.Start();
        while (!done.Wait(1) && !IsSomebodyWaiting())
        {
        }
    }

    /// <summary>Until every rival is done.</summary>
    public void Join()
    {
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "a rival still waits: a lease was not given back");
        Assert.Empty(failures);
    }

    // /proc/locks names the inode of each lease with somebody waiting for it.
    private bool IsSomebodyWaiting()
    {
        HashSet<ulong> inodes = [.. Directory.EnumerateFiles(lake.Root, "*", new EnumerationOptions { AttributesToSkip = 0 }).Select(Inode)];
        return File.ReadLines("/proc/locks").Any(line =>
            line.Contains("LEASE  BREAKING", StringComparison.Ordinal)
            && inodes.Contains(ulong.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[5].Split(':')[2], System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static ulong Inode(string path)
    {
        using var folder = FolderPath.OpenRoot(Path.GetDirectoryName(path)!);
        return FileStamp.Of(folder, Path.GetFileName(path))?.Inode ?? 0;
    }
}
