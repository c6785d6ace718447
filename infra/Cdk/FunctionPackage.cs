using System.Diagnostics;
using System.Text;
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
            if (!Directory.Exists(made))
                throw new DeploymentException($"-c package={made}: there is no such folder");
            if (deployment.IsNative)
                RefuseNewerGlibc(Path.Combine(made, Bootstrap));
            return new FunctionPackage(Path.GetFullPath(made), null);
        }
        string folder = Directory.CreateTempSubdirectory("limpid-package-").FullName;
        try
        {
            Fill(folder, deployment);
            return new FunctionPackage(folder, folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public void Dispose()
    {
        if (_temporary is not null)
            Directory.Delete(_temporary, recursive: true);
    }

    private static void Fill(string folder, Deployment deployment)
    {
        Publish(folder, deployment.IsNative);
        if (deployment.IsNative)
        {
            // What provided.al2023 starts is called so, whatever the project is called.
            string bootstrap = Path.Combine(folder, Bootstrap);
            File.Move(Path.Combine(folder, Executable), bootstrap);
            RefuseNewerGlibc(bootstrap);
        }
        foreach (string symbols in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".pdb" or ".dbg" or ".xml"))
            File.Delete(symbols);
        File.WriteAllBytes(Path.Combine(folder, AwsSettings.LakeFile), JsonSerializer.SerializeToUtf8Bytes(deployment.Lake, LakeJson.Default.LakeConfig));
    }

    // provided.al2023 has glibc 2.34 and does not start what needs a newer one. The linker takes the versions of the builder's, and
    // their names stand in the executable as texts: .gnu.version_r points at them in .dynstr.
    private static void RefuseNewerGlibc(string file)
    {
        ReadOnlySpan<byte> executable = File.Exists(file) ? File.ReadAllBytes(file) : [];
        ReadOnlySpan<byte> prefix = "\0GLIBC_"u8;
        Version newest = new(0, 0);
        for (int at; (at = executable.IndexOf(prefix)) >= 0;)
        {
            executable = executable[(at + prefix.Length)..];
            int end = executable.IndexOf((byte)0);
            if (end > 0 && Version.TryParse(Encoding.ASCII.GetString(executable[..end]), out Version? needed) && needed > newest)
                newest = needed;
        }
        if (newest >= new Version(2, 35))
            throw new DeploymentException($"the executable needs glibc {newest}, and provided.al2023 has 2.34: build in a container of Amazon Linux 2023, or without -c native=true");
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
