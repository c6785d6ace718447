using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Limpid.Core.Erasure;
using Limpid.Tests.Adapters;
using Limpid.Tests.Contracts;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

/// <summary>
/// The same sources, compiled to machine code as <c>-c native=true</c> deploys them. What links it (gcc, zlib's headers) is installed where
/// it is missing and the tests may; where it can't be had, or the compiler's packages can't, this skips and says so.
/// </summary>
[Collection(Processes.Name)]
public sealed partial class AotTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    private const long MostBytes = 25_000_000;

    /// <summary><c>ET_EXEC</c> of elf.h: it is not relocated when it starts.</summary>
    private const short ElfOfFixedPlace = 2;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Compiled_ahead_of_time_without_a_warning_it_forgets_a_person_all_the_same()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "machine code is made for 64-bit Linux on x86");
        if (!CanLink())
            await Debian.InstallAsync("gcc", "libc6-dev", "zlib1g-dev");
        Assert.SkipUnless(CanLink(), "there is no gcc or no zlib.h here, and they could not be installed");
        using var folder = new TemporaryFolder();
        string package = Path.Combine(folder.Path, "package");
        (int exit, string said) = await PublishedFunctions.PublishAsync(folder.Path, package, "-p:PublishAot=true");
        Assert.SkipWhen(exit != 0 && MissingPattern().Match(said) is { Success: true }, "the compiler's packages are not to be had: " + MissingPattern().Match(said).Value);
        Assert.True(exit == 0, said);
        Assert.DoesNotMatch(WarningPattern(), said);
        string executable = Path.Combine(package, "Limpid.Functions");
        Assert.InRange(new FileInfo(executable).Length, 1, MostBytes);
        Assert.Equal(ElfOfFixedPlace, BinaryPrimitives.ReadInt16LittleEndian(File.ReadAllBytes(executable).AsSpan(16)));
        Assert.Contains(" at Limpid.Functions.FunctionTable.Named(String)", await LogOfNothingSetAsync(executable), StringComparison.Ordinal);

        await using PublishedWorld world = await PublishedWorld.StartAsync(
            ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop")), dynalite, package);
        world.Put("reviews/a.ndjson", "{\"CustomerId\":1}\n{\"CustomerId\":2}\n");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal("{\"CustomerId\":1}\n", world.Text("reviews/a.ndjson"));
    }

    // It ends at once: it does not know which function it is, and there is nobody to tell that but the log.
    private static async Task<string> LogOfNothingSetAsync(string executable)
    {
        var start = new ProcessStartInfo(executable) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("LIMPID_FUNCTION");
        start.Environment["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:1";
        using Process process = Process.Start(start)!;
        try
        {
            string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
            return string.Concat(said);
        }
        finally
        {
            process.Kill();
        }
    }

    private static bool CanLink() => (File.Exists("/usr/bin/gcc") || File.Exists("/usr/bin/clang")) && File.Exists("/usr/include/zlib.h");

    [GeneratedRegex("error NU11(01|02|03)[^\n]*(ILCompiler|NativeAOT)[^\n]*", RegexOptions.IgnoreCase)]
    private static partial Regex MissingPattern();

    [GeneratedRegex(@"\bwarning\b\s*[A-Z]+[0-9]+", RegexOptions.IgnoreCase)]
    private static partial Regex WarningPattern();
}
