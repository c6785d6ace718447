using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Limpid.Local.Events;
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
        port.Validators.Add(given => CheckPort(given, "--port"));
        return port;
    }

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<int> port = PortOption();
        var events = new Option<int>("--events") { Description = "Where recorded events of streams and tables are taken; without it, nowhere", HelpName = "PORT" };
        events.Validators.Add(given => CheckPort(given, "--events"));
        var command = new Command("up", "Follow the lake, carry out requests and serve the approver's pages until stopped (Ctrl-C)") { lake, port, events };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed), parsed.GetValue(port), parsed.GetValue(events), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellation));
        return command;
    }

    private static void CheckPort(OptionResult given, string option)
    {
        if (given.Tokens is [var token, ..] && (!int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 65535))
            given.AddError($"{option} takes a number from 1 to 65535");
    }

    /// <param name="events">0: nowhere.</param>
    private static async Task<int> RunAsync(LakePlace place, int port, int events, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        // Signals are listened for once this has returned for the first time: before, they would end it in the middle of its start.
        await Task.Yield();
        try
        {
            await using LocalLake lake = await place.OpenAsync(UrlOf(port), null, cancellation);
            using var host = new UpHost(lake, output, error);
            await using PageServer pages = await ServeAsync("--port", port, () => PageServer.StartAsync(
                () => lake.Ports, port, broke => error.WriteLine($"limpid: a page failed: {broke.GetType().Name}: {broke.Message}"), cancellation));
            await using EventServer? taken = events == 0 ? null : await ServeAsync("--events", events, () => EventServer.StartAsync(
                () => lake.Ports, events, host.TellAsync, broke => error.WriteLine($"limpid: an event failed: {broke.GetType().Name}: {broke.Message}"), cancellation));
            await output.WriteLineAsync($"{lake.Config.Name}: {lake.Place}");
            await output.WriteLineAsync($"approver's pages: {lake.Ports.PagesUrl}");
            if (taken is not null)
                await output.WriteLineAsync($"events: {UrlOf(events)}");
            await output.WriteLineAsync($"mails: {(lake.Config.Mail.Smtp is { } smtp ? smtp.Host : lake.Folder.Outbox)}");
            await output.WriteLineAsync("stop with Ctrl-C; what was begun goes on next time");
            await host.RunAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how this ends, also while it still begins.
        }
        return ExitCode.Done;
    }

    private static async Task<T> ServeAsync<T>(string option, int port, Func<Task<T>> start)
    {
        try
        {
            return await start();
        }
        catch (IOException taken) when (taken.InnerException is AddressInUseException)
        {
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"port {port} is taken; choose another with {option}"));
        }
    }
}
