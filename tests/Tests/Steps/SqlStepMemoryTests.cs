using System.Text;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.Steps;

/// <summary>By itself: what is allocated is counted for the whole process.</summary>
[Collection(Processes.Name)]
public sealed class SqlStepMemoryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Memory_does_not_grow_with_the_rows()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        var rows = new StringBuilder();
        for (int i = 0; i < 200_000; i++)
            rows.Append($"{{\"order\":{i},\"text\":\"{new string('x', 200)}\"}}\n");
        lake.Put("orders/a.ndjson", rows.ToString());
        rows.Clear();
        lake.Put("sum.sql", "SELECT \"order\", text FROM orders ORDER BY \"order\" DESC");
        long before = GC.GetTotalAllocatedBytes();
        TaskResult result = await lake.RunAsync(null, Stop, ("orders", "orders/"));
        Assert.Equal("""{"rows":200000}""", result.Output?.ToString());
        // 48 MB go through; of each row what is allocated is its names and its row's writer, never its text.
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 300_000_000);
    }
}
