using System.IO.Compression;
using System.Text;

namespace Limpid.Local.Demo;

/// <param name="Text">As it stands in the file, without the line ending.</param>
/// <param name="IsLeaving">Whether it is about the person who is erased.</param>
internal sealed record DemoRow(string Text, bool IsLeaving);

/// <summary>One file of the demo's lake, with what has to be in it afterwards: known beforehand, and by no code that erases.</summary>
/// <param name="Path">Below the lake.</param>
/// <param name="Header">The first line of a CSV file, or null.</param>
/// <param name="IsBlanked">Whether a row that goes leaves an empty record of its length; else it leaves nothing.</param>
internal sealed record DemoFile(string Path, bool IsGzip, string? Header, bool IsBlanked, IReadOnlyList<DemoRow> Rows)
{
    public int Leaving => Rows.Count(r => r.IsLeaving);

    public string Before => Join(Rows.Select(r => r.Text));

    public string After => Join(Rows.Where(r => IsBlanked || !r.IsLeaving).Select(r => r.IsLeaving ? "{}".PadRight(Encoding.UTF8.GetByteCount(r.Text)) : r.Text));

    public async Task WriteAsync(string lake, CancellationToken cancellation)
    {
        string path = System.IO.Path.Combine(lake, Path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        await using Stream file = File.Create(path);
        await using Stream content = IsGzip ? new GZipStream(file, CompressionLevel.Optimal) : file;
        await content.WriteAsync(Encoding.UTF8.GetBytes(Before), cancellation);
    }

    public async Task<string> ReadAsync(string lake, CancellationToken cancellation)
    {
        await using Stream file = File.OpenRead(System.IO.Path.Combine(lake, Path));
        await using Stream content = IsGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(content, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellation);
    }

    private string Join(IEnumerable<string> rows) => string.Concat((Header is null ? rows : rows.Prepend(Header)).Select(row => row + "\n"));
}
