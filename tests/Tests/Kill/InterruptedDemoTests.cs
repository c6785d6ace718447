using System.Text.RegularExpressions;

namespace Limpid.Tests.Kill;

/// <summary>Ctrl-C while the demo tells its story.</summary>
[Collection(Processes.Name)]
public sealed partial class InterruptedDemoTests
{
    [Theory]
    [InlineData("$ limpid index")]
    [InlineData("$ limpid find")]
    [InlineData("$ limpid erase")]
    [InlineData("has mail")]
    [InlineData("With the code comes the yes")]
    public async Task An_interrupted_demo_says_in_one_line_where_its_lake_is(string moment)
    {
        Assert.SkipUnless(Local.Folder.FolderStore.IsSupported, "a folder store needs 64-bit Linux");
        using LimpidProcess demo = LimpidProcess.Start(Path.GetTempPath(), "demo");
        await demo.SaysAsync(moment);
        demo.Interrupt();
        int exit = await demo.EndAsync();

        Match line = LinePattern().Match(demo.Errors);
        Assert.True(line.Success, demo.Errors);
        Directory.Delete(line.Groups["folder"].Value, recursive: true);
        Assert.Equal(130, exit);
        Assert.Equal(Path.Combine(line.Groups["folder"].Value, "lake"), line.Groups["lake"].Value);
    }

    [GeneratedRegex("^limpid: interrupted; the half-made lake is in (?<lake>[^ ]+); to be rid of it: rm -r (?<folder>[^ ]+)$")]
    private static partial Regex LinePattern();
}
