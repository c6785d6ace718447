using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>Reads the machine, its flows and the simple states.</summary>
/// <param name="supports">Whether tasks may name an integration.</param>
internal sealed class DefinitionReader(Func<TaskResource, bool> supports, List<DefinitionProblem> problems)
{
    private const int MaxName = 80;
    private const long MaxWait = 99_999_999;

    private readonly HashSet<string> names = [];

    public (Flow? Flow, long? TimeoutSeconds) Machine(JsonData json)
    {
        if (json.Kind != JsonValueKind.Object)
        {
            problems.Add(new("/", "A state machine is an object."));
            return default;
        }
        var fields = new FieldReader(json, "", problems);
        fields.Take("Version");
        long? timeout = fields.Integer("TimeoutSeconds", 1, MaxWait);
        Flow flow = Flow(fields);
        fields.Finish();
        return (flow, timeout);
    }

    public Flow Flow(FieldReader fields)
    {
        fields.QueryLanguage();
        string start = fields.Required("StartAt");
        var states = new Dictionary<string, State>();
        if (fields.Object("States") is { } all)
        {
            foreach (FieldReader state in all.Each())
            {
                string name = state.At[(all.At.Length + 1)..];
                if (name.Length > MaxName)
                    state.Problem("", $"A state's name has {MaxName} characters at most.");
                if (!names.Add(name))
                    state.Problem("", "Another state has this name; names are unique in the whole machine.");
                if (Read(state, name) is { } read)
                    states[name] = read;
            }
            CheckTargets(fields, start, all, states);
        }
        else if (!fields.Has("States"))
            fields.Problem("States", "This field is required.");
        return new(start, states);
    }

    private static void CheckTargets(FieldReader fields, string start, FieldReader all, Dictionary<string, State> states)
    {
        if (start.Length > 0 && !all.Has(start))
            fields.Problem("StartAt", $"There is no state '{start}'.");
        foreach (State state in states.Values)
        {
            IEnumerable<string?> targets = state switch
            {
                ChoiceState choice => choice.Choices.Select(c => (string?)c.Next).Append(choice.Default),
                WorkState work => work.Work.Catch.Select(c => (string?)c.Next).Append(work.Common.Next),
                _ => [state.Common.Next],
            };
            foreach (string target in targets.OfType<string>().Where(t => t.Length > 0 && !all.Has(t)))
                all.Problem(state.Name, $"There is no state '{target}' to go to.");
        }
    }

    private State? Read(FieldReader fields, string name)
    {
        fields.QueryLanguage();
        string type = fields.Required("Type");
        var work = new WorkStateReader(this, supports);
        State? state = type switch
        {
            "Pass" => new PassState(name, Common(fields), fields.Take("Result"), fields.Template("Parameters"), fields.Place("ResultPath")),
            "Succeed" => new SucceedState(name, Common(fields, flows: false)),
            "Fail" => Fail(fields, name),
            "Wait" => Wait(fields, name),
            "Choice" => ChoiceReader.Read(fields, name, Common(fields, flows: false)),
            "Task" => work.Task(fields, name, Common(fields)),
            "Parallel" => work.Parallel(fields, name, Common(fields)),
            "Map" => work.Map(fields, name, Common(fields)),
            _ => null,
        };
        if (state is not null)
            fields.Finish();
        else if (type.Length > 0)
            fields.Problem("Type", $"There is no state type '{type}'.");
        return state;
    }

    /// <param name="flows">Whether the state goes on by Next or End.</param>
    private static StateCommon Common(FieldReader fields, bool flows = true)
    {
        string? next = null;
        if (flows)
        {
            next = fields.Text("Next");
            if (fields.Flag("End") == next is not null)
                fields.Problem("", "There must be either Next or \"End\": true.");
        }
        return new(next, fields.Path("InputPath"), fields.Path("OutputPath"), fields.Template("Assign"));
    }

    private static FailState Fail(FieldReader fields, string name)
    {
        foreach (string field in (string[])["Error", "Cause"])
        {
            if (fields.Has(field) && fields.Has(field + "Path"))
                fields.Problem(field, $"There can be {field} or {field}Path, not both.");
        }
        return new(name, new(null, null, null, null), fields.Text("Error"), fields.Path("ErrorPath", intrinsics: true),
            fields.Text("Cause"), fields.Path("CausePath", intrinsics: true));
    }

    private static WaitState Wait(FieldReader fields, string name)
    {
        string[] forms = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
        if (forms.Count(fields.Has) != 1)
            fields.Problem("", "There must be exactly one of Seconds, SecondsPath, Timestamp and TimestampPath.");
        string? timestamp = fields.Text("Timestamp");
        if (timestamp is not null && !Timestamps.TryParse(timestamp, out _))
            fields.Problem("Timestamp", "This must be an RFC 3339 timestamp, for example 2026-03-14T01:59:00Z.");
        return new(name, Common(fields), fields.Integer("Seconds", 0, MaxWait), fields.Path("SecondsPath"), timestamp, fields.Path("TimestampPath"));
    }
}
