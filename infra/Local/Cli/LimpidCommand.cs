using System.CommandLine;
using System.CommandLine.Parsing;
using Limpid.Local.Home;
using Limpid.Local.Storage;

namespace Limpid.Local.Cli;

/// <summary>The command <c>limpid</c>: what it is given, what it prints, what it ends with.</summary>
internal static class LimpidCommand
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Limpid keeps a data lake lawful: it knows who is in which object, and forgets a person with consent and proof.")
        {
            DemoCommand.Create(),
            UpCommand.Create(),
            IndexCommand.Create(),
            FindCommand.Create(),
            EraseCommand.Create(),
            RequestsCommand.Create(),
            CancelCommand.Create(),
            HoldCommand.Create(),
            VerifyCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync($"limpid: {parsed.Errors[0].Message} (limpid {Name(parsed)} --help tells more)");
            return ExitCode.BadInput;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (BadInputException wrong)
        {
            await error.WriteLineAsync($"limpid: {wrong.Message}");
            return ExitCode.BadInput;
        }
        catch (UnfitHomeException unfit)
        {
            await error.WriteLineAsync($"limpid: {unfit.Message}");
            return ExitCode.Failed;
        }
        catch (DatabaseException database)
        {
            await error.WriteLineAsync($"limpid: {database.Message}");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("limpid: interrupted; what was begun is kept and goes on with the next command or `limpid up`");
            return 130;
        }
        catch (IOException io)
        {
            await error.WriteLineAsync($"limpid: {io.Message}");
            return ExitCode.Failed;
        }
        catch (UnauthorizedAccessException denied)
        {
            await error.WriteLineAsync($"limpid: {denied.Message}");
            return ExitCode.Failed;
        }
    }

    private static string Name(ParseResult parsed) => parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name;
}
