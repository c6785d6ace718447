using System.Net;
using Amazon.Runtime;
using Limpid.Core.Ports;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Local;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

/// <summary>Functions of the table behind the Runtime API, on the ports of a lake in memory.</summary>
[Collection(Processes.Name)]
public sealed class LambdaHostTests : IAsyncLifetime
{
    private static readonly string Yaml = ScenarioWorld.Yaml(
        "grace: 0", "{name: d, location: 's3://lake/d/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: id}], erase: drop}");

    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly MemoryWorld _world = new(Yaml);
    private RuntimeApiServer _api = null!;
    private Task _run = Task.CompletedTask;

    public async ValueTask InitializeAsync() => _api = await RuntimeApiServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _api.DisposeAsync();
        await _world.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_function_handles_its_events_cold_and_warm()
    {
        int opened = 0;
        Run("follow-lake", ports =>
        {
            opened++;
            return ports;
        });
        _world.Put("s3://lake/d/a", "{\"id\":1}\n");
        Assert.Equal("""{"outcome":"indexed"}""", (await _api.InvokeAsync("""{"key":"s3://lake/d/a"}""")).Body);
        Assert.Equal("""{"outcome":"unchanged"}""", (await _api.InvokeAsync("""{"key":"s3://lake/d/a"}""")).Body);
        Assert.Equal(1, opened);
    }

    [Theory]
    [InlineData("{\"key\":")]
    [InlineData("[]")]
    [InlineData("{\"key\":{\"a\":\"secret-customer\"}}")]
    [InlineData("{\"Records\":[{\"eventSource\":\"aws:sns\"}]}")]
    [InlineData("{\"key\":\"s3://lake/d/a\"} {}")]
    public async Task A_malformed_event_is_an_error_that_quotes_nothing_and_the_next_one_is_handled(string payload)
    {
        Run("follow-lake");
        RuntimePost post = await _api.InvokeAsync(payload);
        Assert.False(post.IsAnswer);
        Assert.Equal("BadEventException", post.Headers["Lambda-Runtime-Function-Error-Type"]);
        Assert.DoesNotContain("secret-customer", post.Body, StringComparison.Ordinal);
        Assert.True((await _api.InvokeAsync("""{"key":"elsewhere"}""")).IsAnswer);
    }

    [Fact]
    public async Task What_AWS_says_of_a_refusal_names_the_object_and_goes_no_further()
    {
        var refused = new AmazonServiceException("User: limpid is not authorized to perform: s3:GetObject on resource: lake/d/secret-customer", ErrorType.Sender, "AccessDenied", "4711", HttpStatusCode.Forbidden);
        Run("follow-lake", ports => ports with { Objects = new NeverThere(new TaskCompletionSource()) { Refusal = refused } });
        RuntimePost post = await _api.InvokeAsync("""{"key":"s3://lake/d/a"}""");
        Assert.Equal("AccessRefusedException", post.Headers["Lambda-Runtime-Function-Error-Type"]);
        Assert.DoesNotContain("secret-customer", post.Body, StringComparison.Ordinal);
        Assert.Contains("AccessDenied", post.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_does_not_exist_is_an_error_of_initialisation_that_lists_those_that_do()
    {
        var host = new LambdaHost("erase-everything", (_, _, _) => Task.FromResult(_world.Ports), TimeProvider.System);
        await Assert.ThrowsAsync<UnknownFunctionException>(() => host.RunAsync(_api.Client, _stop.Token));
        RuntimePost post = await _api.PostedAsync();
        Assert.Equal("init/error", post.Path);
        Assert.Equal("UnknownFunctionException", post.Json.GetProperty("errorType").GetString());
        Assert.Contains("follow-lake, reconcile-lake", post.Json.GetProperty("errorMessage").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_at_the_start_is_an_error_of_initialisation()
    {
        var host = new LambdaHost("notify", (_, _, _) => Task.FromException<Ports>(new MissingSettingException("the environment variable LIMPID_STATE_TABLE is not set")), TimeProvider.System);
        await Assert.ThrowsAsync<MissingSettingException>(() => host.RunAsync(_api.Client, _stop.Token));
        RuntimePost post = await _api.PostedAsync();
        Assert.Equal(("init/error", "the environment variable LIMPID_STATE_TABLE is not set"), (post.Path, post.Json.GetProperty("errorMessage").GetString()));
    }

    [Fact]
    public async Task Work_is_called_off_before_the_deadline_so_that_the_error_is_still_told()
    {
        var time = new VirtualTime { SkipsWaits = false };
        var begun = new TaskCompletionSource();
        Run("follow-lake", ports => ports with { Objects = new NeverThere(begun) }, time);
        Task<RuntimePost> posted = _api.InvokeAsync("""{"key":"s3://lake/d/a"}""", DateTimeOffset.UtcNow.AddMinutes(5));
        await begun.Task;
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("TaskCanceledException", (await posted).Headers["Lambda-Runtime-Function-Error-Type"]);
    }

    [Fact]
    public async Task An_event_whose_deadline_is_over_changes_nothing()
    {
        Run("follow-lake", ports => ports with { Objects = new NeverThere(new TaskCompletionSource()) });
        RuntimePost post = await _api.InvokeAsync("""{"key":"s3://lake/d/a"}""", DateTimeOffset.UtcNow.AddMinutes(-1));
        Assert.Equal("TaskCanceledException", post.Headers["Lambda-Runtime-Function-Error-Type"]);
    }

    private void Run(string function, Func<Ports, Ports>? through = null, TimeProvider? time = null)
    {
        var host = new LambdaHost(function, (_, log, _) => Task.FromResult((through?.Invoke(_world.Ports) ?? _world.Ports) with { Log = log }), time ?? TimeProvider.System);
        _api.Function = _run = host.RunAsync(_api.Client, _stop.Token);
    }

    /// <summary>A store that never answers, or refuses.</summary>
    private sealed class NeverThere(TaskCompletionSource asked) : IObjectStore
    {
        public Exception? Refusal { get; init; }

        public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation)
        {
            if (Refusal is not null)
                throw Refusal;
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        }

        public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        {
            await HeadAsync(prefix, cancellation);
            yield break;
        }

        public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<StoreResult> ReplaceAsync(
            ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
