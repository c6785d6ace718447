using System.Security.Cryptography;
using Limpid.Core.Lake;
using Limpid.Infra.Lake;

namespace Limpid.Local;

/// <summary>Where things are: the lake's folder with its lake.yaml, and beside the data what Limpid keeps.</summary>
/// <param name="Root">The lake.</param>
/// <param name="State">What Limpid keeps; no part of the lake.</param>
internal sealed record LakeFolder(string Root, string State)
{
    public string ConfigFile => Path.Combine(Root, LakeYaml.FileName);

    public string Evidence => Path.Combine(State, "evidence");

    public string Outbox => Path.Combine(State, "outbox");

    /// <summary>The key that decisions and certificates are verified with: for the auditor, who needs nothing else.</summary>
    public string PublicKeyFile => Path.Combine(State, "public-key.pem");

    /// <exception cref="BadInputException">There is no such folder.</exception>
    public static LakeFolder Of(string root, string? state)
    {
        string full = Path.GetFullPath(root);
        if (!Directory.Exists(full))
            throw new BadInputException($"there is no folder {root}");
        return new LakeFolder(full, Path.GetFullPath(state ?? Path.Combine(full, ".limpid")));
    }

    private string? _read;

    /// <param name="known">What was read last; returned again while the file is the same.</param>
    /// <exception cref="BadInputException">There is no lake.yaml, or it is wrong: one line a problem, with line and column.</exception>
    public LakeConfig ReadConfig(LakeConfig? known = null)
    {
        string yaml;
        try
        {
            yaml = File.ReadAllText(ConfigFile);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"there is no {LakeYaml.FileName} in {Root}; the README shows one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{ConfigFile} can't be read: {e.Message}");
        }
        if (known is not null && yaml == _read)
            return known;
        LakeYamlResult read = LakeYaml.Read(yaml, ConfigFile);
        LakeProblem[] problems = [.. read.Problems, .. read.OutOfReachLocally];
        if (problems.Length > 0)
            throw new BadInputException(string.Join(Environment.NewLine, problems.Select(read.Describe)));
        _read = yaml;
        return read.Config!;
    }

    public void PublishKey(ReadOnlySpan<byte> spki)
    {
        string pem = new string(PemEncoding.Write("PUBLIC KEY", spki)) + "\n";
        if (!File.Exists(PublicKeyFile) || File.ReadAllText(PublicKeyFile) != pem)
            File.WriteAllText(PublicKeyFile, pem);
    }
}

/// <summary>What somebody gave is wrong: said in a clear line on standard error, exit code 2, and nothing was changed.</summary>
internal sealed class BadInputException(string message) : Exception(message);
