using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions.State;

namespace Limpid.Tests.Approvals;

/// <summary>Nothing but a signed yes to exactly this plan, by one who may give it, authorises an erasure.</summary>
public sealed class AuthorizationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_signed_yes_of_an_approver_authorises_the_datasets_they_speak_for()
    {
        using var world = new ApprovalWorld();
        (ErasureRequest request, Plan plan) = await PlannedAsync(world);
        SignedDocument yes = await SignAsync(world, Yes(plan));
        Assert.Null(WhyNot(world, "reviews", plan, request, yes));
        Assert.Equal("no approver of orders approved this plan", WhyNot(world, "orders", plan, request, yes));
        Assert.NotNull(WhyNot(world, "reviews", plan, request));
    }

    [Theory]
    [InlineData("other request")]
    [InlineData("other plan")]
    [InlineData("other digest")]
    [InlineData("not an approver")]
    [InlineData("self-approval")]
    [InlineData("attestation")]
    [InlineData("no dataset")]
    [InlineData("claims a dataset of others")]
    public async Task A_signed_yes_to_something_else_authorises_nothing(string what)
    {
        using var world = new ApprovalWorld();
        (ErasureRequest request, Plan plan) = await PlannedAsync(world);
        Decision yes = Yes(plan);
        string dataset = "reviews";
        switch (what)
        {
            case "other request": yes = yes with { RequestId = "r-2" }; break;
            case "other plan": yes = yes with { Plan = 2 }; break;
            case "other digest": yes = yes with { PlanDigest = new string('0', 64) }; break;
            case "not an approver": yes = yes with { Approver = "stranger@acme.example" }; break;
            case "self-approval": request = request with { RequestedBy = "DPO+x@acme.example" }; break;
            case "attestation": yes = yes with { Purpose = ApprovalPurpose.Attestation }; break;
            case "no dataset": yes = yes with { Datasets = [] }; break;
            default:
                yes = yes with { Datasets = ["orders"] };
                dataset = "orders";
                break;
        }
        Assert.NotNull(WhyNot(world, dataset, plan, request, await SignAsync(world, yes)));
    }

    [Fact]
    public async Task A_yes_signed_by_another_key_or_changed_after_signing_authorises_nothing()
    {
        using var world = new ApprovalWorld();
        (ErasureRequest request, Plan plan) = await PlannedAsync(world);
        using var stranger = new ApprovalWorld();
        SignedDocument foreign = await SignAsync(stranger, Yes(plan));
        SignedDocument no = await SignAsync(world, Yes(plan) with { Verdict = Verdict.Reject, Ground = "no" });
        SignedDocument turned = no with { Body = JsonSerializer.SerializeToElement(Yes(plan), DecisionJson.Default.Decision) };
        Assert.NotNull(WhyNot(world, "reviews", plan, request, foreign));
        Assert.NotNull(WhyNot(world, "reviews", plan, request, turned));
    }

    [Fact]
    public async Task A_no_outweighs_every_yes()
    {
        using var world = new ApprovalWorld();
        (ErasureRequest request, Plan plan) = await PlannedAsync(world);
        SignedDocument yes = await SignAsync(world, Yes(plan));
        SignedDocument no = await SignAsync(world, Yes(plan) with { Approver = ApprovalWorld.Owner, Datasets = ["orders"], Verdict = Verdict.Reject, Ground = "lawsuit" });
        Assert.Equal("an approver rejected the plan: lawsuit", WhyNot(world, "reviews", plan, request, yes, no));
    }

    [Fact]
    public async Task A_plan_or_lake_that_changed_after_the_yes_is_authorised_by_nobody()
    {
        using var world = new ApprovalWorld();
        (ErasureRequest request, Plan plan) = await PlannedAsync(world);
        SignedDocument yes = await SignAsync(world, Yes(plan));
        Assert.NotNull(WhyNot(world, "reviews", plan with { ChunkDigests = ["more-items"] }, request, yes));
        Assert.NotNull(WhyNot(world, "reviews", plan, request with { Id = "r-2" }, yes));
        Assert.NotNull(Authorization.WhyNot("reviews", plan, request, world.Ports.Lake, "lake-digest-2", [yes], world.Ports.Signer.PublicKey.Span));
        Assert.NotNull(WhyNot(world, "unknown", plan, request, yes));
    }

    [Fact]
    public async Task The_tally_waits_for_every_dataset_that_has_something_to_erase()
    {
        using var world = new ApprovalWorld();
        (ErasureRequest request, Plan plan) = await PlannedAsync(world);
        Decision dpo = Yes(plan), owner = Yes(plan) with { Approver = ApprovalWorld.Owner, Datasets = ["orders"] };
        Assert.Equal(["orders"], Tally.Of(plan, request, world.Ports.Lake, [dpo]).Open);
        Assert.Null(Tally.Of(plan, request, world.Ports.Lake, [dpo]).Verdict);
        Assert.Equal(Verdict.Approve, Tally.Of(plan, request, world.Ports.Lake, [dpo, owner]).Verdict);
        Assert.Null(Tally.Of(plan, request, world.Ports.Lake, []).Verdict);
        Assert.Equal(Verdict.Reject, Tally.Of(plan, request, world.Ports.Lake, [dpo, owner with { Verdict = Verdict.Reject }]).Verdict);
    }

    private static async Task<(ErasureRequest, Plan)> PlannedAsync(ApprovalWorld world)
    {
        ErasureRequest request = await world.RequestAsync();
        return (request, (await new Plans(world.Evidence).GetAsync("r-1", 1, Stop))!);
    }

    private static Decision Yes(Plan plan) => new()
    {
        RequestId = plan.RequestId,
        Plan = plan.Number,
        PlanDigest = plan.Digest,
        Approver = ApprovalWorld.Dpo,
        Datasets = ["reviews"],
        Verdict = Verdict.Approve,
        At = plan.AsOf,
        Proven = "code mailed to the approver",
    };

    private static Task<SignedDocument> SignAsync(ApprovalWorld world, Decision decision) => SignedDecision.SignAsync(decision, world.Ports.Signer, Stop);

    private static string? WhyNot(ApprovalWorld world, string dataset, Plan plan, ErasureRequest request, params SignedDocument[] decisions) =>
        Authorization.WhyNot(dataset, plan, request, world.Ports.Lake, world.Ports.LakeDigest, decisions, world.Ports.Signer.PublicKey.Span);
}
