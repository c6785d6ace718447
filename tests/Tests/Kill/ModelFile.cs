using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Limpid.Tests.Kill;

internal enum Erasing
{
    Blank,
    Drop,
    Mask,
    Delete,
}

/// <param name="Text">With its line ending.</param>
/// <param name="People">Whom it names.</param>
internal sealed record ModelRow(string Text, params string[] People);

/// <summary>What a file of the lake must hold, known from what was written into it and from nothing else.</summary>
internal sealed partial class ModelFile(string key, Erasing erasing, bool isGzip, string header, IEnumerable<ModelRow> rows)
{
    public string Key => key;

    public Erasing Erasing => erasing;

    public bool IsGzip => isGzip;

    public string Header => header;

    public List<ModelRow> Rows { get; private set; } = [.. rows];

    /// <summary>Whose the whole file is, by its name or the file beside it.</summary>
    public string? Owner { get; init; }

    /// <summary>The file beside it that says so.</summary>
    public string? Sidecar { get; init; }

    /// <summary>Whether somebody else writes to it meanwhile.</summary>
    public bool IsContested { get; init; }

    public void Add(ModelRow row) => Rows.Add(row);

    public void ReplaceWith(IEnumerable<ModelRow> rows) => Rows = [.. rows];

    public byte[] Original() => Encode(header + string.Concat(Rows.Select(r => r.Text)));

    /// <summary>The decompressed content once these people are erased; null where the file is gone then.</summary>
    public string? Without(IReadOnlySet<string> erased)
    {
        if (Owner is not null)
            return erased.Contains(Owner) ? null : header + string.Concat(Rows.Select(r => r.Text));
        return header + string.Concat(Rows.Select(r => r.People is [var only] && erased.Contains(only) ? Erased(r.Text) : r.Text));
    }

    public byte[] Encode(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (!isGzip)
            return bytes;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    public string Decode(byte[] content)
    {
        if (!isGzip)
            return Encoding.UTF8.GetString(content);
        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private string Erased(string row) => erasing switch
    {
        Erasing.Blank => "{}" + new string(' ', Encoding.UTF8.GetByteCount(row) - 3) + "\n",
        Erasing.Mask => MaskedField().Replace(row, "\"$1\":null"),
        _ => "",
    };

    [GeneratedRegex("\"(id|name)\":\"[^\"]*\"")]
    private static partial Regex MaskedField();
}
