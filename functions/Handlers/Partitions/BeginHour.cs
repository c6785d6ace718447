using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Partitions;

/// <param name="Hours">One pair, or null for all of lake.yaml.</param>
internal sealed record BeginHourInput(string? Hours = null);

/// <param name="Begun">The executions that were begun, or were open already.</param>
internal sealed record BeginHourResult(IReadOnlyList<string> Begun);

/// <summary>The state machine's input.</summary>
internal sealed record HoursInput(string Hours);

/// <summary>
/// <c>begin-hour</c>: every hour begins the execution that registers raw hours and copies those that are over. It is named after the
/// hour: called again it begins no second one. A call that never came is made up for by the next: what is to be done is told by the state.
/// </summary>
internal sealed class BeginHour(Ports ports)
{
    public async Task<BeginHourResult> HandleAsync(BeginHourInput input, CancellationToken cancellation)
    {
        Hour now = Hour.Of(ports.Time.GetUtcNow());
        var begun = new List<string>();
        foreach (HourlyCopy hours in input.Hours is { } one ? [ports.Lake.KnownHours(one)] : ports.Lake.Hours ?? [])
        {
            // A name in lake.yaml has 63 characters at most, so that this has 77; Step Functions takes 80.
            string name = $"{hours.Name}-{now}";
            string text = JsonSerializer.Serialize(new HoursInput(hours.Name), PartitionsJson.Default.HoursInput);
            if (await ports.Workflows.StartAsync(HourBook.StateMachine, name, text, cancellation) == StartOutcome.Started)
                begun.Add(name);
        }
        return new BeginHourResult(begun);
    }
}
