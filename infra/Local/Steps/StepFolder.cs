using Limpid.Local.Storage;

namespace Limpid.Local.Steps;

/// <summary>
/// The folder of one attempt at a step, below <c>steps/</c> of the state folder: what it makes lies in <see cref="Output"/> until it
/// is complete. It goes with the attempt; of an attempt whose process was killed, with the next process that runs executions.
/// </summary>
internal sealed class StepFolder : IDisposable
{
    private readonly string _path;

    public StepFolder(string state)
    {
        _path = Path.Combine(Steps(state), OwnName.New());
        SqliteDatabase.CreateFolder(_path);
        SqliteDatabase.CreateFolder(Output);
    }

    /// <summary>Empty at first.</summary>
    public string Output => OutputOf(_path);

    /// <summary>Where the rows of SQL's tables are kept.</summary>
    public string Rows => Path.Combine(_path, "rows.db");

    /// <summary>A folder for what is fetched for an input.</summary>
    public string Input(string name) => Path.Combine(_path, "inputs", name);

    /// <summary>Ends the commands that outlived the process which ran them, and removes what they had made. While no attempt is under way.</summary>
    public static void Sweep(string state)
    {
        if (!Directory.Exists(Steps(state)))
            return;
        foreach (string left in Directory.EnumerateDirectories(Steps(state)))
        {
            if (!OwnName.Is(Path.GetFileName(left.AsSpan())))
                continue;
            MarkedProcesses.End(OutputOf(left));
            Directory.Delete(left, recursive: true);
        }
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private static string Steps(string state) => Path.Combine(state, "steps");

    private static string OutputOf(string attempt) => Path.Combine(attempt, "output");
}
