using System.Text;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Partitions;
using Limpid.Tests.Adapters;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Partitions;

/// <summary>The functions of the hours on S3, DynamoDB and Step Functions, each opened with what it needs and nothing else.</summary>
[Collection(Processes.Name)]
public sealed class AwsHours(Dynalite dynalite) : IClassFixture<Dynalite>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_hour_is_copied_copied_anew_and_the_copy_before_it_removed(bool versioned)
    {
        await using AwsWorld world = await AwsWorld.StartAsync(
            ScenarioWorld.Yaml(
                "grace: 0", ScenarioWorld.Dataset("raw", "ndjson", "subjects: [{kind: customer, field: customer}], erase: drop"),
                ScenarioWorld.Dataset("copied", "ndjson", "subjects: [{kind: customer, field: customer}], erase: drop")), dynalite, versioned);
        Hour hour = Hour.Of(world.Clock.GetUtcNow());
        Put("raw", "a");
        world.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Single((await world.AsAsync("begin-hour", p => new BeginHour(With(p)).HandleAsync(new BeginHourInput(), Stop))).Begun);

        LoadPartitionResult load = await LoadAsync("one", "");
        Assert.Equal("register", load.Work);
        Assert.Equal("none", (await LoadAsync("one", load.Registered)).Work);
        string first = await CopyAsync("one");
        await SettleAsync("one", first);
        Assert.Equal("show", (await NextAsync("one")).Work);

        // The first run is open for all that anybody knows, until its lease ends.
        Assert.Equal("busy", (await LoadAsync("two", "")).Work);
        Assert.Equal("busy", (await NextAsync("two")).Work);
        world.Clock.Advance(TimeSpan.FromHours(7));
        Put("raw", "b");
        LoadPartitionResult again = await LoadAsync("two", "");
        await LoadAsync("two", again.Registered);
        string second = await CopyAsync("two");
        await SettleAsync("two", second);
        // As where a run died between recording and keeping.
        await world.AsAsync("record-partition", async p =>
        {
            await new HourBook(p, With(p).Lake.Hours![0]).LeaveAsync(hour, second, Stop);
            return true;
        });
        world.Clock.Advance(TimeSpan.FromDays(2));
        await LoadAsync("three", (hour + 100).ToString());
        BucketPartitionResult next = await NextAsync("three");
        while (next.Work != "clear")
            next = await NextAsync("three", next.Digest);
        Assert.Equal((hour.ToString(), first), (next.Hour, next.Attempt));
        Assert.Equal("cleared", (await world.AsAsync("clear-partition", p => new ClearPartition(With(p)).HandleAsync(
            new AttemptAtInput("orders", "three", next.Hour, first, Location(second)), Stop))).Outcome);
        Assert.Equal([$"{Location(second)}0"], world.Lake().Keys.Where(key => key.StartsWith("copied/", StringComparison.Ordinal)));
        Assert.Equal("none", (await NextAsync("three")).Work);
        // What the catalog shows stays, whatever the state knows of it.
        Assert.Equal("kept", (await world.AsAsync("clear-partition", p => new ClearPartition(With(p)).HandleAsync(
            new AttemptAtInput("orders", "three", (hour + 9).ToString(), "a1", $"copied/dt={hour + 9}/a1"), Stop))).Outcome);

        void Put(string dataset, string name) => world.Put($"{dataset}/dt={hour}/{name}", Encoding.UTF8.GetBytes("{\"id\":1,\"customer\":\"c\"}\n"));

        string Location(string attempt) => $"copied/dt={hour}/{attempt}/";

        Task<LoadPartitionResult> LoadAsync(string run, string registered) =>
            world.AsAsync("load-partition", p => new LoadPartition(With(p)).HandleAsync(new LoadPartitionInput("orders", run, registered), Stop));

        Task<BucketPartitionResult> NextAsync(string run, string shown = "") =>
            world.AsAsync("bucket-partition", p => new BucketPartition(With(p)).HandleAsync(new BucketPartitionInput("orders", run, shown), Stop));

        async Task<string> CopyAsync(string run)
        {
            BucketPartitionResult copy = await NextAsync(run);
            Assert.Equal(("copy", hour.ToString()), (copy.Work, copy.Hour));
            Put("copied", copy.Attempt + "/0"); // as Athena would, into the attempt's own location
            return copy.Attempt;
        }

        async Task SettleAsync(string run, string attempt)
        {
            await world.AsAsync("settle-partition", p => new SettlePartition(With(p)).HandleAsync(new AttemptInput("orders", run, hour.ToString(), attempt), Stop));
            await world.AsAsync("record-partition", p => new RecordPartition(With(p)).HandleAsync(
                new AttemptAtInput("orders", run, hour.ToString(), attempt, Location(attempt)), Stop));
        }

        Ports With(Ports ports) => ports with
        {
            Lake = ports.Lake with
            {
                Hours =
                [
                    new HourlyCopy
                    {
                        Name = "orders", Database = "acme", Raw = new HourlyTable("raw", "orders_raw"), Copy = new HourlyTable("copied", "orders_copied"), View = "orders",
                        Columns = [new Column("id", "bigint"), new Column("customer", "string")], BucketBy = ["customer"], Since = hour.ToString(),
                    },
                ],
            },
        };
    }
}
