using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Local.Folder;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Tests.Folder;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
[Collection(Processes.Name)]
public sealed partial class FolderStoreTests : IDisposable
{
    private const string Old = "{\"id\":1}\n{\"id\":2}\n";
    private const string New = "{\"id\":2}\n";

    private readonly LakeFolder lake = new();
    private readonly FolderStore store;

    public FolderStoreTests() => store = new FolderStore(lake.Root);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task What_is_Limpids_own_is_no_part_of_the_lake()
    {
        var apart = new FolderStore(lake.Root, Path.Combine(lake.Root, "work", "state"));
        string[] own = ["lake.yaml", ".limpid/index.db", ".limpid/a/b", "work/state/index.db", "a/" + RewriteFiles.New().Content, RewriteFiles.New().Record];
        string[] lakes = ["a/lake.yaml", "a/.limpid/b", "work/statement", ".limpid-0123456789abcdef.tmp", ".limpid-notes.tmp", "lake.yaml.bak"];
        foreach (string key in own.Concat(lakes))
            lake.Replace(key, Old);

        Assert.Equal(lakes.Order(KeyOrder.Instance), await apart.ListAsync("", null, Cancellation).Select(i => i.Key).ToListAsync(Cancellation));
        Assert.Contains("work/state/index.db", await store.ListAsync("", null, Cancellation).Select(i => i.Key).ToListAsync(Cancellation));
        foreach (string key in own)
        {
            Assert.Null(await apart.HeadAsync(key, Cancellation));
            Assert.Equal(StoreOutcome.Blocked, (await apart.CreateAsync(key, Writing, Cancellation)).Outcome);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a/")]
    [InlineData("..")]
    [InlineData("a\0b")]
    public async Task A_key_that_leads_elsewhere_is_nowhere(string key)
    {
        Assert.Null(await store.HeadAsync(key, Cancellation));
        Assert.Equal(StoreOutcome.Blocked, (await store.CreateAsync(key, Writing, Cancellation)).Outcome);
        ObjectInfo forged = new() { Key = key, ETag = "x", Size = 0, Modified = default };
        Assert.Equal(StoreOutcome.Gone, (await store.DeleteAsync(forged, Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Gone, (await store.ReplaceAsync(forged, Writing, Proving, Cancellation)).Outcome);
        await Assert.ThrowsAsync<ObjectChangedException>(() => store.OpenReadAsync(forged, 0, Cancellation));
    }

    [Fact]
    public Task A_key_that_is_no_Unicode_is_nowhere() => A_key_that_leads_elsewhere_is_nowhere("a/" + (char)0xD800);

    [Fact]
    public async Task A_symbolic_link_is_listed_and_never_followed()
    {
        DirectoryInfo outside = Directory.CreateTempSubdirectory("limpid-outside-");
        try
        {
            File.WriteAllText(Path.Combine(outside.FullName, "secret"), Old);
            lake.Replace("real/a.ndjson", Old);
            File.CreateSymbolicLink(lake.PathOf("file"), Path.Combine(outside.FullName, "secret"));
            Directory.CreateSymbolicLink(lake.PathOf("folder"), outside.FullName);
            Directory.CreateSymbolicLink(lake.PathOf("inside"), lake.PathOf("real"));
            File.CreateSymbolicLink(lake.PathOf("dangling"), "nowhere");

            List<ObjectInfo> listed = await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation);
            Assert.Equal(["dangling", "file", "folder", "inside", "real/a.ndjson"], listed.Select(i => i.Key));
            foreach (ObjectInfo link in listed[..^1])
            {
                Assert.Equal("a symbolic link, which is not followed", link.Unreadable);
                await AssertBlockedAsync(link, "a symbolic link, which is not followed");
                await Assert.ThrowsAsync<ObjectUnreadableException>(() => store.OpenReadAsync(link, 0, Cancellation));
                await Assert.ThrowsAsync<ObjectChangedException>(() => store.OpenReadAsync(link with { Unreadable = null }, 0, Cancellation));
            }
            Assert.Null(await store.HeadAsync("folder/secret", Cancellation));
            Assert.Null(await store.HeadAsync("inside/a.ndjson", Cancellation));
            Assert.Equal(StoreOutcome.Blocked, (await store.CreateAsync("folder/new", Writing, Cancellation)).Outcome);
            Assert.Equal(["secret"], outside.EnumerateFileSystemInfos().Select(f => f.Name));
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_pipe_is_listed_and_nobody_waits_for_its_other_end()
    {
        Assert.SkipUnless(LakeFolder.Run("mkfifo", lake.PathOf("pipe")), "no mkfifo");

        ObjectInfo pipe = Assert.Single(await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation));
        Assert.Equal("a device, pipe or socket", pipe.Unreadable);
        await AssertBlockedAsync(pipe, "a device, pipe or socket");
        await Assert.ThrowsAnyAsync<IOException>(() => store.OpenReadAsync(pipe, 0, Cancellation));
    }

    [Fact]
    public async Task Names_that_are_not_UTF8_are_listed_each_as_blocked()
    {
        lake.Replace("a/z", Old);
        MakeFile(lake.PathOf("a"), [(byte)'x', 0xff]);
        MakeFile(lake.PathOf("a"), [(byte)'x', 0xfe]);

        List<ObjectInfo> listed = await store.ListAsync("a/", null, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(3, listed.Select(i => i.Key).Distinct().Count());
        Assert.Equal(2, listed.Count(i => i.Blocked == "its name is not valid UTF-8" && i.Unreadable is not null));
        foreach (ObjectInfo bad in listed.Where(i => i.Unreadable is not null))
            Assert.Equal(StoreOutcome.Gone, (await store.DeleteAsync(bad, Cancellation)).Outcome);
    }

    [Fact]
    public async Task F49_A_second_hard_link_blocks_it()
    {
        lake.Replace("a", Old);
        Assert.SkipUnless(LakeFolder.Run("ln", lake.PathOf("a"), lake.PathOf("b")), "no ln");
        ObjectInfo info = (await store.HeadAsync("a", Cancellation))!;

        Assert.Equal("has a second hard link, under which its rows would stay", info.Blocked);
        await AssertBlockedAsync(info, "has a second hard link, under which its rows would stay");
        Assert.Equal(Old, lake.Read("b"));
    }

    [Theory]
    [InlineData("+i", "marked immutable")]
    [InlineData("+a", "marked append-only")]
    public async Task F49_An_attribute_that_forbids_it_blocks_it(string attribute, string reason)
    {
        lake.Replace("a", Old);
        Assert.SkipUnless(LakeFolder.Run("chattr", attribute, lake.PathOf("a")), "no chattr here");
        try
        {
            ObjectInfo info = (await store.HeadAsync("a", Cancellation))!;
            Assert.Equal(reason, info.Blocked);
            await AssertBlockedAsync(info, reason);
        }
        finally
        {
            LakeFolder.Run("chattr", "=", lake.PathOf("a"));
        }
    }

    [Fact]
    public async Task F48_Mode_owner_and_attributes_survive_and_nothing_is_added()
    {
        lake.Replace("a", Old);
        string path = lake.PathOf("a");
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            if (Libc.EffectiveUser() == 0)
                Assert.Equal(0, Libc.SetOwner(file, 12345, 23456));
            Assert.Equal(0, Libc.SetMode(file, 0x1A0 | 0x400));
            Assert.SkipUnless(Libc.SetAttribute(file, "user.origin", "crm"u8, 3, 0) == 0, "no extended attributes here");
            Libc.SetAttribute(file, "user.empty", [], 0, 0);
            // An access list: owner rw-, user 1000 r--, group r--, mask r--, others ---.
            Libc.SetAttribute(file, "system.posix_acl_access", AccessList(1000), (nuint)AccessList(1000).Length, 0);
        }
        // The folder's default list would be put on whatever is created in it.
        using (SafeFileHandle folder = FolderPath.OpenRoot(lake.Root))
            Libc.SetAttribute(folder, "system.posix_acl_default", AccessList(2000), (nuint)AccessList(2000).Length, 0);
        string before = Properties(path);

        StoreResult result = await store.ReplaceAsync((await store.HeadAsync("a", Cancellation))!, Writing, Proving, Cancellation);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        Assert.Equal(New, lake.Read("a"));
        Assert.Equal(before, Properties(path));
        Assert.Contains("user.origin=637", before, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F48_Properties_that_change_during_the_rewrite_make_it_another_object()
    {
        lake.Replace("a", Old);

        StoreResult result = await store.ReplaceAsync((await store.HeadAsync("a", Cancellation))!, async (stream, cancellation) =>
        {
            await Writing(stream, cancellation);
            File.SetUnixFileMode(lake.PathOf("a"), UnixFileMode.UserRead);
        }, Proving, Cancellation);

        Assert.Equal(StoreOutcome.Changed, result.Outcome);
        Assert.Equal(Old, lake.Read("a"));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(lake.PathOf("a")));
    }

    [Fact]
    public async Task F48_Properties_that_change_at_the_last_moment_go_along()
    {
        lake.Replace("a", Old);
        var late = new FolderStore(lake.Root, null, null, new FolderCalls(call =>
        {
            if (call == nameof(FolderCalls.TryExchange))
                File.SetUnixFileMode(lake.PathOf("a"), UnixFileMode.UserRead);
        }));

        StoreResult result = await late.ReplaceAsync((await late.HeadAsync("a", Cancellation))!, Writing, Proving, Cancellation);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(lake.PathOf("a")));
    }

    [Fact]
    public async Task A_full_disk_throws_and_changes_nothing()
    {
        lake.Replace("a", Old);
        ObjectInfo read = (await store.HeadAsync("a", Cancellation))!;
        foreach (string call in (string[])[nameof(FolderCalls.Create), nameof(FolderCalls.Write), nameof(FolderCalls.Sync)])
        {
            bool failed = false;
            var full = new FolderStore(lake.Root, null, null, new FolderCalls(name =>
            {
                if (name == call && !failed)
                {
                    failed = true;
                    throw new IOException("No space left on device");
                }
            }));
            await Assert.ThrowsAsync<IOException>(() => full.ReplaceAsync(read, Writing, Proving, Cancellation));
            Assert.Equal(Old, Assert.Single(lake.Everything()).Value);
        }
    }

    [Fact]
    public async Task A_failure_after_the_exchange_puts_back_what_was_read()
    {
        lake.Replace("a", Old);
        ObjectInfo read = (await store.HeadAsync("a", Cancellation))!;
        bool exchanged = false;
        bool failed = false;
        var failing = new FolderStore(lake.Root, null, null, new FolderCalls(name =>
        {
            if (exchanged && !failed)
            {
                failed = true;
                throw new IOException("Input/output error");
            }
            exchanged |= name == nameof(FolderCalls.TryExchange);
        }));

        await Assert.ThrowsAsync<IOException>(() => failing.ReplaceAsync(read, Writing, Proving, Cancellation));
        Assert.True(failed);
        Assert.Equal(Old, Assert.Single(lake.Everything()).Value);
    }

    [Fact]
    public async Task No_descriptor_is_left_open()
    {
        lake.Replace("a/b", Old);
        for (int i = 0; i < 3; i++)
        {
            ObjectInfo read = (await store.HeadAsync("a/b", Cancellation))!;
            await using (Stream stream = await store.OpenReadAsync(read, 0, Cancellation))
                await stream.CopyToAsync(Stream.Null, Cancellation);
            await foreach (ObjectInfo _ in store.ListAsync("", null, Cancellation))
                break;
            await store.ReplaceAsync(read, Writing, Proving, Cancellation);
            store.Sweep(Cancellation);
            await store.DeleteAsync((await store.HeadAsync("a/b", Cancellation))!, Cancellation);
            await store.CreateAsync("a/b", Writing, Cancellation);
        }
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries("/proc/self/fd"),
            link => new FileInfo(link).LinkTarget?.StartsWith(lake.Root, StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Removing_the_last_object_leaves_its_folders()
    {
        lake.Replace("a/b/c", Old);
        await store.DeleteAsync((await store.HeadAsync("a/b/c", Cancellation))!, Cancellation);

        Assert.True(Directory.Exists(lake.PathOf("a/b")));
        Assert.Empty(await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task A_listing_agrees_with_sorting_all_keys_at_random()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] pieces = ["a", "b", "-", ".", "0", "é", "\uFFFC", "\U0001F600", "~", " ", "%"];
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 300; i++)
        {
            string key = string.Join('/', Enumerable.Range(0, random.Next(1, 4))
                .Select(_ => "x" + string.Concat(Enumerable.Range(0, random.Next(0, 3)).Select(_ => pieces[random.Next(pieces.Length)]))));
            if (keys.Any(k => k == key || k.StartsWith(key + "/", StringComparison.Ordinal) || key.StartsWith(k + "/", StringComparison.Ordinal)))
                continue;
            keys.Add(key);
            Directory.CreateDirectory(Path.GetDirectoryName(lake.PathOf(key))!);
            File.WriteAllText(lake.PathOf(key), "");
        }
        List<string> sorted = [.. keys.OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y)))];

        Assert.Equal(sorted, await store.ListAsync("", null, Cancellation).Select(i => i.Key).ToListAsync(Cancellation));
        for (int i = 0; i < 50; i++)
        {
            string after = sorted[random.Next(sorted.Count)];
            string prefix = after[..random.Next(after.Length)];
            if (prefix.Length > 0 && char.IsHighSurrogate(prefix[^1]))
                prefix = prefix[..^1];
            Assert.Equal(
                sorted.Where(k => k.StartsWith(prefix, StringComparison.Ordinal) && KeyOrder.Compare(k, after) > 0),
                await store.ListAsync(prefix, after, Cancellation).Select(k => k.Key).ToListAsync(Cancellation));
        }
    }

    private async Task AssertBlockedAsync(ObjectInfo info, string reason)
    {
        SortedDictionary<string, string>? before = info.Unreadable is null ? lake.Everything() : null;
        StoreResult replaced = await store.ReplaceAsync(info, Writing, Proving, Cancellation);
        Assert.Equal((StoreOutcome.Blocked, reason), (replaced.Outcome, replaced.Reason));
        StoreResult deleted = await store.DeleteAsync(info, Cancellation);
        Assert.Equal((StoreOutcome.Blocked, reason), (deleted.Outcome, deleted.Reason));
        if (before is not null)
            Assert.Equal(before, lake.Everything());
    }

    private static async Task Writing(Stream stream, CancellationToken cancellation) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(New), cancellation);

    private static async Task<bool> Proving(Stream stream, CancellationToken cancellation) =>
        await new StreamReader(stream).ReadToEndAsync(cancellation) == New;

    // Version 2, then tag, permissions and id of each entry (linux/posix_acl_xattr.h).
    private static byte[] AccessList(uint user)
    {
        (ushort Tag, ushort Permissions, uint Id)[] entries =
            [(0x01, 6, uint.MaxValue), (0x02, 4, user), (0x04, 4, uint.MaxValue), (0x10, 4, uint.MaxValue), (0x20, 0, uint.MaxValue)];
        var list = new MemoryStream();
        using var writer = new BinaryWriter(list);
        writer.Write(2u);
        foreach ((ushort tag, ushort permissions, uint id) in entries)
        {
            writer.Write(tag);
            writer.Write(permissions);
            writer.Write(id);
        }
        return list.ToArray();
    }

    private static string Properties(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        FileStamp stamp = FileStamp.Of(file);
        byte[] buffer = new byte[4096];
        string names = Encoding.UTF8.GetString(buffer, 0, (int)Libc.ListAttributes(file, buffer, (nuint)buffer.Length));
        IEnumerable<string> attributes = names.Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
            .Select(name => $"{name}={Convert.ToHexString(buffer, 0, (int)Libc.GetAttribute(file, name, buffer, (nuint)buffer.Length))}");
        return string.Create(CultureInfo.InvariantCulture, $"{stamp.Mode:x} {stamp.User} {stamp.Group} ") + string.Join(' ', attributes);
    }

    private static void MakeFile(string folder, byte[] name)
    {
        byte[] path = [.. Encoding.UTF8.GetBytes(folder + "/"), .. name, 0];
        int descriptor = OpenBytes(Libc.CurrentFolder, path, Libc.Create | Libc.WriteOnly, 0x1B6);
        Assert.SkipWhen(descriptor < 0, "this file system takes UTF-8 names only");
        new SafeFileHandle(descriptor, true).Dispose();
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenBytes(int folder, byte[] path, int flags, uint mode);

    [Fact]
    public void What_lies_in_a_folder_that_may_not_be_opened_is_there_and_unreadable()
    {
        using var lake = new LakeFolder();
        lake.Replace("closed/a.ndjson", "{}\n");
        File.SetUnixFileMode(lake.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        File.SetUnixFileMode(lake.PathOf("closed"), UnixFileMode.None);
        var store = new FolderStore(lake.Root);
        ObjectInfo? found = null;
        Exception? opened = null;
        StoreResult deleted = default;
        AsNobody(() =>
        {
            found = store.HeadAsync("closed/a.ndjson", CancellationToken.None).GetAwaiter().GetResult();
            opened = Record.Exception(() => store.OpenReadAsync(found! with { Unreadable = null }, 0, CancellationToken.None).GetAwaiter().GetResult());
            deleted = store.DeleteAsync(found!, CancellationToken.None).GetAwaiter().GetResult();
        });
        File.SetUnixFileMode(lake.PathOf("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        const string Why = "its folder can't be opened for want of permission";
        Assert.Equal((Why, Why), (found!.Unreadable, found.Blocked));
        Assert.Equal(Why, Assert.IsType<ObjectUnreadableException>(opened).Message);
        Assert.Equal((StoreOutcome.Blocked, Why), (deleted.Outcome, deleted.Reason));
    }

    // To root nothing is closed: one thread of it looks at files as somebody else does.
    private static void AsNobody(Action action)
    {
        Exception? failed = null;
        var thread = new Thread(() =>
        {
            _ = SetFileUser(65534);
            failed = Record.Exception(action);
        });
        thread.Start();
        thread.Join();
        Assert.Null(failed);
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileUser(uint user);
}
