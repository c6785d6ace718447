using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Limpid.Infra.Lake;
using Limpid.Local.Home;

namespace Limpid.Local.Cli;

/// <summary>The command <c>limpid</c>: what it is given, what it prints, what it ends with.</summary>
internal static partial class LimpidCommand
{
    public static Task<int> RunAsync(string[] args, TextWriter output, TextWriter error) => RunAsProcessAsync(args, output, error, CancellationToken.None);

    /// <param name="interruption">Ctrl-C before the command listens for it by itself.</param>
    public static Task<int> RunAsProcessAsync(string[] args, TextWriter output, TextWriter error, CancellationToken interruption) =>
        RunAsync(args, new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, isInner: false, interruption);

    /// <summary>Runs a command within another, which alone listens for Ctrl-C: two that do end the process in each other's way.</summary>
    /// <exception cref="OperationCanceledException">The outer one was interrupted.</exception>
    public static Task<int> RunInnerAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation) =>
        RunAsync(args, new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, isInner: true, cancellation);

    private static async Task<int> RunAsync(string[] args, InvocationConfiguration invocation, bool isInner, CancellationToken cancellation)
    {
        TextWriter error = invocation.Error;
        var root = new RootCommand("Limpid keeps a data lake lawful: it knows who is in which object, and forgets a person with consent and proof.")
        {
            DemoCommand.Create(),
            UpCommand.Create(),
            IndexCommand.Create(),
            FindCommand.Create(),
            EraseCommand.Create(),
            RequestsCommand.Create(),
            CancelCommand.Create(),
            ExtendCommand.Create(),
            HoldCommand.Create(),
            VerifyCommand.Create(),
            RefreshCommand.Create(),
            TablesCommand.Create(),
            InvokeCommand.Create(),
            ExecuteCommand.Create(),
            ExecutionsCommand.Create(),
            MessagesCommand.Create(),
        };
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 || UnknownOption(parsed) is not null)
        {
            await error.WriteLineAsync(Printable.Of($"limpid: {Complaint(parsed, root)}"));
            return ExitCode.BadInput;
        }
        try
        {
            return await parsed.InvokeAsync(invocation, cancellation);
        }
        catch (BadInputException wrong)
        {
            await error.WriteLineAsync(Printable.Of($"limpid: {wrong.Message}", lines: true));
            return ExitCode.BadInput;
        }
        catch (UnfitHomeException unfit)
        {
            await error.WriteLineAsync(Printable.Of($"limpid: {unfit.Message}", lines: true));
            return ExitCode.BadInput;
        }
        catch (OperationCanceledException) when (!isInner)
        {
            await error.WriteLineAsync("limpid: interrupted; what was begun is kept and goes on with the next command or `limpid up`");
            return ExitCode.Interrupted;
        }
        catch (Exception broken) when (!isInner || !cancellation.IsCancellationRequested)
        {
            // The edge of the process: one line for people, and the whole story for whoever sets LIMPID_DEBUG.
            await error.WriteLineAsync(Environment.GetEnvironmentVariable("LIMPID_DEBUG") is null
                ? Printable.Of($"limpid: {broken.Message} ({broken.GetType().Name}; LIMPID_DEBUG=1 tells more)", lines: true)
                : $"limpid: {broken}");
            return ExitCode.Failed;
        }
    }

    /// <summary>What has the form of an option's name and stands where only one could, or null. After <c>--</c>, everything is an argument.</summary>
    private static string? UnknownOption(ParseResult parsed)
    {
        IEnumerable<string> arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value);
        HashSet<string> loose = [.. parsed.UnmatchedTokens, .. arguments];
        return parsed.CommandResult.Command is RootCommand ? null
            : parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).Select(t => t.Value).FirstOrDefault(t => loose.Contains(t) && OptionPattern().IsMatch(t));
    }

    [GeneratedRegex("^--[a-z]+(-[a-z]+)*$")]
    private static partial Regex OptionPattern();

    private static string Complaint(ParseResult parsed, RootCommand root)
    {
        if (parsed.CommandResult.Command is not RootCommand)
        {
            // An argument that is not understood may be an identifier: it is not repeated.
            Command command = parsed.CommandResult.Command;
            string wrong = UnknownOption(parsed) is { } option ? $"there is no option `{option}`{Suggestion.Tail(option, command.Options.Select(o => o.Name))}"
                : parsed.UnmatchedTokens.Count > 0 ? "an argument is not understood; is an option's name missing before it?" : parsed.Errors[0].Message.TrimEnd('.');
            return $"{wrong} (limpid {command.Name} --help tells more)";
        }
        string problem = parsed.UnmatchedTokens is [var token, ..] ? $"there is no command '{token}'" : "say what to do";
        return $"{problem}: {string.Join(", ", root.Subcommands.Select(c => c.Name))} (limpid --help tells more)";
    }
}
