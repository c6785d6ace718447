using Limpid.Core.Lake;
using Limpid.Local.Folder;
using Limpid.Local.Home;

namespace Limpid.Local.Storage;

/// <summary>A lake in a folder, with what Limpid keeps of it in the state folder.</summary>
internal sealed class FolderStores(LakeFolder folder, TimeProvider time) : ILakeStores
{
    private readonly FolderStore _objects = new(folder.Root, folder.State, time);
    private readonly FolderStore _evidence = new(folder.Evidence, null, time);
    private readonly SqliteIndex _index = new(folder.State);
    private readonly SqliteStateTable _state = new(folder.State);

    /// <summary>For tasks of state machines the lake is the bucket of its name.</summary>
    public LakeStores Of(LakeConfig lake) => new(
        _objects, _evidence, _index, _state, new FileKillSwitch(folder.State, folder.Own),
        bucket => bucket == LocalStateMachines.EvidenceBucket ? _evidence : bucket == lake.Name ? _objects : null,
        CopiesOutOfReach: null);

    public string Place => folder.Root;

    public string EvidencePlace(string key) => Path.Combine(folder.Evidence, key);

    public void Sweep(CancellationToken cancellation)
    {
        _objects.Sweep(cancellation);
        _evidence.Sweep(cancellation);
    }

    public void Dispose()
    {
        _state.Dispose();
        _index.Dispose();
    }
}
