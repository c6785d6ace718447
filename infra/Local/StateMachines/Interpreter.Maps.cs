using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>Map states, inline and distributed.</summary>
internal sealed partial class Interpreter
{
    /// <summary>The most iterations at once that the service runs inline.</summary>
    private const int MaxInline = 40;

    /// <summary>The most child executions at once here; the others wait on disk or in the items' file, not in memory.</summary>
    private const int MaxDistributed = 128;

    /// <summary>How many items are read at a time.</summary>
    private const int ReadAtOnce = 256;

    private void BeginMap(Frame frame, MapState state)
    {
        MapFields map = state.Map;
        Evaluation on = On(frame, InputOf(frame));
        frame.Attempt++;
        long concurrency = AmountOf(map.MaxConcurrency, "MaxConcurrency", on) ?? 0;
        long? total = map.Reader is null ? ItemsOf(frame, map).Count : null;
        Event(frame, "MapStateStarted", ("length", JsonData.Of(total ?? 0)));
        long? count = AmountOf(map.ToleratedFailureCount, "ToleratedFailureCount", on);
        double? share = PercentageOf(map.ToleratedFailurePercentage, "ToleratedFailurePercentage", on);
        string? run = map.Distributed ? Intrinsics.Call("States.UUID", [], On(frame, frame.Input).Chance).Text : null;
        if (run is not null)
            Event(frame, "MapRunStarted", ("mapRunArn", JsonData.Of(MapRunArn(frame, run))));
        if (frame.Gone)
            return;
        frame.Phase = Phase.Children;
        frame.Progress = new(total, 0, 0, 0, 0, 0, concurrency, share is null ? count ?? 0 : count, share, run);
        Feed(frame, state);
    }

    private static string MapRunArn(Frame frame, string run) => Arns.MapRun(frame.Execution.Definition.Name, Evaluation.Label(frame), run);

    private IReadOnlyList<JsonData> ItemsOf(Frame frame, MapFields map)
    {
        if (frame.Given is not null)
            return frame.Given;
        JsonData input = InputOf(frame);
        JsonData items = map.ItemsPath?.Evaluate(On(frame, input), "ItemsPath") ?? input;
        frame.Pairs = items.Kind == JsonValueKind.Object;
        return frame.Given = items.Kind switch
        {
            JsonValueKind.Array => items.Items,
            JsonValueKind.Object => items.Pairs(),
            _ => throw StateFailure.Runtime($"Reference path \"{map.ItemsPath?.Text ?? "$"}\" must point to array."),
        };
    }

    /// <summary>Begins as many iterations as may run, asks for more items where they have run out, and ends the Map after the last.</summary>
    private void Feed(Frame frame, MapState state)
    {
        MapFields map = state.Map;
        Change(frame);
        int most = map.Distributed ? MaxDistributed : MaxInline;
        long limit = frame.Progress!.Concurrency is 0 ? most : Math.Min(frame.Progress.Concurrency, most);
        IReadOnlyList<JsonData> given = map.Reader is null ? ItemsOf(frame, map) : [];
        Evaluation on = On(frame, InputOf(frame));
        while (!frame.Gone && frame.Children.Count < limit)
        {
            if (frame.ToBeRedriven.TryDequeue(out Frame? left))
            {
                RedriveItem(left);
                continue;
            }
            Progress progress = frame.Progress!;
            if (progress.NextItem == progress.Total && frame.ReadAhead.Count == 0)
                break;
            if (map.Reader is not null && !AtHand(frame, map, on))
            {
                AskForItems(frame, map, on);
                return;
            }
            BeginIteration(frame, map, on, given);
        }
        if (!frame.Gone && frame.Children.Count == 0 && frame.Progress!.NextItem == frame.Progress.Total)
            EndMap(frame, state);
    }

    private static bool AtHand(Frame frame, MapFields map, Evaluation on)
    {
        // A batch is filled from what is at hand, so there must be enough for the largest.
        long wanted = map.Batcher is { } batcher ? Math.Clamp(AmountOf(batcher.MaxItems, "MaxItemsPerBatch", on) ?? ReadAtOnce, 1, ReadAtOnce) : 1;
        // After a crash the end may be known while what lies before it has to be read again.
        return frame.ReadAhead.Count >= Math.Min(wanted, frame.Progress!.Total - frame.Progress.NextItem ?? wanted);
    }

    private void AskForItems(Frame frame, MapFields map, Evaluation on)
    {
        frame.Phase = frame.Children.Count == 0 ? Phase.Items : Phase.Children;
        if (frame.Reading)
            return;
        JsonData parameters = map.Reader!.Parameters.Fill(on);
        long? most = MaxItemsOf(map.Reader, on) is { } limit and > 0 ? limit : null;
        string bucket = parameters.Get("Bucket")?.Text ?? "";
        string key = (parameters.Get("Key") ?? parameters.Get("Prefix"))?.Text ?? "";
        frame.Reading = true;
        long from = frame.Progress!.NextItem + frame.ReadAhead.Count;
        Effects.Add(new Effect.ReadItems(frame, frame.Attempt, new(map.Reader, bucket, key, most), from, ReadAtOnce));
    }

