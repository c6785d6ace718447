using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Local.Steps;

/// <summary>Puts what a step made into the lake.</summary>
internal sealed class StepOutput(IObjectStore objects)
{
    /// <summary>Afterwards the files, and nothing else, stand at the location: what an attempt that was killed had put there is removed first.</summary>
    /// <param name="folder">With the files; subfolders are gone through.</param>
    /// <param name="location">A prefix that ends with a slash, which no other attempt writes to meanwhile.</param>
    /// <exception cref="CommandFailedException">There are none, or one of them can't be an object.</exception>
    public async Task PublishAsync(string folder, string location, CancellationToken cancellation)
    {
        FileInfo[] files = [.. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(f => f.FullName, StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new CommandFailedException("it made no file in LIMPID_OUTPUT");
        if (files.Any(f => f.LinkTarget is not null))
            throw new CommandFailedException("it made a symbolic link in LIMPID_OUTPUT");
        await foreach (ObjectInfo left in objects.ListAsync(location, null, cancellation))
        {
            if (left.IsCurrent && !await objects.TryRemoveAsync(left, cancellation))
                throw new IOException($"somebody else writes to {location}");
        }
        foreach (FileInfo file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            string key = location + Path.GetRelativePath(folder, file.FullName);
            StoreResult result = await objects.CreateAsync(key, (target, token) => CopyAsync(file, target, token), cancellation);
            if (result.Outcome != StoreOutcome.Done)
                throw new CommandFailedException($"a file that it made could not be put into the lake: {result.Reason ?? "somebody else wrote it meanwhile"}");
        }
    }

    private static async Task CopyAsync(FileInfo file, Stream target, CancellationToken cancellation)
    {
        await using FileStream content = file.OpenRead();
        await content.CopyToAsync(target, cancellation);
    }
}
