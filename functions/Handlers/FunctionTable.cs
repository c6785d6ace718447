using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.Notices;
using Limpid.Functions.Partitions;
using Limpid.Functions.Refresh;
using Limpid.Functions.Triggers;

namespace Limpid.Functions;

/// <summary>What makes a function run.</summary>
internal enum Trigger
{
    /// <summary>A step of a state machine.</summary>
    Workflow,

    /// <summary>Objects that were created, overwritten or removed in the lake.</summary>
    LakeEvent,

    /// <summary>Records of a Kinesis stream, in batches. The event source mapping reports partial batches and has a parallelization factor of 1.</summary>
    Stream,

    /// <summary>Reference data that changed: the stream of their table, objects under their prefix, and a schedule that looks after what died.</summary>
    ReferenceChange,

    /// <summary>What derived tables are built of changed, another table has a new version, or it is time.</summary>
    TableChange,

    /// <summary>A call that waits for the answer, from a tool or an API.</summary>
    Call,

    /// <summary>An approver's browser.</summary>
    Page,

    /// <summary>A clock.</summary>
    Schedule,
}

/// <summary>One function: what it is called, what makes it run, what it does, and how it is built from the ports.</summary>
/// <param name="Name">Verb and noun, as in <c>LIMPID_FUNCTION</c>; in state machines <c>${EraseRows}</c> stands for <c>erase-rows</c>.</param>
internal sealed record Function(string Name, Trigger Trigger, string Does, Func<Ports, Handler> Build)
{
    /// <summary>What its role may use.</summary>
    public Needs Needs { get; init; }

    public string Placeholder => string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <param name="input">Asked for with an event, and not before: a process runs one function, and the shapes of the others' events are not worth its start.</param>
    /// <param name="output">As <paramref name="input"/>.</param>
    public static Function Of<TIn, TOut>(
        string name, Trigger trigger, string does, Func<JsonTypeInfo<TIn>> input, Func<JsonTypeInfo<TOut>> output,
        Func<Ports, Func<TIn, CancellationToken, Task<TOut>>> build) =>
        new(name, trigger, does, ports =>
        {
            Func<TIn, CancellationToken, Task<TOut>> handle = build(ports);
            return async (payload, cancellation) =>
                JsonSerializer.SerializeToUtf8Bytes(await handle(Json.Read(name, payload.Span, input()), cancellation), output());
        });
}

/// <summary>Takes the event's JSON, returns the result's.</summary>
internal delegate Task<ReadOnlyMemory<byte>> Handler(ReadOnlyMemory<byte> payload, CancellationToken cancellation);

/// <summary>The event is not of the function's shape. It says where and never what: the event may hold an identifier.</summary>
internal sealed class BadEventException(string function, string path)
    : Exception($"the event is not what {function} takes, at {path}");

/// <summary>There is no function of this name; says which there are.</summary>
internal sealed class UnknownFunctionException(string name)
    : Exception($"there is no function '{name}'; there are {string.Join(", ", FunctionTable.All.Select(f => f.Name))}");

