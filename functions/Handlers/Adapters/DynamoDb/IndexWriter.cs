using System.Globalization;
using System.Security.Cryptography;
using Amazon.DynamoDBv2.Model;
using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>
/// Writes and removes entries. Each writing of a generation is an attempt with an id of its own: it is written down whom it names,
/// then the entries are written, then one conditional update makes the attempt count in the place of an earlier one. So a
/// generation is replaced at once or not at all, and whatever a killed function leaves is found by the next sweep.
/// </summary>
internal sealed class IndexWriter(DynamoTable table, IndexRecords records, PackedFiles files, int packAbove)
{
    private const string Subjects = "subjects";
    private const string Packed = "packed";
    private const string Newest = "newestGeneration";

    // An item has 400 KB at most, and every KB of it is a write.
    private const int PackAboveRowBytes = 256 * 1024;

    public async Task WriteAsync(VersionName name, long generation, IEnumerable<IndexEntry> entries, CancellationToken cancellation)
    {
        using var batch = new EntryBatch(entries, packAbove, PackAboveRowBytes);
        if (!await CountsAsync(name, generation, cancellation))
            return;
        var attempt = new Attempt(generation, RandomNumberGenerator.GetHexString(32, lowercase: true));
        bool isDone = false;
        try
        {
            PackedFile? file = batch.IsFull ? await PackAsync(name, attempt, batch, cancellation) : null;
            if (!batch.IsFull)
                await WriteEntriesAsync(name, attempt, batch, cancellation);
            (isDone, string? before) = await IndexHead.SwitchAsync(table, name, attempt, file, cancellation);
            if (isDone && before is not null && before != attempt.Id)
                await RemoveAsync(name, new Attempt(generation, before), cancellation);
        }
        finally
        {
            // By what is held here: a sweep may have taken the note.
            if (!isDone)
                await RemoveAsync(name, attempt, batch.IsFull, batch.Subjects, CancellationToken.None);
        }
        // Whoever buried or overtook the object meanwhile may have swept before these were there.
        if (!await CountsAsync(name, generation, cancellation))
            await SweepAsync(name, generation + 1, cancellation);
    }

    public async Task SweepAsync(VersionName name, long keep, CancellationToken cancellation)
    {
        if (await records.GetAsync(name.Object, name.Version, cancellation) is not { } record)
            return;
        long below = Math.Min(keep, record.KeepFrom);
        var dead = new List<Attempt>();
        bool wasPacked = false;
        await foreach (Dictionary<string, AttributeValue> item in table.QueryAsync(IndexKeys.ObjectPk(name.Object), IndexKeys.AttemptsPrefix(name.Version), cancellation))
        {
            if (IndexKeys.AttemptOf(name.Version, item[DynamoTable.Sk].S) is not { } attempt || attempt.Generation >= below)
                continue;
            wasPacked |= item.ContainsKey(Packed);
            dead.Add(attempt);
        }
        // The heads first, so that none that is still under way comes to count.
        foreach (Attempt head in dead.Where(a => a.Id.Length == 0))
            await table.DeleteAsync(IndexKeys.ObjectPk(name.Object), IndexKeys.HeadSk(name.Version, head.Generation), cancellation);
        foreach (Attempt attempt in dead.Where(a => a.Id.Length > 0))
            await RemoveAsync(name, attempt, cancellation);
        if (wasPacked && record.State == RecordState.Deleted)
            await ForgetPackedAsync(name, record.KeepFrom, cancellation);
    }

    /// <summary>Whether entries of this generation count or may come to count.</summary>
    private async Task<bool> CountsAsync(VersionName name, long generation, CancellationToken cancellation)
    {
        ObjectRecord record = await records.GetAsync(name.Object, name.Version, cancellation)
            ?? throw new InvalidOperationException("entries are written under a generation that a stored record has claimed");
        return generation >= record.KeepFrom;
    }

