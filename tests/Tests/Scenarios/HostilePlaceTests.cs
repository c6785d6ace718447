using Limpid.Core.Erasure;

namespace Limpid.Tests.Scenarios;

/// <summary>Things in a lake's folder that are not what they should be must show, and stop nothing else.</summary>
public sealed class HostilePlaceTests
{
    private static string Yaml => ScenarioWorld.Yaml(
        "grace: 0",
        ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop"),
        ScenarioWorld.Dataset("e", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete"));

    [Theory]
    [InlineData("missing")]
    [InlineData("link")]
    [InlineData("file")]
    public async Task A_dataset_whose_folder_is_not_there_is_an_exception_until_it_is(string instead)
    {
        await using FolderWorld world = await FolderWorld.OpenAsync(Yaml);
        world.Put("d/a", "{\"id\":2}\n{\"id\":3}\n");
        world.Put("e/a", "{}\n");
        string folder = Path.Combine(world.Root, "d"), moved = Path.Combine(world.Root, "moved");
        Directory.Move(folder, moved);
        if (instead == "link")
            Directory.CreateSymbolicLink(folder, moved);
        if (instead == "file")
            await File.WriteAllTextAsync(folder, "", ScenarioWorld.Stop);

        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal("{\"id\":2}\n{\"id\":3}\n", world.Text("moved/a"));

        if (instead != "missing")
            File.Delete(folder);
        Directory.Move(moved, folder);
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal("{\"id\":3}\n", world.Text("d/a"));
    }

    [Fact]
    public async Task A_location_that_was_spelt_wrongly_is_forgotten_once_it_is_right()
    {
        string right = ScenarioWorld.Yaml("grace: 0\nunattended: true", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop"));
        using var lake = new CliLake(right.Replace("location: d", "location: dd", StringComparison.Ordinal));
        lake.Put("d/a", "{\"id\":2}\n");
        Assert.Contains("not read: dd/", (await lake.RunAsync("index")).Output, StringComparison.Ordinal);
        (_, string nothing, _) = await lake.RunAsync("find", "--subject", "customer=2");
        Assert.Contains("in no object that could be read", nothing, StringComparison.Ordinal);
        Assert.Contains("not read: dd/", nothing, StringComparison.Ordinal);
        Assert.Equal("dd/", (string?)(await lake.JsonAsync("find", "--subject", "customer=2")).Json["notRead"]![0]!["key"]);

        await File.WriteAllTextAsync(Path.Combine(lake.Root, "lake.yaml"), right, ScenarioWorld.Stop);
        Assert.DoesNotContain("not read:", (await lake.RunAsync("index")).Output, StringComparison.Ordinal);
        Assert.Null((await lake.JsonAsync("find", "--subject", "customer=2")).Json["notRead"]);
        (int exit, string said, _) = await lake.RunAsync("erase", "--subject", "customer=2", "--requested-by", ScenarioWorld.Requester, "--approve-as", ScenarioWorld.Dpo);
        Assert.Equal((0, ""), (exit, lake.Text("d/a")));
        Assert.Contains("certified: 1 row in 1 object", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_no_row_has_is_remarked_on()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: customer.idd}], erase: drop")));
        lake.Put("d/a", "{\"customer\":{\"id\":2}}\nno row\nnor this\n");
        const string Remark = "nobody found: d: none of its rows names anybody; is the field right? customer.idd";
        Assert.Contains(Remark, (await lake.RunAsync("index")).Output, StringComparison.Ordinal);
        Assert.Contains(Remark, (await lake.RunAsync("find", "--subject", "customer=2")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_metadata_file_that_can_not_be_read_stops_no_other_object()
    {
        await using FolderWorld world = await FolderWorld.OpenAsync(Yaml);
        world.Put("d/a", "{\"id\":2}\n{\"id\":3}\n");
        world.Put("e/a", "{}\n");
        world.Put("e/a.meta.json", "{\"owner\":2}");
        world.Put("e/b", "{}\n");
        File.CreateSymbolicLink(Path.Combine(world.Root, "e/b.meta.json"), "a.meta.json");

        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal("{\"id\":3}\n", world.Text("d/a"));
        Assert.Null(world.Text("e/a"));
        Assert.Equal("{}\n", world.Text("e/b"));
    }

    [Fact]
    public async Task Names_of_files_can_not_write_to_the_operators_terminal()
    {
        const string Hostile = "\u001b[2J\u009b31m\u0007\u202egood: all of it";
        using var lake = new CliLake(ScenarioWorld.Yaml(
            "grace: 0\nunattended: true", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/" + Hostile, "{\"id\":2}\n");
        lake.Put("d/unreadable\n" + Hostile, "nothing\n");
        await lake.RunAsync("index");
        await lake.RunAsync("find", "--subject", "customer=2");
        await lake.RunAsync("hold", "--dataset", "d", "--reason", Hostile, "--by", "legal@acme.example");
        await lake.RunAsync("hold", "--dataset", Hostile, "--reason", "r", "--by", "legal@acme.example");
        Assert.Equal(4, (await lake.RunAsync("erase", "--subject", "customer=2", "--requested-by", ScenarioWorld.Requester, "--approve-as", ScenarioWorld.Dpo)).Exit);
        string printed = lake.Printed.ToString();
        Assert.Contains("good: all of it", printed, StringComparison.Ordinal);
        Assert.DoesNotContain(printed, c => c is '\u202e' || (char.IsControl(c) && c is not '\n' and not '\r'));
    }

    [Theory]
    [InlineData("d")]
    [InlineData("d/below")]
    [InlineData("link/below")]
    [InlineData("")]
    [InlineData("lake.yaml")]
    public async Task Limpid_keeps_nothing_where_it_would_hide_a_dataset_from_itself(string state)
    {
        using var lake = new CliLake(ScenarioWorld.Yaml(
            "grace: 0\nunattended: true", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/a", "{\"id\":2}\n");
        File.CreateSymbolicLink(Path.Combine(lake.Root, "link"), "d");
        (int exit, string output, string error) = await lake.RunAsync(
            "erase", "--subject", "customer=2", "--requested-by", ScenarioWorld.Requester, "--approve-as", ScenarioWorld.Dpo, "--state", Path.Combine(lake.Root, state));
        Assert.True(exit == 2 && output == "" && !error.TrimEnd().Contains('\n', StringComparison.Ordinal), $"{exit} {output}{error}");
        Assert.Equal("{\"id\":2}\n", lake.Text("d/a"));
    }

    [Fact]
    public async Task A_request_that_lake_yaml_changed_under_says_so_and_erases_nothing()
    {
        string Lake(string subject) => ScenarioWorld.Yaml("grace: 2h", ScenarioWorld.Dataset("d", "ndjson", $"subjects: [{{kind: customer, field: {subject}}}], erase: drop"));
        await using var world = new MemoryWorld(Lake("id"));
        world.Put("d/a", "{\"id\":2,\"by\":3}\n{\"id\":3,\"by\":2}\n");
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        Assert.True(await world.AnswerAsync() > 0);
        await world.RunAsync();
        Assert.Equal(RequestStatus.Approved, (await world.RequestAsync(id)).Status);
        world.Reread(ScenarioWorld.Read(Lake("by")));

        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.Failed, request.Status);
        Assert.Contains("lake.yaml changed", request.Reason, StringComparison.Ordinal);
        Assert.Equal("{\"id\":2,\"by\":3}\n{\"id\":3,\"by\":2}\n", world.Text("d/a"));
    }
}
