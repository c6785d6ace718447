using System.Diagnostics;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions.Adapters;

namespace Limpid.Infra;

/// <summary>The folder that every function's code is made of: the one executable, published, and beside it the lake in its JSON form.</summary>
internal sealed class FunctionPackage : IDisposable
{
    private const string Project = "functions/Handlers/Limpid.Functions.csproj";
    private const string Executable = "Limpid.Functions";
    private const string Bootstrap = "bootstrap";

    private readonly string? _temporary;

    private FunctionPackage(string folder, string? temporary)
    {
        Folder = folder;
        _temporary = temporary;
    }

    public string Folder { get; }

    /// <exception cref="DeploymentException">It could not be published.</exception>
    public static FunctionPackage Of(Deployment deployment)
    {
        if (deployment.Package is { } made)
        {
            return Directory.Exists(made)
                ? new FunctionPackage(Path.GetFullPath(made), null)
                : throw new DeploymentException($"-c package={made}: there is no such folder");
        }
        string folder = Directory.CreateTempSubdirectory("limpid-package-").FullName;
        Publish(folder, deployment.IsNative);
        // What provided.al2023 starts is called so, whatever the project is called.
        if (deployment.IsNative)
            File.Move(Path.Combine(folder, Executable), Path.Combine(folder, Bootstrap));
        foreach (string symbols in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".pdb" or ".dbg" or ".xml"))
            File.Delete(symbols);
        File.WriteAllBytes(Path.Combine(folder, AwsSettings.LakeFile), JsonSerializer.SerializeToUtf8Bytes(deployment.Lake, LakeJson.Default.LakeConfig));
        return new FunctionPackage(folder, folder);
    }

    public void Dispose()
    {
        if (_temporary is not null)
            Directory.Delete(_temporary, recursive: true);
    }

    private static void Publish(string folder, bool isNative)
    {
        string[] arguments =
        [
            "publish", Project, "--configuration", "Release", "--runtime", "linux-x64", "--output", folder, "--nologo", "--verbosity", "quiet",
            .. isNative ? ["-p:PublishAot=true"] : (string[])["--no-self-contained", "-p:PublishReadyToRun=true"],
        ];
        using Process dotnet = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })
            ?? throw new DeploymentException("dotnet could not be started");
        // Standard output is the toolkit's.
        string said = dotnet.StandardOutput.ReadToEnd();
        dotnet.WaitForExit();
        if (dotnet.ExitCode != 0)
            throw new DeploymentException($"{Project} could not be published:{Environment.NewLine}{said}");
    }
}