/// <summary>The only list of functions: Cdk makes functions from it, Local wires it in one process, the README's table is generated from it.</summary>
internal static class FunctionTable
{
    public static IReadOnlyList<Function> All { get; } =
    [
        new("follow-lake", Trigger.LakeEvent, "Brings the index of one object to what the lake shows.",
            ports => new LakeTrigger(ports).HandleAsync) { Needs = Needs.ReadLake | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.SubjectSecrets | Needs.NamingSecret },
        Function.Of("reconcile-lake", Trigger.Workflow, "Lists the lake and repairs the index where it differs.",
            () => IndexingJson.Default.ReconcileInput, () => IndexingJson.Default.ReconcileResult, ports => new ReconcileLake(ports).HandleAsync)
            with { Needs = Needs.ReadLake | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.SubjectSecrets | Needs.NamingSecret | Needs.MakeSecrets },

        new("ingest-records", Trigger.Stream, "Validates and enriches a stream's records, writes them into the lake and indexes them.",
            ports => new StreamTrigger(ports).HandleAsync) { Needs = Needs.AddRows | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.SubjectSecrets },

        new("submit-erasure", Trigger.Call, "Takes a demand, hashes its identifiers, starts the workflow.",
            ports => new CallTrigger<SubmitInput, SubmitResult>(
                "submit-erasure", ErasureJson.Default.SubmitInput, ErasureJson.Default.SubmitResult, "requestedBy", result => result.Problem,
                ports, new SubmitErasure(ports).HandleAsync).HandleAsync) { Needs = Needs.ReadIndex | Needs.WriteState | Needs.AppendAudit | Needs.StartWorkflow | Needs.SubjectSecrets },
        new("cancel-erasure", Trigger.Call, "Ends a request before its first write.",
            ports => new CallTrigger<CancelInput, CancelResult>(
                "cancel-erasure", ErasureJson.Default.CancelInput, ErasureJson.Default.CancelResult, "by", result => result.Problem,
                ports, new CancelErasure(ports).HandleAsync).HandleAsync) { Needs = Needs.WriteState | Needs.AppendAudit | Needs.SendMail | Needs.StopWorkflow | Needs.SubjectSecrets | Needs.PageSecret | Needs.Anchor | Needs.Sign },
        new("extend-erasure", Trigger.Call, "Extends the month to answer, with a reason, by two months at most.",
            ports => new CallTrigger<ExtendInput, ExtendResult>(
                "extend-erasure", ErasureJson.Default.ExtendInput, ErasureJson.Default.ExtendResult, "by", result => result.Problem,
                ports, new ExtendErasure(ports).HandleAsync).HandleAsync) { Needs = Needs.WriteState | Needs.AppendAudit | Needs.SendMail | Needs.SubjectSecrets | Needs.PageSecret },
        Function.Of("locate-subject", Trigger.Workflow, "Plans what would be erased and stores the plan.",
            () => ErasureJson.Default.LocateInput, () => ErasureJson.Default.LocateResult, ports => new LocateSubject(ports).HandleAsync)
            with { Needs = Needs.ReadLake | Needs.ReadIndex | Needs.WriteState | Needs.AppendAudit | Needs.ReadPlans | Needs.WritePlans | Needs.SubjectSecrets | Needs.NamingSecret },
        Function.Of("settle-approval", Trigger.Workflow, "Reads the recorded decision and opens the grace period.",
            () => ErasureJson.Default.SettleInput, () => ErasureJson.Default.SettleResult, ports => new SettleApproval(ports).HandleAsync)
            with { Needs = Needs.WriteState | Needs.AppendAudit | Needs.ReadPlans | Needs.CheckDecisions },
        Function.Of("begin-erasure", Trigger.Workflow, "Passes the moment after which cancelling is too late.",
            () => ErasureJson.Default.BeginInput, () => ErasureJson.Default.BeginResult, ports => new BeginErasure(ports).HandleAsync) with { Needs = Needs.WriteState | Needs.AppendAudit },
        Function.Of("erase-rows", Trigger.Workflow, "Carries out one item of an approved plan, after checking that it is one.",
            () => ErasureJson.Default.ItemInput, () => ErasureJson.Default.ItemResult, ports => new EraseRows(ports).HandleAsync)
            with { Needs = Needs.ReadLake | Needs.WriteLake | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.ReadPlans | Needs.SeeKillSwitch | Needs.SubjectSecrets | Needs.NamingSecret | Needs.CheckDecisions },
        Function.Of("count-outcomes", Trigger.Workflow, "Counts what became of every item.",
            () => ErasureJson.Default.CountInput, () => ErasureJson.Default.CountResult, ports => new CountOutcomes(ports).HandleAsync)
            with { Needs = Needs.WriteState | Needs.AppendAudit | Needs.ReadPlans },
        Function.Of("verify-erasure", Trigger.Workflow, "Reads an object again and looks for the person.",
            () => ErasureJson.Default.ItemInput, () => ErasureJson.Default.ItemResult, ports => new VerifyErasure(ports).HandleAsync)
            with { Needs = Needs.ReadLake | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.ReadPlans | Needs.SubjectSecrets | Needs.NamingSecret },
        Function.Of("certify-erasure", Trigger.Workflow, "Signs what was recorded and ends the request.",
            () => ErasureJson.Default.CertifyInput, () => ErasureJson.Default.CertifyResult, ports => new CertifyErasure(ports).HandleAsync)
            with { Needs = Needs.ReadIndex | Needs.WriteState | Needs.AppendAudit | Needs.Suppress | Needs.ReadPlans | Needs.ReadCertificates | Needs.WriteCertificates | Needs.Anchor | Needs.Sign | Needs.ListCopies | Needs.NamingSecret },
        new("fail-erasure", Trigger.Workflow, "Ends a request that something broke, or whose workflow is gone.",
            ports => new ExecutionTrigger(ports).HandleAsync)
            { Needs = Needs.WriteState | Needs.AppendAudit | Needs.ReadCertificates | Needs.SendMail | Needs.PageSecret | Needs.Anchor | Needs.Sign | Needs.WatchErasure },

        Function.Of("request-approval", Trigger.Workflow, "Invites the approvers of a plan, or of an attestation.",
            () => RequestApprovalJson.Default.ApprovalCall, () => RequestApprovalJson.Default.ApprovalAsked, ports => new RequestApproval(ports).HandleAsync)
            with { Needs = Needs.WriteState | Needs.AppendAudit | Needs.ReadPlans | Needs.SendMail | Needs.AnswerWorkflow | Needs.PageSecret | Needs.CheckDecisions | Needs.SignUnattended },
        Function.Of("remind-approvers", Trigger.Workflow, "Reminds approvers who have not answered, tells the operators once it is overdue.",
            () => RemindApproversJson.Default.ReminderCall, () => RemindApproversJson.Default.Reminded, ports => new RemindApprovers(ports).HandleAsync)
            with { Needs = Needs.WriteState | Needs.AppendAudit | Needs.ReadPlans | Needs.SendMail | Needs.PageSecret | Needs.CheckDecisions },
        new("show-approval", Trigger.Page, "Shows an approver what is to be decided, and changes nothing.",
            ports => new PageTrigger("show-approval", ["GET", "HEAD"], ports, new ShowApproval(ports).HandleAsync).HandleAsync) { Needs = Needs.ReadPlans | Needs.PageSecret | Needs.CheckDecisions },
        new("decide-approval", Trigger.Page, "Mails a code, checks an identifier, records a decision.",
            ports => new PageTrigger("decide-approval", ["POST"], ports, new DecideApproval(ports).HandleAsync).HandleAsync)
            { Needs = Needs.WriteState | Needs.AppendAudit | Needs.ReadPlans | Needs.SendMail | Needs.AnswerWorkflow | Needs.PageSecret | Needs.SubjectSecrets | Needs.Sign },
        Function.Of("notify", Trigger.Workflow, "Tells the requester and the operators what came of a request.",
            () => NotifyJson.Default.NotifyInput, () => NotifyJson.Default.Notified, ports => new Notify(ports).HandleAsync)
            with { Needs = Needs.WriteState | Needs.AppendAudit | Needs.ReadCertificates | Needs.SendMail | Needs.PageSecret | Needs.Anchor | Needs.Sign },

        new("flag-change", Trigger.ReferenceChange, "Flags that reference data changed, and begins their refresh.",
            ports => new ReferenceTrigger(ports).HandleAsync) { Needs = Needs.FlagReferences },
        Function.Of("publish-reference", Trigger.Workflow, "Publishes a new version of reference data and moves the pointer.",
            () => RefreshJson.Default.PublishReferenceInput, () => RefreshJson.Default.PublishReferenceResult, ports => new PublishReference(ports).HandleAsync)
            with { Needs = Needs.PublishReferences },

        new("mark-stale", Trigger.TableChange, "Marks that a derived table is stale, and begins its refresh.",
            ports => new TableTrigger(ports).HandleAsync) { Needs = Needs.WriteState | Needs.RunTables },
        Function.Of("begin-table", Trigger.Workflow, "Takes a table's lock for a run, with a fence and a lease.",
            () => RefreshJson.Default.BeginTableInput, () => RefreshJson.Default.BeginTableResult, ports => new BeginTable(ports).HandleAsync)
            with { Needs = Needs.FindInputs | Needs.WriteState | Needs.RunTables },
        Function.Of("next-step", Trigger.Workflow, "Says which step of a table is run next, and where it writes.",
            () => RefreshJson.Default.NextStepInput, () => RefreshJson.Default.NextStepResult, ports => new NextStep(ports).HandleAsync)
            with { Needs = Needs.WriteState },
        Function.Of("validate-table", Trigger.Workflow, "Erases anew who was erased since, and holds a version against the last good run.",
            () => RefreshJson.Default.TableRunInput, () => RefreshJson.Default.ValidateTableResult, ports => new ValidateTable(ports).HandleAsync)
            with { Needs = Needs.ReplayErasures | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.AppendAudit | Needs.ReadPlans | Needs.SeeKillSwitch | Needs.SubjectSecrets | Needs.CheckDecisions },
        Function.Of("publish-table", Trigger.Workflow, "Indexes a valid version, lets it be served and moves the pointer.",
            () => RefreshJson.Default.TableRunInput, () => RefreshJson.Default.PublishTableResult, ports => new PublishTable(ports).HandleAsync)
            with { Needs = Needs.ServeTables | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.ReadPlans | Needs.SubjectSecrets | Needs.CheckDecisions | Needs.ForgetTables },
        Function.Of("end-refresh", Trigger.Workflow, "Gives a table's lock back, and removes versions that were kept for long enough.",
            () => RefreshJson.Default.EndRefreshInput, () => RefreshJson.Default.EndRefreshResult, ports => new EndRefresh(ports).HandleAsync)
            with { Needs = Needs.ServeTables | Needs.ClearVersions | Needs.ReadIndex | Needs.WriteIndex | Needs.WriteState | Needs.ForgetTables },

        Function.Of("begin-hour", Trigger.Schedule, "Begins the hourly run for each pair of raw hours and their copies.",
            () => PartitionsJson.Default.BeginHourInput, () => PartitionsJson.Default.BeginHourResult, ports => new BeginHour(ports).HandleAsync)
            with { Needs = Needs.BeginHours },
        Function.Of("load-partition", Trigger.Workflow, "Says which raw hours are to be registered as partitions.",
            () => PartitionsJson.Default.LoadPartitionInput, () => PartitionsJson.Default.LoadPartitionResult, ports => new LoadPartition(ports).HandleAsync)
            with { Needs = Needs.WriteState | Needs.WatchWorkflow },
        Function.Of("bucket-partition", Trigger.Workflow, "Says which hour is to be copied next, and what else there is to do.",
            () => PartitionsJson.Default.BucketPartitionInput, () => PartitionsJson.Default.BucketPartitionResult, ports => new BucketPartition(ports).HandleAsync)
            with { Needs = Needs.ListRawHours | Needs.WriteState | Needs.WatchWorkflow | Needs.ForgetHours },
        Function.Of("settle-partition", Trigger.Workflow, "Takes a complete copy as the one of its hour.",
            () => PartitionsJson.Default.AttemptInput, () => PartitionsJson.Default.SettlePartitionResult, ports => new SettlePartition(ports).HandleAsync)
            with { Needs = Needs.ListRawHours | Needs.WriteState },
        Function.Of("record-partition", Trigger.Workflow, "Records that an hour is served from its copy.",
            () => PartitionsJson.Default.AttemptAtInput, () => PartitionsJson.Default.RecordPartitionResult, ports => new RecordPartition(ports).HandleAsync)
            with { Needs = Needs.WriteState | Needs.ForgetHours },
        Function.Of("clear-partition", Trigger.Workflow, "Removes the objects of a copy that is of no use any more.",
            () => PartitionsJson.Default.AttemptAtInput, () => PartitionsJson.Default.ClearPartitionResult, ports => new ClearPartition(ports).HandleAsync)
            with { Needs = Needs.ClearCopies | Needs.WriteState | Needs.ForgetHours },
    ];

    /// <exception cref="UnknownFunctionException">There is none of this name.</exception>
    public static Function Named(string name) => All.FirstOrDefault(f => f.Name == name) ?? throw new UnknownFunctionException(name);
}
