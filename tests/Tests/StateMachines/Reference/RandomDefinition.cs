using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>State machines at random, of every state type, that keep what their paths look for on most ways.</summary>
internal sealed class RandomDefinition(Random random)
{
    /// <summary>What nested executions run.</summary>
    public static IReadOnlyDictionary<string, string> Nested { get; } = new Dictionary<string, string>
    {
        ["good"] = """{"StartAt": "GoodNap", "States": {"GoodNap": {"Type": "Wait", "Seconds": 2, "Next": "GoodSum"}, "GoodSum": {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($.a, 1)"}, "End": true}}}""",
        ["bad"] = """{"StartAt": "BadNap", "States": {"BadNap": {"Type": "Wait", "Seconds": 1, "Next": "BadEnd"}, "BadEnd": {"Type": "Fail", "Error": "Deep", "Cause": "inside"}}}""",
    };

    /// <summary>What ItemReaders find.</summary>
    public const string Stored = """[{"k": 0}, {"k": 1}, {"k": 2}, {"k": 5}]""";

    private static readonly string[] Errors = ["E0", "E1", "E2", "States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout", "States.HeartbeatTimeout", "States.IntrinsicFailure"];
    private int names;

    public JsonData Machine()
    {
        JsonData flow = Flow(depth: 2, [], inMap: false);
        return random.Next(10) == 0 ? flow.With("TimeoutSeconds", JsonData.Of(random.Next(3, 40))) : flow;
    }

    private bool Seldom(int oneIn) => random.Next(oneIn) == 0;

    /// <summary>Mostly the very next state, so that few variables are missed on the way.</summary>
    private string Later(string[] later) => Seldom(3) ? Any(later) : later[0];

    private T Any<T>(params T[] of) => of[random.Next(of.Length)];

    /// <summary>A chain of states; a few ways skip some of them.</summary>
    /// <param name="outer">Variables of the scopes around.</param>
    private JsonData Flow(int depth, IReadOnlyList<string> outer, bool inMap)
    {
        string[] chain = [.. Enumerable.Range(0, random.Next(2, depth == 2 ? 8 : 5)).Select(_ => $"S{names++}")];
        var states = new List<(string, JsonData)>();
        List<string> variables = [.. outer];
        for (int i = 0; i < chain.Length; i++)
        {
            var expressions = new RandomExpressions(random, variables, inMap);
            string[] later = chain[(i + 1)..];
            if (later.Length >= 4 && Seldom(8))
            {
                states.AddRange(Loop(chain[i..(i + 5)], expressions, depth, variables, inMap));
                i += 3;
            }
            else
                states.Add((chain[i], State(expressions, later, depth, variables, inMap)));
        }
        return JsonData.Object(("StartAt", JsonData.Of(chain[0])), ("States", JsonData.Object([.. states])));
    }

    private IEnumerable<(string, JsonData)> Loop(string[] at, RandomExpressions expressions, int depth, List<string> variables, bool inMap)
    {
        string count = $"v{at[0]}";
        variables.Add(count);
        yield return (at[0], JsonData.Parse($$"""{"Type": "Pass", "ResultPath": null, "Assign": {"{{count}}": 0}, "Next": "{{at[1]}}"}"""));
        yield return (at[1], State(expressions, [at[2]], depth, variables, inMap));
        yield return (at[2], JsonData.Parse($$"""{"Type": "Pass", "ResultPath": null, "Assign": {"{{count}}.$": "States.MathAdd(${{count}}, 1)"}, "Next": "{{at[3]}}"}"""));
        yield return (at[3], JsonData.Parse($$"""{"Type": "Choice", "Choices": [{"Variable": "${{count}}", "NumericLessThan": {{random.Next(1, 4)}}, "Next": "{{at[1]}}"}], "Default": "{{at[4]}}"}"""));
    }

