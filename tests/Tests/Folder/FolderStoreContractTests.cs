using Limpid.Core.Ports;
using Limpid.Local.Folder;
using Limpid.Tests.Contracts;

namespace Limpid.Tests.Folder;

[Collection(Processes.Name)]
public sealed class FolderStoreContractTests : ObjectStoreContract, IDisposable
{
    private readonly LakeFolder lake = new();
    private readonly FolderStore store;

    public FolderStoreContractTests() => store = new FolderStore(lake.Root);

    protected override IObjectStore Store => store;

    protected override void RivalWrites(string key, string content) => lake.Replace(key, content);

    protected override void RivalRemoves(string key) => File.Delete(lake.PathOf(key));

    public void Dispose() => lake.Dispose();
}
