using System.Text;
using System.Text.Json;
using Limpid.Functions;
using Limpid.Functions.Triggers;
using Limpid.Tests.Adapters;
using Limpid.Tests.Scenarios;
using static Limpid.Tests.Ingest.OrderStream;

namespace Limpid.Tests.Ingest;

/// <summary>A stream's records on S3 and DynamoDB, by a function that is opened with what it needs and nothing else.</summary>
[Collection(Processes.Name)]
public sealed class AwsIngest(Dynalite dynalite) : IClassFixture<Dynalite>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_are_written_once_with_the_priorities_of_their_batch_and_who_is_in_them_is_found(bool versioned)
    {
        await using AwsWorld world = await AwsWorld.StartAsync(OrderStream.Yaml(), dynalite, versioned);
        world.Publish(1, ("soup", 1));
        string first = Event((1, Order(1)), (2, Order(2)), (3, "[]"));
        await SendAsync(world, first);
        world.Publish(2, ("soup", 2));
        await SendAsync(world, Event((3, "[]"), (4, Order(4))));
        await SendAsync(world, first);
        Assert.Equal(["1:1", "2:1", "4:2"], world.Rows("orders").Select(Told).Order(StringComparer.Ordinal));
        Assert.Single(world.Rows("refused"));
        Assert.Single(await world.FoundAsync("customer=4"));
        // So many people that their index is a file.
        await SendAsync(world, Event([.. Enumerable.Range(5, 30).Select(n => (n, Order(n)))]));
        Assert.Single(await world.FoundAsync("customer=20"));
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("delete")]
    public async Task F44_what_was_erased_from_a_versioned_bucket_before_a_batch_was_done_stays_erased(string erase)
    {
        await using AwsWorld world = await AwsWorld.StartAsync(OrderStream.Yaml(erase: erase), dynalite, versioned: true);
        world.Publish(1, ("soup", 1));
        string batch = Event((1, Order(7)), (2, Order(8, country: "de")));
        bool isAway = true;
        world.Intercept(ports => ports with { State = FlakyState.WhenDone(ports.State, () => isAway) });
        Assert.Single(await world.SendAsync(batch));
        await world.EraseAsync("customer=7");
        isAway = false;
        await SendAsync(world, batch);
        Assert.Equal(["8:1"], world.Rows("orders").Select(Told));
        Assert.Empty(await world.FoundAsync("customer=7"));
    }

    private static async Task SendAsync(AwsWorld world, string @event)
    {
        ReadOnlyMemory<byte> answer = await world.AsAsync("ingest-records", async (Ports ports) => await new StreamTrigger(ports).HandleAsync(Encoding.UTF8.GetBytes(@event), ScenarioWorld.Stop));
        Assert.Equal("{\"batchItemFailures\":[]}", Encoding.UTF8.GetString(answer.Span));
    }

    private static string Told(string row)
    {
        using JsonDocument document = JsonDocument.Parse(row);
        return $"{document.RootElement.GetProperty("customer")}:{document.RootElement.GetProperty("priority")}";
    }
}
