using Amazon.S3;
using Limpid.Core.Ports;
using Limpid.Tests.Contracts;

namespace Limpid.Tests.Adapters;

/// <summary>The object store's contract on S3, in a bucket without versions.</summary>
public abstract class S3StoreContract : ObjectStoreContract, IAsyncLifetime
{
    private S3Lab _lab = null!;
    private IObjectStore _store = null!;

    protected override IObjectStore Store => _store;

    public async ValueTask InitializeAsync()
    {
        _lab = await S3Lab.StartAsync(TimeProvider.System);
        _store = StoreIn(_lab);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _lab.DisposeAsync();
    }

    private protected virtual IObjectStore StoreIn(S3Lab lab) => lab.Store();

    /// <summary>What the objects' names in the bucket begin with.</summary>
    private protected virtual string Prefix => "";

    protected override void RivalWrites(string key, string content) => _lab.Put(Prefix + key, content);

    protected override void RivalRemoves(string key) => _lab.Remove(Prefix + key);

    protected override bool RivalTags(string key, string tag, string value)
    {
        _lab.Tag(Prefix + key, tag, value);
        return true;
    }
}

public sealed class S3StoreContractTests : S3StoreContract;

public sealed class S3VersionedStoreContractTests : VersionedStoreContract, IAsyncLifetime
{
    private S3Lab _lab = null!;
    private IObjectStore _store = null!;

    protected override IObjectStore Store => _store;

    public async ValueTask InitializeAsync()
    {
        _lab = await S3Lab.StartAsync(TimeProvider.System, versioned: true);
        _store = _lab.Store();
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    protected override void RivalWrites(string key, string content) => _lab.Put(key, content);

    protected override void RivalRemoves(string key) => _lab.Remove(key);

    protected override bool RivalTags(string key, string tag, string value)
    {
        _lab.Tag(key, tag, value);
        return true;
    }

    protected override void Suspend(bool suspended) =>
        _lab.VersionAsync(suspended ? VersionStatus.Suspended : VersionStatus.Enabled).GetAwaiter().GetResult();
}

public sealed class S3PrefixedStoreContractTests : S3StoreContract
{
    private protected override string Prefix => "evidence/of a lake/";

    private protected override IObjectStore StoreIn(S3Lab lab) => lab.Store(Prefix);
}
