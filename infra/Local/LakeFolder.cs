using System.Security.Cryptography;
using Limpid.Core.Lake;
using Limpid.Infra.Lake;
using Limpid.Local.Home;

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
        var folder = new LakeFolder(full, Path.GetFullPath(state ?? Path.Combine(full, ".limpid")));
        if (File.Exists(folder.State))
            throw new BadInputException($"{state} is no folder");
        return folder.StateBelowRoot() is "./" ? throw new BadInputException("what Limpid keeps needs a folder of its own, not the lake's") : folder;
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
        // What Limpid keeps is no part of the lake: in there the dataset would have no objects, and nobody would be found in it.
        if (StateBelowRoot() is { } state && read.Config!.Datasets.FirstOrDefault(d => d.Format != DataFormat.External
            && (state.StartsWith(d.Location, StringComparison.Ordinal) || d.Location.StartsWith(state, StringComparison.Ordinal))) is { } dataset)
            throw new BadInputException($"what Limpid keeps is in {State}, and the dataset {dataset.Name} is in {dataset.Location}: neither may lie in the other");
        _read = yaml;
        return read.Config!;
    }

    /// <summary>Where the state is below the lake's folder, with slashes and one at the end; null where it is elsewhere.</summary>
    private string? StateBelowRoot()
    {
        string relative = Path.GetRelativePath(RealPath.Of(Root), RealPath.Of(State)).Replace(Path.DirectorySeparatorChar, '/') + "/";
        return relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? null : relative;
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
