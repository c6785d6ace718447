namespace Limpid.Local.StateMachines;

/// <summary>
/// Lets one process of all that have a state folder run executions: an operating system's lock on <c>runner.lock</c>,
/// which ends with the process that holds it, however that ends.
/// </summary>
public sealed class RunnerLock : IDisposable
{
    private readonly FileStream file;

    private RunnerLock(FileStream file) => this.file = file;

    /// <summary>Null where another process, or another runner of this one, holds the lock.</summary>
    public static RunnerLock? TryAcquire(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new(new(Path.Combine(folder, "runner.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Whether somebody runs executions at this moment.</summary>
    public static bool IsHeld(string folder)
    {
        using RunnerLock? mine = TryAcquire(folder);
        return mine is null;
    }

    public void Dispose() => file.Dispose();
}
