using Amazon.DynamoDBv2;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Tests.Contracts;

namespace Limpid.Tests.Adapters;

[Collection(Processes.Name)]
public sealed class DynamoStateTableTests(Dynalite dynalite) : StateTableContract, IClassFixture<Dynalite>, IAsyncLifetime
{
    private AmazonDynamoDBClient? _client;
    private string _name = "";
    private IStateTable _table = null!;

    private protected override IStateTable Table => _table;

    public async ValueTask InitializeAsync()
    {
        _client = dynalite.Client();
        _name = await Dynalite.TableAsync(_client);
        _table = new DynamoStateTable(_client, _name, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is null)
            return;
        await _client.DeleteTableAsync(_name);
        _client.Dispose();
    }

    [Fact]
    public async Task F58_A_write_whose_answer_is_lost_is_known_for_ones_own()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var faults = new DynamoFaults { LoseAnswerOf = "PutItem" };
        using AmazonDynamoDBClient client = dynalite.Client(faults);
        var table = new DynamoStateTable(client, _name, TimeProvider.System);
        var item = new StateItem("p", "s", 1, "1"u8.ToArray());

        Assert.True(await table.TryPutAsync(item, cancellation));
        Assert.Equal(1, faults.Lost);
        Assert.False(await table.TryPutAsync(item, cancellation));
        faults.LoseAnswerOf = "PutItem";
        Assert.True(await table.TryPutAsync(item with { Version = 2 }, cancellation));
        Assert.Equal(2, faults.Lost);
    }
}
