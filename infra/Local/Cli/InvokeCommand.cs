using System.CommandLine;
using System.Text;
using Limpid.Functions;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Cli;

/// <summary><c>limpid invoke</c>: runs one function on one event, as the cloud would, on the lake in this folder.</summary>
internal static class InvokeCommand
{
    /// <summary>What Lambda takes in a call that waits for the answer.</summary>
    private const int MostEventBytes = 6 * 1024 * 1024;

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var function = new Argument<string>("function") { Description = "Its name, as in the README's table" };
        var @event = new Option<string>("--event") { Description = "The event's JSON: a file, or - for standard input", HelpName = "FILE", Required = true };
        var command = new Command("invoke", "Run one function on one event, in its own form or as S3, SQS, EventBridge or API Gateway send it") { function, @event, lake, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(function)!, parsed.GetValue(@event)!, lake.Of(parsed), parsed.GetValue(json),
            parsed.InvocationConfiguration, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string name, string file, LakePlace place, bool json, InvocationConfiguration console, CancellationToken cancellation)
    {
        Function function = Named(name);
        byte[] payload = await ReadAsync(file, cancellation);
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        Ports ports = lake.Ports with { Log = line => console.Error.WriteLine(Printable.Of($"limpid: {line}")) };
        ReadOnlyMemory<byte> result;
        try
        {
            result = await function.Build(ports)(payload, cancellation);
        }
        catch (BadEventException bad)
        {
            throw new BadInputException(bad.Message);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // The edge of the function: what it threw is its answer, as it is in the cloud.
            return await FailAsync(failed, json, console);
        }
        string answer = CliJson.Write(JsonData.Parse(result.Span));
        await console.Output.WriteLineAsync(json ? answer : Printable.Of(answer, lines: true));
        return ExitCode.Done;
    }

    private static async Task<int> FailAsync(Exception failed, bool json, InvocationConfiguration console)
    {
        string type = failed.GetType().Name;
        if (json)
            await console.Output.WriteLineAsync(CliJson.Write(new InvokeFailure(type, failed.Message), CliJson.Default.InvokeFailure));
        else
            await console.Error.WriteLineAsync(Printable.Of($"limpid: {type}: {failed.Message}"));
        return ExitCode.Failed;
    }

    private static Function Named(string name)
    {
        try
        {
            return FunctionTable.Named(name);
        }
        catch (UnknownFunctionException unknown)
        {
            throw new BadInputException(unknown.Message);
        }
    }

    private static async Task<byte[]> ReadAsync(string file, CancellationToken cancellation)
    {
        using Stream stream = file == "-" ? Console.OpenStandardInput() : CommonOptions.OpenFile(file);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, cancellation);
        byte[] bytes = all.ToArray();
        // Editors put a mark in front that no event of the cloud has.
        ReadOnlySpan<byte> mark = Encoding.UTF8.Preamble;
        if (bytes.AsSpan().StartsWith(mark))
            bytes = bytes[mark.Length..];
        return bytes.Length <= MostEventBytes
            ? bytes
            : throw new BadInputException("the event is larger than the 6 MiB that a function takes");
    }
}

/// <summary>As Lambda names an error.</summary>
internal sealed record InvokeFailure(string ErrorType, string ErrorMessage);
