using Limpid.Core.Ports;
using Limpid.Local;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;
using Limpid.Tests.Contracts;

namespace Limpid.Tests.Services;

/// <summary>The streams of one machine.</summary>
public sealed class StoredStreamContractTests : RecordStreamContract, IDisposable
{
    private readonly Contracts.TemporaryFolder _folder = new();
    private readonly ServicesDatabase _database;
    private int _streams;

    public StoredStreamContractTests() => _database = new ServicesDatabase(_folder.Path);

    private protected override Task<(IRecordStream Stream, string Name)> StartAsync(int shards) =>
        Task.FromResult<(IRecordStream, string)>((new StoredStreams(_database, new VirtualTime()), $"s{_streams++}"));

    private protected override Task<IReadOnlyList<string[]>> ReadAsync(string stream) =>
        Task.FromResult<IReadOnlyList<string[]>>([[.. MessageTasks.List(_database, stream).Select(message => message.Content.Get("Message")!.Text)]]);

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }
}

/// <summary>The tables of one machine.</summary>
public sealed class StoredTableContractTests : TableReaderContract, IDisposable
{
    private readonly Contracts.TemporaryFolder _folder = new();
    private readonly ServicesDatabase _database;
    private int _tables, _attempts;

    public StoredTableContractTests() => _database = new ServicesDatabase(_folder.Path);

    private protected override ITableReader Tables => new StoredTables(_database);

    // It is there with its first item.
    private protected override Task<string> TableAsync() => Task.FromResult($"table-{_tables++}");

    private protected override Task PutAsync(string table, string item) => CallAsync("putItem", $$"""{"TableName":"{{table}}","Item":{{item}}}""");

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    private async Task CallAsync(string action, string parameters)
    {
        Assert.True(TaskResource.TryParse($"arn:aws:states:::dynamodb:{action}", out TaskResource? resource));
        var origin = new TaskOrigin(Arns.Execution("m", "one"), Arns.StateMachine("m"), "1/1", ++_attempts);
        await new TableTasks(_database).CallAsync(action, new TaskCall(resource, JsonData.Parse(parameters), origin), Stop);
    }
}
