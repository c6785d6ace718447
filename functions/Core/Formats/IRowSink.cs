using Limpid.Core.Index;

namespace Limpid.Core.Formats;

/// <summary>Takes what a scan finds.</summary>
public interface IRowSink
{
    /// <summary>
    /// Called for every well-formed data row in the order of the object, also for a row that names nobody. Empty lines and blanked
    /// rows are none. Nothing that was taken counts when the scan's report then says that the object is unreadable.
    /// </summary>
    /// <param name="row">Where it stands in the decompressed content.</param>
    /// <param name="content">Its bytes, without the line ending; valid until the call returns.</param>
    /// <param name="people">Distinct; valid until the call returns.</param>
    void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people);

    /// <summary>Called once, before any row, where the format has a header.</summary>
    /// <param name="content">Its bytes, without the line ending; valid until the call returns.</param>
    void OnHeader(ReadOnlySpan<byte> content)
    {
    }

    /// <summary>Called for every malformed row, in the order of the object among the others.</summary>
    /// <param name="content">Its bytes; empty for a row that is too long to be held. Valid until the call returns.</param>
    void OnMalformedRow(ReadOnlySpan<byte> content)
    {
    }
}
