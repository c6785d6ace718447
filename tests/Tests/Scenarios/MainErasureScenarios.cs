using Limpid.Core.Erasure;

namespace Limpid.Tests.Scenarios;

/// <summary>Whole requests in which no time has to pass: they run wherever the functions are, in this process or in processes of their own.</summary>
public abstract class MainErasureScenarios
{
    private protected const string Reviews = "reviews/a.ndjson";

    private protected static readonly string Plain = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private protected abstract Task<ScenarioWorld> OpenAsync(string yaml);

    private protected static string Row(int customer, string text = "x") => $"{{\"CustomerId\":{customer},\"Text\":\"{text}\"}}\n";

    private protected static CancellationToken Stop => ScenarioWorld.Stop;

    private protected Task<ScenarioWorld> OpenAsync(string settings, params string[] datasets) => OpenAsync(ScenarioWorld.Yaml(settings, datasets));

    [Fact]
    public async Task A_no_ends_it_with_its_ground_and_erases_nothing()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        world.Decides = _ => ("reject", "a court needs it");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Rejected, request.Status);
        Assert.Equal("a court needs it", request.Reason);
        Assert.Equal(Row(1) + Row(2), world.Text(Reviews));
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Requester && m.Text.Contains("nothing was erased", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Several_identifiers_are_one_person_and_a_row_goes_by_any_of_them()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0",
            ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}, {kind: email, field: who.mail}], erase: blank"));
        string both = "{\"CustomerId\":2,\"who\":{\"mail\":\"ann@x.example\"}}", one = "{\"who\":[{\"mail\":\" ANN@x.example \"}]}", other = "{\"CustomerId\":3,\"who\":{\"mail\":\"bob@x.example\"}}";
        world.Put(Reviews, $"{both}\n{one}\n{other}\n");
        ErasureRequest request = await world.EraseAsync("customer=2", "email=Ann@X.example");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal($"{"{}".PadRight(both.Length)}\n{"{}".PadRight(one.Length)}\n{other}\n", world.Text(Reviews));
    }

    [Theory]
    [InlineData("block", "{\"from\":1,\"to\":2}\n{\"from\":3,\"to\":1}\n", RequestStatus.CertifiedWithExceptions)]
    [InlineData("erase", "{\"from\":3,\"to\":1}\n", RequestStatus.Certified)]
    [InlineData("mask", "{\"from\":1,\"to\":null}\n{\"from\":3,\"to\":1}\n", RequestStatus.Certified)]
    public async Task Rows_of_several_people_go_by_what_the_dataset_says_of_them(string shared, string after, RequestStatus status)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", ScenarioWorld.Dataset(
            "reviews", "ndjson",
            $"subjects: [{{kind: customer, field: from}}, {{kind: customer, field: to}}], shared: {shared}, erase: drop" + (shared == "mask" ? ", fields: [from, to]" : "")));
        world.Put(Reviews, "{\"from\":1,\"to\":2}\n{\"from\":2,\"to\":2}\n{\"from\":3,\"to\":1}\n");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(status, request.Status);
        Assert.Equal(after, world.Text(Reviews));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal(shared == "block" ? ["1 row names somebody else as well"] : Array.Empty<string>(), certificate.Exceptions.Select(e => e.Reason));
    }

    [Fact]
    public async Task An_object_that_two_plans_erased_from_counts_once_and_its_rows_all()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        bool came = false;
        world.BeforeFunction = (function, _) =>
        {
            // Back in the same object after it was erased, and before it is read again.
            if (function == "verify-erasure" && !came)
                world.Put(Reviews, Row(1) + Row(2, "back") + Row(2, "again"));
            came |= function == "verify-erasure";
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(Row(1), world.Text(Reviews));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((1, 3, 2), (certificate.ObjectsErased, certificate.RowsErased, certificate.Items));
        Assert.Equal(3, certificate.Plans.Count);
    }

    [Fact]
    public async Task Where_the_name_is_the_person_the_object_goes_and_only_that_one()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", ScenarioWorld.Dataset(
            "letters", "csv", "subjects: [{kind: customer, fileName: '^(?<id>[^-]+)-'}], erase: delete"));
        world.Put("letters/15-first.csv", "a\n1\n");
        world.Put("letters/15-second.csv", "a\n2\n");
        world.Put("letters/150-first.csv", "a\n3\n");
        ErasureRequest request = await world.EraseAsync("customer=15");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(["letters/150-first.csv"], world.Lake().Keys);
        Assert.Empty(await world.FoundAsync("customer=15"));
    }

    [Theory]
    [InlineData("approve", RequestStatus.Certified)]
    [InlineData("reject", RequestStatus.CertifiedWithExceptions)]
    public async Task A_place_outside_the_lake_is_closed_by_a_persons_attestation(string verdict, RequestStatus status)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain, $"{{name: crm, location: db1.crm.contacts, format: external, approvers: ['{ScenarioWorld.Crm}']}}");
        world.Put(Reviews, Row(1) + Row(2));
        world.Decides = q => q.Purpose == ApprovalPurpose.Attestation ? (verdict, "ticket 77") : ("approve", "");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(status, request.Status);
        Assert.Equal(Row(1), world.Text(Reviews));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Single(certificate.Attestations);
        Assert.Equal(verdict == "approve" ? 0 : 1, certificate.ExceptionCount);
    }

    [Fact]
    public async Task Unattended_nobody_attests_and_the_place_outside_is_an_exception()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0\nunattended: true", Plain, $"{{name: crm, location: db1.crm.contacts, format: external, approvers: [{ScenarioWorld.Dpo}]}}");
        world.Put(Reviews, Row(1) + Row(2));
        ErasureRequest request = await world.EraseAsync(ScenarioWorld.Asking("customer=2") with { ApproveAs = ScenarioWorld.Dpo });
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(Row(1), world.Text(Reviews));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal("nobody has attested that the person is gone there", Assert.Single(certificate.Exceptions).Reason);
        Assert.Contains("unattended, identity not proven", certificate.Plans[0].Decisions[0].Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_what_its_dataset_says_is_reported_and_left_alone()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", ScenarioWorld.Dataset("orders", "csv", "subjects: [{kind: customer, field: id}], erase: drop"));
        world.Put("orders/a.csv", "id,n\n2,x\n3,y\n");
        world.Put("orders/b.csv", "nr;n\n2;x\n");
        byte[] picture = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0];
        world.Put("orders/c.csv", picture);
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal("id,n\n3,y\n", world.Text("orders/a.csv"));
        Assert.Equal("nr;n\n2;x\n", world.Text("orders/b.csv"));
        Assert.Equal(picture, world.Content("orders/c.csv"));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal([world.Key("orders/b.csv"), world.Key("orders/c.csv")], certificate.Exceptions.Select(e => e.Key).Order(StringComparer.Ordinal));
        Assert.Equal(2, certificate.Scope.Datasets[0].UnreadableObjects);
    }

    [Fact]
    public async Task Malformed_rows_are_counted_never_lost_and_never_touched()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        string broken = "{\"CustomerId\":2,\n";
        world.Put(Reviews, Row(2) + broken + Row(1));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(broken + Row(1), world.Text(Reviews));
        Assert.Equal(1, (await world.CertificateAsync(request.Id)).Scope.Datasets[0].MalformedRows);
    }
}
