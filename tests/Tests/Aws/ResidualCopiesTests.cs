using Limpid.Core.Erasure;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

public sealed class ResidualCopiesTests
{
    [Theory]
    [InlineData("customer=1", 1)]
    [InlineData("customer=9", 0)]
    public async Task F54_a_certificate_lists_the_copies_that_the_stores_at_hand_keep_where_there_was_anything(string subject, int copies)
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        world.Intercept(ports => ports with { CopiesOutOfReach = _ => Task.FromResult<IReadOnlyList<ResidualCopy>>([new ResidualCopy("replicas of the bucket")]) });
        world.Put("d/a", "{\"id\":1}\n");
        ErasureRequest request = await world.EraseAsync(subject);
        Assert.Equal(Enumerable.Repeat("replicas of the bucket", copies), (await world.CertificateAsync(request.Id)).Residual.Select(r => r.What));
    }
}
