using System.Security.Cryptography;
using Limpid.Core.Ingest;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Ingest;

/// <summary>One version of reference data in memory.</summary>
internal sealed class ReferenceTable(int version, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> lines)
{
    private readonly Dictionary<(string, string), ReadOnlyMemory<byte>> _known = [];

    public int Version => version;

    /// <inheritdoc cref="ReferenceValue"/>
    public ReadOnlyMemory<byte>? Look(string key, string field)
    {
        if (_known.TryGetValue((key, field), out ReadOnlyMemory<byte> known))
            return known;
        if (!lines.TryGetValue(key, out ReadOnlyMemory<byte> line))
            return null;
        ReadOnlySpan<byte> value = new JsonField(field).In(line.Span);
        return _known[(key, field)] = value.IsEmpty ? default : value.ToArray();
    }
}

/// <summary>
/// Reference data as it is published. Once a batch the pointer is asked for by one conditional request; only where it moved is
/// anything read, and then before any record of the batch.
/// </summary>
internal sealed class ReferenceTables(Ports ports)
{
    private readonly Dictionary<string, (string ETag, ReferenceTable Table)> _current = [];

    /// <exception cref="StreamHeldUpException">Nothing is published, or what is does not agree with its pointer.</exception>
    public async Task<ReferenceTable> CurrentAsync(Reference reference, CancellationToken cancellation)
    {
        string? known = _current.TryGetValue(reference.Name, out (string ETag, ReferenceTable Table) current) ? current.ETag : null;
        ObjectLook look = await ports.Objects.LookAsync(reference.PointerKey(), known, cancellation);
        if (look.IsUnchanged)
            return current.Table;
        ObjectInfo info = look.Info ?? throw new StreamHeldUpException($"nothing of the reference {reference.Name} is published yet: publish it with flag-change");
        ReferencePointer pointer = ReferencePointer.Read(await ReadAsync(info, cancellation), reference.Name);
        ReferenceTable table = known is not null && current.Table.Version == pointer.Version
            ? current.Table
            : await LoadAsync(reference, pointer.Version, pointer.Object, pointer.Sha256, cancellation)
                ?? throw new StreamHeldUpException($"version {pointer.Version} of the reference {reference.Name} is not there, or not what was published");
        _current[reference.Name] = (info.ETag, table);
        return table;
    }

    /// <summary>A version that is not the current one any more, or null where it is gone.</summary>
    public async Task<ReferenceTable?> EarlierAsync(Reference reference, int version, CancellationToken cancellation) =>
        _current.TryGetValue(reference.Name, out (string ETag, ReferenceTable Table) current) && current.Table.Version == version
            ? current.Table
            : await LoadAsync(reference, version, ReferenceObjects.VersionName(version), null, cancellation);

    private async Task<ReferenceTable?> LoadAsync(Reference reference, int version, string name, string? sha256, CancellationToken cancellation)
    {
        string key = reference.Folder() + name;
        if (await ports.Objects.HeadAsync(key, cancellation) is not { } info)
            return null;
        ReadOnlyMemory<byte> bytes = await ReadAsync(info, cancellation);
        // Where a dataset holds it, a person may have been erased from it since: then it is the lake's word that counts.
        if (sha256 is not null && ports.Lake.DatasetOf(key) is null && Convert.ToHexStringLower(SHA256.HashData(bytes.Span)) != sha256)
            return null;
        return new ReferenceTable(version, LinesOf(bytes, new JsonField(reference.Key)));
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> LinesOf(ReadOnlyMemory<byte> bytes, JsonField key)
    {
        var lines = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (Range range in bytes.Span.Split((byte)'\n'))
        {
            ReadOnlyMemory<byte> line = bytes[range];
            if (!line.Span.Trim(" \r\t"u8).IsEmpty && key.TextIn(line.Span) is { } text)
                lines[text] = line;
        }
        return lines;
    }

    private async Task<byte[]> ReadAsync(ObjectInfo info, CancellationToken cancellation)
    {
        await using Stream stream = await ports.Objects.OpenReadAsync(info, 0, cancellation);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, cancellation);
        return all.ToArray();
    }
}

/// <summary>Why no record of a stream can be taken, in one line that names no object and nobody.</summary>
internal sealed class StreamHeldUpException(string message) : IOException(message);
