using System.CommandLine;
using Limpid.Functions.Erasure;

namespace Limpid.Local.Cli;

/// <summary><c>limpid extend</c>: gives a request more time than the month, with a reason.</summary>
internal static class ExtendCommand
{
    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var reason = new Option<string?>("--reason") { Description = "Why it takes longer; the person is told, so leave their identifier out", HelpName = "TEXT" };
        var until = new Option<string?>("--until") { Description = "The new due day (default: two months more, which is the most)", HelpName = "DATE" };
        var by = new Option<string>("--by") { Description = "Who extends, for the audit", HelpName = "MAIL", DefaultValueFactory = _ => Environment.UserName };
        var request = new Argument<string>("request") { Description = "The request, as `limpid requests` lists it" };
        var command = new Command("extend", "Extend a request's month by two months at most, with a reason; works once, and until the month ends")
        {
            request, lake, reason, until, by, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed),
            new ExtendInput(
                parsed.GetValue(request)!, parsed.GetValue(reason) ?? throw new BadInputException("say why with --reason TEXT"), parsed.GetValue(by)!,
                CommonOptions.ReadDate(parsed.GetValue(until), "--until")),
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        LakePlace place, ExtendInput input, bool json, TextWriter output, CancellationToken cancellation)
    {
        if (!place.Folder.HasState)
            throw new BadInputException($"there is no request {input.RequestId}");
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        ExtendResult result = await new ExtendErasure(lake.Ports).HandleAsync(input, cancellation);
        DateOnly due = result.Due ?? throw new BadInputException(result.Problem!);
        await output.WriteLineAsync(json
            ? CliJson.Write(new ExtendOutput(input.RequestId, due), CliJson.Default.ExtendOutput)
            : FormattableString.Invariant($"{input.RequestId} is due on {due:yyyy-MM-dd}; the mail to the requester has a text for the person"));
        return ExitCode.Done;
    }
}

internal sealed record ExtendOutput(string RequestId, DateOnly Due);
