using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Adapters;

/// <summary>For functions that neither sign nor check: no signature is good, and none is made.</summary>
internal sealed class ClosedSigner : ISigner
{
    public ReadOnlyMemory<byte> PublicKey => throw Closed();

    public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) => throw Closed();

    private static ClosedSecretException Closed() => new("the signing key");
}
