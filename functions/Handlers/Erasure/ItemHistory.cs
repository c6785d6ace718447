using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>The items of a plan with what became of each, one after the other: a plan over a million objects is never held in memory.</summary>
internal static class ItemHistory
{
    /// <summary>In the order of items; an outcome is null where none was recorded.</summary>
    public static async IAsyncEnumerable<(PlanItem Item, ItemOutcome? Outcome)> ReadAsync(
        Ports ports, string requestId, int number, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var plans = new Plans(ports.Evidence);
        Plan plan = await plans.GetAsync(requestId, number, cancellation) ?? throw new InvalidDataException($"plan {number} of {requestId} is missing");
        // Both come in the order of their numbers, so that they are merged as they come.
        await using IAsyncEnumerator<ItemOutcome> outcomes = new Requests(ports.State).ItemsAsync(requestId, number, cancellation).GetAsyncEnumerator(cancellation);
        bool more = await outcomes.MoveNextAsync();
        await foreach (PlanItem item in plans.ItemsAsync(plan, cancellation))
        {
            while (more && outcomes.Current.Item < item.Number)
                more = await outcomes.MoveNextAsync();
            yield return (item, more && outcomes.Current.Item == item.Number ? outcomes.Current : null);
        }
    }

    /// <summary>Stands for a text, or for an object and its version, where a million of them are to be remembered.</summary>
    public static UInt128 MarkOf(string text, string version = "")
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // No key holds a zero byte.
        SHA256.HashData(Encoding.UTF8.GetBytes($"{text}\0{version}"), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
