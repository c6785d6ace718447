using System.Diagnostics;

namespace Limpid.Tests;

/// <summary>Packages of the system that some tests need: installed where they are missing and the tests run as root on a Debian.</summary>
internal static class Debian
{
    public static async Task InstallAsync(params string[] packages)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !File.Exists("/usr/bin/apt-get"))
            return;
        foreach (string[] arguments in new string[][] { ["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", .. packages] })
        {
            var start = new ProcessStartInfo("/usr/bin/apt-get", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
            using Process process = Process.Start(start)!;
            await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
        }
    }
}