    /// <summary>How many items are read at most, 0 for all. What a path finds may be text here, and what is wrong with it is the reader's error.</summary>
    private static long? MaxItemsOf(ItemReader reader, Evaluation on)
    {
        if (reader.MaxItems?.Path is not { } path)
            return reader.MaxItems?.Value;
        JsonData value = path.Evaluate(on, "MaxItemsPath");
        if (value.Kind is not (JsonValueKind.Number or JsonValueKind.String) || !long.TryParse(value.Text, out long number))
            throw new StateFailure(StatesErrors.ItemReaderFailed, $"The MaxItemsPath field refers to value '{Shown(value)}' which is not a valid integer: {path.Text}");
        return number >= 0 ? number : throw new StateFailure(StatesErrors.ItemReaderFailed, "field MaxItems must be positive");
    }

    /// <summary>Items that an ItemReader found.</summary>
    /// <param name="pairs">Whether they are the members of an object.</param>
    /// <param name="end">Whether there are no more.</param>
    /// <param name="problem">Why there are none, or null.</param>
    public void ItemsRead(long execution, long frame, int attempt, IReadOnlyList<JsonData> items, bool pairs, bool end, string? problem)
    {
        if (Find(execution, frame, attempt) is not { Progress: not null } found)
            return;
        found.Reading = false;
        Guard(found, () =>
        {
            if (problem is not null)
                throw new StateFailure(StatesErrors.ItemReaderFailed, problem);
            found.Pairs = pairs;
            foreach (JsonData item in items)
                found.ReadAhead.Enqueue(item);
            if (end)
                found.Progress = found.Progress! with { Total = found.Progress.NextItem + found.ReadAhead.Count };
            found.Phase = Phase.Children;
            Feed(found, (MapState)found.State);
        });
    }

    private void BeginIteration(Frame frame, MapFields map, Evaluation on, IReadOnlyList<JsonData> given)
    {
        Progress progress = frame.Progress!;
        int index = progress.NextIndex;
        long next = progress.NextItem;
        JsonData Item() => map.Reader is null ? given[(int)next] : frame.ReadAhead.Peek();
        void Taken()
        {
            next++;
            if (map.Reader is not null)
                frame.ReadAhead.Dequeue();
        }

        JsonData item = Item();
        JsonData input;
        if (map.Batcher is null)
        {
            input = Selected(frame, map, on, index, item);
            Taken();
        }
        else
            input = Batch(frame, map, on, () => next < (progress.Total ?? long.MaxValue) && (map.Reader is null || frame.ReadAhead.Count > 0) ? Item() : null, () => next, Taken);
        frame.Progress = progress with { NextItem = next, NextIndex = index + 1 };
        NewChild(frame, index, map.Processor, input, map.Distributed ? input : frame.Pairs ? item.Get("Value") : item);
    }

    private static JsonData Selected(Frame frame, MapFields map, Evaluation on, long index, JsonData item)
    {
        if (map.ItemSelector is null)
            return item;
        JsonData value = frame.Pairs ? item.Get("Value")! : item;
        return map.ItemSelector.Fill(on.WithItem(new((int)index, frame.Pairs ? item.Get("Key") : null, value, () => SourceOf(map, on))));
    }

    private static string SourceOf(MapFields map, Evaluation on)
    {
        if (map.Reader is null)
            return Evaluation.StateData;
        JsonData parameters = map.Reader.Parameters.Fill(on);
        string bucket = $"s3://{parameters.Get("Bucket")?.Text}";
        return map.Reader.Format == ItemFormat.Listing ? bucket : $"{bucket}/{parameters.Get("Key")?.Text}";
    }

    /// <summary>One batch: as many items as fit, at least one.</summary>
    private static JsonData Batch(Frame frame, MapFields map, Evaluation on, Func<JsonData?> peek, Func<long> index, Action taken)
    {
        ItemBatcher batcher = map.Batcher!;
        long most = AmountOf(batcher.MaxItems, "MaxItemsPerBatch", on) is { } items and > 0 ? items : long.MaxValue;
        long bytes = AmountOf(batcher.MaxBytes, "MaxInputBytesPerBatch", on) is { } limit and > 0 ? limit : StatesErrors.PayloadLimit;
        JsonData? shared = batcher.BatchInput?.Fill(on);
        long size = (shared?.ToUtf8().Length + "{\"BatchInput\":,\"Items\":[]}".Length) ?? "{\"Items\":[]}".Length;
        var batch = new List<JsonData>();
        while (batch.Count < most && peek() is { } item)
        {
            JsonData selected = Selected(frame, map, on, index(), item);
            size += selected.ToUtf8().Length + (batch.Count == 0 ? 0 : 1);
            if (size > bytes && batch.Count > 0)
                break;
            batch.Add(selected);
            taken();
        }
        JsonData array = JsonData.Array(batch);
        return shared is null ? JsonData.Object(("Items", array)) : JsonData.Object(("BatchInput", shared), ("Items", array));
    }
}