    private JsonData State(RandomExpressions e, string[] later, int depth, List<string> variables, bool inMap)
    {
        bool last = later.Length == 0;
        if (last && Seldom(4))
            return Seldom(3) ? Fail(e) : JsonData.Parse("""{"Type": "Succeed"}""");
        string next = last ? "" : Seldom(10) ? Any(later) : later[0];
        var fields = new Dictionary<string, JsonData>();
        switch (random.Next(depth > 0 ? 20 : 12))
        {
            case 0 or 1 or 2:
                Pass(fields, e);
                break;
            case 3 or 4 when !last:
                return Choice(e, later, variables);
            case 5:
                Wait(fields, e);
                break;
            case < 12:
                Task(fields, e);
                break;
            case < 15:
                fields["Type"] = JsonData.Of("Parallel");
                fields["Branches"] = JsonData.Array([.. Enumerable.Range(0, random.Next(1, 4)).Select(i => Branch(i, depth, variables, inMap))]);
                break;
            default:
                Map(fields, e, depth, variables);
                break;
        }
        if (fields["Type"].Text is "Task" or "Parallel" or "Map")
            Failures(fields, e, later);
        if (fields["Type"].Text != "Wait")
            Place(fields, last);
        if (Seldom(4))
        {
            string name = $"v{names++}";
            fields["Assign"] = JsonData.Object((name, JsonData.Of(random.Next(9))), ($"w{depth}.$", JsonData.Of(fields["Type"].Text == "Wait" ? e.Value() : "$")));
            variables.Add(name);
        }
        fields[last ? "End" : "Next"] = last ? JsonData.True : JsonData.Of(next);
        return JsonData.Object(fields);
    }

    /// <summary>Results mostly go beside the input, so that later states find it again.</summary>
    private void Place(Dictionary<string, JsonData> fields, bool last)
    {
        if (!(last && Seldom(2)) && !Seldom(40))
            fields["ResultPath"] = Any(JsonData.Null, JsonData.Of("$.r"), JsonData.Of("$.r.x"), JsonData.Of("$.more.list"), JsonData.Of(Seldom(20) ? "$.n.deep" : "$.rows[1].q"));
        if (last && Seldom(5))
            fields["OutputPath"] = Any(JsonData.Null, JsonData.Of("$.r"), JsonData.Of("$"));
        if (Seldom(30))
            fields["InputPath"] = Any(JsonData.Null, JsonData.Of("$.o"), JsonData.Of("$"));
    }

    private void Pass(Dictionary<string, JsonData> fields, RandomExpressions e)
    {
        fields["Type"] = JsonData.Of("Pass");
        if (Seldom(3))
            fields["Result"] = JsonData.Parse(Any("1.50", "\"text\"", "[1,2]", "{\"x.$\": \"$.n\"}", "null"));
        else if (!Seldom(4))
            fields["Parameters"] = e.Template();
    }

    private JsonData Fail(RandomExpressions e) => Seldom(2)
        ? JsonData.Parse($$"""{"Type": "Fail", "Error": "E{{random.Next(3)}}", "Cause": "a state"}""")
        : JsonData.Object(("Type", JsonData.Of("Fail")), ("ErrorPath", JsonData.Of(Any("$.s", "States.Format('E{}', $.n)"))), ("CausePath", JsonData.Of(Seldom(5) ? e.Path() : "$.rows[0].t")));

    private void Wait(Dictionary<string, JsonData> fields, RandomExpressions e)
    {
        fields["Type"] = JsonData.Of("Wait");
        (string field, JsonData value) = random.Next(4) switch
        {
            0 => ("SecondsPath", JsonData.Of(Seldom(8) ? e.Path() : "$.n")),
            1 => ("Timestamp", JsonData.Of($"2026-01-01T00:00:{random.Next(10, 59)}Z")),
            2 => ("TimestampPath", JsonData.Of("$.at")),
            _ => ("Seconds", JsonData.Of(random.Next(20))),
        };
        fields[field] = value;
    }

