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
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var publicKey = new Option<string?>("--public-key") { Description = "The key to verify with (default: public-key.pem among what Limpid keeps)", HelpName = "FILE" };
        var anchors = new Option<string?>("--anchors") { Description = "Heads of the lake's audit chain that were kept elsewhere, to hold it against", HelpName = "FOLDER" };
        var certificate = new Argument<string?>("certificate") { Description = "A certificate's file, or a request; all of them where it is left out", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("verify", "Check certificates and audit chains: signatures, digests, and that nothing was changed or cut off") { certificate, lake, publicKey, anchors, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed), parsed.GetValue(certificate), parsed.GetValue(publicKey),
            parsed.GetValue(anchors), parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        LakePlace place, string? which, string? keyFile, string? anchors, bool json, TextWriter output, CancellationToken cancellation)
    {
        LakeFolder folder = place.Folder;
        byte[] key = ReadKey(keyFile ?? folder.PublicKeyFile);
        using KeptEvidence kept = await KeptEvidence.OpenAsync(folder, place.OpenEndpoint(), cancellation);
        var verification = new EvidenceVerification(kept, key, anchors is null ? [] : AnchoredHeads.In(anchors, key));
        List<VerifiedFile> checks = await CheckAsync(verification, kept, folder, which, cancellation);
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
        if (checks.Count == 0)
            await output.WriteLineAsync("There are no certificates.");
        await output.WriteLineAsync(chain is not null ? Printable.Of($"BAD: the lake's audit chain: {chain}")
            : verification.HasChains ? "good: the lake's audit chain"
            : "There is no audit chain here to hold it against.");
        return isGood ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<List<VerifiedFile>> CheckAsync(
        EvidenceVerification verification, KeptEvidence kept, LakeFolder folder, string? which, CancellationToken cancellation)
    {
        if (which is null)
        {
            var all = new List<VerifiedFile>();
            foreach (string key in await kept.CertificatesAsync(cancellation))
                all.Add(await verification.CheckKeptAsync(key, cancellation));
            return all;
        }
        if (File.Exists(which))
        {
            string file = Path.GetFullPath(which), evidence = folder.Evidence + Path.DirectorySeparatorChar;
            return [file.StartsWith(evidence, StringComparison.Ordinal)
                ? await verification.CheckKeptAsync(file[evidence.Length..], cancellation)
                : await verification.CheckFileAsync(file, cancellation)];
        }
        return which.IndexOfAny(['/', '\\']) < 0 && await kept.HasCertificateAsync(which, cancellation)
            ? [await verification.CheckKeptAsync(Certificate.KeyOf(which), cancellation)]
            : throw new BadInputException($"there is no certificate {which}");
    }

    private static byte[] ReadKey(string file)
    {
        if (!File.Exists(file))
            throw new BadInputException($"there is no public key at {file}; give one with --public-key");
        try
        {
            using ECDsa key = ECDsa.Create();
            using var reader = new StreamReader(CommonOptions.OpenFile(file));
            key.ImportFromPem(reader.ReadToEnd());
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
