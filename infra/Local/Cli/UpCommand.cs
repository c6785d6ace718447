using System.CommandLine;
using System.Globalization;
using Limpid.Local.Pages;
using Microsoft.AspNetCore.Connections;

namespace Limpid.Local.Cli;

/// <summary><c>limpid up</c>: follows the lake, carries out workflows, serves the approver's pages, until it is stopped.</summary>
internal static class UpCommand
{
    private const int DefaultPort = 8080;

    public static string DefaultUrl => UrlOf(DefaultPort);

    public static string UrlOf(int port) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");

    public static Option<int> PortOption()
    {
        var port = new Option<int>("--port") { Description = "Where the approver's pages are served", HelpName = "PORT", DefaultValueFactory = _ => DefaultPort };
        port.Validators.Add(given =>
        {
            if (!int.TryParse(given.Tokens is [var token, ..] ? token.Value : "8080", NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 65535)
                given.AddError("--port takes a number from 1 to 65535");
        });
        return port;
    }

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<int> port = PortOption();
        var command = new Command("up", "Follow the lake, carry out requests and serve the approver's pages until stopped (Ctrl-C)") { lake, port };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed), parsed.GetValue(port), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(LakePlace place, int port, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        // Signals are listened for once this has returned for the first time: before, they would end it in the middle of its start.
        await Task.Yield();
        try
        {
            await using LocalLake lake = await place.OpenAsync(UrlOf(port), null, cancellation);
            await using PageServer pages = await ServeAsync(lake, port, error, cancellation);
            await output.WriteLineAsync($"{lake.Config.Name}: {lake.Place}");
            await output.WriteLineAsync($"approver's pages: {lake.Ports.PagesUrl}");
            await output.WriteLineAsync($"mails: {(lake.Config.Mail.Smtp is { } smtp ? smtp.Host : lake.Folder.Outbox)}");
            await output.WriteLineAsync("stop with Ctrl-C; what was begun goes on next time");
            using var host = new UpHost(lake, output, error);
            await host.RunAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how this ends, also while it still begins.
        }
        return ExitCode.Done;
    }

    private static async Task<PageServer> ServeAsync(LocalLake lake, int port, TextWriter error, CancellationToken cancellation)
    {
        try
        {
            return await PageServer.StartAsync(
                () => lake.Ports, port, broke => error.WriteLine($"limpid: a page failed: {broke.GetType().Name}: {broke.Message}"), cancellation);
        }
        catch (IOException taken) when (taken.InnerException is AddressInUseException)
        {
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"port {port} is taken; choose another with --port"));
        }
    }
}
