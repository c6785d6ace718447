using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Subjects;

namespace Limpid.Local.Home;

/// <summary>
/// The user's configuration folder: all secrets of one machine, apart from every lake and its state. Each is made on first
/// use. Processes that start at the same moment end up with the same secrets.
/// </summary>
internal sealed class UserHome
{
    private const int SecretLength = 32;

    private readonly SecretFolder _folder;
    private readonly TimeProvider _clock;

    private UserHome(SecretFolder folder, TimeProvider clock)
    {
        _folder = folder;
        _clock = clock;
    }

    public string Folder => _folder.Path;

    /// <summary><c>LIMPID_HOME</c>, else <c>XDG_CONFIG_HOME/limpid</c>, else <c>~/.config/limpid</c>.</summary>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <exception cref="UnfitHomeException">None of them is set.</exception>
    public static string Locate(Func<string, string?> environment)
    {
        if (environment("LIMPID_HOME") is { Length: > 0 } own)
            return Path.GetFullPath(own);
        // A relative path is to be ignored, by the XDG specification.
        if (environment("XDG_CONFIG_HOME") is { Length: > 0 } configuration && Path.IsPathFullyQualified(configuration))
            return Path.Combine(configuration, "limpid");
        if (environment("HOME") is { Length: > 0 } home)
            return Path.Combine(Path.GetFullPath(home), ".config", "limpid");
        string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return profile.Length > 0
            ? Path.Combine(profile, ".config", "limpid")
            : throw new UnfitHomeException("there is no home folder to keep secrets in; set LIMPID_HOME");
    }

    /// <summary>Opens the folder, and makes it (0700) where it is missing.</summary>
    /// <exception cref="UnfitHomeException">Others may write to it.</exception>
    public static UserHome Open(string folder, TimeProvider clock) => new(SecretFolder.Open(folder), clock);

    /// <summary>
    /// Throws where the folder is a lake's or lies in it: whoever reads or copies the lake would have the secrets with it.
    /// Symbolic links are followed.
    /// </summary>
    /// <exception cref="UnfitHomeException">It does.</exception>
    public void RefuseInside(string lakeFolder)
    {
        string home = RealPath.Of(Folder), lake = RealPath.Of(lakeFolder);
        if (home == lake || home.StartsWith(lake.TrimEnd('/') + "/", StringComparison.Ordinal))
            throw new UnfitHomeException($"the secrets in {Folder} lie inside the lake; set LIMPID_HOME to a folder outside of it");
    }

    /// <summary>Every live subject secret, the newest first; never empty.</summary>
    /// <exception cref="UnfitHomeException">The file is damaged, or others may read it.</exception>
    public IReadOnlyList<SubjectSecret> SubjectSecrets() => SubjectSecretFile.Read(_folder, _clock);

    /// <summary>Adds a secret with the next number. Everything has to be indexed anew under it; the older ones stay live.</summary>
    /// <exception cref="UnfitHomeException">Another process is adding one just now.</exception>
    public SubjectSecret AddSubjectSecret() => SubjectSecretFile.Add(_folder, _clock);

    /// <summary>For references to objects and the encryption of their names: see <see cref="ObjectNames"/>. 32 bytes.</summary>
    public ReadOnlyMemory<byte> NamingSecret() => Secret("naming.secret");

    /// <summary>For the keyed signatures of links, forms and codes of the approvers' pages. 32 bytes.</summary>
    public ReadOnlyMemory<byte> PageSecret() => Secret("pages.secret");

    /// <summary>The key that signs decisions, certificates and chain heads. The caller disposes of it.</summary>
    public EcdsaSigner Signer() => EcdsaSigner.Open(_folder);

    private byte[] Secret(string name)
    {
        byte[] file = _folder.ReadOrCreate(name, () => Encoding.ASCII.GetBytes(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretLength)) + "\n"));
        string text = Encoding.ASCII.GetString(file).Trim();
        return Base64Url.IsValid(text, out int length) && length == SecretLength
            ? Base64Url.DecodeFromChars(text)
            : throw _folder.Damaged(name);
    }
}
