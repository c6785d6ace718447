using System.Diagnostics;
using Limpid.Tests.House;

namespace Limpid.Tests.Aws;

/// <summary>
/// The functions' package as it is deployed by default, published once a run: compiled ahead of time (ReadyToRun) on the managed
/// runtime. It is built apart, so that no other build is in its way. <c>LIMPID_TEST_PACKAGE</c> names a folder that holds one already.
/// </summary>
public sealed class PublishedFunctions : IAsyncLifetime
{
    public const string PackageVariable = "LIMPID_TEST_PACKAGE";

    private string? _temporary;

    /// <summary>With the executable <c>Limpid.Functions</c> in it.</summary>
    public string Folder { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Folder = Environment.GetEnvironmentVariable(PackageVariable) ?? "";
        if (Folder.Length > 0)
            return;
        _temporary = Directory.CreateTempSubdirectory("limpid-published-").FullName;
        Folder = Path.Combine(_temporary, "package");
        (int exit, string said) = await PublishAsync(_temporary, Folder, "--no-self-contained", "-p:PublishReadyToRun=true");
        Assert.True(exit == 0, said);
    }

    public ValueTask DisposeAsync()
    {
        if (_temporary is not null)
            Directory.Delete(_temporary, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <param name="apart">A folder for everything that is built on the way.</param>
    internal static async Task<(int Exit, string Said)> PublishAsync(string apart, string folder, params string[] more)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["publish", Path.Combine(Repository.Root, "functions", "Handlers"), "-c", "Release", "-r", "linux-x64", "--artifacts-path", Path.Combine(apart, "built"), "-o", folder, "--nologo", "-nodeReuse:false", .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The test host's own settings are none of the build's.
        foreach (string inherited in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(inherited);
        using Process dotnet = Process.Start(start)!;
        string[] said = await Task.WhenAll(dotnet.StandardOutput.ReadToEndAsync(), dotnet.StandardError.ReadToEndAsync());
        await dotnet.WaitForExitAsync();
        return (dotnet.ExitCode, string.Concat(said));
    }
}
