using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.State;
using Limpid.Local.Aws;
using Limpid.Local.Folder;
using Limpid.Local.Storage;

namespace Limpid.Local;

/// <summary>What was kept of a lake's requests for whoever verifies it. Away from the lake there is nothing.</summary>
/// <param name="Files">Plans, certificates and lists of items; null where there are none.</param>
/// <param name="State">With the audit chains; null where there are none.</param>
/// <param name="PlaceOf">Where a file is, for people.</param>
internal sealed record KeptEvidence(IObjectStore? Files, IStateTable? State, Func<string, string> PlaceOf, IDisposable? Owner) : IDisposable
{
    private const string Certificates = "certificates/";

    /// <param name="endpoint">Where the lake's buckets are; null for a lake in the folder itself. It is disposed of with this.</param>
    public static async Task<KeptEvidence> OpenAsync(LakeFolder folder, AwsEndpoint? endpoint, CancellationToken cancellation)
    {
        if (endpoint is not null)
        {
            LakeConfig lake = folder.ReadConfig();
            EndpointStores there = await EndpointStores.OpenAsync(endpoint, lake, folder, TimeProvider.System, cancellation);
            LakeStores stores = there.Of(lake);
            return new KeptEvidence(stores.Evidence, stores.State, there.EvidencePlace, there);
        }
        SqliteStateTable? state = folder.HasState ? new SqliteStateTable(folder.State) : null;
        return new KeptEvidence(
            Directory.Exists(folder.Evidence) ? new FolderStore(folder.Evidence) : null, state, key => Path.Combine(folder.Evidence, key), state);
    }

    /// <summary>The keys of all certificates, in order.</summary>
    public async Task<IReadOnlyList<string>> CertificatesAsync(CancellationToken cancellation) => Files is null ? [] :
        await Files.ListAsync(Certificates, null, cancellation)
            .Where(file => file is { IsCurrent: true, IsDeleteMarker: false } && file.Key.EndsWith(".json", StringComparison.Ordinal))
            .Select(file => file.Key).ToListAsync(cancellation);

    public async Task<bool> HasCertificateAsync(string requestId, CancellationToken cancellation) =>
        Files is not null && await Files.HeadAsync(Certificate.KeyOf(requestId), cancellation) is not null;

    /// <summary>Null where it is not kept.</summary>
    public async Task<Stream?> OpenAsync(string key, CancellationToken cancellation) =>
        Files is not null && await Files.HeadAsync(key, cancellation) is { } info ? await Files.OpenReadAsync(info, 0, cancellation) : null;

    public async Task<byte[]?> ReadAsync(string key, CancellationToken cancellation) =>
        Files is null ? null : await new EvidenceFiles(Files).ReadAsync(key, cancellation);

    public void Dispose() => Owner?.Dispose();
}
