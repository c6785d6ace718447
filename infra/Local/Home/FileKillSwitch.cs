using Limpid.Core.Ports;

namespace Limpid.Local.Home;

/// <summary>
/// Anything called <c>stop</c> in one of these folders stops every erasure until it is removed: <c>touch .limpid/stop</c> in the lake,
/// or in the state folder where that is elsewhere. In an emergency nobody should have to know which.
/// </summary>
internal sealed class FileKillSwitch(params IReadOnlyList<string> folders) : IKillSwitch
{
    /// <remarks>Where it can't be seen whether it is there, this throws: erasing on regardless is the one wrong answer.</remarks>
    public Task<bool> IsOnAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(folders.Any(folder => Exists(Path.Combine(folder, "stop"))));
    }

    private static bool Exists(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }
}
