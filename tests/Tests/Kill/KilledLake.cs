using System.Globalization;
using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Core.Subjects;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;
using Limpid.Local;

namespace Limpid.Tests.Kill;

/// <summary>A lake whose <c>limpid up</c> is killed again and again while people are erased and somebody else writes.</summary>
internal sealed class KilledLake : IDisposable
{
    /// <summary>Where a kill is aimed, with how often; "" is any moment after the start of the process.</summary>
    private static readonly (string State, int Weight)[] Aims =
    [
        ("", 5), ("Reconcile", 2), ("Locate", 2), ("Approve", 2), ("SettleApproval", 1), ("BeginErasure", 1),
        ("EraseObjects", 8), ("CountOutcomes", 1), ("VerifyObjects", 4), ("Certify", 2), ("Notify", 2),
    ];

    private static readonly TimeSpan LongestAim = TimeSpan.FromSeconds(15);

    private readonly PeopleLake _lake;
    private readonly Random _random;
    private readonly string _port = LimpidProcess.FreePort();
    private readonly Dictionary<string, string> _requests = [];
    private readonly SortedDictionary<string, int> _killedIn = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seenEnded = [];

    public KilledLake(int seed)
    {
        _random = new Random(seed);
        _lake = new PeopleLake(seed, people: 80, bystanders: 12);
    }

    public int Requests => _requests.Count;

    public int RivalWrites { get; private set; }

    /// <summary>How many kills found which step of a purge under way.</summary>
    public IReadOnlyDictionary<string, int> KilledIn => _killedIn;

    public void Dispose() => _lake.Dispose();

    public async Task KillAsync(int times)
    {
        await using var rival = new RivalWriter(_lake, _random.Next());
        rival.Start();
        for (int i = 0; i < times; i++)
        {
            while (await OpenRequestsAsync() < 2)
                await SubmitAsync();
            using LimpidProcess up = Up();
            // Few at once: with many, each process spends its short life on all of their beginnings.
            if (_random.Next(6) == 0 && await OpenRequestsAsync() < 3)
            {
                await up.SaysAsync("stop with Ctrl-C");
                await SubmitAsync();
            }
            await AimAsync(up);
            Assert.False(up.HasExited, $"limpid up ended by itself: {up.Output}\n{up.Errors}");
            await up.KillAsync();
            Assert.Equal("", up.Errors);
            Note();
        }
        RivalWrites = rival.Writes;
    }

