using System.Buffers;
using System.Globalization;
using System.Text;
using Limpid.Local;
using Limpid.Local.StateMachines;

namespace Limpid.Benchmarks;

/// <summary>What one measured process of the runner's benchmark does: runs executions on the virtual clock, stored as always.</summary>
internal static class RunnerWork
{
    /// <summary>Passes all state types that need nothing outside; the wait lets every execution be open before the first one closes.</summary>
    private const string Mixed = """
        {"StartAt": "Prepare", "States": {
          "Prepare": {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Name", "list": [1, 2, 3]}, "Assign": {"one": 1}, "Next": "Call"},
          "Call": {"Type": "Task", "Resource": "echo", "Retry": [{"ErrorEquals": ["States.ALL"]}], "ResultPath": "$.answer", "Next": "Which"},
          "Which": {"Type": "Choice", "Choices": [{"Variable": "$one", "NumericEquals": 1, "Next": "Rest"}], "Default": "Rest"},
          "Rest": {"Type": "Wait", "Seconds": 3600, "Next": "Each"},
          "Each": {"Type": "Map", "ItemsPath": "$.list", "ResultPath": "$.each", "Next": "Done", "ItemProcessor": {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": true}}}},
          "Done": {"Type": "Succeed"}}}
        """;

    private const int StatesOfMixed = 9;

    private const string Loop = """
        {"StartAt": "Begin", "States": {
          "Begin": {"Type": "Pass", "Assign": {"n": 0, "most.$": "$.most"}, "Next": "Work"},
          "Work": {"Type": "Pass", "Parameters": {"n.$": "$n", "text.$": "States.Format('{} of {}', $n, $most)"}, "Next": "Rest"},
          "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Count"},
          "Count": {"Type": "Pass", "Assign": {"n.$": "States.MathAdd($n, 1)"}, "Next": "More"},
          "More": {"Type": "Choice", "Choices": [{"Variable": "$n", "NumericLessThanPath": "$most", "Next": "Work"}], "Default": "Done"},
          "Done": {"Type": "Succeed"}}}
        """;

    private const string Map = """
        {"StartAt": "Items", "States": {"Items": {"Type": "Map", "End": true,
          "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "lake", "Key": "items"}},
          "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Item", "States": {"Item": {"Type": "Pass", "Parameters": {"twice.$": "States.MathAdd($.n, $.n)"}, "End": true}}},
          "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "lake", "Prefix": "results"}, "WriterConfig": {"OutputType": "JSONL", "Transformation": "COMPACT"}}}}}
        """;

    /// <summary>Executions that are all open at once. Yields the number of states that were entered, of rows that were written, and seconds.</summary>
    public static Task<(long States, long Rows, double Seconds)> ExecutionsAsync(int executions) => RunAsync(Mixed, executions, "{}", executions * StatesOfMixed);

    /// <summary>A hundred executions in loops.</summary>
    public static Task<(long States, long Rows, double Seconds)> StatesAsync(int states)
    {
        int turns = Math.Max(1, states / 400);
        return RunAsync(Loop, 100, FormattableString.Invariant($$"""{"most": {{turns}}}"""), 100 * (4 * turns + 2));
    }

    /// <summary>One execution with a Map over so many items.</summary>
    public static Task<(long States, long Rows, double Seconds)> MapAsync(int items) => RunAsync(Map, 1, "{}", items + 1, new GeneratedItems(items));

    /// <summary>What SQLite takes for the same number of rows by itself, as large as an event, with as many in one commit as the runner's turns have.</summary>
    /// <param name="alone">How many of them have a commit of their own, as the beginning of an execution has.</param>
    public static async Task<(long States, long Rows, double Seconds)> RowsAsync(int rows, int alone)
    {
        using var folder = new WorkFolder();
        using ExecutionStore store = ExecutionStore.Open(folder.Path);
        using Sql sql = store.Connect();
        byte[] details = Encoding.UTF8.GetBytes(new string('x', 200));
        Measured measured = await Measured.OfAsync(() =>
        {
            for (int row = 0; row < rows;)
            {
                sql.Run("BEGIN IMMEDIATE");
                for (int end = Math.Min(rows, row + (row < alone ? 1 : 768)); row < end; row++)
                    sql.Run("INSERT INTO events (execution, id, previous, type, at, details_name, details) VALUES ($1, $2, $3, $4, $5, $6, $7)", row % 100, row, row - 1, "PassStateEntered", 1L, "stateEnteredEventDetails", details);
                sql.Run("COMMIT");
            }
            return Task.CompletedTask;
        });
        return (0, rows, measured.Seconds);
    }

    private static async Task<(long, long, double)> RunAsync(string definition, int executions, string input, long states, IItemSource? items = null)
    {
        using var folder = new WorkFolder();
        using ExecutionStore store = ExecutionStore.Open(folder.Path);
        var machines = new Dictionary<string, StateMachineDefinition> { ["m"] = StateMachineDefinition.Parse("m", definition).Definition! };
        var echo = new FunctionTasks(new Echo());
        var runner = new StateMachineRunner(store, machines, echo, items ?? new GeneratedItems(0), new VirtualTime());
        Measured measured = await Measured.OfAsync(async () =>
        {
            for (int i = 0; i < executions; i++)
                await runner.StartAsync("m", string.Create(CultureInfo.InvariantCulture, $"e{i}"), input, CancellationToken.None);
            while (store.List(default, status: "RUNNING") is [{ } open, ..])
                await runner.RunUntilClosedAsync("m", open.Name, CancellationToken.None);
        });
        if (store.List(default).FirstOrDefault(e => e.Status != "SUCCEEDED") is { } bad)
            throw new InvalidOperationException($"a benchmark's execution ended with {bad.Status} {bad.Error} {bad.Cause}");
        using Sql sql = store.Connect();
        // A state is its events and its frame; an item of a Map leaves its result, which is gone by now.
        long events = (long)sql.Scalar("SELECT COUNT(*) FROM events")!;
        return (states, events + states, measured.Seconds);
    }

    private sealed class Echo : ITaskInvoker
    {
        public Task<TaskResult> InvokeAsync(string functionName, ReadOnlyMemory<byte> payload, CancellationToken cancellation) => Task.FromResult(TaskResult.Success(JsonData.Parse(payload.Span)));
    }

    /// <summary>A file of JSON lines that is made while it is read; what is written is thrown away.</summary>
    private sealed class GeneratedItems(int items) : IItemSource
    {
        public Task<Stream?> OpenAsync(string bucket, string key, CancellationToken cancellation) => Task.FromResult<Stream?>(new Lines(items));

        public IAsyncEnumerable<JsonData> ListAsync(string bucket, string prefix, CancellationToken cancellation) => throw new NotSupportedException();

        public Task WriteAsync(string bucket, string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => write(Stream.Null, cancellation);
    }

    private sealed class Lines(int items) : Stream
    {
        private readonly ArrayBufferWriter<byte> made = new();
        private int next;
        private int read;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (read == made.WrittenCount)
            {
                made.Clear();
                read = 0;
                for (int end = Math.Min(items, next + 100); next < end; next++)
                    Encoding.UTF8.GetBytes(FormattableString.Invariant($"{{\"n\":{next},\"name\":\"item number {next}\"}}\n"), made);
            }
            int length = Math.Min(count, made.WrittenCount - read);
            made.WrittenSpan.Slice(read, length).CopyTo(buffer.AsSpan(offset));
            read += length;
            return length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class WorkFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("limpid-bench-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
