using System.Globalization;
using System.Text;
using Limpid.Local.Folder;

namespace Limpid.Local.Steps;

/// <summary>
/// The processes of one attempt at a step, however they were started: all of them inherit <see cref="Variable"/>, whose value no other
/// attempt has. A number alone would not do: by the time that somebody looks it may be another process's.
/// </summary>
internal static class MarkedProcesses
{
    public const string Variable = "LIMPID_OUTPUT";

    // A process that waits for a disk dies when the disk has answered; nobody waits for it for ever.
    private const int MostRounds = 200;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(10);

    /// <summary>Kills all of them, those too that are started meanwhile.</summary>
    public static void End(string mark)
    {
        byte[] marked = [.. Encoding.UTF8.GetBytes($"{Variable}={mark}"), 0];
        bool wasQuiet = false;
        for (int round = 0; round < MostRounds; round++)
        {
            // A process that becomes another program has no environment for a moment, so one look is not enough.
            bool isQuiet = !KillAll(marked);
            if (isQuiet && wasQuiet)
                return;
            wasQuiet = isQuiet;
            Thread.Sleep(Round);
        }
    }

    private static bool KillAll(byte[] marked)
    {
        bool any = false;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int process) || !IsMarked(folder, marked))
                continue;
            any = true;
            _ = Libc.Signal(process, Libc.Kill);
        }
        return any;
    }

    private static bool IsMarked(string folder, byte[] marked)
    {
        try
        {
            byte[] environment = File.ReadAllBytes(Path.Combine(folder, "environ"));
            int at = environment.AsSpan().IndexOf(marked);
            return at == 0 || at > 0 && environment[at - 1] == 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }
}
