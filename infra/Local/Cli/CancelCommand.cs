using System.CommandLine;
using Limpid.Functions.Erasure;

namespace Limpid.Local.Cli;

/// <summary><c>limpid cancel</c>: ends a request before its first write.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var by = new Option<string>("--by") { Description = "Who cancels, for the audit", HelpName = "MAIL", DefaultValueFactory = _ => Environment.UserName };
        var request = new Argument<string>("request") { Description = "The request, as `limpid requests` lists it" };
        var command = new Command("cancel", "Cancel a request; works until its grace period ends") { request, lake, by, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed), new CancelInput(parsed.GetValue(request)!, parsed.GetValue(by)!),
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        LakePlace place, CancelInput input, bool json, TextWriter output, CancellationToken cancellation)
    {
        if (!place.Folder.HasState)
            throw new BadInputException($"there is no request {input.RequestId}");
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        CancelResult result = await new CancelErasure(lake.Ports).HandleAsync(input, cancellation);
        if (!result.Cancelled)
            throw new BadInputException(result.Problem!);
        await output.WriteLineAsync(json
            ? CliJson.Write(new CancelOutput(input.RequestId, "cancelled"), CliJson.Default.CancelOutput)
            : $"cancelled {input.RequestId}; nothing of it was erased");
        return ExitCode.Done;
    }
}

internal sealed record CancelOutput(string RequestId, string Status);
