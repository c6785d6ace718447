using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Tests.Adapters;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// A versioned erasure on the adapters of AWS, with a crash at every side effect of erasing and of the second pass. Each run goes wrong
/// several times, so far apart that no step of the workflow uses its attempts up; all runs together come by every effect.
/// </summary>
[Collection(Processes.Name)]
public sealed class AwsCrashTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    /// <summary>Effects between two crashes of a run, and how many runs there are.</summary>
    private const int Apart = 10;

    private static readonly string[] Keys = ["reviews/a", "docs/x", "docs/x.meta.json"];

    private static readonly string Yaml = ScenarioWorld.Yaml(
        "grace: 0",
        ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop"),
        ScenarioWorld.Dataset("docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete"));

    [Theory]
    [InlineData(Crash.Before)]
    [InlineData(Crash.After)]
    [InlineData(Crash.AnswerLost)]
    public async Task F45_Wherever_a_versioned_erasure_is_killed_it_ends_as_the_clean_run_does(Crash crash)
    {
        int effects;
        Ending clean;
        using (var nowhere = new CrashPoint(0, crash))
        {
            clean = await RunAsync(nowhere);
            effects = nowhere.Effects;
        }
        Assert.Equal((RequestStatus.Certified, 2, 5, 6L), (clean.Status, clean.Objects, clean.Rows, clean.Versions));
        Assert.InRange(effects, 3 * Apart, 200);
        var wrong = new List<string>();
        for (int at = 1; at <= Apart; at++)
        {
            using var point = new CrashPoint(at, crash, Apart);
            Ending ending = await RunAsync(point);
            if (ending != clean)
                wrong.Add($"{crash} {at} and every {Apart} ({point.Where}): {ending}");
        }
        Assert.True(wrong.Count == 0, $"clean, {effects} effects: {clean}\n{string.Join('\n', wrong)}");
    }

    private async Task<Ending> RunAsync(CrashPoint point)
    {
        await using AwsWorld world = await AwsWorld.StartAsync(
            Yaml, dynalite, versioned: true, (function, ports) => function is "erase-rows" or "verify-erasure" ? point.Around(ports) : ports, parallelTasks: 1);
        foreach (int other in new[] { 3, 4, 5 })
            world.Put("reviews/a", $"{{\"CustomerId\":2}}\n{{\"CustomerId\":{other}}}\n");
        foreach (int text in new[] { 1, 2 })
            world.Put("docs/x", $"{{\"t\":{text}}}\n");
        world.Put("docs/x.meta.json", "{\"owner\":2,\"v\":1}");
        world.Put("docs/x.meta.json", "{\"owner\":2}");
        world.BeforeFunction = (_, _) =>
        {
            point.StartAgain();
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Certificate? certificate = request.Certificate is null ? null : await world.CertificateAsync(request.Id);
        var left = new List<string>();
        foreach (string key in Keys)
        {
            foreach (ObjectInfo version in await VersionedWorlds.VersionsAsync(world, key))
                left.Add($"{key} {(version.IsDeleteMarker ? "marker" : version.ETag)}");
        }
        return new Ending(
            request.Status, string.Join('|', left), string.Join(',', await world.FoundAsync("customer=2")),
            certificate?.ObjectsErased ?? -1, certificate?.RowsErased ?? -1, certificate?.ExceptionCount ?? -1, certificate?.VersionsRemoved ?? 0, certificate?.Plans.Count ?? 0);
    }

    /// <param name="Found">Of the person in the index.</param>
    private sealed record Ending(RequestStatus Status, string Lake, string Found, long Objects, long Rows, long Exceptions, long Versions, int Plans);
}
