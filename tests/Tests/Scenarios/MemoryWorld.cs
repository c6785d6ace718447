using System.Security.Cryptography;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>Everything in memory but the runner's own store. Random bytes come from a seed, so that a run can be had again.</summary>
internal class MemoryWorld : ScenarioWorld
{
    private readonly StateFolder _folder = new();
    private readonly MemorySigner _signer = new();
    private readonly Switch _switch = new();

    public MemoryWorld(string yaml, Func<Ports, Ports>? through = null, int seed = 1, int parallelTasks = 4, bool versioned = false, ScenarioTime? clock = null)
        : base(clock ?? new ScenarioTime(Start))
    {
        LakeConfig lake = Read(yaml);
        Objects = new MemoryStore(Clock, versioned);
        Evidence = new MemoryStore(Clock);
        var random = new Random(seed);
        var gate = new Lock();
        var ports = new Ports(
            lake, Objects, Evidence, Index, State, null!, Letters,
            new SubjectHasher([new SubjectSecret(1, SHA256.HashData("subject"u8))]), new ObjectNames(SHA256.HashData("names"u8)), _signer, _switch,
            SHA256.HashData("pages"u8), "http://pages.acme.example", Clock,
            bytes =>
            {
                lock (gate)
                    random.NextBytes(bytes);
            },
            () => new MemoryStream());
        Attach(through is null ? ports : through(ports), _folder.Path, parallelTasks);
    }

    public MemoryStore Objects { get; }

    public MemoryStore Evidence { get; }

    public MemoryIndex Index { get; } = new();

    public MemoryStateTable State { get; } = new();

    public Letterbox Letters { get; } = new();

    public override void Put(string key, ReadOnlySpan<byte> content) => Objects.Put(key, content);

    public override void Remove(string key) => Objects.Remove(key);

    public override byte[]? Content(string key) => Objects.Read(key);

    public override SortedDictionary<string, byte[]> Lake()
    {
        var all = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string key in Objects.Keys())
        {
            if (Objects.Read(key) is { } content)
                all.Add(key, content);
        }
        return all;
    }

    public override void ThrowKillSwitch(bool on) => _switch.IsOn = on;

    public override IReadOnlyList<(string To, string Text)> Mails() => [.. Letters.All.SelectMany(m => m.To.Select(to => (to, m.Text)))];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _signer.Dispose();
        _folder.Dispose();
    }

    private sealed class Switch : IKillSwitch
    {
        public bool IsOn { get; set; }

        public Task<bool> IsOnAsync(CancellationToken cancellation) => Task.FromResult(IsOn);
    }

    private sealed class MemorySigner : ISigner, IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public ReadOnlyMemory<byte> PublicKey => _key.ExportSubjectPublicKeyInfo();

        public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) =>
            Task.FromResult(_key.SignData(data.Span, HashAlgorithmName.SHA256));

        public void Dispose() => _key.Dispose();
    }
}

/// <summary>Where mails end up. Thread-safe.</summary>
internal sealed class Letterbox : IMailer
{
    private readonly Lock _lock = new();
    private readonly List<Mail> _mails = [];

    public IReadOnlyList<Mail> All
    {
        get
        {
            lock (_lock)
                return [.. _mails];
        }
    }

    public Task SendAsync(Mail mail, CancellationToken cancellation)
    {
        lock (_lock)
            _mails.Add(mail);
        return Task.CompletedTask;
    }
}

/// <summary>A folder in memory where there is one (many small durable writes), else a temporary one; gone with the test.</summary>
internal sealed class StateFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; } = Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, "limpid-scenario-" + System.IO.Path.GetRandomFileName())).FullName
        : Directory.CreateTempSubdirectory("limpid-scenario-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
