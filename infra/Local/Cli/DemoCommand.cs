using System.CommandLine;
using Limpid.Local.Demo;

namespace Limpid.Local.Cli;

/// <summary><c>limpid demo</c>: a small lake of made-up people, one of whom goes through the whole flow by the very commands that users have.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var lake = new Option<string?>("--lake") { Description = "Make the lake here; the folder must be empty or absent (default: a new temporary folder)", HelpName = "DIR" };
        var command = new Command("demo", "Make a small lake of made-up people and take one of them through the whole flow") { lake };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(lake), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? lake, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        string? given = lake is null ? null : Path.GetFullPath(lake);
        if (File.Exists(given) || (Directory.Exists(given) && Directory.EnumerateFileSystemEntries(given).Any()))
            throw new BadInputException($"{lake} is not empty; the demo makes its lake in a folder of its own");
        string folder = Directory.CreateTempSubdirectory("limpid-demo-").FullName;
        var place = new DemoPlace(given ?? Path.Combine(folder, "lake"), Path.Combine(folder, "home"), Path.Combine(folder, "page.html"));
        try
        {
            await new DemoStory(place, output, error).RunAsync(cancellation);
            return ExitCode.Done;
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // Whatever broke, broke by that: the approver, for one, is refused by a page that is served no more.
            await error.WriteLineAsync(Printable.Of($"limpid: interrupted; the half-made lake is in {place.Lake}; to be rid of it: {place.Removal}"));
            return ExitCode.Interrupted;
        }
    }
}
