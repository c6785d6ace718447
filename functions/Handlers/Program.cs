using System.Text;
using Limpid.Functions;
using Limpid.Functions.Adapters;

// Everything that is configured is read here, once. The function's name is not the handler's: the managed runtime reads that as a file.
var host = new LambdaHost(
    Environment.GetEnvironmentVariable("LIMPID_FUNCTION"),
    (needs, log, cancellation) =>
    {
        AwsSettings settings = AwsSettings.Read(Environment.GetEnvironmentVariable, AppContext.BaseDirectory);
        return AwsPorts.OpenAsync(settings, AwsClients.Of(settings), needs, TimeProvider.System, log, cancellation);
    },
    TimeProvider.System);

// The Runtime API is on this machine: a proxy for what is outside does not lead to it, and it needs nothing that is for other people's servers.
using var http = new HttpClient(new SocketsHttpHandler
{
    UseProxy = false,
    UseCookies = false,
    AllowAutoRedirect = false,
    ActivityHeadersPropagator = null,
    // The official bootstrap puts an error's words into a header as they are.
    RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
});
await host.RunAsync(http, CancellationToken.None);
