using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters.S3;
using Limpid.Tests.Scenarios;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Adapters;

/// <summary>One large object on the wire-level S3, and one rewrite of it that edits a few bytes.</summary>
internal sealed class S3World : IAsyncDisposable
{
    public const string Key = "orders/2026.ndjson";
    public const int Size = 6 << 20;

    private S3World(S3Lab lab, int size)
    {
        Lab = lab;
        Store = lab.Store();
        Time = (ScenarioTime)lab.Clock;
        byte[] block = new byte[1 << 20];
        new Random(1).NextBytes(block);
        Content = WireContent.Of([.. Enumerable.Repeat(new ReadOnlyMemory<byte>(block), size / block.Length)]);
        int at = Math.Min(5_300_000, size - 100);
        Edits = [new ByteEdit(at, 5, "12345"u8.ToArray())];
        Edited = Content.ToArray();
        "12345"u8.CopyTo(Edited.AsSpan(at));
    }

    public S3Lab Lab { get; }
    public WireS3Server Server => Lab.Server!;
    public WireBucket Lake => Lab.Lake;
    public S3Store Store { get; }
    public ScenarioTime Time { get; }
    public WireContent Content { get; }
    public IReadOnlyList<ByteEdit> Edits { get; }

    /// <summary>What the rewrite makes of it.</summary>
    public byte[] Edited { get; }

    /// <param name="way">small: an object that is put in one request.</param>
    public static async Task<S3World> StartAsync(bool versioned = false, string way = "") => new(
        await S3Lab.StartAsync(new ScenarioTime(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero)), versioned), way == "small" ? 1 << 20 : Size);

    public void Put(WireProperties? properties = null) =>
        Server.Locked(() => Lake.Put(Key, Content, properties ?? new WireProperties { Headers = { ["content-type"] = "application/x-ndjson" } }, null, null));

    public async Task<ObjectInfo> HeadAsync(string key = Key)
    {
        ObjectInfo? info = await Store.HeadAsync(key, TestContext.Current.CancellationToken);
        Assert.NotNull(info);
        return info;
    }

    /// <param name="way">splice; or replace, as small does.</param>
    public Task<StoreResult> RewriteAsync(ObjectInfo read, string way = "splice") => way == "splice"
        ? Store.SpliceAsync(read, Edits, ProveAsync, TestContext.Current.CancellationToken)
        : Store.ReplaceAsync(read, (target, token) => target.WriteAsync(Edited, token).AsTask(), ProveAsync, TestContext.Current.CancellationToken);

    public byte[]? Current() => Server.Locked(() => Lake.Top(Key) is { IsMarker: false } top ? top.Content!.ToArray() : null);

    public string? CurrentText() => Current() is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private async Task<bool> ProveAsync(Stream written, CancellationToken cancellation)
    {
        using var read = new MemoryStream();
        await written.CopyToAsync(read, cancellation);
        return read.GetBuffer().AsSpan(0, (int)read.Length).SequenceEqual(Edited);
    }
}
