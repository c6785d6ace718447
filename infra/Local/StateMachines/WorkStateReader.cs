namespace Limpid.Local.StateMachines;

/// <summary>Reads Task, Parallel and Map states, with their retriers and catchers.</summary>
internal sealed class WorkStateReader(DefinitionReader flows, Func<TaskResource, bool> supports)
{
    private const long MaxSeconds = 99_999_999;
    private const long MaxDelay = 31_622_400;

    public TaskState Task(FieldReader fields, string name, StateCommon common)
    {
        string text = fields.Required("Resource");
        if (!TaskResource.TryParse(text, out TaskResource? resource))
        {
            if (text.Length > 0)
                fields.Problem("Resource", $"'{text}' is no function and no service integration.");
            resource = new(text, "", "", TaskPattern.RequestResponse, null);
        }
        else if (!supports(resource))
            fields.Problem("Resource", $"There is no integration '{resource.Service}:{resource.ActionInHistory}' here ('{text}').");
        return new(name, common, Work(fields), resource, fields.Amount("TimeoutSeconds", 1, MaxSeconds), fields.Amount("HeartbeatSeconds", 1, MaxSeconds),
            fields.Template("Credentials"));
    }

    public ParallelState Parallel(FieldReader fields, string name, StateCommon common)
    {
        IReadOnlyList<FieldReader> branches = fields.List("Branches");
        if (branches.Count == 0)
            fields.Problem("Branches", "There must be at least one branch.");
        return new(name, common, Work(fields), [.. branches.Select(Inner)]);
    }

    public MapState Map(FieldReader fields, string name, StateCommon common)
    {
        string processorField = fields.Has("ItemProcessor") || !fields.Has("Iterator") ? "ItemProcessor" : "Iterator";
        bool distributed = false;
        Flow flow = new("", new Dictionary<string, State>());
        if (fields.Object(processorField) is { } processor)
        {
            if (processor.Object("ProcessorConfig") is { } config)
            {
                string? mode = config.Text("Mode");
                if (mode is not (null or "INLINE" or "DISTRIBUTED"))
                    config.Problem("Mode", "This must be INLINE or DISTRIBUTED.");
                distributed = mode == "DISTRIBUTED";
                if (config.Text("ExecutionType") is not (null or "STANDARD" or "EXPRESS"))
                    config.Problem("ExecutionType", "This must be STANDARD or EXPRESS.");
                config.Finish();
            }
            flow = Inner(processor);
        }
        else if (!fields.Has(processorField))
            fields.Problem("ItemProcessor", "This field is required.");
        bool hasSelector = fields.Has("ItemSelector");
        if (hasSelector && fields.Has("Parameters"))
            fields.Problem("Parameters", "There can be ItemSelector or Parameters, not both.");
        WorkFields work = Work(fields);
        PayloadTemplate? selector = fields.Template("ItemSelector") ?? work.Parameters;
        var map = new MapFields(flow, distributed, fields.Text("Label"), fields.Path("ItemsPath"), selector,
            fields.Amount("MaxConcurrency", 0), fields.Amount("ToleratedFailureCount", 0), fields.Share("ToleratedFailurePercentage"),
            Reader(fields), Batcher(fields), Writer(fields));
        if (!distributed)
        {
            string[] onlyDistributed = ["ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"];
            foreach (string field in onlyDistributed.Where(fields.Has))
                fields.Problem(field, "Only a Map in mode DISTRIBUTED takes this field.");
        }
        return new(name, common, work with { Parameters = null }, map);
    }

    private Flow Inner(FieldReader fields)
    {
        Flow flow = flows.Flow(fields);
        fields.Finish();
        return flow;
    }

    private static WorkFields Work(FieldReader fields)
    {
        Retrier[] retriers = [.. fields.List("Retry").Select(Retrier)];
        Catcher[] catchers = [.. fields.List("Catch").Select(Catcher)];
        CheckAllIsLast(fields, "Retry", [.. retriers.Select(r => r.ErrorEquals)]);
        CheckAllIsLast(fields, "Catch", [.. catchers.Select(c => c.ErrorEquals)]);
        return new(fields.Template("Parameters"), fields.Template("ResultSelector"), fields.Place("ResultPath"), retriers, catchers);
    }

    private static void CheckAllIsLast(FieldReader fields, string list, IReadOnlyList<IReadOnlyList<string>> errors)
    {
        for (int i = 0; i < errors.Count - 1; i++)
        {
            if (errors[i].Contains(StatesErrors.All))
                fields.Problem($"{list}/{i}", "What comes after States.ALL never applies: it must be the last.");
        }
    }

    private static Retrier Retrier(FieldReader fields)
    {
        string? jitter = fields.Text("JitterStrategy");
        if (jitter is not (null or "NONE" or "FULL"))
            fields.Problem("JitterStrategy", "This must be NONE or FULL.");
        var retrier = new Retrier(Errors(fields), fields.Integer("IntervalSeconds", 0, MaxSeconds) ?? 1, fields.Integer("MaxAttempts", 0, MaxSeconds) ?? 3,
            fields.Number("BackoffRate", 1, double.MaxValue) ?? 2, fields.Integer("MaxDelaySeconds", 1, MaxDelay), jitter == "FULL");
        fields.Finish();
        return retrier;
    }

