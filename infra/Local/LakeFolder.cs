using System.Security.Cryptography;
using Limpid.Core.Lake;
using Limpid.Infra.Lake;
using Limpid.Local.Home;
using Limpid.Local.Storage;

namespace Limpid.Local;

/// <summary>Where things are: the lake's folder with its lake.yaml, and beside the data what Limpid keeps.</summary>
/// <param name="Root">The lake.</param>
/// <param name="State">What Limpid keeps; no part of the lake.</param>
/// <param name="IsOnS3">Whether the datasets lie in buckets, and the folder holds no more than lake.yaml.</param>
internal sealed record LakeFolder(string Root, string State, bool IsOnS3 = false)
{
    private const string OwnFolder = ".limpid";

    /// <summary>Where the state is unless somebody says otherwise.</summary>
    public string Own => Path.Combine(Root, OwnFolder);

    public string ConfigFile => Path.Combine(Root, LakeYaml.FileName);

    public string Evidence => Path.Combine(State, "evidence");

    public string Outbox => Path.Combine(State, "outbox");

    /// <summary>The key that decisions and certificates are verified with: for the auditor, who needs nothing else.</summary>
    public string PublicKeyFile => Path.Combine(State, "public-key.pem");

    /// <exception cref="BadInputException">There is no such folder.</exception>
    public static LakeFolder Of(string root, string? state, bool isOnS3 = false)
    {
        string full = Path.GetFullPath(root);
        if (!Directory.Exists(full))
            throw new BadInputException($"there is no folder {root}");
        return new LakeFolder(full, Path.GetFullPath(state ?? Path.Combine(full, OwnFolder)), isOnS3);
    }

    /// <summary>Whether anything was ever asked for here; on S3 only a look there tells.</summary>
    public bool HasState => IsOnS3 || File.Exists(Path.Combine(State, SqliteStateTable.FileName));

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
        LakeProblem[] problems = [.. read.Problems, .. IsOnS3 ? read.OutOfReachOnS3 : read.OutOfReachLocally];
        if (problems.Length > 0)
            throw new BadInputException(string.Join(Environment.NewLine, problems.Select(read.Describe)));
        _read = yaml;
        return read.Config!;
    }

    /// <summary>Refuses a state folder that shares a place with data: that data would be hidden, and nobody be found in it.</summary>
    /// <exception cref="BadInputException">It is the lake's own folder, or overlaps a dataset.</exception>
    public void RefuseState(LakeConfig config)
    {
        string root = RealPath.Of(Root), state = RealPath.Of(State);
        if (state == root)
            throw new BadInputException("the state folder can't be the lake's own folder; name one below it or elsewhere with --state");
        if (IsOnS3 || !IsIn(state, root) || state == Path.Combine(root, OwnFolder))
            return;
        foreach (Dataset dataset in config.Datasets.Where(d => d.Format != DataFormat.External))
        {
            string place = RealPath.Of(Path.Combine(root, dataset.Location));
            if (IsIn(state, place) || IsIn(place, state))
                throw new BadInputException($"the state folder {State} shares its place with dataset {dataset.Name}, whose files it would hide; name another with --state");
        }

        static bool IsIn(string path, string folder) => (path.TrimEnd('/') + "/").StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);
    }

    /// <exception cref="BadInputException">There can be none.</exception>
    public void MakeState()
    {
        try
        {
            SqliteDatabase.CreateFolder(State);
            SqliteDatabase.CreateFolder(Evidence);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"the state folder {State} can't be made: {e.Message}");
        }
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
