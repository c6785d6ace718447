using System.Net;
using System.Text;
using Limpid.Local.Events;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Ingest;

/// <summary>A folder, and the endpoints that <c>limpid up</c> takes events at.</summary>
public sealed class OrderStreamOverHttp : OrderStreamScenarios
{
    private protected override async Task<OrderWorld> StartAsync(int shards) => await PostedWorld.OpenAsync(shards);

    private sealed class PostedWorld : OrderWorld
    {
        private readonly HttpClient _http;
        private EventServer _server = null!;

        private PostedWorld(FolderWorld world, int shards, int port)
            : base(world, shards) => _http = new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") };

        public static async Task<PostedWorld> OpenAsync(int shards)
        {
            int port = EventServerTests.FreePort();
            var world = new PostedWorld(await FolderWorld.OpenAsync(Yaml()), shards, port);
            world.World.Intercept(ports => ports with { Tables = world.Tables, Streams = world.Tables });
            world._server = await EventServer.StartAsync(() => world.World.Ports, port, _ => Task.CompletedTask, broke => Assert.Fail(broke.ToString()), ScenarioWorld.Stop);
            return world;
        }

        protected override Task<string> ChangeAsync(string @event) => PostAsync("/changes/priorities", @event);

        protected override Task<string> IngestAsync(string shard, string @event) => PostAsync("/streams/orders", @event);

        private async Task<string> PostAsync(string path, string @event)
        {
            using var content = new StringContent(@event, Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content, ScenarioWorld.Stop);
            string text = await answer.Content.ReadAsStringAsync(ScenarioWorld.Stop);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
            return text;
        }

        public override async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await _server.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
