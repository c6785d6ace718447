using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Limpid.Core.Ports;
using Limpid.Functions.Notices;
using Limpid.Local.Events;
using Limpid.Tests.Scenarios;
using static Limpid.Tests.Ingest.OrderStream;

namespace Limpid.Tests.Ingest;

/// <summary>The endpoints that <c>limpid up</c> takes recorded events at.</summary>
public sealed class EventServerTests : IAsyncLifetime
{
    private static readonly string Yaml = OrderStream.Yaml(Settings.Replace(
        "key: dish}]", "key: dish, source: {table: Example-Table}}, {name: prices, location: reference/, key: dish, source: {location: in/prices/}}, {name: others, location: reference/, key: dish}]",
        StringComparison.Ordinal));

    private readonly List<string> _broke = [];
    private readonly int _port = FreePort();
    private readonly HttpClient _http = new();
    private MemoryWorld _world = null!;
    private EventServer _server = null!;

    private static CancellationToken Stop => ScenarioWorld.Stop;

    public async ValueTask InitializeAsync()
    {
        _world = new MemoryWorld(Yaml);
        _world.Publish(1, ("soup", 1));
        _server = await EventServer.StartAsync(() => _world.Ports, _port, token => new ResurfacedNotice(_world.Ports).TellAsync(token), broke => _broke.Add(broke.Message), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        await _world.DisposeAsync();
    }

    internal static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    [Fact]
    public async Task A_batch_is_ingested_and_answered_as_the_function_does()
    {
        Assert.Equal((200, "{\"batchItemFailures\":[]}"), await PostAsync("/streams/orders", Event((1, Order(7)), (2, Order(8)))));
        Assert.Equal(2, _world.Rows("orders").Length);
        _world.Remove("reference/priorities/pointer.json");
        _world.Remove("reference/priorities/v=1.ndjson");
        _world.Publish(2, ("soup", 5));
        Assert.Equal((200, "{\"batchItemFailures\":[]}"), await PostAsync("/streams/orders", "\uFEFF" + Event((3, Order(9)))));
        Assert.Contains("\"priority\":5", _world.Rows("orders")[^1], StringComparison.Ordinal);
        _world.Remove("reference/priorities/pointer.json");
        Assert.Equal((200, $"{{\"batchItemFailures\":[{{\"itemIdentifier\":\"{Sequence(4)}\"}}]}}"), await PostAsync("/streams/orders", Event((4, Order(10)))));
    }

    [Fact]
    public async Task The_recorded_event_of_a_table_flags_what_is_kept_in_it()
    {
        string recorded = await File.ReadAllTextAsync(SharedData.Path("events", "dynamodb-event.json"), Stop);
        Assert.Equal((200, "{\"batchItemFailures\":[]}"), await PostAsync("/changes/priorities", recorded));
        Assert.Contains("\"changes\":2", _world.Text("reference/priorities/changed.json"), StringComparison.Ordinal);
        Assert.Equal((200, "{\"flagged\":[\"prices\"]}"), await PostAsync("/changes/prices", "{}"));
        Assert.Contains("\"changes\":1", _world.Text("reference/prices/changed.json"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/streams/orders", "[]", 400, "the body is no JSON object; send the event that the function would be given")]
    [InlineData("/streams/orders", "{\"Records\":[{]", 400, "the body is no JSON object; send the event that the function would be given")]
    [InlineData("/streams/orders", "{}", 400, "the event is not what ingest-records takes, at $.Records")]
    [InlineData("/streams/orders", "{\"Records\":[{\"eventID\":\"a:1\"}]}", 400, "a record has no eventSourceARN")]
    [InlineData("/streams/orders", "{\"Records\":[{\"eventSourceARN\":\"arn:aws:kinesis:eu-west-1:1:stream/pre-orders\"}]}", 400, "a record is not of the stream orders, but of arn:aws:kinesis:eu-west-1:1:stream/pre-orders")]
    [InlineData("/streams/orders", "{\"Records\":[{\"eventSourceARN\":\"arn:aws:kinesis:eu-west-1:1:stream/orders\"}]}", 400, "the event is not what ingest-records takes, at $.Records[].eventSourceARN")]
    [InlineData("/streams/meals", "{}", 404, "lake.yaml has no such stream; there are: orders")]
    [InlineData("/changes/others", "{}", 404, "lake.yaml has no such reference with a source; there are: priorities, prices")]
    [InlineData("/changes/prices", "{\"Records\":[{\"eventSourceARN\":\"arn:aws:dynamodb:eu-west-1:1:table/t/stream/1\"}]}", 400, "prices is kept in in/prices/, and not in a table")]
    [InlineData("/changes/priorities", "{\"Records\":[{\"eventSourceARN\":\"arn:aws:dynamodb:eu-west-1:1:table/t/stream/1\"}]}", 400, "a record is not of the table Example-Table, but of arn:aws:dynamodb:eu-west-1:1:table/t/stream/1")]
    [InlineData("/", "{}", 404, "there are POST /streams/STREAM and POST /changes/REFERENCE")]
    [InlineData("/streams/orders/more", "{}", 404, "there are POST /streams/STREAM and POST /changes/REFERENCE")]
    public async Task What_is_wrong_is_one_line_and_changes_nothing(string path, string body, int status, string line)
    {
        Dictionary<string, string> before = _world.Snapshot();
        Assert.Equal((status, $"limpid: {line}\n"), await PostAsync(path, body));
        Assert.Equal(before, _world.Snapshot());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F19_an_event_of_7_MB_is_one_line_and_the_next_is_taken(bool isChunked)
    {
        using var content = new StringContent(new string(' ', 7 << 20), Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, Url("/streams/orders")) { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;
        // As every tool does with much to send: it is refused before it is sent.
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage answer = await _http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("limpid: the event is larger than 6291456 bytes, and Lambda takes no more; send fewer records\n", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Equal(200, (await PostAsync("/streams/orders", Event((1, Order(7))))).Status);
        Assert.Single(_world.Rows("orders"));
    }

    [Theory]
    [InlineData("Host", "evil.example", 403, "this is asked for as localhost")]
    [InlineData("Origin", "https://evil.example", 403, "no page in a browser sends events")]
    [InlineData("Origin", "null", 403, "no page in a browser sends events")]
    [InlineData("Content-Type", "text/plain", 415, "an event comes with Content-Type: application/json")]
    [InlineData("Content-Type", "application/x-www-form-urlencoded", 415, "an event comes with Content-Type: application/json")]
    public async Task F41_a_page_of_somebody_else_sends_nothing(string header, string value, int status, string line)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url("/streams/orders")) { Content = new StringContent(Event((1, Order(7))), Encoding.UTF8, "application/json") };
        if (header == "Content-Type")
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(value);
        else
            request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage answer = await _http.SendAsync(request, Stop);
        Assert.Equal((status, $"limpid: {line}\n"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
        Assert.Empty(_world.Rows("orders"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("OPTIONS")]
    [InlineData("PUT")]
    public async Task F33_only_a_post_does_anything(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Url("/streams/orders"));
        using HttpResponseMessage answer = await _http.SendAsync(request, Stop);
        Assert.Equal((405, "POST"), ((int)answer.StatusCode, string.Join(',', answer.Content.Headers.Allow)));
        Assert.DoesNotContain(answer.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task What_a_function_broke_on_is_told_to_the_operator_and_only_named_to_the_sender()
    {
        _world.Intercept(ports => ports with { Workflows = null! });
        Assert.Equal((500, "limpid: the function failed: NullReferenceException\n"), await PostAsync("/changes/prices", "{}"));
        Assert.Single(_broke);
    }

    [Fact]
    public async Task F55_who_was_erased_and_is_in_a_batch_is_told_of_when_it_is_answered()
    {
        await PostAsync("/streams/orders", Event((1, Order(7))));
        string request = (await _world.EraseAsync("customer=7")).Id;
        await PostAsync("/streams/orders", Event((2, Order(7)), (3, Order(8))));
        Assert.Contains(_world.Mails(), mail => mail.Text.Contains($"Data of the person whom {request} erased came into the lake acme again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_shard_has_one_batch_at_a_time_and_no_other_shard_waits_for_it()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var state = new HeldState(_world.Ports.State, "ingest/orders/shardId-1", gate.Task, reached);
        _world.Intercept(ports => ports with { State = state });
        Task<(int, string)> first = PostAsync("/streams/orders", Event([(1, Encoding.UTF8.GetBytes(Order(1)))], shard: "shardId-1"));
        await reached.Task;
        Task<(int, string)> second = PostAsync("/streams/orders", Event([(2, Encoding.UTF8.GetBytes(Order(2)))], shard: "shardId-1"));
        Assert.Equal(200, (await PostAsync("/streams/orders", Event([(3, Encoding.UTF8.GetBytes(Order(3)))], shard: "shardId-2"))).Status);
        Assert.Equal([3], _world.Rows("orders").Select(IngestTests.Customer));
        Assert.Equal(1, state.Asked);
        gate.SetResult();
        await Task.WhenAll(first, second);
        Assert.Equal([1, 2, 3], _world.Rows("orders").Select(IngestTests.Customer).Order());
    }

    private Uri Url(string path) => new($"http://localhost:{_port}{path}");

    private async Task<(int Status, string Text)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await _http.PostAsync(Url(path), content, Stop);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop));
    }

    /// <summary>What is asked about one partition waits.</summary>
    private sealed class HeldState(IStateTable inner, string partition, Task until, TaskCompletionSource reached) : IStateTable
    {
        private int _asked;

        public int Asked => _asked;

        public async Task<StateItem?> GetAsync(string asked, string sort, CancellationToken cancellation)
        {
            if (asked == partition)
            {
                Interlocked.Increment(ref _asked);
                reached.TrySetResult();
                await until;
            }
            return await inner.GetAsync(asked, sort, cancellation);
        }

        public IAsyncEnumerable<StateItem> QueryAsync(string asked, string sortPrefix, CancellationToken cancellation) => inner.QueryAsync(asked, sortPrefix, cancellation);

        public Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation) => inner.TryPutAsync(item, cancellation);

        public Task<bool> TryDeleteAsync(string asked, string sort, long version, CancellationToken cancellation) => inner.TryDeleteAsync(asked, sort, version, cancellation);
    }
}
