using Limpid.Core.Erasure;
using Limpid.Tests.Adapters;
using Limpid.Tests.Aws;

namespace Limpid.Tests.Scenarios;

/// <summary>The same requests where each function is the published executable in a process of its own.</summary>
[Collection(Processes.Name)]
public sealed class PublishedErasureScenarios(Dynalite dynalite, PublishedFunctions published) : MainErasureScenarios, IClassFixture<Dynalite>, IClassFixture<PublishedFunctions>
{
    private protected override async Task<ScenarioWorld> OpenAsync(string yaml) => await PublishedWorld.StartAsync(yaml, dynalite, published.Folder);

    [Fact]
    public async Task A_person_goes_by_functions_that_share_nothing_but_the_services()
    {
        await using var world = (PublishedWorld)await OpenAsync(ScenarioWorld.Yaml("grace: 0", Plain));
        world.Put(Reviews, Row(1) + Row(2) + Row(3));
        world.Put("reviews/b.ndjson", Row(2, "Canary-77"));

        ErasureRequest request = await world.EraseAsync("customer=2");

        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(Row(1) + Row(3), world.Text(Reviews));
        Assert.Equal("", world.Text("reviews/b.ndjson"));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((2, 2), (certificate.ObjectsErased, certificate.RowsErased));
        Assert.NotNull(SignedDecision.Open(Assert.Single(certificate.Plans[0].Decisions), world.Ports.Signer.PublicKey.Span));
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Requester && m.Text.Contains("A second pass read everything again", StringComparison.Ordinal));
        Assert.InRange(world.Processes, 12, 20);
        // No row of anybody passes between workflow and functions.
        Assert.DoesNotContain(world.Executions.List(world.Clock.GetUtcNow(), null, null), e => e.Input.ToString().Contains("Canary-77", StringComparison.Ordinal));
    }
}
