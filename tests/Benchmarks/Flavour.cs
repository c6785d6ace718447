using System.Diagnostics;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions.Adapters;

namespace Limpid.Benchmarks;

/// <summary>A program that is a function, and a way to compile it.</summary>
/// <param name="Publish">What <c>dotnet publish</c> is told; null takes what was built with the benchmarks.</param>
/// <param name="Project">Its folder, below the repository's.</param>
/// <param name="Executable">What is started.</param>
internal sealed record Flavour(string Name, string[]? Publish, string Project = "functions/Handlers", string Executable = "Limpid.Functions")
{
    private static readonly string[] MachineCode = ["-p:PublishAot=true"];

    public static readonly Flavour Built = new("compiled as it runs", null);

    public static readonly Flavour Native = new("Native AOT", MachineCode);

    /// <summary>Clients of S3 and DynamoDB, and nothing else.</summary>
    public static readonly Flavour Bare = new("a bare function, Native AOT", MachineCode, "tests/Benchmarks/BareFunction", "BareFunction");

    public static readonly Flavour[] All = [Built, new("ReadyToRun", ["--no-self-contained", "-p:PublishReadyToRun=true"]), Native, Bare];

    /// <summary>A folder of its own with the package, unpacked; null where it can't be made here, which is told on standard error.</summary>
    public async Task<string?> MakeAsync(string scratch)
    {
        string folder = Directory.CreateDirectory(Path.Combine(scratch, string.Concat(Name.Where(char.IsAsciiLetter)))).FullName;
        if (Publish is null)
        {
            foreach (string pattern in new[] { "Limpid.Functions*", "Limpid.Core.dll", "Limpid.AwsPackages.dll", "AWSSDK*.dll" })
            {
                foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, pattern))
                    File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }
        }
        else
        {
            string root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", ".."));
            using var dotnet = Process.Start(new ProcessStartInfo(
                "dotnet", ["publish", Path.Combine(root, Project), "-c", "Release", "-r", "linux-x64", "--artifacts-path", folder + "-built", "-o", folder, "-v", "q", "--nologo", .. Publish])
            { RedirectStandardOutput = true })!;
            string said = await dotnet.StandardOutput.ReadToEndAsync();
            await dotnet.WaitForExitAsync();
            if (dotnet.ExitCode != 0)
            {
                await Console.Error.WriteLineAsync(said);
                return null;
            }
        }
        foreach (string beside in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".pdb" or ".dbg" or ".xml"))
            File.Delete(beside);
        var lake = new LakeConfig { Name = "bench", Kinds = new Dictionary<string, Kind>(), Datasets = [] };
        await File.WriteAllBytesAsync(Path.Combine(folder, AwsSettings.LakeFile), JsonSerializer.SerializeToUtf8Bytes(lake, LakeJson.Default.LakeConfig));
        return folder;
    }
}
