using System.Diagnostics;
using System.Globalization;
using Limpid.Local.Folder;

namespace Limpid.Local.Steps;

/// <summary>A command with all that it starts: they live and end together, as one group without a terminal, so that Ctrl-C reaches them by Limpid alone.</summary>
internal static class CommandProcess
{
    /// <summary>Who has made itself independent of all this and holds the pipe open is not waited for any longer.</summary>
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(5);

    /// <summary>Runs it to its end; when that is not wanted any more, kills it.</summary>
    /// <param name="command">The program, with a slash in it below <paramref name="folder"/>, else on the path; and its arguments.</param>
    /// <param name="environment">Beyond this process's own; <see cref="MarkedProcesses.Variable"/> among it.</param>
    /// <exception cref="CommandFailedException">There is no such program, or it ended with another code than 0.</exception>
    public static async Task RunAsync(
        IReadOnlyList<string> command, string folder, IReadOnlyDictionary<string, string> environment, StepLog log, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using Process process = Start(command, folder, environment);
        process.StandardInput.Close();
        Task printing = Task.WhenAll(CopyAsync(process.StandardOutput.BaseStream, log), CopyAsync(process.StandardError.BaseStream, log));
        string mark = environment[MarkedProcesses.Variable];
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // Its group; and itself, where it had no time to become one.
            _ = Libc.Signal(-process.Id, Libc.Kill);
            process.Kill();
            throw;
        }
        finally
        {
            MarkedProcesses.End(mark);
            await ((Task)Task.WhenAny(printing, Task.Delay(LongestDrain, CancellationToken.None))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // What it printed may name somebody, and the reason goes into a history and a notice.
        if (process.ExitCode != 0)
            throw new CommandFailedException($"{command[0]} {EndOf(process.ExitCode)}; what it printed is in {log.Place} of the state folder");
    }

    private static Process Start(IReadOnlyList<string> command, string folder, IReadOnlyDictionary<string, string> environment)
    {
        string program = command[0];
        if (!IsThere(program, folder))
            throw new CommandFailedException(program.Contains('/', StringComparison.Ordinal) ? $"there is no program {program} in the lake's folder" : $"there is no program {program} on the path");
        var start = new ProcessStartInfo
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] all = IsThere("setsid", folder) ? ["setsid", .. command] : [.. command];
        start.FileName = all[0];
        foreach (string argument in all[1..])
            start.ArgumentList.Add(argument);
        start.Environment.Remove(Mail.SmtpMailer.PasswordVariable);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static bool IsThere(string program, string folder) => program.Contains('/', StringComparison.Ordinal)
        ? File.Exists(Path.Combine(folder, program))
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Any(place => File.Exists(Path.Combine(place, program)));

    private static async Task CopyAsync(Stream printed, StepLog log)
    {
        byte[] chunk = new byte[16 * 1024];
        while (await printed.ReadAsync(chunk, CancellationToken.None) is var read and > 0)
            log.Write(chunk.AsSpan(0, read));
    }

    // A shell's way of telling which signal ended what it ran.
    private static string EndOf(int exitCode) => exitCode > 128
        ? string.Create(CultureInfo.InvariantCulture, $"was ended by signal {exitCode - 128}")
        : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}");
}
