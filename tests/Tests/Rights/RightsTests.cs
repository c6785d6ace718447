using Limpid.Functions;
using Limpid.Tests.Adapters;

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
          - {name: orders, location: 's3://acme-lake/orders/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}]}
          - {name: refused, location: 's3://acme-lake/refused/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: record.customer}]}
          - {name: raw, location: 's3://acme-lake/raw/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}]}
          - {name: copied, location: 's3://acme-lake/copied/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}]}
          - {name: served, location: 's3://acme-lake/served/versions/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}]}
        references:
          - name: priorities
            location: s3://acme-lake/reference/
            key: dish
            source: {table: acme-dishes, stream: 'arn:aws:dynamodb:eu-west-1:123456789012:table/acme-dishes/stream/2026-11-01T10:00:00.000'}
            changeFiles: [kitchen]
            changeRecords: acme-changes
          - {name: prices, location: 's3://acme-lake/reference/', key: dish, source: {location: 's3://acme-lake/incoming/'}}
        streams: [{name: acme-orders, dataset: orders, quarantine: refused, enrich: [{reference: priorities, key: dish, fields: [priority]}]}]
        hours:
          - name: orders
            database: acme
            raw: {dataset: raw, table: orders_raw}
            copy: {dataset: copied, table: orders_copied}
            view: orders
            columns: {id: bigint, customer: string}
            bucketBy: [customer]
            since: 2026-11-01-00
        tables:
          - name: served
            dataset: served
            from: [raw, priorities]
            when: {schedule: rate(1 hour), arrivals: {files: 10}}
            steps: [{name: sum, glue: {job: sum-up}}]

        """;

    // Which functions, which right, and why they have it though no run takes it. A right that a run does take is not listed here.
    private static readonly (string Functions, string Action, string Resource, string Why)[] Justified =
    [
        ("*", "logs:CreateLogStream", "", "Lambda writes the function's log with its role"),
        ("*", "logs:PutLogEvents", "", "Lambda writes the function's log with its role"),
        ("follow-lake", "sqs:*", "events-queue", "the event source reads the queue with the function's role"),
        ("flag-change", "sqs:*", "events-queue", "the same"),
        ("flag-change", "dynamodb:*", "table-stream", "the event source reads the table's stream with the function's role"),
        ("ingest-records", "kinesis:*", "stream", "the event source reads the stream with the function's role"),
        ("flag-change", "sqs:SendMessage", "failed-queue", "Lambda puts there what it gives up, with the function's role"),
        ("ingest-records", "sqs:SendMessage", "failed-queue", "the same"),
        ("begin-hour", "sqs:SendMessage", "failed-queue", "the same"),
        ("mark-stale", "sqs:SendMessage", "failed-queue", "the same"),
        ("fail-erasure", "sqs:SendMessage", "failed-queue", "the same"),
        ("mark-stale", "sqs:*", "events-queue", "the event source reads the queue with the function's role"),
        ("mark-stale", "kms:*", "data-key", "both queues are under the key"),
        ("flag-change", "kms:*", "data-key", "both queues are under the key"),
        ("ingest-records", "kms:GenerateDataKey", "data-key", "the queue is under the key"),
        ("begin-hour", "kms:*", "data-key", "the same"),
        ("fail-erasure", "kms:GenerateDataKey", "data-key", "the same"),
        ("flag-change", "kms:Decrypt", "lake-key", "the table's stream may be under one of the lake's keys"),
        ("ingest-records", "s3:AbortMultipartUpload", "lake", "an object of more than 16 MiB whose upload breaks"),
        ("publish-reference", "s3:AbortMultipartUpload", "lake", "a version of more than 16 MiB whose upload breaks"),
        ("ingest-records", "dynamodb:DeleteItem", "index", "a replay meets an object that rows were erased from since, and that nobody has indexed yet: its entries are made anew"),
        ("ingest-records", "s3:DeleteObject", "index-files", "the same"),
        ("ingest-records", "s3:ListBucketVersions", "lake", "the same, where the object went whole (ObjectIndexer.BuryAsync)"),
        ("ingest-records", "s3:GetObjectVersion", "index-files", "the same: whether people who were erased were known in it is looked up (ObjectIndexer.WasThereAsync)"),
        ("ingest-records", "dynamodb:BatchGetItem", "index", "the same"),
        ("begin-table", "states:StartExecution", "refresh", "somebody may have died between putting a mark and beginning its execution (StaleTables.BeginAsync)"),
        ("validate-table", "dynamodb:*", "index", "what it takes out of the index is an old version with few people in the runs; writing the index is one right"),
        ("validate-table", "s3:*", "index-files", "the same, where an object of many people has a key file"),
        ("validate-table", "kms:GenerateDataKey", "data-key", "key files are under the key"),
        ("validate-table", "s3:*", "staging", "an object of more than 16 MiB is put together there"),
        ("publish-table", "dynamodb:BatchGetItem", "index", "whether people who were erased were known in it is looked up (ObjectIndexer.WasThereAsync)"),
        ("publish-table", "s3:*", "index-files", "an object of many people has a key file"),
        ("publish-table", "kms:GenerateDataKey", "data-key", "key files are under the key"),
        ("end-refresh", "dynamodb:*", "index", "what it takes out of the index are versions with few people in the runs; writing the index is one right"),
        ("end-refresh", "s3:*", "index-files", "the same, where an object of many people has a key file"),
        ("end-refresh", "kms:GenerateDataKey", "data-key", "writing the index is one right, its key files among it"),
        ("validate-table", "s3:GetObjectVersionTagging", "lake", "what wrote a version may have given its objects tags and an ACL, which a rewrite gives back"),
        ("validate-table", "s3:PutObject*", "lake", "the same"),
        ("validate-table", "s3:AbortMultipartUpload", "*", "an object of more than 16 MiB whose upload breaks"),
        ("*", "dynamodb:Query", "state", "reading the state is one right, for items and for lists of them"),
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F60_what_is_granted_is_what_the_recorded_calls_require(bool erases)
    {
        IReadOnlyList<RecordedCall> calls = await Calls;
        ILookup<string, RequiredRight> granted = await GrantedRights.OfAsync(Lake, erases);
        var wrong = new List<string>();
        foreach (Function function in FunctionTable.All)
        {
            RequiredRight[] required = [.. calls.Where(c => c.Function == function.Name).SelectMany(RequiredRights.Of).Distinct().Where(right => erases || !Waits(function, right))];
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

    /// <summary>What is granted only where the deployment erases: nothing makes these functions run before.</summary>
    private static bool Waits(Function function, RequiredRight right) =>
        (function.Needs & (Needs.FlagReferences | Needs.PublishReferences)) != 0
        || ((function.Needs & (Needs.ListRawHours | Needs.ClearCopies)) != 0 && right.Resource == "lake")
        || ((function.Needs & (Needs.FindInputs | Needs.ReplayErasures | Needs.ServeTables | Needs.ClearVersions)) != 0 && right.Resource is "lake" or "lake-key" or "staging")
        || (!function.Needs.HasFlag(Needs.AddRows) && Erases(right));

    private static bool Erases(RequiredRight right) => right.Resource == "staging"
        || (right.Resource == "lake" && (right.Action is "s3:AbortMultipartUpload" or "s3:GetObjectVersionAcl" || right.Action.StartsWith("s3:Put", StringComparison.Ordinal) || right.Action.StartsWith("s3:Delete", StringComparison.Ordinal)))
        || right is { Resource: "lake-key", Action: "kms:GenerateDataKey" };

    private static Needs NeedOf(Function function, RecordedCall call) => (call.Resource, call.Operation) switch
    {
        // Reference data lie in folders of their own, apart from the datasets.
        ("lake" or "refresh", _) when function.Needs.HasFlag(Needs.FlagReferences) => Needs.FlagReferences,
        ("lake" or "references-table" or "refresh" or "change-stream", _) when function.Needs.HasFlag(Needs.PublishReferences) => Needs.PublishReferences,
        ("lake", { } operation) when function.Needs.HasFlag(Needs.AddRows) && (IsRead(operation) || IsCreation(call)) => Needs.AddRows,
        ("lake", { } operation) when function.Needs.HasFlag(Needs.ListRawHours) && IsRead(operation) => Needs.ListRawHours,
        ("lake", { } operation) when function.Needs.HasFlag(Needs.ClearCopies) && (IsRead(operation) || operation == "DeleteObject") => Needs.ClearCopies,
        ("refresh", _) => Needs.RunTables,
        ("lake", _) when function.Needs.HasFlag(Needs.FindInputs) => Needs.FindInputs,
        ("lake", "DeleteObject") when function.Needs.HasFlag(Needs.ClearVersions) => Needs.ClearVersions,
        ("lake", _) when function.Needs.HasFlag(Needs.ServeTables) => Needs.ServeTables,
        ("lake" or "staging", _) when function.Needs.HasFlag(Needs.ReplayErasures) => Needs.ReplayErasures,
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
        ("state/hours", "DeleteItem") => Needs.ForgetHours,
        ("state/table", "DeleteItem") => Needs.ForgetTables,
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
        ("bucket", "StartExecution") => Needs.BeginHours,
        (_, "StartExecution") => Needs.StartWorkflow,
        (_, "StopExecution") => Needs.StopWorkflow,
        ("purge", "DescribeExecution") => Needs.WatchErasure,
        (_, "DescribeExecution") => Needs.WatchWorkflow,
        (_, "SendTaskSuccess") => Needs.AnswerWorkflow,
        _ => Needs.None,
    };

    /// <summary>Of an object that is not there, with the condition that it is not; parts of an upload have none.</summary>
    private static bool IsCreation(RecordedCall call) => call.Operation is "CreateMultipartUpload" or "UploadPart" or "AbortMultipartUpload"
        || (call.Operation is "PutObject" or "CompleteMultipartUpload" && call.With.Split(' ').Contains("if-none-match"));

    private static bool IsRead(string operation) =>
        operation == "Query" || operation.StartsWith("Get", StringComparison.Ordinal) || operation.StartsWith("Head", StringComparison.Ordinal)
        || operation.StartsWith("List", StringComparison.Ordinal) || operation.StartsWith("BatchGet", StringComparison.Ordinal);
}
