using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary>A progress bar over the bytes of the lake, on standard error, and only where somebody looks at it.</summary>
internal sealed class LakeProgress : IAsyncDisposable
{
    private readonly TaskCompletionSource _done = new();
    private readonly Task _shown;
    private ProgressTask? _bar;

    public LakeProgress(bool quiet)
    {
        if (quiet || Console.IsErrorRedirected)
        {
            _shown = Task.CompletedTask;
            return;
        }
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var ready = new TaskCompletionSource();
        _shown = console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                _bar = context.AddTask("reading the lake", autoStart: true, maxValue: 1);
                ready.SetResult();
                await _done.Task;
            });
        ready.Task.GetAwaiter().GetResult();
    }

    /// <summary>How much there is to read; less is read where the index already knows.</summary>
    public async Task ExpectAsync(Ports ports, CancellationToken cancellation)
    {
        if (_bar is not null)
            _bar.MaxValue = Math.Max(1, await BytesToReadAsync(ports, cancellation));
    }

    public void Report(WorkDone work)
    {
        if (work.Bytes is { } bytes)
            _bar?.Increment(bytes);
    }

    private static async Task<long> BytesToReadAsync(Ports ports, CancellationToken cancellation)
    {
        long bytes = 0;
        foreach (Dataset dataset in ports.Lake.Datasets.Where(d => d.Format != DataFormat.External))
        {
            await foreach (ObjectInfo info in ports.Objects.ListAsync(dataset.Location, null, cancellation))
                bytes += info.Size;
        }
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        _done.TrySetResult();
        await _shown;
    }
}
