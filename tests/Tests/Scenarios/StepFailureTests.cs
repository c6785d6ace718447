using Limpid.Core.Erasure;

namespace Limpid.Tests.Scenarios;

/// <summary>A step that fails for a moment (a database or mail server away) is tried again; the request does not fail for it.</summary>
public sealed class StepFailureTests
{
    public static TheoryData<string> Functions => [.. new[]
    {
        "reconcile-lake", "locate-subject", "request-approval", "settle-approval", "begin-erasure", "erase-rows", "count-outcomes", "verify-erasure",
        "certify-erasure", "notify",
    }];

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task F23_a_failure_that_passes_fails_no_request(string step)
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml(
            "grace: 0", ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop"),
            $"{{name: crm, location: db1.crm.contacts, format: external, approvers: ['{ScenarioWorld.Crm}']}}"));
        world.Put("reviews/a.ndjson", "{\"CustomerId\":1}\n{\"CustomerId\":2}\n");
        int failures = 0;
        world.FailsBefore = function => function == step && Interlocked.Increment(ref failures) <= 3;
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.True(failures > 3, $"{failures} calls");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal("{\"CustomerId\":1}\n", world.Text("reviews/a.ndjson"));
    }
}
