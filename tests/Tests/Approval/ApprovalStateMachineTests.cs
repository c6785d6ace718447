using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Functions;

namespace Limpid.Tests.Approvals;

public sealed partial class ApprovalStateMachineTests
{
    private static readonly string Definition = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "statemachines", "approval.asl.json"));

    [Fact]
    public void Every_placeholder_is_a_function_of_the_table() =>
        Assert.All(PlaceholderPattern().Matches(Definition).Select(m => m.Groups[1].Value),
            name => Assert.Contains(FunctionTable.All, f => f.Placeholder == name));

    [Fact]
    public void F31_a_time_out_leads_to_a_reminder_and_a_reminder_always_back_to_the_question()
    {
        using JsonDocument document = JsonDocument.Parse(Definition);
        JsonElement states = document.RootElement.GetProperty("States");
        JsonElement ask = states.GetProperty("Ask"), remind = states.GetProperty("Remind");
        JsonElement caught = Assert.Single(ask.GetProperty("Catch").EnumerateArray());
        Assert.Equal(["States.Timeout"], caught.GetProperty("ErrorEquals").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal("Remind", caught.GetProperty("Next").GetString());
        Assert.Equal("Ask", remind.GetProperty("Next").GetString());
        Assert.All(remind.GetProperty("Catch").EnumerateArray(), c => Assert.Equal("Ask", c.GetProperty("Next").GetString()));
    }

    [Fact]
    public void F32_only_the_token_and_references_go_into_the_history()
    {
        using JsonDocument document = JsonDocument.Parse(Definition);
        JsonElement payload = document.RootElement.GetProperty("States").GetProperty("Ask").GetProperty("Parameters").GetProperty("Payload");
        Assert.Equal(["requestId.$", "plan.$", "purpose.$", "dataset.$", "taskToken.$"], payload.EnumerateObject().Select(p => p.Name));
    }

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex PlaceholderPattern();
}
