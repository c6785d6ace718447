using System.Reflection;
using Limpid.Tests.Adapters;
using Limpid.Tests.DerivedTables;
using Limpid.Tests.Ingest;
using Limpid.Tests.Partitions;
using Limpid.Tests.Refresh;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Rights;

/// <summary>Runs every scenario of the AWS backend, and takes together what its functions ask of AWS.</summary>
internal static class RecordedRuns
{
    public static async Task<IReadOnlyList<RecordedCall>> OfAsync(Dynalite dynalite)
    {
        Func<ICollection<RecordedCall>> recorded = CallRecorder.AllFromHere();
        var runs = new List<(MethodInfo Test, object?[] With)>();
        foreach (Type type in (Type[])[typeof(AwsErasureScenarios), typeof(AwsVersionedLakeTests), typeof(AwsRareWays), typeof(AwsReferences), typeof(AwsHours), typeof(AwsIngest), typeof(AwsTables)])
        {
            foreach (MethodInfo test in type.GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is not null))
            {
                object?[][] rows = [.. test.GetCustomAttributes<InlineDataAttribute>().Select(row => row.Data)];
                runs.AddRange((rows.Length == 0 ? [[]] : rows).Select(row => (test, row)));
            }
        }
        await Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (run, _) =>
            await (Task)run.Test.Invoke(Activator.CreateInstance(run.Test.ReflectedType!, dynalite), run.With)!);
        return [.. recorded().OrderBy(c => c.ToString(), StringComparer.Ordinal)];
    }
}
