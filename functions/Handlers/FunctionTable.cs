using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.Notices;

namespace Limpid.Functions;

/// <summary>What makes a function run.</summary>
internal enum Trigger
{
    /// <summary>A step of a state machine.</summary>
    Workflow,

    /// <summary>Objects that were created, overwritten or removed in the lake.</summary>
    LakeEvent,

    /// <summary>A call that waits for the answer, from a tool or an API.</summary>
    Call,

    /// <summary>An approver's browser.</summary>
    Page,
}

/// <summary>One function: what it is called, what makes it run, what it does, and how it is built from the ports.</summary>
/// <param name="Name">Verb and noun, as in <c>LIMPID_FUNCTION</c>; in state machines <c>${EraseRows}</c> stands for <c>erase-rows</c>.</param>
internal sealed record Function(string Name, Trigger Trigger, string Does, Func<Ports, Handler> Build)
{
    public string Placeholder => string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    public static Function Of<TIn, TOut>(
        string name, Trigger trigger, string does, JsonTypeInfo<TIn> input, JsonTypeInfo<TOut> output,
        Func<Ports, Func<TIn, CancellationToken, Task<TOut>>> build) =>
        new(name, trigger, does, ports =>
        {
            Func<TIn, CancellationToken, Task<TOut>> handle = build(ports);
            return async (payload, cancellation) =>
            {
                TIn value;
                try
                {
                    value = JsonSerializer.Deserialize(payload.Span, input) ?? throw new JsonException("the event is null");
                }
                catch (JsonException bad)
                {
                    throw new BadEventException(name, bad.Path ?? "$");
                }
                return JsonSerializer.SerializeToUtf8Bytes(await handle(value, cancellation), output);
            };
        });
}

/// <summary>Takes the event's JSON, returns the result's.</summary>
internal delegate Task<ReadOnlyMemory<byte>> Handler(ReadOnlyMemory<byte> payload, CancellationToken cancellation);

/// <summary>The event is not of the function's shape. It says where and never what: the event may hold an identifier.</summary>
internal sealed class BadEventException(string function, string path)
    : Exception($"the event is not what {function} takes, at {path}");

/// <summary>The only list of functions: Cdk makes functions from it, Local wires it in one process, the README's table is generated from it.</summary>
internal static class FunctionTable
{
    public static IReadOnlyList<Function> All { get; } =
    [
        Function.Of("follow-lake", Trigger.LakeEvent, "Brings the index of one object to what the lake shows.",
            IndexingJson.Default.LakeEvent, IndexingJson.Default.FollowResult, ports => new FollowLake(ports).HandleAsync),
        Function.Of("reconcile-lake", Trigger.Workflow, "Lists the lake and repairs the index where it differs.",
            IndexingJson.Default.ReconcileInput, IndexingJson.Default.ReconcileResult, ports => new ReconcileLake(ports).HandleAsync),

        Function.Of("submit-erasure", Trigger.Call, "Takes a demand, hashes its identifiers, starts the workflow.",
            ErasureJson.Default.SubmitInput, ErasureJson.Default.SubmitResult, ports => new SubmitErasure(ports).HandleAsync),
        Function.Of("cancel-erasure", Trigger.Call, "Ends a request before its first write.",
            ErasureJson.Default.CancelInput, ErasureJson.Default.CancelResult, ports => new CancelErasure(ports).HandleAsync),
        Function.Of("extend-erasure", Trigger.Call, "Extends the month to answer, with a reason, by two months at most.",
            ErasureJson.Default.ExtendInput, ErasureJson.Default.ExtendResult, ports => new ExtendErasure(ports).HandleAsync),
        Function.Of("locate-subject", Trigger.Workflow, "Plans what would be erased and stores the plan.",
            ErasureJson.Default.LocateInput, ErasureJson.Default.LocateResult, ports => new LocateSubject(ports).HandleAsync),
        Function.Of("settle-approval", Trigger.Workflow, "Reads the recorded decision and opens the grace period.",
            ErasureJson.Default.SettleInput, ErasureJson.Default.SettleResult, ports => new SettleApproval(ports).HandleAsync),
        Function.Of("begin-erasure", Trigger.Workflow, "Passes the moment after which cancelling is too late.",
            ErasureJson.Default.BeginInput, ErasureJson.Default.BeginResult, ports => new BeginErasure(ports).HandleAsync),
        Function.Of("erase-rows", Trigger.Workflow, "Carries out one item of an approved plan, after checking that it is one.",
            ErasureJson.Default.ItemInput, ErasureJson.Default.ItemResult, ports => new EraseRows(ports).HandleAsync),
        Function.Of("count-outcomes", Trigger.Workflow, "Counts what became of every item.",
            ErasureJson.Default.CountInput, ErasureJson.Default.CountResult, ports => new CountOutcomes(ports).HandleAsync),
        Function.Of("verify-erasure", Trigger.Workflow, "Reads an object again and looks for the person.",
            ErasureJson.Default.ItemInput, ErasureJson.Default.ItemResult, ports => new VerifyErasure(ports).HandleAsync),
        Function.Of("certify-erasure", Trigger.Workflow, "Signs what was recorded and ends the request.",
            ErasureJson.Default.CertifyInput, ErasureJson.Default.CertifyResult, ports => new CertifyErasure(ports).HandleAsync),
        Function.Of("fail-erasure", Trigger.Workflow, "Ends a request that something broke.",
            ErasureJson.Default.FailInput, ErasureJson.Default.FailResult, ports => new FailErasure(ports).HandleAsync),

        Function.Of("request-approval", Trigger.Workflow, "Invites the approvers of a plan, or of an attestation.",
            RequestApprovalJson.Default.ApprovalCall, RequestApprovalJson.Default.ApprovalAsked, ports => new RequestApproval(ports).HandleAsync),
        Function.Of("remind-approvers", Trigger.Workflow, "Reminds approvers who have not answered, tells the operators once it is overdue.",
            RemindApproversJson.Default.ReminderCall, RemindApproversJson.Default.Reminded, ports => new RemindApprovers(ports).HandleAsync),
        Function.Of("show-approval", Trigger.Page, "Shows an approver what is to be decided, and changes nothing.",
            PageJson.Default.PageRequest, PageJson.Default.PageResponse, ports => new ShowApproval(ports).HandleAsync),
        Function.Of("decide-approval", Trigger.Page, "Mails a code, checks an identifier, records a decision.",
            PageJson.Default.PageRequest, PageJson.Default.PageResponse, ports => new DecideApproval(ports).HandleAsync),
        Function.Of("notify", Trigger.Workflow, "Tells the requester and the operators what came of a request.",
            NotifyJson.Default.NotifyInput, NotifyJson.Default.Notified, ports => new Notify(ports).HandleAsync),
    ];
}
