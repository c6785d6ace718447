using Limpid.Functions;
using Limpid.Tests.Adapters;

namespace Limpid.Tests.Rights;

/// <summary>Fault 60: what a function may do is what it does.</summary>
[Collection(Processes.Name)]
public sealed class RightsTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    [Fact]
    public async Task F60_what_a_function_says_it_needs_is_what_it_asks_for()
    {
        IReadOnlyList<RecordedCall> calls = await RecordedRuns.OfAsync(dynalite);
        foreach (IGrouping<string, RecordedCall> function in calls.GroupBy(c => c.Function).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            TestContext.Current.TestOutputHelper!.WriteLine(function.Key);
            foreach (IGrouping<string, RequiredRight> on in function.SelectMany(RequiredRights.Of).Distinct().Order().GroupBy(r => r.Resource))
                TestContext.Current.TestOutputHelper!.WriteLine($"   {on.Key}: {string.Join(", ", on.Select(r => r.Action))}");
        }
        var wrong = new List<string>();
        foreach (Function function in FunctionTable.All)
        {
            Needs needed = calls.Where(c => c.Function == function.Name).Aggregate(Needs.None, (all, call) => all | NeedOf(function, call));
            if (needed != function.Needs)
                wrong.Add($"{function.Name} says too much: {function.Needs & ~needed}; too little: {needed & ~function.Needs}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static Needs NeedOf(Function function, RecordedCall call) => (call.Resource, call.Operation) switch
    {
        ("lake", "GetBucketReplication") => Needs.ListCopies,
        // Whether a bucket keeps versions is asked for the list of copies too.
        ("lake", "GetBucketVersioning") => Needs.None,
        ("lake", { } operation) => IsRead(operation) ? Needs.ReadLake : Needs.WriteLake,
        ("index" or "index-files", { } operation) => IsRead(operation) ? Needs.ReadIndex : Needs.WriteIndex,
        ("evidence/plans", { } operation) => IsRead(operation) ? Needs.ReadPlans : Needs.WritePlans,
        ("evidence/certificates", { } operation) => IsRead(operation) ? Needs.ReadCertificates : Needs.WriteCertificates,
        ("evidence/stop", _) => Needs.SeeKillSwitch,
        ("anchors", _) => Needs.Anchor,
        ("state", "PutItem") => Needs.WriteState,
        ("state", "DeleteItem") => Needs.RemoveState,
        ("state/audit", "PutItem") => Needs.AppendAudit,
        ("state/suppression", "PutItem") => Needs.Suppress,
        ("signing-key", "Sign") => function.Needs.HasFlag(Needs.SignUnattended) ? Needs.SignUnattended : Needs.Sign,
        // Whoever signs knows the public key.
        ("signing-key", "GetPublicKey") => function.Needs.HasFlag(Needs.Sign) ? Needs.None : Needs.CheckDecisions,
        ("secrets-key/subjects", "Decrypt") => Needs.SubjectSecrets,
        ("secrets-key/naming", "Decrypt") => Needs.NamingSecret,
        ("secrets-key/pages", "Decrypt") => Needs.PageSecret,
        (_, "Encrypt") => Needs.MakeSecrets,
        ("mail", _) => Needs.SendMail,
        (_, "StartExecution") => Needs.StartWorkflow,
        (_, "StopExecution") => Needs.StopWorkflow,
        (_, "DescribeExecution") => Needs.WatchWorkflow,
        (_, "SendTaskSuccess") => Needs.AnswerWorkflow,
        _ => Needs.None,
    };

    private static bool IsRead(string operation) =>
        operation == "Query" || operation.StartsWith("Get", StringComparison.Ordinal) || operation.StartsWith("Head", StringComparison.Ordinal)
        || operation.StartsWith("List", StringComparison.Ordinal) || operation.StartsWith("BatchGet", StringComparison.Ordinal);
}
