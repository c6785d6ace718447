using Limpid.Functions;
using Limpid.Tests.Adapters;
using Limpid.Tests.Infra;

namespace Limpid.Tests.Rights;

/// <summary>Fault 60: what a function may do is what it does.</summary>
[Collection(Processes.Name)]
public sealed class RightsTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    /// <summary>A lake with everything that makes a difference to rights.</summary>
    private const string Lake =
        """
        lake: acme
        kinds: {customer: {} }
        unattended: true
        requesters: [{mail: desk@acme.example, principal: 'arn:aws:iam::123456789012:role/Desk'}]
        mail: {from: privacy@acme.example, operators: [ops@acme.example]}
        datasets:
          - {name: reviews, location: 's3://acme-lake/reviews/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: id}], erase: drop}
          - {name: photos, location: 's3://acme-lake/photos/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, tag: customer-id}], erase: delete}

        """;

    // Which functions, which right, and why they have it though no run takes it. A right that a run does take is not listed here.
    private static readonly (string Functions, string Action, string Resource, string Why)[] Justified =
    [
        ("*", "logs:CreateLogStream", "", "Lambda writes the function's log with its role"),
        ("*", "logs:PutLogEvents", "", "Lambda writes the function's log with its role"),
        ("follow-lake", "sqs:*", "", "the event source reads the queue with the function's role"),
        ("*", "s3:ListBucket", "*", "what is missing has to be missing (404): without it S3 says forbidden, and the function would break instead of looking again"),
        ("erase-rows", "s3:GetObjectVersion", "index-files", "rows of somebody erased before are put into the object meanwhile: whether they were known is looked up (ObjectIndexer.WasThereAsync)"),
        ("verify-erasure", "s3:GetObjectVersion", "index-files", "the same"),
        ("*", "s3:AbortMultipartUpload", "evidence/*", "a plan or certificate of more than 16 MiB whose upload breaks"),
        ("*", "dynamodb:GetItem", "index", "a look-up or a listing that meets a change looks again at the one record"),
        ("*", "s3:AbortMultipartUpload", "index-files", "a key file of more than 16 MiB whose upload breaks"),
    ];

    private static Task<IReadOnlyList<RecordedCall>>? s_calls;

    /// <summary>Recorded once for all tests of the class.</summary>
    private Task<IReadOnlyList<RecordedCall>> Calls => s_calls ??= RecordedRuns.OfAsync(dynalite);

    // Without the functions of reference data and of derived tables: nothing calls them in the cloud yet, and this lake has neither, so that they reach nothing of it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F60_what_is_granted_is_what_the_recorded_calls_require(bool erases)
    {
        IReadOnlyList<RecordedCall> calls = await Calls;
        ILookup<string, RequiredRight> granted = await GrantedRights.OfAsync(Lake, erases);
        var wrong = new List<string>();
        foreach (Function function in Synthesized.Functions.Where(f => (f.Needs & (Needs.FlagReferences | Needs.PublishReferences)) == 0 && f.Needs != Needs.None))
        {
            RequiredRight[] required = [.. calls.Where(c => c.Function == function.Name).SelectMany(RequiredRights.Of).Distinct().Where(right => erases || !Erases(right))];
            wrong.AddRange(required.Except(granted[function.Name]).Order().Select(right => $"{function.Name} lacks {right}"));
            wrong.AddRange(granted[function.Name].Except(required).Where(right => !IsJustified(function.Name, right)).Order().Select(right => $"{function.Name} has {right} and never uses it"));
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task F60_what_a_function_says_it_needs_is_what_it_asks_for()
    {
        IReadOnlyList<RecordedCall> calls = await Calls;
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

    private static bool IsJustified(string function, RequiredRight right) => Justified.Any(j =>
        (j.Functions == "*" || j.Functions == function)
        && (j.Action == right.Action || (j.Action.EndsWith('*') && right.Action.StartsWith(j.Action[..^1], StringComparison.Ordinal)))
        && (j.Resource == "" || j.Resource == right.Resource || (j.Resource.EndsWith('*') && right.Resource.StartsWith(j.Resource[..^1], StringComparison.Ordinal))));

    /// <summary>What only a deployment that erases grants.</summary>
    private static bool Erases(RequiredRight right) => right.Resource == "staging"
        || (right.Resource == "lake" && (right.Action is "s3:AbortMultipartUpload" or "s3:GetObjectVersionAcl" || right.Action.StartsWith("s3:Put", StringComparison.Ordinal) || right.Action.StartsWith("s3:Delete", StringComparison.Ordinal)))
        || right is { Resource: "lake-key", Action: "kms:GenerateDataKey" };

    private static Needs NeedOf(Function function, RecordedCall call) => (call.Resource, call.Operation) switch
    {
        // Reference data lie in folders of their own, apart from the datasets.
        ("lake" or "references-table" or "refresh", _) when function.Needs.HasFlag(Needs.FlagReferences) => Needs.FlagReferences,
        ("lake" or "references-table" or "refresh", _) when function.Needs.HasFlag(Needs.PublishReferences) => Needs.PublishReferences,
        ("refresh", _) => Needs.RunTables,
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