    private static Catcher Catcher(FieldReader fields)
    {
        var catcher = new Catcher(Errors(fields), fields.Required("Next"), fields.Place("ResultPath"), fields.Template("Assign"));
        fields.Finish();
        return catcher;
    }

    private static IReadOnlyList<string> Errors(FieldReader fields)
    {
        IReadOnlyList<string> errors = fields.Texts("ErrorEquals");
        if (errors.Count == 0)
            fields.Problem("ErrorEquals", "There must be at least one error name.");
        else if (errors.Count > 1 && errors.Contains(StatesErrors.All))
            fields.Problem("ErrorEquals", "States.ALL stands alone.");
        return errors;
    }

    private static ItemReader? Reader(FieldReader map)
    {
        if (map.Object("ItemReader") is not { } fields)
            return null;
        string resource = fields.Required("Resource");
        bool listing = resource.EndsWith(":s3:listObjectsV2", StringComparison.Ordinal);
        if (!listing && resource.Length > 0 && !resource.EndsWith(":s3:getObject", StringComparison.Ordinal))
            fields.Problem("Resource", $"There is no item reader '{resource}' here.");
        PayloadTemplate parameters = fields.Template("Parameters") ?? PayloadTemplate.Parse(JsonData.EmptyObject, "", (_, _) => { });
        ItemFormat format = listing ? ItemFormat.Listing : ItemFormat.Json;
        Amount? maxItems = null;
        IReadOnlyList<string>? headers = null;
        string? pointer = null;
        char delimiter = ',';
        if (fields.Object("ReaderConfig") is { } config)
        {
            string? type = config.Text("InputType");
            if (!listing)
                format = Format(config, type);
            maxItems = config.Amount("MaxItems", 0);
            pointer = config.Text("ItemsPointer");
            if (config.Text("CSVHeaderLocation") is { } location)
                headers = location == "GIVEN" ? config.Texts("CSVHeaders") : null;
            else
                config.Take("CSVHeaders");
            delimiter = Delimiter(config);
            if (config.Text("Transformation") is not (null or "NONE"))
                config.Problem("Transformation", "Only NONE is supported.");
            config.Finish();
        }
        fields.Finish();
        return new(format, parameters, maxItems, headers, delimiter, pointer);
    }

    private static ItemFormat Format(FieldReader config, string? type)
    {
        switch (type)
        {
            case "JSON":
                return ItemFormat.Json;
            case "JSONL":
                return ItemFormat.JsonLines;
            case "CSV":
                return ItemFormat.Csv;
            case "MANIFEST":
                if (config.Text("ManifestType") is { } manifest && manifest != "S3_INVENTORY")
                    config.Problem("ManifestType", $"'{manifest}' is not supported.");
                return ItemFormat.Manifest;
            default:
                config.Problem("InputType", type is null ? "This field is required." : $"'{type}' is not supported.");
                return ItemFormat.Json;
        }
    }

    private static char Delimiter(FieldReader config)
    {
        switch (config.Text("CSVDelimiter"))
        {
            case null or "COMMA":
                return ',';
            case "PIPE":
                return '|';
            case "SEMICOLON":
                return ';';
            case "SPACE":
                return ' ';
            case "TAB":
                return '\t';
            default:
                config.Problem("CSVDelimiter", "This must be COMMA, PIPE, SEMICOLON, SPACE or TAB.");
                return ',';
        }
    }

    private static ItemBatcher? Batcher(FieldReader map)
    {
        if (map.Object("ItemBatcher") is not { } fields)
            return null;
        var batcher = new ItemBatcher(fields.Amount("MaxItemsPerBatch", 0), fields.Amount("MaxInputBytesPerBatch", 0, StatesErrors.PayloadLimit), fields.Template("BatchInput"));
        if (batcher is { MaxItems: null, MaxBytes: null })
            fields.Problem("", "There must be MaxItemsPerBatch or MaxInputBytesPerBatch, or their paths.");
        fields.Finish();
        return batcher;
    }

    private static ResultWriter? Writer(FieldReader map)
    {
        if (map.Object("ResultWriter") is not { } fields)
            return null;
        if (fields.Text("Resource") is { } resource && !resource.EndsWith(":s3:putObject", StringComparison.Ordinal))
            fields.Problem("Resource", $"There is no result writer '{resource}' here.");
        string transformation = ResultWriter.Unshaped;
        bool lines = false;
        if (fields.Object("WriterConfig") is { } config)
        {
            transformation = config.Text("Transformation") ?? transformation;
            if (transformation is not (ResultWriter.Unshaped or "COMPACT" or "FLATTEN"))
                config.Problem("Transformation", "This must be NONE, COMPACT or FLATTEN.");
            string? type = config.Text("OutputType");
            if (type is not (null or "JSON" or "JSONL"))
                config.Problem("OutputType", "This must be JSON or JSONL.");
            lines = type == "JSONL";
            config.Finish();
        }
        var writer = new ResultWriter(fields.Template("Parameters"), lines, transformation);
        fields.Finish();
        return writer;
    }
}
