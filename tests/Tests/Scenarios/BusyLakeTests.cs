using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>A lake that others write to while people are erased from it.</summary>
public sealed class BusyLakeTests
{
    private const string Key = "reviews/a.ndjson";

    private static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", Reviews);

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private static string Row(int customer, string text = "x") => $"{{\"CustomerId\":{customer},\"Text\":\"{text}\"}}\n";

    [Fact]
    public async Task A_request_on_a_lake_that_is_written_to_all_the_time_ends_with_one_certificate()
    {
        const int Seed = 20260310;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0\nlimits: {rows: 100000, share: 100%}", Reviews), seed: Seed);
        for (int i = 0; i < 12; i++)
            world.Put($"reviews/{i:d2}.ndjson", string.Concat(Enumerable.Range(0, 6).Select(p => Row(p, $"{i}"))));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        // Everything that was ever written of others must be there at the end: the writer keeps the book.
        var written = new SortedSet<string>(StringComparer.Ordinal);
        foreach (byte[] content in world.Lake().Values)
            written.UnionWith(Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var random = new Random(Seed);
        var gate = new Lock();
        int serial = 0;
        world.Objects.OnStep = call =>
        {
            if (call.Step != StoreStep.Before || random.Next(12) > 0)
                return Task.CompletedTask;
            lock (gate)
            {
                string key = $"reviews/{random.Next(14):d2}.ndjson";
                string row = Row(random.Next(4, 8), $"w{serial++}");
                world.Put(key, (world.Text(key) ?? "") + row);
                written.Add(row.TrimEnd('\n'));
            }
            return Task.CompletedTask;
        };
        string[] ids = [.. await Task.WhenAll(Enumerable.Range(0, 3).Select(p => world.SubmitAsync($"customer={p}")))];
        foreach (string id in ids)
            Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        world.Objects.OnStep = null;
        Assert.True(serial > 20, $"{serial} rival writes");
        var left = world.Lake().Values.SelectMany(c => Encoding.UTF8.GetString(c).Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.DoesNotContain(left, row => row.Contains(":0,", StringComparison.Ordinal) || row.Contains(":1,", StringComparison.Ordinal) || row.Contains(":2,", StringComparison.Ordinal));
        Assert.Equal(written.Where(r => !r.Contains(":0,", StringComparison.Ordinal) && !r.Contains(":1,", StringComparison.Ordinal) && !r.Contains(":2,", StringComparison.Ordinal)), left.Order(StringComparer.Ordinal));
        foreach (string id in ids)
        {
            var chain = await new AuditLog(world.Ports.State, world.Clock).ReadAsync(id, Stop).ToListAsync(Stop);
            Assert.Single(chain, e => e.Event == "certified");
        }
    }

    [Fact]
    public async Task The_writer_who_adds_rows_of_the_person_all_the_time_is_waited_out_with_one_certificate()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        int added = 0;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "erase-rows")
                world.Put(Key, world.Text(Key) + Row(2, $"more{added++}"));
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal(LocateSubject.MostPlans, certificate.Plans.Count);
        Assert.Equal("it kept changing while the request was carried out", Assert.Single(certificate.Exceptions).Reason);
    }

    [Fact]
    public async Task Two_requests_for_people_in_the_same_objects_both_end_certified()
    {
        await using var world = new MemoryWorld(Yaml);
        for (int i = 0; i < 6; i++)
            world.Put($"reviews/{i}.ndjson", string.Concat(Enumerable.Range(0, 9).Select(p => Row(p))));
        string[] ids = [.. await Task.WhenAll(Enumerable.Range(0, 8).Select(p => world.SubmitAsync($"customer={p}")))];
        foreach (string id in ids)
            Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.All(world.Lake().Values, c => Assert.Equal(Row(8), Encoding.UTF8.GetString(c)));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task A_clock_that_is_set_back_before_a_listing_costs_no_certificate(int listing, bool isThere)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + (isThere ? Row(2) : ""));
        int listings = 0;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "reconcile-lake" && ++listings == listing)
                world.Clock.Advance(TimeSpan.FromSeconds(-1));
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal((isThere ? RequestStatus.Certified : RequestStatus.NothingFound, null), (request.Status, request.Reason));
        Assert.Equal(Row(1), world.Text(Key));
    }

    [Theory]
    [InlineData(StoreStep.Before)]
    [InlineData(StoreStep.Written)]
    [InlineData(StoreStep.Proven)]
    public async Task F43_a_rival_at_any_step_of_the_rewrite_loses_no_row(StoreStep step)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        int rivals = 0;
        world.Objects.OnStep = call =>
        {
            if (call.Method == nameof(IObjectStore.ReplaceAsync) && call.Step == step && rivals < 3)
                world.Put(Key, world.Text(Key) + Row(10 + rivals++));
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(3, rivals);
        Assert.Equal(Row(1) + Row(10) + Row(11) + Row(12), world.Text(Key));
    }

    [Fact]
    public async Task F43_a_rival_who_never_stops_makes_an_exception_and_loses_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        int rivals = 0;
        world.Objects.OnStep = call =>
        {
            if (call.Method == nameof(IObjectStore.ReplaceAsync) && call.Step == StoreStep.Proven)
                world.Put(Key, world.Text(Key) + Row(10 + rivals++));
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(Row(1) + Row(2) + string.Concat(Enumerable.Range(0, rivals).Select(i => Row(10 + i))), world.Text(Key));
        Assert.InRange((await world.CertificateAsync(request.Id)).Plans.Count, 2, LocateSubject.MostPlans);
    }

    [Theory]
    [InlineData("reconcile-lake")]
    [InlineData("locate-subject")]
    [InlineData("erase-rows")]
    [InlineData("verify-erasure")]
    [InlineData("certify-erasure")]
    public async Task F44_what_others_delete_meanwhile_is_not_brought_back(string before)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        world.Put("reviews/b.ndjson", Row(2) + Row(3));
        world.BeforeFunction = (function, _) =>
        {
            if (function == before)
                world.Remove(Key);
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(["reviews/b.ndjson"], world.Lake().Keys);
        Assert.Equal(Row(3), world.Text("reviews/b.ndjson"));
        Assert.Empty(await world.FoundAsync("customer=2"));
    }

    [Theory]
    [InlineData(StoreStep.Before)]
    [InlineData(StoreStep.Proven)]
    public async Task F44_deleted_in_the_middle_of_a_rewrite_it_stays_deleted(StoreStep step)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        world.Objects.OnStep = call =>
        {
            if (call.Method == nameof(IObjectStore.ReplaceAsync) && call.Step == step)
                world.Remove(Key);
            return Task.CompletedTask;
        };
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Empty(world.Lake());
    }
}