    private JsonData Choice(RandomExpressions e, string[] later, List<string> variables)
    {
        // Every way out assigns it, each its own number.
        string? assigned = Seldom(2) ? $"v{names++}" : null;
        JsonData Assigning(JsonData way) => assigned is null ? way : way.With("Assign", JsonData.Object((assigned, JsonData.Of(random.Next(9)))));
        JsonData[] choices = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Assigning(e.Rule().With("Next", JsonData.Of(Later(later)))))];
        JsonData state = Assigning(JsonData.Object(("Type", JsonData.Of("Choice")), ("Choices", JsonData.Array(choices))));
        if (assigned is not null)
            variables.Add(assigned);
        return Seldom(12) ? state : state.With("Default", JsonData.Of(Later(later)));
    }

    private void Task(Dictionary<string, JsonData> fields, RandomExpressions e)
    {
        fields["Type"] = JsonData.Of("Task");
        string payload = $$"""{"try.$": "$$.State.RetryCount", "k": {{random.Next(9)}}, "x.$": "{{e.Path().Replace("\"", "\\\"", StringComparison.Ordinal)}}"}""";
        string resource = "echo", parameters = payload;
        string? selector = null;
        switch (random.Next(10))
        {
            case 0:
                (resource, parameters, selector) = ("arn:aws:states:::lambda:invoke", $$"""{"FunctionName": "{{Any("echo", "flaky")}}", "Payload": {{payload}} }""", """{"p.$": "$.Payload"}""");
                break;
            case 1 or 2:
                resource = "arn:aws:states:::lambda:invoke.waitForTaskToken";
                parameters = $$"""{"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token", "mode": "{{Any(ScriptedAnswer.Yes, ScriptedAnswer.Yes, ScriptedAnswer.Yes, ScriptedAnswer.No, ScriptedAnswer.Never, ScriptedAnswer.Refuse)}}"} }""";
                if (Seldom(3))
                    fields["TimeoutSecondsPath"] = JsonData.Of("$.n");
                else
                    fields["TimeoutSeconds"] = JsonData.Of(random.Next(5, 15));
                if (fields.ContainsKey("TimeoutSeconds") && !Seldom(3))
                {
                    fields["HeartbeatSeconds"] = JsonData.Of(random.Next(1, 5));
                    parameters = Seldom(2) ? parameters : parameters.Replace($"\"{ScriptedAnswer.Yes}\"", $"\"{ScriptedAnswer.Never}\"", StringComparison.Ordinal);
                }
                break;
            case 3:
                bool text = Seldom(2);
                resource = $"arn:aws:states:::states:startExecution.sync{(text ? "" : ":2")}";
                parameters = $$"""{"StateMachineArn": "{{Any("good", "good", "good", "bad")}}", "Input": {"a.$": "$.n"} }""";
                selector = text ? """{"o.$": "States.StringToJson($.Output)"}""" : """{"o.$": "$.Output"}""";
                if (Seldom(5))
                    fields["TimeoutSeconds"] = JsonData.Of(1);
                break;
            case 4 or 5:
                resource = "flaky";
                break;
            case 6:
                resource = "broken";
                break;
        }
        fields["Resource"] = JsonData.Of(resource);
        fields["Parameters"] = JsonData.Parse(parameters);
        if (selector is not null)
            fields["ResultSelector"] = JsonData.Parse(selector);
    }

    /// <summary>Branches that wait each their own time first fail at moments of their own.</summary>
    private JsonData Branch(int number, int depth, List<string> variables, bool inMap)
    {
        JsonData flow = Flow(depth - 1, variables, inMap);
        if (Seldom(3))
            return flow;
        string first = $"S{names++}";
        JsonData wait = JsonData.Object(("Type", JsonData.Of("Wait")), ("Seconds", JsonData.Of(number * 7 + random.Next(1, 7))), ("Next", flow.Get("StartAt")!));
        return flow.With("StartAt", JsonData.Of(first)).With("States", flow.Get("States")!.With(first, wait));
    }

    private void Map(Dictionary<string, JsonData> fields, RandomExpressions e, int depth, List<string> variables)
    {
        fields["Type"] = JsonData.Of("Map");
        bool distributed = Seldom(3);
        bool reads = distributed && Seldom(3), batches = distributed && Seldom(3), writes = distributed && Seldom(4);
        if (!reads)
            fields["ItemsPath"] = JsonData.Of(Seldom(40) ? e.Path() : Any("$.list", "$.rows", "$.rows[*].t"));
        if (Seldom(2))
            fields["MaxConcurrency"] = JsonData.Of(random.Next(4));
        else if (Seldom(3))
            fields["MaxConcurrencyPath"] = JsonData.Of("$.n");
        bool selects = batches || !Seldom(5);
        if (selects)
        {
            fields["ItemSelector"] = JsonData.Object([.. RandomExpressions.Base.Split(' ').Select(name => ($"{name}.$", JsonData.Of($"$.{name}"))),
                ("item.$", JsonData.Of("$$.Map.Item.Value")), ("at_index.$", JsonData.Of("$$.Map.Item.Index"))]);
        }
        JsonData body = !selects || batches || Seldom(4) ? Simple(batches) : Flow(depth - 1, distributed && Seldom(2) ? [] : variables, inMap: !distributed);
        if (distributed)
        {
            body = body.With("ProcessorConfig", JsonData.Parse("""{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}"""));
            if (Seldom(2))
                fields["ToleratedFailureCount"] = JsonData.Of(random.Next(4));
            if (Seldom(3))
                fields["ToleratedFailurePercentage"] = JsonData.Of(random.Next(101));
        }
        fields["ItemProcessor"] = body;
        if (reads)
            fields["ItemReader"] = JsonData.Parse("""{"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "lake", "Key": "items.json"}}""");
        if (batches)
            fields["ItemBatcher"] = JsonData.Object(("MaxItemsPerBatch", JsonData.Of(random.Next(1, 4))));
        if (writes)
        {
            fields["ResultWriter"] = JsonData.Parse("""{"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "lake", "Prefix": "results"}}""");
            fields["ResultSelector"] = JsonData.Parse("""{"bucket.$": "$.ResultWriterDetails.Bucket"}""");
        }
    }

    /// <summary>Iterations that take whatever they are given.</summary>
    private JsonData Simple(bool batches)
    {
        string name = $"S{names++}";
        return JsonData.Parse($$"""
            {"StartAt": "{{name}}", "States": {"{{name}}": {{(batches, random.Next(3)) switch
        {
            (true, _) => """{"Type": "Pass", "Parameters": {"all.$": "$.Items[*].item", "of.$": "States.ArrayLength($.Items)"}, "End": true}""",
            (_, 0) => """{"Type": "Task", "Resource": "echo", "Parameters": {"v.$": "$"}, "End": true}""",
            (_, 1) => """{"Type": "Task", "Resource": "flaky", "Parameters": {"try.$": "$$.State.RetryCount", "k": 2}, "Retry": [{"ErrorEquals": ["E1"], "MaxAttempts": 1}], "End": true}""",
            _ => """{"Type": "Wait", "Seconds": 3, "End": true}""",
        }}} } }
            """);
    }

    private void Failures(Dictionary<string, JsonData> fields, RandomExpressions e, string[] later)
    {
        if (Seldom(2))
        {
            int count = random.Next(1, 3);
            fields["Retry"] = JsonData.Array([.. Enumerable.Range(1, count).Select(i =>
            {
                JsonData retry = JsonData.Object(("ErrorEquals", Named(i == count)), ("IntervalSeconds", JsonData.Of(random.Next(1, 4))), ("MaxAttempts", JsonData.Of(random.Next(4))));
                if (Seldom(2))
                    retry = retry.With("BackoffRate", JsonData.Number(Any("1", "1.5", "3")));
                return Seldom(3) ? retry.With("MaxDelaySeconds", JsonData.Of(random.Next(2, 6))) : retry;
            })]);
        }
        if (later.Length > 0 && !Seldom(5))
        {
            int count = random.Next(1, 3);
            fields["Catch"] = JsonData.Array([.. Enumerable.Range(1, count).Select(i =>
            {
                JsonData catcher = JsonData.Object(("ErrorEquals", Named(i == count)), ("Next", JsonData.Of(Later(later))));
                if (!Seldom(25))
                    catcher = catcher.With("ResultPath", Seldom(3) ? JsonData.Of("$.caught") : JsonData.Null);
                return Seldom(4) ? catcher.With("Assign", JsonData.Object(("c.$", JsonData.Of(Any("$.Error", e.Path()))))) : catcher;
            })]);
        }
    }

    /// <summary>States.ALL only where nothing comes after it.</summary>
    private JsonData Named(bool last) => last && !Seldom(3) ? JsonData.Array([JsonData.Of("States.ALL")])
        : JsonData.Array([.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => JsonData.Of(Any(Errors)))]);
}
