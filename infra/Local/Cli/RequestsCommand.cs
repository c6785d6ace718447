using System.CommandLine;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Functions;
using Limpid.Functions.State;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid requests</c>: every request and where it stands.</summary>
internal static class RequestsCommand
{
    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("requests", "List the requests and where each stands") { lake, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed), parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(LakePlace place, bool json, TextWriter output, CancellationToken cancellation)
    {
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        var requests = new List<RequestOutput>();
        await foreach (ErasureRequest request in new Requests(lake.Ports.State).ListAsync(cancellation))
            requests.Add(RequestOutput.Of(request));
        var back = new List<Resurfaced>();
        await foreach (Resurfaced seen in new Suppression(lake.Ports.State).ReportedAsync(cancellation))
            back.Add(seen);
        requests = [.. requests.Select(r => r with { Resurfaced = [.. back.Where(b => b.RequestId == r.RequestId).Select(b => b.Object).Distinct()] })];
        requests.Sort((a, b) => a.SubmittedAt.CompareTo(b.SubmittedAt));
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write<IReadOnlyList<RequestOutput>>(requests, CliJson.Default.IReadOnlyListRequestOutput));
            return ExitCode.Done;
        }
        if (requests.Count == 0)
        {
            await output.WriteLineAsync("There are no requests.");
            return ExitCode.Done;
        }
        Table table = Tables.New("request", "status", "due", "#rows", "*remark");
        DateOnly today = new LakeCalendar(lake.Config.TimeZone, lake.Ports.Time).Today;
        foreach (RequestOutput request in requests)
        {
            table.AddRow(Tables.Cells(
                request.RequestId, request.Status, FormattableString.Invariant($"{request.Due:yyyy-MM-dd}"),
                request.Rows, request.Remark(today)));
        }
        Tables.Write(output, table);
        foreach (Resurfaced seen in back)
            await output.WriteLineAsync(Printable.Of($"back after {seen.RequestId}: {seen.Object}, seen {seen.SeenAt:yyyy-MM-dd}; a new request erases it"));
        return ExitCode.Done;
    }
}

internal sealed record RequestOutput(
    string RequestId, string Status, bool IsOpen, DateOnly Received, DateOnly Due, DateTimeOffset SubmittedAt, string RequestedBy,
    string? Case, string? Reason, long Objects, long Rows, string? PlanDigest)
{
    /// <summary>Objects that came after the request was certified and name the person again.</summary>
    public IReadOnlyList<string> Resurfaced { get; init; } = [];

    /// <summary>Why it is due later than a month after receipt, or null.</summary>
    public Extension? Extension { get; init; }

    public static RequestOutput Of(ErasureRequest request) => new(
        request.Id, NameOf(request.Status), !request.IsEnded, request.Received, request.Due, request.SubmittedAt, request.RequestedBy,
        request.Case, request.Reason, request.Plan?.Objects ?? 0, request.Plan?.Rows ?? 0, request.Plan?.Digest)
    {
        Extension = request.Extension,
    };

    /// <summary>For people: whether it is late, why it stands where it stands, and that it was extended.</summary>
    public string Remark(DateOnly today)
    {
        string? first = IsOpen && Due < today ? "overdue" : Reason;
        string? extended = Extension is null ? null : FormattableString.Invariant($"extended from {Extension.From:yyyy-MM-dd}: {Extension.Reason}");
        return string.Join("; ", new[] { first, extended }.Where(r => !string.IsNullOrEmpty(r)));
    }

    /// <summary>As <c>--json</c> has it: <c>certified-with-exceptions</c>.</summary>
    public static string NameOf(RequestStatus status) =>
        JsonSerializer.SerializeToElement(status, Records.Default.RequestStatus).GetString()!;
}