    /// <summary>Starts it once more, and lets it finish.</summary>
    public async Task FinishAsync()
    {
        using LimpidProcess up = Up();
        while (await OpenRequestsAsync() > 0 || OpenExecutions().Count > 0)
        {
            Assert.False(up.HasExited, $"limpid up ended by itself: {up.Output}\n{up.Errors}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        while (await IndexDifferencesAsync() is { Count: > 0 })
            await Task.Delay(100, TestContext.Current.CancellationToken);
        up.Interrupt();
        Assert.Equal(0, await up.EndAsync());
        Assert.Equal("", up.Errors);
    }

    /// <summary>What is not as it must be when everybody who was asked for is erased.</summary>
    public async Task<List<string>> ProblemsAsync()
    {
        var problems = new List<string>(_lake.Differences(Erased()));
        problems.AddRange(await IndexDifferencesAsync());
        problems.AddRange(OpenExecutions().Select(e => $"{e} is still running"));
        await using LocalLake lake = await OpenAsync();
        var requests = new Requests(lake.Ports.State);
        foreach ((string person, string id) in _requests)
        {
            ErasureRequest request = (await requests.GetAsync(id, TestContext.Current.CancellationToken))!;
            // A rival may have replaced the file in which the person stood together with somebody else.
            bool isAsItShould = request.Status == RequestStatus.Certified ? !StandsWithOthers(person)
                : request.Status == RequestStatus.CertifiedWithExceptions && StoodWithOthers(person);
            if (!isAsItShould)
                problems.Add($"{id} ended as {request.Status} ({request.Reason}): {await StoryAsync(lake, request)}");
            problems.AddRange(await CertificateProblemsAsync(lake, request, person));
            problems.AddRange(MailProblems(lake, id));
        }
        (int exitCode, string output, string errors) = await LimpidProcess.RunAsync(_lake.Home, "verify", "--lake", _lake.Root);
        if (exitCode != 0 || output.Split('\n').Count(l => l.StartsWith("good: r-", StringComparison.Ordinal)) != _requests.Count)
            problems.Add($"limpid verify: {exitCode} {output} {errors}");
        return problems;
    }

    private LimpidProcess Up() => LimpidProcess.Start(_lake.Home, "up", "--lake", _lake.Root, "--port", _port);

    private Task<LocalLake> OpenAsync() => LocalLake.OpenAsync(
        _lake.Root, null, _lake.Home, "http://localhost:" + _port, TimeProvider.System, null, TestContext.Current.CancellationToken);

    private HashSet<string> Erased() => [.. _requests.Keys];

    private bool StandsWithOthers(string person) => _lake.Files.Any(f => f.Rows.Any(r => r.People.Length > 1 && r.People.Contains(person)));

    private static bool StoodWithOthers(string person) => int.Parse(person.AsSpan(1), CultureInfo.InvariantCulture) % 3 == 0;

    private async Task SubmitAsync()
    {
        string person = _lake.People[_requests.Count];
        await using LocalLake lake = await OpenAsync();
        SubmitResult result = await new SubmitErasure(lake.Ports).HandleAsync(
            new SubmitInput
            {
                Subjects = [new GivenIdentifier("customer", person)],
                RequestedBy = PeopleLake.Requester,
                ApproveAs = PeopleLake.Approver,
            },
            TestContext.Current.CancellationToken);
        _requests.Add(person, result.RequestId ?? throw new InvalidOperationException(result.Problem));
    }

    private async Task<int> OpenRequestsAsync()
    {
        await using LocalLake lake = await OpenAsync();
        var requests = new Requests(lake.Ports.State);
        foreach (string id in _requests.Values.Except(_seenEnded).ToList())
        {
            if ((await requests.GetAsync(id, TestContext.Current.CancellationToken))!.IsEnded)
                _seenEnded.Add(id);
        }
        return _requests.Count - _seenEnded.Count;
    }

    /// <summary>Waits until a purge stands in a step drawn by lot, and then a little more.</summary>
    private async Task AimAsync(LimpidProcess up)
    {
        int drawn = _random.Next(Aims.Sum(a => a.Weight));
        string aim = Aims.First(a => (drawn -= a.Weight) < 0).State;
        int more = _random.Next(aim.Length == 0 ? 1500 : aim == "EraseObjects" ? 400 : 60);
        // Half the time another process has the database open as the killed one dies, half the time none.
        WorkflowSpy spy = new(_lake.Root);
        try
        {
            long until = Environment.TickCount64 + (long)LongestAim.TotalMilliseconds;
            while (aim.Length > 0 && Environment.TickCount64 < until && !up.HasExited && !spy.Purges().Contains(aim))
                await Task.Delay(2, TestContext.Current.CancellationToken);
        }
        finally
        {
            spy.Dispose();
        }
        await Task.Delay(more, TestContext.Current.CancellationToken);
    }

    private void Note()
    {
        using var spy = new WorkflowSpy(_lake.Root);
        foreach (string state in spy.Purges().Distinct().DefaultIfEmpty("nothing"))
            _killedIn[state] = _killedIn.GetValueOrDefault(state) + 1;
    }

    private IReadOnlyList<string> OpenExecutions()
    {
        using var spy = new WorkflowSpy(_lake.Root);
        return spy.Open();
    }

    private async Task<List<string>> IndexDifferencesAsync()
    {
        await using LocalLake lake = await OpenAsync();
        var wrong = new List<string>();
        foreach ((string id, SortedSet<string> places) in _lake.WhereIs(Erased()))
        {
            var found = new SortedSet<string>(StringComparer.Ordinal);
            foreach (SubjectKey key in lake.Ports.Hasher.KeysOf("customer", Encoding.UTF8.GetBytes(id)))
            {
                await foreach (IndexHit hit in lake.Ports.Index.FindAsync(key, TestContext.Current.CancellationToken))
                {
                    string name = lake.Ports.Names.KeyOf(hit.Record.Object, hit.Record.SealedKey);
                    if (hit.Rows.IsEmpty)
                        found.Add(name);
                    foreach (RowRef row in RowSet.Decode(hit.Rows.Span))
                        found.Add(string.Create(CultureInfo.InvariantCulture, $"{name}@{row.Offset}"));
                }
            }
            if (!found.SetEquals(places))
                wrong.Add($"the index has {id} at {string.Join(", ", found.Except(places))} too much, {string.Join(", ", places.Except(found))} too little");
        }
        return wrong;
    }

    private async Task<List<string>> CertificateProblemsAsync(LocalLake lake, ErasureRequest request, string person)
    {
        if (request.Certificate is not { } key)
            return [$"{request.Id} has no certificate"];
        byte[] file = (await new EvidenceFiles(lake.Evidence).ReadAsync(key, TestContext.Current.CancellationToken))!;
        Certificate certificate = CertificateFile.Read(file, out _);
        var problems = new List<string>();
        foreach (BlockedObject exception in certificate.Exceptions)
        {
            if (!exception.Reason.Contains("names somebody else", StringComparison.Ordinal))
                problems.Add($"{request.Id}: {exception.Key} was not erased: {exception.Reason}");
        }
        // Rows in files that nobody else wrote to; what stood in the others may have been removed by their writers.
        long least = _lake.Files.Where(f => !f.IsContested).Sum(f => f.Rows.LongCount(r => r.People is [var only] && only == person));
        if (certificate.RowsErased < least)
            problems.Add($"{request.Id} certifies {certificate.RowsErased} rows, and {least} at least were erased");
        if (certificate.Resurfaced.Count > 0)
            problems.Add($"{request.Id} says that the person came back: {string.Join(", ", certificate.Resurfaced)}");
        return problems;
    }

    private static IEnumerable<string> MailProblems(LocalLake lake, string id)
    {
        // To the requester and to the operator, each a file of its own under the mail's id.
        string[] outcomes = [.. Directory.EnumerateFiles(lake.Folder.Outbox, $"{id}.outcome.*.eml")];
        if (outcomes.Length != 2)
            yield return $"{id}: {outcomes.Length} mails tell of its outcome: {string.Join(", ", outcomes.Select(Path.GetFileName))}";
    }

    private static async Task<string> StoryAsync(LocalLake lake, ErasureRequest request)
    {
        var story = new List<string>();
        await foreach (var entry in new AuditLog(lake.Ports.State, TimeProvider.System).ReadAsync(AuditLog.ChainOf(request.Id), TestContext.Current.CancellationToken))
            story.Add($"{entry.Event} {entry.Detail}");
        return string.Join("; ", story);
    }
}
