using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

public sealed class MemoryErasureScenarios : ErasureScenarios
{
    private protected override Task<ScenarioWorld> OpenAsync(string yaml) => Task.FromResult<ScenarioWorld>(new MemoryWorld(yaml));
}

public sealed class VersionedMemoryErasureScenarios : ErasureScenarios
{
    private protected override Task<ScenarioWorld> OpenAsync(string yaml) => Task.FromResult<ScenarioWorld>(new MemoryWorld(yaml, versioned: true));

    private protected override bool KeepsVersions => true;
}

public sealed class FolderErasureScenarios : ErasureScenarios
{
    private protected override async Task<ScenarioWorld> OpenAsync(string yaml) => await FolderWorld.OpenAsync(yaml);
}

/// <summary>Whole requests, from submission to their end, with people deciding on the pages. Every world runs the same ones.</summary>
public abstract partial class ErasureScenarios : MainErasureScenarios
{
    /// <summary>Whether an overwrite leaves a version behind, in which the person is found and counted as well.</summary>
    private protected virtual bool KeepsVersions => false;

    [Fact]
    public async Task A_person_goes_when_the_approver_says_yes()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain);
        world.Put(Reviews, Row(1) + Row(2) + Row(3) + Row(2, "again"));
        world.Put("reviews/b.ndjson", Row(3));

        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        Assert.Equal(RequestStatus.Waiting, (await world.RequestAsync(id)).Status);
        Assert.Equal(1, await world.AnswerAsync());
        await world.RunAsync();
        Assert.Equal(Row(1) + Row(2) + Row(3) + Row(2, "again"), world.Text(Reviews));

        world.Clock.Advance(TimeSpan.FromHours(24));
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(Row(1) + Row(3), world.Text(Reviews));
        Assert.Equal(Row(3), world.Text("reviews/b.ndjson"));
        Certificate certificate = await world.CertificateAsync(id);
        Assert.Equal((1, 2), (certificate.ObjectsErased, certificate.RowsErased));
        Assert.Single(certificate.Plans[0].Decisions);
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Requester && m.Text.Contains("A second pass read everything again", StringComparison.Ordinal));
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Operator && m.Text.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_found_is_certified_as_that()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        world.Put(Reviews, Row(1));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.NothingFound, request.Status);
        Assert.Empty((await world.CertificateAsync(request.Id)).Exceptions);
    }

    [Theory]
    [InlineData("{\"CustomerId\":2}\n{\"CustomerId\":2}\n", true)]
    [InlineData("{\"CustomerId\":2}\n{\"CustomerId\":3}\n", false)]
    [InlineData("{\"CustomerId\":2}\n{\"CustomerId\":2\n", false)]
    [InlineData("{\"CustomerId\":2}\n{\"Other\":2}\n", false)]
    public async Task Delete_removes_an_object_only_where_every_row_is_proven_the_persons(string content, bool goes)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: delete"));
        world.Put(Reviews, content);
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(goes ? RequestStatus.Certified : RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(goes ? null : content, world.Text(Reviews));
    }

    [Fact]
    public async Task A_row_appended_between_approval_and_erasing_comes_back_for_approval()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        world.Put("reviews/b.ndjson", Row(2, "b") + Row(4));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        await world.RunAsync();
        world.Clock.Advance(TimeSpan.FromHours(1));
        world.Put(Reviews, Row(1) + Row(2) + Row(2, "new"));
        world.Decides = _ => null;
        world.Clock.Advance(TimeSpan.FromHours(23));
        await world.RunAsync();

        // What was approved is done; what changed waits for a decision of its own.
        Assert.Equal(Row(4), world.Text("reviews/b.ndjson"));
        Assert.Equal(Row(1) + Row(2) + Row(2, "new"), world.Text(Reviews));
        ErasureRequest waiting = await world.RequestAsync(id);
        Assert.Equal((RequestStatus.Waiting, 2), (waiting.Status, waiting.Plan!.Number));
        world.Decides = _ => ("approve", "");
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal(Row(1), world.Text(Reviews));
        Certificate certificate = await world.CertificateAsync(id);
        Assert.Equal((2, KeepsVersions ? 4 : 3), (certificate.ObjectsErased, certificate.RowsErased));
        Assert.Equal([1, 1, 0], certificate.Plans.Select(p => p.Decisions.Count));
    }

    [Fact]
    public async Task A_no_to_a_supplementary_plan_leaves_its_objects_alone_and_certifies_the_rest()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        world.Put("reviews/b.ndjson", Row(2, "b") + Row(4));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        await world.RunAsync();
        world.Put(Reviews, Row(1) + Row(2) + Row(2, "new"));
        world.Decides = _ => ("reject", "wait for the audit");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, (await world.FinishAsync(id)).Status);
        Assert.Equal(Row(4), world.Text("reviews/b.ndjson"));
        Assert.Equal(Row(1) + Row(2) + Row(2, "new"), world.Text(Reviews));
        Certificate certificate = await world.CertificateAsync(id);
        Assert.All(certificate.Exceptions, e => Assert.Equal((Reviews, true), (e.Key, e.Reason.Contains("wait for the audit", StringComparison.Ordinal))));
        Assert.Equal(KeepsVersions ? 2 : 1, certificate.Exceptions.Count);
        Assert.Equal(1, certificate.ObjectsErased);
        string told = world.Mails().Last(m => m.To == ScenarioWorld.Requester).Text;
        Assert.DoesNotContain("nothing was erased", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_of_others_may_come_and_go_between_approval_and_erasing()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        world.Put(Reviews, Row(5) + Row(2) + Row(6));
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal(Row(5) + Row(6), world.Text(Reviews));
        // In the old version stands a row that is nowhere else: its going is for the approvers to see first.
        Assert.Equal(KeepsVersions ? 3 : 2, (await world.CertificateAsync(id)).Plans.Count);
    }

    [Fact]
    public async Task An_object_that_came_after_the_as_of_time_is_reported_as_resurfaced_and_left_alone()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        world.Clock.Advance(TimeSpan.FromHours(1));
        world.Put("reviews/new.ndjson", Row(2, "new"));
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal(Row(2, "new"), world.Text("reviews/new.ndjson"));
        Assert.Equal(["reviews/new.ndjson"], (await world.CertificateAsync(id)).Resurfaced);
    }

    [Fact]
    public async Task An_object_and_its_metadata_file_go_together()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", ScenarioWorld.Dataset(
            "docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner.id}], erase: delete"));
        world.Put("docs/a.ndjson", "{\"t\":1}\n");
        world.Put("docs/a.ndjson.meta.json", "{\"owner\":{\"id\":\"2\"}}");
        world.Put("docs/b.ndjson", "{\"t\":1}\n");
        world.Put("docs/b.ndjson.meta.json", "{\"owner\":{\"id\":\"3\"}}");
        Assert.Equal(["docs/a.ndjson"], await FoundAfterListing(world, "customer=2"));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(["docs/b.ndjson", "docs/b.ndjson.meta.json"], world.Lake().Keys);
        Assert.Equal(2, (await world.CertificateAsync(request.Id)).Scope.Datasets[0].Objects + 1);
    }

    [Fact]
    public async Task A_name_that_stays_is_an_exception_where_only_rows_are_dropped()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", ScenarioWorld.Dataset(
            "letters", "csv", "subjects: [{kind: customer, fileName: '^(?<id>[^-]+)-'}], erase: drop"));
        world.Put("letters/15-first.csv", "a\n1\n");
        ErasureRequest request = await world.EraseAsync("customer=15");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Contains("its name still names the person", (await world.CertificateAsync(request.Id)).Exceptions[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reviews/t/_delta_log/00000000000000000000.json")]
    [InlineData("reviews/t/metadata/v1.metadata.json")]
    [InlineData("reviews/t/.hoodie/hoodie.properties")]
    public async Task Files_of_a_table_format_are_refused_and_left_alone(string marker)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        world.Put("reviews/t/part-0.ndjson", Row(2));
        world.Put(marker, "{}\n");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(Row(1), world.Text(Reviews));
        Assert.Equal(Row(2), world.Text("reviews/t/part-0.ndjson"));
        Assert.Contains((await world.CertificateAsync(request.Id)).Exceptions, e => e.Key == "reviews/t/part-0.ndjson" && e.Reason.Contains("table", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_of_the_lakes_rules_after_the_approval_erases_nothing()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        await world.RunAsync();
        world.Reread(world.Ports.Lake with { Datasets = [world.Ports.Lake.Datasets[0] with { Erase = EraseMode.Blank }] });
        Assert.Equal(RequestStatus.Failed, (await world.FinishAsync(id)).Status);
        Assert.Equal(Row(1) + Row(2), world.Text(Reviews));
    }

    [Theory]
    [InlineData("")]
    [InlineData("customer")]
    public async Task Refused_input_changes_nothing(string by)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0\nrequesters: [{mail: desk@acme.example}]", Plain);
        world.Put(Reviews, Row(2));
        SubmitInput good = ScenarioWorld.Asking("customer=Canary-77");
        SubmitInput[] bad =
        [
            good with { Subjects = [] },
            good with { Subjects = [new GivenIdentifier("passport", "1")] },
            good with { RequestedBy = by },
            good with { RequestedBy = "somebody@else.example" },
            good with { Case = "about Canary-77" },
            good with { Received = new DateOnly(2026, 3, 11) },
            good with { ApproveAs = ScenarioWorld.Dpo },
        ];
        foreach (SubmitInput input in bad)
        {
            SubmitResult result = await world.TrySubmitAsync(input);
            Assert.Null(result.RequestId);
            Assert.DoesNotContain("Canary-77", result.Problem, StringComparison.Ordinal);
        }
        Assert.Empty(await new Requests(world.Ports.State).ListAsync(Stop).ToListAsync(Stop));
    }

    private static async Task<string[]> FoundAfterListing(ScenarioWorld world, string subject)
    {
        await world.ReconcileAsync();
        return await world.FoundAsync(subject);
    }
}
