using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Limpid.Local.StateMachines;

/// <summary>The items could not be read; the message says why, without any of them.</summary>
internal sealed class ItemReaderException(string message) : Exception(message);

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ItemJson : JsonSerializerContext;

/// <summary>Reads the items of a Map forwards, from its file or listing, without holding more than are asked for.</summary>
/// <remarks>One reading at a time; <see cref="DisposeAsync"/> waits for it.</remarks>
internal sealed class ItemCursor(IItemSource source, ItemRequest request) : IAsyncDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private IAsyncEnumerator<JsonData>? items;
    private long position;

    /// <summary>Whether the items are the members of an object, each with its key and value.</summary>
    public bool Pairs { get; private set; }

    /// <summary>Up to <paramref name="count"/> items from number <paramref name="from"/> on; fewer only where there are no more.</summary>
    /// <exception cref="ItemReaderException">There is no such object, or it isn't what the reader expects.</exception>
    public async Task<(List<JsonData> Items, bool End)> ReadAsync(long from, int count, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            return await ReadInTurnAsync(from, count, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<(List<JsonData> Items, bool End)> ReadInTurnAsync(long from, int count, CancellationToken cancellation)
    {
        if (items is null || position != from)
        {
            await CloseAsync();
            items = Open(cancellation).GetAsyncEnumerator(cancellation);
            position = 0;
        }
        var found = new List<JsonData>();
        try
        {
            while (found.Count < count)
            {
                if (position >= (request.MaxItems ?? long.MaxValue) || !await items.MoveNextAsync())
                    return (found, true);
                if (position++ >= from)
                    found.Add(items.Current);
            }
        }
        catch (JsonException)
        {
            throw new ItemReaderException($"Attempting to parse item {position} of s3://{request.Bucket}/{request.Key} failed: it is no valid JSON.");
        }
        catch (InvalidDataException e)
        {
            throw new ItemReaderException($"Attempting to read s3://{request.Bucket}/{request.Key} failed: {e.Message}");
        }
        return (found, false);
    }

    public async ValueTask DisposeAsync()
    {
        await turn.WaitAsync();
        await CloseAsync();
        turn.Dispose();
    }

    private async ValueTask CloseAsync()
    {
        if (items is not null)
            await items.DisposeAsync();
        items = null;
    }

    private IAsyncEnumerable<JsonData> Open(CancellationToken cancellation) => request.Reader.Format switch
    {
        ItemFormat.Json => Json(cancellation),
        ItemFormat.JsonLines => Lines(cancellation),
        ItemFormat.Csv => Csv(request.Key, request.Reader.CsvHeaders, cancellation),
        ItemFormat.Listing => source.ListAsync(request.Bucket, request.Key, cancellation),
        _ => Inventory(cancellation),
    };

    private async Task<Stream> OpenAsync(string key, CancellationToken cancellation) =>
        await source.OpenAsync(request.Bucket, key, cancellation) ?? throw new ItemReaderException($"There is no object s3://{request.Bucket}/{key}.");

    private async IAsyncEnumerable<JsonData> Json([EnumeratorCancellation] CancellationToken cancellation)
    {
        // Only an array at the top is read item by item; all else is taken in as a whole.
        if (request.Reader.ItemsPointer is not (null or "") || await FirstByteAsync(cancellation) != '[')
        {
            foreach (JsonData item in await WholeAsync(request.Reader.ItemsPointer ?? "", cancellation))
                yield return item;
            yield break;
        }
        await using Stream stream = await OpenAsync(request.Key, cancellation);
        await foreach (JsonElement item in JsonSerializer.DeserializeAsyncEnumerable(stream, ItemJson.Default.JsonElement, cancellation))
            yield return JsonData.Parse(item.GetRawText());
    }

    /// <summary>The first byte of the file that isn't white space, or -1.</summary>
    private async Task<int> FirstByteAsync(CancellationToken cancellation)
    {
        await using Stream stream = await OpenAsync(request.Key, cancellation);
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, cancellation) == 1)
        {
            if (one[0] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return one[0];
        }
        return -1;
    }

    private async Task<IReadOnlyList<JsonData>> WholeAsync(string pointer, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        await using (Stream stream = await OpenAsync(request.Key, cancellation))
            await stream.CopyToAsync(buffer, cancellation);
        JsonData? at = JsonData.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        foreach (string step in pointer.Split('/').Skip(1))
        {
            at = at?.Kind == JsonValueKind.Array && int.TryParse(step, out int index)
                ? at.Items.ElementAtOrDefault(index)
                : at?.Get(step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        }
        Pairs = at?.Kind == JsonValueKind.Object;
        return at?.Kind switch
        {
            JsonValueKind.Array => at.Items,
            JsonValueKind.Object => at.Pairs(),
            _ => throw new ItemReaderException("Attempting to map over non-iterable node."),
        };
    }

    private async IAsyncEnumerable<JsonData> Lines([EnumeratorCancellation] CancellationToken cancellation)
    {
        await using Stream stream = await OpenAsync(request.Key, cancellation);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
                yield return JsonData.Parse(line);
        }
    }

    private async IAsyncEnumerable<JsonData> Csv(string key, IReadOnlyList<string>? headers, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using Stream stream = await OpenAsync(key, cancellation);
        await foreach (JsonData row in CsvRows.ReadAsync(stream, request.Reader.CsvDelimiter, headers, cancellation))
            yield return row;
    }

    /// <summary>The rows of the CSV files that an inventory's manifest names, under the names of its schema.</summary>
    private async IAsyncEnumerable<JsonData> Inventory([EnumeratorCancellation] CancellationToken cancellation)
    {
        JsonData manifest;
        await using (Stream stream = await OpenAsync(request.Key, cancellation))
        {
            using var buffer = new MemoryStream();
            await stream.CopyToAsync(buffer, cancellation);
            manifest = JsonData.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        }
        string[] schema = [.. (manifest.Get("fileSchema")?.Text ?? "").Split(',').Select(s => s.Trim())];
        foreach (JsonData file in manifest.Get("files")?.Items ?? [])
        {
            string key = file.Get("key")?.Text ?? "";
            await using Stream stream = await OpenAsync(key, cancellation);
            await using Stream plain = key.EndsWith(".gz", StringComparison.Ordinal)
                ? new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionMode.Decompress)
                : stream;
            await foreach (JsonData row in CsvRows.ReadAsync(plain, ',', schema, cancellation))
                yield return row;
        }
    }
}
