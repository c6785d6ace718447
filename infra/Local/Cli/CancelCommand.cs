using System.CommandLine;
using Limpid.Functions.Erasure;

namespace Limpid.Local.Cli;

/// <summary><c>limpid cancel</c>: ends a request before its first write.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        Option<string> lake = CommonOptions.Lake();
        Option<string?> state = CommonOptions.State();
        Option<bool> json = CommonOptions.Json();
        var by = new Option<string>("--by") { Description = "Who cancels, for the audit", HelpName = "MAIL", DefaultValueFactory = _ => Environment.UserName };
        var request = new Argument<string>("request") { Description = "The request, as `limpid requests` lists it" };
        var command = new Command("cancel", "Cancel a request; works until its grace period ends") { request, lake, state, by, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(lake)!, parsed.GetValue(state), new CancelInput(parsed.GetValue(request)!, parsed.GetValue(by)!),
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string root, string? state, CancelInput input, bool json, TextWriter output, CancellationToken cancellation)
    {
        if (!LakeFolder.Of(root, state).HasState)
            throw new BadInputException($"there is no request {input.RequestId}");
        await using LocalLake lake = await LocalLake.OpenAsync(root, state, UpCommand.DefaultUrl, TimeProvider.System, null, cancellation);
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
