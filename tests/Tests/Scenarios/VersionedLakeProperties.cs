using System.Globalization;
using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// Random histories of a bucket that keeps versions, with others writing while a person is erased, held against an oracle that keeps
/// its own book of what everybody but Limpid wrote.
/// </summary>
public sealed class VersionedLakeProperties
{
    private const int Person = 2;

    private static string Yaml(string erase) => ScenarioWorld.Yaml(
        "grace: 1h\nlimits: {rows: 100000, share: 100%}",
        ScenarioWorld.Dataset("reviews", "ndjson", $"subjects: [{{kind: customer, field: CustomerId}}], erase: {erase}"));

    [Theory]
    [InlineData("drop", false)]
    [InlineData("drop", true)]
    [InlineData("blank", true)]
    [InlineData("delete", true)]
    public async Task F45_F43_Whatever_its_history_the_person_goes_and_nobody_else_loses_what_was_not_announced(string erase, bool rivals)
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
            await CheckAsync(erase, rivals, seed);
        }
    }

    [Theory]
    [InlineData("appends")]
    [InlineData("overwrites")]
    [InlineData("removes")]
    public async Task F43_A_rival_at_each_step_of_erasing_and_of_the_second_pass_loses_nothing(string rival)
    {
        const string Key = "reviews/a", Old = "{\"CustomerId\":2,\"Text\":\"o\"}\n{\"CustomerId\":1,\"Text\":\"o\"}\n", Late = "{\"CustomerId\":3,\"Text\":\"r\"}\n";
        const string Others = "{\"CustomerId\":1,\"Text\":\"o\"}\n{\"CustomerId\":4,\"Text\":\"o\"}\n";
        for (int at = 1; ; at++)
        {
            await using var world = new MemoryWorld(Yaml("drop"), versioned: true, parallelTasks: 1);
            world.Put(Key, Old);
            world.Put(Key, Others + Old[..(Old.IndexOf('\n', StringComparison.Ordinal) + 1)]);
            bool isErasing = false;
            int steps = 0;
            world.BeforeFunction = (function, _) =>
            {
                isErasing = function is "erase-rows" or "verify-erasure";
                return Task.CompletedTask;
            };
            world.Objects.OnStep = call =>
            {
                if (!isErasing || call.Key != Key || ++steps != at)
                    return Task.CompletedTask;
                if (rival == "removes")
                    world.Remove(Key);
                else
                    world.Put(Key, rival == "appends" ? world.Text(Key) + Late : Late);
                return Task.CompletedTask;
            };
            ErasureRequest request = await world.EraseAsync($"customer={Person}");
            if (steps < at)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{at - 1} steps");
                Assert.InRange(at, 20, 400);
                return;
            }
            Assert.True(request.Status == RequestStatus.Certified, $"step {at}: {request.Status}, {request.Reason}");
            string? expected = rival switch
            {
                "appends" => Others + Late,
                "overwrites" => Late,
                _ => null,
            };
            Assert.True(expected == world.Text(Key), $"step {at}: {world.Text(Key)}");
            Assert.All(world.Objects.Versions(Key), v => Assert.DoesNotContain("\"CustomerId\":2,", Encoding.UTF8.GetString(v.Content ?? []), StringComparison.Ordinal));
        }
    }

    private static async Task CheckAsync(string erase, bool rivals, int seed)
    {
        var random = new Random(seed);
        await using var world = new MemoryWorld(Yaml(erase), seed: seed, versioned: true);
        var book = new Book(world, random);
        for (int step = random.Next(4, 25); step > 0; step--)
        {
            book.Act(mayRemoveVersions: true);
            world.Clock.Advance(TimeSpan.FromHours(1));
            if (random.Next(10) == 0)
                world.Objects.Suspend(random.Next(2) == 0);
        }
        bool suspended = !rivals && random.Next(3) == 0;
        world.Objects.Suspend(suspended);
        book.Open();

        string id = await world.SubmitAsync($"customer={Person}");
        // What came of the person after the last look at the lake would be another request's matter.
        world.BeforeFunction = (function, _) =>
        {
            book.MayNamePerson &= function != "verify-erasure";
            return Task.CompletedTask;
        };
        int acts = 0;
        var gate = new Lock();
        if (rivals)
        {
            world.Objects.OnStep = call =>
            {
                lock (gate)
                {
                    if (call.Step == StoreStep.Before && acts < 12 && random.Next(seed % 2 == 0 ? 15 : 5) == 0)
                    {
                        acts++;
                        book.Act(mayRemoveVersions: false);
                    }
                }
                return Task.CompletedTask;
            };
        }
        ErasureRequest request = await world.FinishAsync(id);
        world.Objects.OnStep = null;

        string at = $"seed {seed}, {acts} rival writes, {request.Status}: {request.Reason}";
        Assert.True(request.Status is RequestStatus.Certified or RequestStatus.CertifiedWithExceptions or RequestStatus.NothingFound, at);
        Certificate certificate = await world.CertificateAsync(id);
        long announced = 0;
        foreach (CertifiedPlan plan in certificate.Plans)
            announced += (await world.PlanAsync(id, plan.Number)).Datasets.Sum(d => d.OthersRowsInHistory);
        // Of what was written after the last look at the lake the index knows nothing yet.
        var seen = new HashSet<(string, string)>();
        await foreach (ObjectRecord record in world.Index.ListAsync("reviews", null, ScenarioWorld.Stop))
            seen.Add((record.Object, record.Version));
        book.Check(seen, erase, certificate, announced, suspended, at);
        await world.ReconcileAsync();
        await VersionedIndexTests.IsWhatTheLakeShowsAsync(world, "reviews", "CustomerId");
    }

    /// <summary>What everybody but Limpid did. Each row is written once, so that it is known again wherever it stands.</summary>
    private sealed class Book(MemoryWorld world, Random random)
    {
        private const int Keys = 4;

        private readonly Dictionary<string, string?> _last = [];
        private readonly HashSet<string> _others = [];
        private readonly Dictionary<(string Key, string Version), string> _clean = [];
        private int _serial;

        /// <summary>Whether what is written may name the person anew.</summary>
        public bool MayNamePerson { get; set; } = true;

        private bool IsOpen { get; set; }

        public void Act(bool mayRemoveVersions)
        {
            string key = $"reviews/{random.Next(Keys)}";
            IReadOnlyList<(string Version, byte[]? Content)> versions = world.Objects.Versions(key);
            switch (random.Next(10))
            {
                case 0:
                    world.Remove(key);
                    _last[key] = null;
                    break;
                case 1 when mayRemoveVersions && versions.Count > 0:
                    world.Objects.RemoveVersion(key, versions[random.Next(versions.Count)].Version);
                    break;
                default:
                    // Appends, keeps some, or writes afresh.
                    string[] rows = [.. Rows(world.Text(key) ?? "").Where(_ => random.Next(5) > 0)];
                    string content = string.Concat((random.Next(4) == 0 ? [] : rows).Concat(Enumerable.Range(0, random.Next(4)).Select(_ => New())));
                    world.Put(key, content);
                    _last[key] = content;
                    if (IsOpen)
                        _others.UnionWith(Rows(content).Where(IsOthers));
                    break;
            }
        }

        /// <summary>From here on nothing of others may be lost that was not announced.</summary>
        public void Open()
        {
            IsOpen = true;
            _last.Clear();
            MayNamePerson = false;
            foreach (string key in world.Objects.Keys())
            {
                _last[key] = world.Text(key);
                foreach ((string version, byte[]? content) in world.Objects.Versions(key))
                {
                    if (content is null)
                        continue;
                    string text = Encoding.UTF8.GetString(content);
                    _others.UnionWith(Rows(text).Where(IsOthers));
                    if (Rows(text).All(IsOthers))
                        _clean[(key, version)] = text;
                    else
                        MayNamePerson = true;
                }
            }
        }

        public void Check(HashSet<(string Key, string Version)> seen, string erase, Certificate certificate, long announced, bool suspended, string at)
        {
            var excepted = certificate.Exceptions.Select(e => (e.Key, e.Version ?? "")).ToHashSet();
            var left = new HashSet<string>();
            foreach (string key in world.Objects.Keys())
            {
                foreach ((string version, byte[]? content) in world.Objects.Versions(key))
                {
                    string text = content is null ? "" : Encoding.UTF8.GetString(content);
                    left.UnionWith(Rows(text));
                    Assert.True(
                        Rows(text).All(IsOthers) || !seen.Contains((key, version)) || excepted.Contains((key, version)) || certificate.Resurfaced.Contains(key),
                        $"{at}: the person is left in {key} {version}: {text}");
                }
            }
            foreach ((string key, string? last) in _last)
            {
                if (last is null)
                {
                    Assert.True(world.Content(key) is null, $"{at}: {key} came back");
                    continue;
                }
                bool isLeft = world.Objects.Versions(key) is [.., { Content: not null } now] && !seen.Contains((key, now.Version)) || certificate.Resurfaced.Contains(key) || certificate.Exceptions.Any(e => e.Key == key && world.Objects.Versions(key) is [.., { } top] && (e.Version ?? "") == top.Version);
                string?[] expected = isLeft ? [last] : [After(last, erase)];
                Assert.True(expected.Contains(world.Text(key)), $"{at}: {key} is {world.Text(key)} after {last}");
            }
            foreach (((string key, string version), string text) in _clean)
            {
                Assert.True(
                    world.Objects.Versions(key).Any(v => v.Version == version && v.Content is not null && Encoding.UTF8.GetString(v.Content) == text) || (suspended && version.Length == 0),
                    $"{at}: {key} {version} did not name the person and is gone");
            }
            long lost = _others.Count(row => !left.Contains(row));
            Assert.True(lost <= announced, $"{at}: {lost} rows of others are gone, {announced} were announced");
        }

        private static string? After(string content, string erase)
        {
            string[] rows = [.. Rows(content)];
            return erase switch
            {
                "drop" => string.Concat(rows.Where(IsOthers)),
                "blank" => string.Concat(rows.Select(r => IsOthers(r) ? r : "{}".PadRight(r.Length - 1) + "\n")),
                _ => rows.Length > 0 && !rows.Any(IsOthers) ? null : content,
            };
        }

        private static IEnumerable<string> Rows(string content) => content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row + "\n");

        private static bool IsOthers(string row) => !row.Contains($"\"CustomerId\":{Person},", StringComparison.Ordinal);

        private string New() => string.Create(CultureInfo.InvariantCulture, $"{{\"CustomerId\":{(random.Next(5) is var who && who == Person && !MayNamePerson ? 0 : who)},\"Text\":\"{_serial++}\"}}\n");
    }
}
