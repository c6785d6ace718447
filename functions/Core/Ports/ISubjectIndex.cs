using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Core.Ports;

/// <summary>
/// Subject key -> objects, and in each the rows. Entries are written first, under a generation that the writer claimed by a
/// compare-and-swap of the record; they count from the moment that the record names their generation, and never before.
/// Every method may be repeated with the same arguments: the end state is the same.
/// </summary>
public interface ISubjectIndex
{
    /// <summary>The record of one object version, or null.</summary>
    Task<ObjectRecord?> GetAsync(string objectId, string version, CancellationToken cancellation);

    /// <summary>Stores <paramref name="record"/> if the stored revision is <c>record.Revision - 1</c> (0: nothing stored); says whether it did.</summary>
    Task<bool> TryPutAsync(ObjectRecord record, CancellationToken cancellation);

    /// <summary>
    /// Writes the entries of one generation of one object version, all of them, in ascending order of subject, each subject once
    /// (<see cref="EntrySorter"/> makes them so in bounded memory); another order is an <see cref="ArgumentException"/>. The rows of
    /// an entry are read before the next entry is asked for, and not after. Where there are many people they are packed into one
    /// sorted key file. Replaces what the same generation held, at once or not at all. The record must have been stored before
    /// (<see cref="InvalidOperationException"/>); a generation below its <see cref="ObjectRecord.KeepFrom"/> is not written.
    /// </summary>
    Task WriteEntriesAsync(ObjectRecord record, long generation, IEnumerable<IndexEntry> entries, CancellationToken cancellation);

    /// <summary>
    /// Removes the entries of every generation of one object version that is below <paramref name="keep"/> and below
    /// <see cref="ObjectRecord.KeepFrom"/> of the stored record: <c>long.MaxValue</c> removes all that can never count again. What
    /// counts or may come to count is never taken, so that anybody may sweep at any time.
    /// </summary>
    Task SweepAsync(string objectId, string version, long keep, CancellationToken cancellation);

    /// <summary>Where a person is: entries of the records' current generations of present objects, each object version once, in no order.
    /// Of an object that is indexed anew meanwhile, either the old rows or the new ones come, never both, never neither.</summary>
    IAsyncEnumerable<IndexHit> FindAsync(SubjectKey subject, CancellationToken cancellation);

    /// <summary>The records of every version that an object has or had, tombstones too, in no order.</summary>
    IAsyncEnumerable<ObjectRecord> VersionsAsync(string objectId, CancellationToken cancellation);

    /// <summary>
    /// The records of a dataset, tombstones too, in an order of the index's own that stays; <paramref name="after"/>, which it gave before,
    /// resumes behind that. What comes into the dataset meanwhile may be left out.
    /// </summary>
    IAsyncEnumerable<ObjectRecord> ListAsync(string dataset, RecordPlace? after, CancellationToken cancellation);
}
