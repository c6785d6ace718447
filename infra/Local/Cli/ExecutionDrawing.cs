using System.Globalization;
using System.Text;
using Limpid.Functions;
using Limpid.Local.StateMachines;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary>Draws the way that an execution took: state by state, with times and what went in and out.</summary>
internal sealed class ExecutionDrawing
{
    /// <summary>Of many iterations only the first are drawn, and those that failed.</summary>
    private const int MostLanes = 5;

    /// <summary>What a level of the tree takes on the left.</summary>
    private const int Indent = 4;

    private const int Narrowest = 24;

    private const int MostOfCause = 600;

    private readonly ExecutionDescription execution;
    private readonly int width;

    private ExecutionDrawing(ExecutionDescription execution, int width) => (this.execution, this.width) = (execution, width);

    public static void Write(TextWriter output, ExecutionDescription execution, IReadOnlyList<HistoryEvent> history)
    {
        bool isSeen = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isSeen ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isSeen ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        if (!isSeen)
            console.Profile.Width = 80;
        console.Write(new ExecutionDrawing(execution, Math.Min(console.Profile.Width, 120)).Draw(StateVisits.Of(history)));
    }

    private Tree Draw(IReadOnlyList<StateVisit> visits)
    {
        var tree = new Tree(new Markup($"[bold]{Markup.Escape($"{execution.StateMachine}/{execution.Name}")}[/] {Dim($"{execution.Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")}"));
        AddAll(tree, visits, 1);
        tree.AddNode(new Markup(Outcome()));
        return tree;
    }

    private string Outcome()
    {
        string took = execution.Stopped is { } stopped ? $" after {Span(stopped - execution.Started)}" : "";
        string redrives = execution.RedriveCount > 0 ? $", redriven {Words.Count(execution.RedriveCount, "time")}" : "";
        string color = execution.Status switch { "SUCCEEDED" => "green", "RUNNING" => "yellow", _ => "red" };
        var text = new StringBuilder($"[{color}]{execution.Status}[/]{took}{redrives}");
        if (execution.Output is not null)
            Line(text, "out", execution.Output.ToString(), 1);
        if (execution.Error is not null || execution.Cause is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n{Markup.Escape(Cut(Why(execution.Error, execution.Cause), MostOfCause))}");
        return text.ToString();
    }

    private void AddAll(IHasTreeNodes above, IEnumerable<StateVisit> visits, int depth)
    {
        string? came = null;
        foreach (StateVisit visit in visits)
        {
            Add(above, visit, came, depth);
            came = visit.Output;
        }
    }

    /// <param name="came">What the state before it gave, which isn't told again.</param>
    private void Add(IHasTreeNodes above, StateVisit visit, string? came, int depth)
    {
        TreeNode node = above.AddNode(new Markup(Describe(visit, came, depth)));
        int?[] lanes = [.. visit.Below.Select(v => v.Lane).Distinct()];
        if (lanes.Length == 1 && visit.Type != "Map")
        {
            AddAll(node, visit.Below, depth + 1);
            return;
        }
        int hidden = 0;
        foreach (int? lane in lanes)
        {
            List<StateVisit> inLane = [.. visit.Below.Where(v => v.Lane == lane)];
            if (lane >= MostLanes && inLane.All(v => v.Left is not null))
            {
                hidden++;
                continue;
            }
            TreeNode branch = node.AddNode(new Markup(Dim($"{(visit.Type == "Map" ? "item" : "branch")} {lane}")));
            AddAll(branch, inLane, depth + 2);
        }
        if (hidden > 0)
            node.AddNode(new Markup(Dim($"and {Words.Count(hidden, "more item")}")));
    }

    private string Describe(StateVisit visit, string? came, int depth)
    {
        bool isOver = execution.Stopped is not null;
        string mark = visit.Left is not null || visit.Type == "Succeed" ? "[green]✓[/]" : isOver ? "[red]✗[/]" : "[yellow]…[/]";
        string took = visit.Left - visit.Entered is { TotalMilliseconds: >= 0.5 } span ? $", took {Span(span)}" : "";
        string what = visit.Resource is null ? visit.Type : $"{visit.Type} {visit.Resource}";
        string times = $"+{Span(visit.Entered - execution.Started)}{took}";
        int room = Room(depth) - 2 - times.Length - 2;
        string name = Cut(visit.Name, Math.Max(room - 8, Narrowest));
        var text = new StringBuilder($"{mark} [bold]{Markup.Escape(name)}[/] {Markup.Escape(Cut(what, Math.Max(room - name.Length - 1, 8)))} {Dim(times)}");
        if (visit.Input is not null && visit.Input != came)
            Line(text, "in ", visit.Input, depth);
        foreach (var (at, error, cause) in visit.Failures)
            Line(text, "[red]✗[/]  ", $"+{Span(at - execution.Started)} {Why(error, cause)}", depth);
        foreach (DateTimeOffset at in visit.Redriven)
            Line(text, "[yellow]↻[/]  ", $"redriven {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC", depth);
        if (visit.Output is not null && visit.Output != visit.Input)
            Line(text, "out", visit.Output, depth);
        return text.ToString();
    }

    private void Line(StringBuilder text, string label, string value, int depth) =>
        text.Append(CultureInfo.InvariantCulture, $"\n  {(label[0] == '[' ? label : Dim(label))} {Markup.Escape(Cut(value, Room(depth) - 7))}");

    private int Room(int depth) => Math.Max(width - depth * Indent, Narrowest);

    private static string Why(string? error, string? cause) => string.Join(": ", new[] { error, cause }.Where(t => !string.IsNullOrEmpty(t)));

    private static string Dim(string text) => $"[grey]{Markup.Escape(text)}[/]";

    /// <summary>One line, with what doesn't fit cut out of its middle: what a state adds stands at the end.</summary>
    private static string Cut(string text, int most)
    {
        string line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        if (line.Length <= most)
            return line;
        int head = most / 2, tail = line.Length - (most - head - 1);
        // Not within a pair of surrogates.
        head -= char.IsHighSurrogate(line[head - 1]) ? 1 : 0;
        tail += char.IsLowSurrogate(line[tail]) ? 1 : 0;
        return $"{line[..head]}…{line[tail..]}";
    }

    /// <summary>12ms, 1.5s, 2m 5s, 3h 20m, 4d 1h.</summary>
    internal static string Span(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 0.5 } => "0s",
        { TotalSeconds: < 1 } => FormattableString.Invariant($"{span.TotalMilliseconds:0}ms"),
        { TotalMinutes: < 1 } => FormattableString.Invariant($"{span.TotalSeconds:0.##}s"),
        { TotalHours: < 1 } => FormattableString.Invariant($"{span.Minutes}m {span.Seconds}s"),
        { TotalDays: < 1 } => FormattableString.Invariant($"{span.Hours}h {span.Minutes}m"),
        _ => FormattableString.Invariant($"{span.Days}d {span.Hours}h"),
    };
}
