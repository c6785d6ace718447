using System.CommandLine;
using System.Security.Cryptography;
using Limpid.Core.Erasure;
using Limpid.Functions;

namespace Limpid.Local.Cli;

/// <summary><c>limpid verify</c>: checks certificates, and the audit chains behind them, with nothing but the public key.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        Option<string> lake = CommonOptions.Lake();
        Option<string?> state = CommonOptions.State();
        Option<bool> json = CommonOptions.Json();
        var publicKey = new Option<string?>("--public-key") { Description = "The key to verify with (default: public-key.pem among what Limpid keeps)", HelpName = "FILE" };
        var certificate = new Argument<string?>("certificate") { Description = "A certificate's file, or a request; all of them where it is left out", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("verify", "Check certificates and audit chains: signatures, digests, and that nothing was changed or cut off") { certificate, lake, state, publicKey, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            LakeFolder.Of(parsed.GetValue(lake)!, parsed.GetValue(state)), parsed.GetValue(certificate), parsed.GetValue(publicKey),
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        LakeFolder folder, string? which, string? keyFile, bool json, TextWriter output, CancellationToken cancellation)
    {
        byte[] key = ReadKey(keyFile ?? folder.PublicKeyFile);
        string[] files = FilesOf(folder, which);
        using var verification = new EvidenceVerification(folder, key);
        var checks = new List<VerifiedFile>();
        foreach (string file in files)
            checks.Add(await verification.CheckAsync(file, cancellation));
        string? chain = await verification.CheckLakeChainAsync(cancellation);
        bool isGood = chain is null && checks.All(c => c.Problems.Count == 0);
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write(new VerifyOutput(isGood, checks, chain), CliJson.Default.VerifyOutput));
            return isGood ? ExitCode.Done : ExitCode.Failed;
        }
        foreach (VerifiedFile check in checks)
        {
            await output.WriteLineAsync(check.Problems.Count == 0
                ? $"good: {check.RequestId}: {check.Outcome}, {Words.Count(check.Rows, "row")} in {Words.Count(check.Objects, "object")}, {Words.Count(check.Exceptions, "exception")}"
                : Printable.Of($"BAD: {Path.GetFileName(check.File)}: {string.Join("; ", check.Problems)}"));
        }
        if (files.Length == 0)
            await output.WriteLineAsync("There are no certificates.");
        await output.WriteLineAsync(chain is not null ? Printable.Of($"BAD: the lake's audit chain: {chain}")
            : verification.HasChains ? "good: the lake's audit chain"
            : "There is no audit chain here to hold it against.");
        return isGood ? ExitCode.Done : ExitCode.Failed;
    }

    private static string[] FilesOf(LakeFolder folder, string? which)
    {
        if (which is null)
        {
            string all = Path.Combine(folder.Evidence, "certificates");
            string[] files = Directory.Exists(all) ? Directory.GetFiles(all, "*.json") : [];
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        if (File.Exists(which))
            return [Path.GetFullPath(which)];
        string ofRequest = Path.Combine(folder.Evidence, Certificate.KeyOf(which));
        return which.IndexOfAny(['/', '\\']) < 0 && File.Exists(ofRequest) ? [ofRequest] : throw new BadInputException($"there is no certificate {which}");
    }

    private static byte[] ReadKey(string file)
    {
        if (!File.Exists(file))
            throw new BadInputException($"there is no public key at {file}; give one with --public-key");
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(file));
            return key.ExportSubjectPublicKeyInfo();
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new BadInputException($"{file} is no public key in PEM");
        }
    }
}

/// <param name="LakeChain">What is wrong with the lake's audit chain, or null.</param>
internal sealed record VerifyOutput(bool Good, IReadOnlyList<VerifiedFile> Certificates, string? LakeChain);

internal sealed record VerifiedFile(string File, string? RequestId, string? Outcome, long Objects, long Rows, long Exceptions, IReadOnlyList<string> Problems);
