namespace Limpid.Tests.Home;

/// <summary>An empty folder of its own (0700), gone when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("limpid-test-");

    public string Root => _folder.FullName;

    public string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public void Dispose() => _folder.Delete(recursive: true);
}
