using Limpid.Core.Ports;

namespace Limpid.Local.Home;

/// <summary>Anything called <c>stop</c> in the state folder stops every erasure until it is removed: <c>touch .limpid/stop</c>.</summary>
internal sealed class FileKillSwitch(string stateFolder) : IKillSwitch
{
    private readonly string _path = Path.Combine(stateFolder, "stop");

    /// <remarks>Where it can't be seen whether it is there, this throws: erasing on regardless is the one wrong answer.</remarks>
    public Task<bool> IsOnAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            _ = File.GetAttributes(_path);
            return Task.FromResult(true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult(false);
        }
    }
}
