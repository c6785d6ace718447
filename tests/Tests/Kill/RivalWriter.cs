namespace Limpid.Tests.Kill;

/// <summary>
/// Somebody else who goes on writing rows of other people while people are erased: appends to files, and replaces files whole. What
/// it wrote is in the lake's model, so that a lost byte shows.
/// </summary>
internal sealed class RivalWriter(PeopleLake lake, int seed) : IAsyncDisposable
{
    private readonly Random _random = new(seed);
    private readonly ModelFile[] _files = [.. lake.Files.Where(f => f.IsContested)];
    private readonly CancellationTokenSource _over = new();
    private Task _writing = Task.CompletedTask;

    public int Writes { get; private set; }

    public void Start() => _writing = Task.Run(WriteAsync);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _writing;
        _over.Dispose();
    }

    private async Task WriteAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            ModelFile file = _files[_random.Next(_files.Length)];
            if (_random.Next(5) == 0)
                Replace(file);
            else
                Append(file);
            Writes++;
            await Task.Delay(_random.Next(60), CancellationToken.None);
        }
    }

    private void Append(ModelFile file)
    {
        ModelRow row = lake.NewRow(file);
        using (var stream = new FileStream(lake.PathOf(file), FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
            stream.Write(file.Encode(row.Text));
        file.Add(row);
    }

    private void Replace(ModelFile file)
    {
        ModelRow[] rows = [.. Enumerable.Range(0, 5).Select(_ => lake.NewRow(file))];
        string beside = Path.Combine(lake.Root, "..", "replacement");
        File.WriteAllBytes(beside, file.Encode(file.Header + string.Concat(rows.Select(r => r.Text))));
        File.Move(beside, lake.PathOf(file), overwrite: true);
        file.ReplaceWith(rows);
    }
}
