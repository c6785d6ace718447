using System.Text;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>Streams on one machine: what is put into one is kept with the other messages of local services, for whoever reads it by <c>limpid messages</c>.</summary>
internal sealed class StoredStreams(ServicesDatabase database, TimeProvider time) : IRecordStream
{
    public Task PutEverywhereAsync(string stream, ReadOnlyMemory<byte> record, CancellationToken cancellation) => database.WriteAsync(
        session => session.Execute(
            "INSERT INTO messages (id, service, target, sent, execution, content) VALUES (?1, 'kinesis', ?2, ?3, '', ?4)",
            Guid.NewGuid().ToString(), stream, time.GetUtcNow().UtcTicks,
            JsonData.Object(("Message", JsonData.Of(Encoding.UTF8.GetString(record.Span)))).ToUtf8().ToArray()),
        cancellation);
}
