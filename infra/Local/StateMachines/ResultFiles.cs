namespace Limpid.Local.StateMachines;

/// <summary>Writes the results of a distributed Map: the succeeded and the failed apart, and a manifest that names both files.</summary>
internal sealed class ResultFiles(IItemSource items, ExecutionStore store)
{
    private const int Page = 500;

    /// <returns>The manifest's key.</returns>
    public async Task<string> WriteAsync(Execution execution, Frame frame, ResultRequest request, CancellationToken cancellation)
    {
        string run = request.MapRun[(request.MapRun.LastIndexOf(':') + 1)..];
        string folder = $"{(request.Prefix.Length == 0 ? "" : request.Prefix.TrimEnd('/') + "/")}{run}/";
        var files = new List<(string, JsonData)>();
        foreach (bool succeeded in (bool[])[true, false])
        {
            string name = succeeded ? "SUCCEEDED" : "FAILED";
            string key = $"{folder}{name}_0.{(request.Writer.Lines ? "jsonl" : "json")}";
            long size = 0;
            bool any = false;
            foreach (BranchResult result in All(execution.Id, frame.Id))
                any |= result.Succeeded == succeeded;
            if (any)
            {
                await items.WriteAsync(request.Bucket, key, async (stream, c) => size = await WriteAsync(stream, execution.Id, frame.Id, succeeded, request.Writer, c), cancellation);
                files.Add((name, JsonData.Array([JsonData.Object(("Key", JsonData.Of(key)), ("Size", JsonData.Of(size)))])));
            }
            else
                files.Add((name, JsonData.Array([])));
        }
        JsonData manifest = JsonData.Object(("DestinationBucket", JsonData.Of(request.Bucket)), ("MapRunArn", JsonData.Of(request.MapRun)),
            ("ResultFiles", JsonData.Object([.. files, ("PENDING", JsonData.Array([]))])));
        await items.WriteAsync(request.Bucket, folder + "manifest.json", async (stream, c) => await stream.WriteAsync(manifest.ToUtf8(), c), cancellation);
        return folder + "manifest.json";
    }

    private async Task<long> WriteAsync(Stream stream, long execution, long frame, bool succeeded, ResultWriter writer, CancellationToken cancellation)
    {
        long size = 0;
        async Task Put(ReadOnlyMemory<byte> bytes)
        {
            await stream.WriteAsync(bytes, cancellation);
            size += bytes.Length;
        }

        bool first = true;
        if (!writer.Lines)
            await Put("["u8.ToArray());
        foreach (BranchResult result in All(execution, frame).Where(r => r.Succeeded == succeeded))
        {
            foreach (JsonData value in writer.Shaped(result))
            {
                if (!first)
                    await Put(writer.Lines ? "\n"u8.ToArray() : ","u8.ToArray());
                first = false;
                await Put(value.ToUtf8());
            }
        }
        if (!writer.Lines)
            await Put("]"u8.ToArray());
        return size;
    }

    private IEnumerable<BranchResult> All(long execution, long frame)
    {
        using Sql sql = store.Connect();
        int next = 0;
        while (true)
        {
            List<BranchResult> page = ExecutionJournal.Results(sql, execution, frame, next, Page);
            foreach (BranchResult result in page)
                yield return result;
            if (page.Count < Page)
                yield break;
            next = page[^1].Index + 1;
        }
    }
}