    private async Task WriteEntriesAsync(VersionName name, Attempt attempt, EntryBatch batch, CancellationToken cancellation)
    {
        Dictionary<string, AttributeValue> note = DynamoTable.Key(IndexKeys.ObjectPk(name.Object), IndexKeys.AttemptSk(name.Version, attempt));
        if (batch.Count > 0)
            note[Subjects] = Bytes(batch.Subjects);
        await table.PutAsync(note, cancellation);
        await IndexHead.AnnounceAsync(table, name, attempt, cancellation);
        await table.PutAllAsync(Enumerable.Range(0, batch.Count).Select(i =>
        {
            Dictionary<string, AttributeValue> item = EntryKey(name, attempt, SubjectKey.ReadFrom(batch.SubjectAt(i).Span));
            IndexRecords.Name(item, name);
            if (batch.RowsAt(i) is { IsEmpty: false } rows)
                item[IndexLookUp.Rows] = Bytes(rows);
            return item;
        }), cancellation);
    }

    private async Task<PackedFile> PackAsync(VersionName name, Attempt attempt, EntryBatch batch, CancellationToken cancellation)
    {
        Dictionary<string, AttributeValue> note = DynamoTable.Key(IndexKeys.ObjectPk(name.Object), IndexKeys.AttemptSk(name.Version, attempt));
        note[Packed] = new AttributeValue { BOOL = true };
        await table.PutAsync(note, cancellation);
        await IndexHead.AnnounceAsync(table, name, attempt, cancellation);
        await RememberPackedAsync(name, attempt.Generation, cancellation);
        return await files.WriteAsync(PackedFiles.NameOf(name, attempt), batch.All(), cancellation);
    }

    private async Task RemoveAsync(VersionName name, Attempt attempt, CancellationToken cancellation)
    {
        if (await table.GetAsync(IndexKeys.ObjectPk(name.Object), IndexKeys.AttemptSk(name.Version, attempt), cancellation) is { } note)
            await RemoveAsync(name, attempt, note.ContainsKey(Packed), note.GetValueOrDefault(Subjects)?.B.ToArray() ?? [], cancellation);
    }

    /// <summary>Its entries or its file, and last of all what it was known by.</summary>
    private async Task RemoveAsync(VersionName name, Attempt attempt, bool isPacked, ReadOnlyMemory<byte> subjects, CancellationToken cancellation)
    {
        if (isPacked)
            await files.RemoveAsync(PackedFiles.NameOf(name, attempt), cancellation);
        else
            await table.DeleteAllAsync(
                Enumerable.Range(0, subjects.Length / SubjectKey.ByteLength)
                    .Select(i => EntryKey(name, attempt, SubjectKey.ReadFrom(subjects.Span[(i * SubjectKey.ByteLength)..]))),
                cancellation);
        await table.DeleteAsync(IndexKeys.ObjectPk(name.Object), IndexKeys.AttemptSk(name.Version, attempt), cancellation);
    }

    // Stays for as long as the object does, packed or not: a look-up reads the entries first and these then, and would else miss an
    // object that changes its way of being stored, and back, in between.
    private Task RememberPackedAsync(VersionName name, long generation, CancellationToken cancellation)
    {
        string change = $"SET {IndexRecords.Object} = :object, {Newest} = :generation";
        var values = new Dictionary<string, AttributeValue>
        {
            [":object"] = new(name.Object),
            [":generation"] = Number(generation),
        };
        if (name.Version.Length > 0)
        {
            change += $", {IndexRecords.Version} = :version";
            values[":version"] = new AttributeValue(name.Version);
        }
        return table.UpdateAsync(
            IndexKeys.PackedPk(IndexKeys.ShardOf(name)), name.Id, change, $"attribute_not_exists({Newest}) OR {Newest} < :generation", values, cancellation);
    }

    // Not where a later generation was packed since: its file would never be looked into.
    private Task ForgetPackedAsync(VersionName name, long keepFrom, CancellationToken cancellation) =>
        table.DeleteIfAsync(
            IndexKeys.PackedPk(IndexKeys.ShardOf(name)), name.Id, $"{Newest} < :keep", new() { [":keep"] = Number(keepFrom) }, cancellation);

    private static Dictionary<string, AttributeValue> EntryKey(VersionName name, Attempt attempt, SubjectKey subject) =>
        DynamoTable.Key(IndexKeys.SubjectPk(subject, IndexKeys.ShardOf(name)), IndexKeys.EntrySk(name, attempt));

    private static AttributeValue Bytes(ReadOnlyMemory<byte> bytes) => new() { B = new MemoryStream(bytes.ToArray(), writable: false) };

    private static AttributeValue Number(long value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };
}
