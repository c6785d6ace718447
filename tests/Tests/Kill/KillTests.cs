using System.Globalization;

namespace Limpid.Tests.Kill;

/// <summary>
/// <c>limpid up</c> is killed at random moments while people are erased. How often: <c>LIMPID_KILLS</c> (200 if unset); a failing
/// run is repeated with the seed that it printed in <c>LIMPID_KILL_SEED</c> (the moments then are the same, up to the machine's pace).
/// </summary>
[Collection(Processes.Name)]
public sealed class KillTests
{
    private const int Lakes = 2;

    [Fact]
    public async Task Killed_at_random_moments_every_request_ends_nothing_is_lost_and_nothing_is_left()
    {
        Assert.SkipUnless(Local.Folder.FolderStore.IsSupported, "erasing in a folder needs 64-bit Linux");
        int kills = Number("LIMPID_KILLS") ?? 200;
        int seed = Number("LIMPID_KILL_SEED") ?? Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}, {kills} kills");
        await Task.WhenAll(Enumerable.Range(0, Lakes).Select(i => KillAsync(seed + i, (kills + i) / Lakes)));
    }

    private static async Task KillAsync(int seed, int kills)
    {
        using var lake = new KilledLake(seed);
        await lake.KillAsync(kills);
        await lake.FinishAsync();
        List<string> problems = await lake.ProblemsAsync();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"seed {seed}: {kills} kills, {lake.Requests} requests, {lake.RivalWrites} writes by others; killed in "
            + string.Join(", ", lake.KilledIn.Select(k => $"{k.Key} {k.Value}")));
        Assert.True(problems.Count == 0, $"seed {seed}:\n{string.Join('\n', problems)}");
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
