using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>A state that was entered.</summary>
/// <param name="Line">The line of states that it belongs to: the machine's own, a branch's, an iteration's.</param>
internal sealed record Entered(string Line, string State, TimeSpan At)
{
    /// <summary>It may have been cut off at the very moment in which it would have begun.</summary>
    public bool Perhaps { get; init; }
}

internal sealed record ReferenceOutcome(string Status, JsonData? Output, string? Error, IReadOnlyList<Entered> Entered);

/// <summary>
/// The States Language as its specification reads, one call inside the other: no journal, no resuming, no threads. Time is
/// counted, not waited for; branches run one after the other and are laid beside each other afterwards.
/// </summary>
/// <param name="machines">Those that may be nested, by name.</param>
/// <param name="answer">What a function answers to a payload.</param>
/// <param name="stored">What an ItemReader finds, whatever it is asked for.</param>
internal sealed partial class ReferenceInterpreter(
    IReadOnlyDictionary<string, JsonData> machines, Func<string, JsonData, ScriptedAnswer> answer, JsonData stored, DateTimeOffset start)
{
    public ReferenceOutcome Run(JsonData machine, JsonData input)
    {
        var line = new Line("", null, TimeSpan.Zero, [], input, null);
        JsonData? output = null;
        string? error = null;
        try
        {
            output = Flow(machine, input, line);
        }
        catch (ReferenceFailure failure)
        {
            error = failure.Error;
        }
        if (machine.Get("TimeoutSeconds") is { } seconds && TimeSpan.FromSeconds(seconds.Double()) is var timeout && line.Now >= timeout)
        {
            if (line.Now == timeout)
                throw new UnclearException("the machine's time-out and the end at once");
            return new("TIMED_OUT", null, "States.Timeout", CutOff(line.Log, timeout));
        }
        return new(error is null ? "SUCCEEDED" : "FAILED", output, error, line.Log);
    }

    private JsonData Flow(JsonData flow, JsonData input, Line line)
    {
        string? name = flow.Get("StartAt")!.Text;
        while (name is not null)
        {
            line.Log.Add(new(line.Key, name, line.Now));
            (input, name) = State(name, flow.Get("States")!.Get(name)!, input, line);
        }
        return input;
    }

    private (JsonData Output, string? Next) State(string name, JsonData state, JsonData input, Line line)
    {
        var used = new int[state.Get("Retry")?.Items.Count ?? 0];
        TimeSpan entered = line.Now;
        while (true)
        {
            bool works = state.Get("Type")!.Text is "Task" or "Parallel" or "Map";
            JsonData context = Context(name, entered, works ? used.Sum() : null, line);
            try
            {
                return Once(state, input, context, line);
            }
            catch (ReferenceFailure failure)
            {
                failure.At ??= line.Now;
                line.Now = failure.At.Value;
                if (!failure.Caught || !works)
                    throw;
                if (Delay(state, used, failure) is { } delay)
                    line.Now += delay;
                else if (state.Get("Catch")?.Items.FirstOrDefault(c => failure.Matches(Names(c))) is { } catcher)
                    return Caught(catcher, failure, input, context, line);
                else
                    throw;
            }
        }
    }

    private static IEnumerable<string> Names(JsonData rule) => rule.Get("ErrorEquals")!.Items.Select(e => e.Text);

    private static TimeSpan? Delay(JsonData state, int[] used, ReferenceFailure failure)
    {
        for (int i = 0; i < used.Length; i++)
        {
            JsonData rule = state.Get("Retry")!.Items[i];
            if (!failure.Matches(Names(rule)))
                continue;
            double Number(string field, double missing) => rule.Get(field)?.Double() ?? missing;
            if (used[i] == Number("MaxAttempts", 3))
                return null;
            double seconds = Number("IntervalSeconds", 1) * Math.Pow(Number("BackoffRate", 2), used[i]++);
            return TimeSpan.FromSeconds(Math.Min(seconds, Number("MaxDelaySeconds", double.MaxValue)));
        }
        return null;
    }

    private static (JsonData, string?) Caught(JsonData catcher, ReferenceFailure failure, JsonData input, JsonData context, Line line)
    {
        bool dropped = catcher.Get("ResultPath") is { Kind: JsonValueKind.Null };
        if (failure.Cause is null && !dropped)
            throw new UnclearException("a cause goes on");
        JsonData error = JsonData.Object(("Error", JsonData.Of(failure.Error)), ("Cause", JsonData.Of(failure.Cause ?? "")));
        try
        {
            JsonData? assigned = Assigned(catcher, new(error, context, line.Variable));
            JsonData output = Placed(catcher, input, error);
            line.Assign(assigned);
            return (output, catcher.Get("Next")!.Text);
        }
        catch (ReferenceFailure second)
        {
            // What fails while a failure is caught fails for good.
            second.At = line.Now;
            throw;
        }
    }

    /// <summary>Runs a state once, from its input to its output.</summary>
    private (JsonData, string?) Once(JsonData state, JsonData input, JsonData context, Line line)
    {
        ReferenceValues On(JsonData value) => new(value, context, line.Variable);
        string type = state.Get("Type")!.Text;
        string? next = state.Get("Next")?.Text;
        if (type == "Fail")
            throw Failed(state, On(input));
        JsonData selected = Selected(state, "InputPath", On(input));
        JsonData? assigned;
        JsonData output;
        switch (type)
        {
            case "Choice":
                JsonData? choice = state.Get("Choices")!.Items.FirstOrDefault(c => ReferenceChoices.Holds(c, On(selected)));
                next = (choice?.Get("Next") ?? state.Get("Default"))?.Text ?? throw ReferenceFailure.Runtime();
                assigned = Assigned(choice ?? state, On(selected));
                output = selected;
                break;
            case "Wait":
                line.Now += Waits(state, On(selected), line);
                assigned = Assigned(state, On(selected));
                output = selected;
                break;
            case "Succeed":
                assigned = null;
                output = selected;
                break;
            default:
                JsonData raw = type switch
                {
                    "Task" => Task(state, Filled(state, "Parameters", selected, WithToken(state, context), line), On(selected), line),
                    "Parallel" => Parallel(state, Filled(state, "Parameters", selected, context, line), line),
                    "Map" => Map(state, selected, context, line),
                    _ => state.Get("Result") ?? Filled(state, "Parameters", selected, context, line),
                };
                JsonData result = state.Get("ResultSelector") is { } selector ? On(raw).Template(selector) : raw;
                assigned = Assigned(state, On(result));
                output = Placed(state, input, result);
                break;
        }
        output = Selected(state, "OutputPath", On(output));
        line.Assign(assigned);
        return (output, next);
    }

    private static JsonData Filled(JsonData state, string field, JsonData input, JsonData context, Line line) =>
        state.Get(field) is { } template ? new ReferenceValues(input, context, line.Variable).Template(template) : input;

    private static JsonData? Assigned(JsonData from, ReferenceValues values) => from.Get("Assign") is { } assign ? values.Template(assign) : null;

    private static JsonData Selected(JsonData state, string field, ReferenceValues values) => state.Get(field) switch
    {
        null => values.Input,
        { Kind: JsonValueKind.Null } => JsonData.EmptyObject,
        var path => values.Path(path.Text) ?? throw ReferenceFailure.Runtime(),
    };

    private static JsonData Placed(JsonData state, JsonData input, JsonData result) => state.Get("ResultPath") switch
    {
        null => result,
        { Kind: JsonValueKind.Null } => input,
        var path => ReferencePaths.Put(path.Text[1..], input, result) ?? throw new ReferenceFailure("States.ResultPathMatchFailure", null),
    };

    private static ReferenceFailure Failed(JsonData state, ReferenceValues values)
    {
        string? Told(string field) => state.Get(field + "Path") is { } path
            ? values.Value(path.Text) is { Kind: JsonValueKind.String } text ? text.Text : throw ReferenceFailure.Runtime()
            : state.Get(field)?.Text;
        return new(Told("Error") ?? "", Told("Cause") ?? "");
    }

    private TimeSpan Waits(JsonData state, ReferenceValues values, Line line)
    {
        if (state.Get("Seconds") is { } seconds)
            return TimeSpan.FromSeconds(seconds.Double());
        if (state.Get("SecondsPath") is { } path)
            return values.Path(path.Text) is { } n && n.TryInteger(out long s) && s >= 0 ? TimeSpan.FromSeconds(s) : throw ReferenceFailure.Runtime();
        JsonData? at = state.Get("Timestamp") ?? values.Path(state.Get("TimestampPath")!.Text);
        DateTimeOffset until = (at is null ? null : ReferenceChoices.Time(at)) ?? throw ReferenceFailure.Runtime();
        TimeSpan left = until - start - line.Now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private JsonData Context(string name, TimeSpan entered, int? retries, Line line)
    {
        JsonData state = JsonData.Object(("Name", JsonData.Of(name)),
            ("EnteredTime", JsonData.Of((start + entered).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture))));
        JsonData context = JsonData.Object(
            ("Execution", JsonData.Object(("Input", line.ExecutionInput))), ("State", retries is { } n ? state.With("RetryCount", JsonData.Of(n)) : state));
        return line.Item is { } item ? WithItem(context, item.Index, item.Value) : context;
    }

    private static JsonData WithToken(JsonData state, JsonData context) => state.Get("Resource")!.Text.EndsWith("waitForTaskToken", StringComparison.Ordinal)
        ? context.With("Task", JsonData.Object(("Token", JsonData.Of("a token"))))
        : context;

    private static JsonData WithItem(JsonData context, int index, JsonData value) =>
        context.With("Map", JsonData.Object(("Item", JsonData.Object(("Index", JsonData.Of(index)), ("Value", value)))));

    /// <summary>What had been entered when everything was cut off at a moment.</summary>
    private static List<Entered> CutOff(IEnumerable<Entered> log, TimeSpan at) => [.. log.Where(e => e.At <= at).Select(e => e.At == at ? e with { Perhaps = true } : e)];

    /// <summary>A line of states with its clock and its variables.</summary>
    private sealed class Line(string key, Line? outer, TimeSpan now, List<Entered> log, JsonData executionInput, (int Index, JsonData Value)? item)
    {
        private readonly Dictionary<string, JsonData> variables = [];

        public string Key => key;
        public TimeSpan Now { get; set; } = now;
        public List<Entered> Log => log;
        public JsonData ExecutionInput => executionInput;
        public (int Index, JsonData Value)? Item => item;

        public JsonData? Variable(string name) => variables.GetValueOrDefault(name) ?? outer?.Variable(name);

        public void Assign(JsonData? assigned)
        {
            foreach (var (name, value) in assigned?.Members ?? JsonData.EmptyObject.Members)
                variables[name] = value;
        }
    }
}
