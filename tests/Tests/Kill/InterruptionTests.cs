using System.Text.Json;

namespace Limpid.Tests.Kill;

/// <summary>Commands that are killed, interrupted or in each other's way, as real processes on a real folder.</summary>
[Collection(Processes.Name)]
public sealed class InterruptionTests : IDisposable
{
    private readonly PeopleLake _lake = new(seed: 7, people: 40, bystanders: 8);
    private readonly string _port = LimpidProcess.FreePort();

    public InterruptionTests() =>
        Assert.SkipUnless(Local.Folder.FolderStore.IsSupported, "erasing in a folder needs 64-bit Linux");

    private string Person => _lake.People[1];

    public void Dispose() => _lake.Dispose();

    [Fact]
    public async Task An_erase_that_was_killed_goes_on_with_the_next_up()
    {
        using LimpidProcess erase = Erase();
        await InStateAsync("EraseObjects");
        await erase.KillAsync();

        using LimpidProcess up = Up(_port);
        await EndedAsync("certified");
        await StopAsync(up);
        NothingIsLeft();
    }

    [Fact]
    public async Task An_erase_that_was_killed_goes_on_with_the_next_erase()
    {
        using LimpidProcess killed = Erase();
        await InStateAsync("EraseObjects");
        await killed.KillAsync();

        using LimpidProcess again = Erase();
        Assert.Equal(0, await again.EndAsync());
        NothingIsLeft();
        // It ends with its own request, when the other may still have its last steps before it.
        using LimpidProcess up = Up(_port);
        await up.SaysAsync("stop with Ctrl-C");
        await EndedAsync("certified");
        await StopAsync(up);
    }

    [Fact]
    public async Task Ctrl_C_while_up_begins_ends_all_of_it()
    {
        for (int time = 0; time < 5; time++)
        {
            using LimpidProcess up = Up(_port);
            await up.SaysAsync("approver's pages");
            up.Interrupt();
            Assert.Equal(0, await up.EndAsync().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Ctrl_C_ends_an_erase_which_goes_on_next_time()
    {
        using LimpidProcess erase = Erase();
        await InStateAsync("EraseObjects");
        erase.Interrupt();
        Assert.Equal(130, await erase.EndAsync());
        Assert.Contains("interrupted; what was begun is kept", erase.Errors, StringComparison.Ordinal);

        using LimpidProcess up = Up(_port);
        await EndedAsync("certified");
        await StopAsync(up);
        NothingIsLeft();
    }

    [Fact]
    public async Task Ctrl_C_ends_up_in_mid_erasure_and_the_next_up_goes_on()
    {
        using LimpidProcess up = Up(_port);
        await up.SaysAsync("stop with Ctrl-C");
        using LimpidProcess erase = Erase("--no-wait");
        await InStateAsync("EraseObjects");
        await erase.KillAsync();
        await StopAsync(up);

        using LimpidProcess next = Up(_port);
        await EndedAsync("certified");
        await StopAsync(next);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_second_up_says_that_it_waits_and_takes_over_when_the_first_dies()
    {
        using LimpidProcess first = Up(_port);
        await first.SaysAsync("stop with Ctrl-C");
        using LimpidProcess second = Up(LimpidProcess.FreePort());
        await second.SaysAsync("another process");
        using LimpidProcess erase = Erase("--no-wait");
        await InStateAsync("EraseObjects");
        await erase.KillAsync();
        await first.KillAsync();

        await EndedAsync("certified");
        await StopAsync(second);
        NothingIsLeft();
    }

    [Fact]
    public async Task An_up_on_a_port_that_is_taken_says_so_in_one_line()
    {
        using LimpidProcess first = Up(_port);
        await first.SaysAsync("stop with Ctrl-C");
        (int exitCode, _, string errors) = await LimpidProcess.RunAsync(_lake.Home, "up", "--lake", _lake.Root, "--port", _port);
        Assert.Equal(2, exitCode);
        Assert.Equal($"limpid: port {_port} is taken; choose another with --port", errors);
        await StopAsync(first);
    }

    [Fact]
    public async Task An_erase_hands_over_to_up_and_takes_over_when_that_is_killed()
    {
        using LimpidProcess up = Up(_port);
        await up.SaysAsync("stop with Ctrl-C");
        using LimpidProcess erase = Erase();
        await InStateAsync("EraseObjects");
        Assert.False(erase.HasExited);
        await up.KillAsync();

        Assert.Equal(0, await erase.EndAsync());
        Assert.Contains("certified:", erase.Output, StringComparison.Ordinal);
        NothingIsLeft();
    }

    private LimpidProcess Up(string port) => LimpidProcess.Start(_lake.Home, "up", "--lake", _lake.Root, "--port", port);

    private LimpidProcess Erase(params string[] more) => LimpidProcess.Start(
        _lake.Home,
        [
            "erase", "--lake", _lake.Root, "--subject", $"customer={Person}", "--requested-by", PeopleLake.Requester,
            "--approve-as", PeopleLake.Approver, "--port", _port, .. more,
        ]);

    private static async Task StopAsync(LimpidProcess up)
    {
        up.Interrupt();
        Assert.Equal(0, await up.EndAsync());
        Assert.Equal("", up.Errors);
    }

    private async Task InStateAsync(string state)
    {
        while (true)
        {
            using var spy = new WorkflowSpy(_lake.Root);
            if (spy.Purges().Contains(state))
                return;
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }

    private async Task EndedAsync(string status)
    {
        using (var spy = new WorkflowSpy(_lake.Root))
        {
            while (spy.Open().Count > 0)
                await Task.Delay(20, TestContext.Current.CancellationToken);
        }
        (int exitCode, string output, string errors) = await LimpidProcess.RunAsync(_lake.Home, "requests", "--lake", _lake.Root, "--json");
        Assert.True(exitCode == 0, errors);
        using var requests = JsonDocument.Parse(output);
        // One erase that was begun twice is two requests; of the second nothing is left to find.
        Assert.All(requests.RootElement.EnumerateArray(), r => Assert.Contains(r.GetProperty("status").GetString(), (string[])[status, "nothing-found"]));
    }

    private void NothingIsLeft() => Assert.Empty(_lake.Differences(new HashSet<string> { Person }));
}
