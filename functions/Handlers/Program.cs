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
await host.RunAsync(null, CancellationToken.None);
