using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

/// <summary>What the requester is told in the end, and what they can send on to the person.</summary>
public sealed class OutcomeMailTests
{
    private const string Crm = "{name: crm, location: db1.crm.contacts, format: external, approvers: [" + ScenarioWorld.Crm + "]}";

    private static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task After_an_erasure_it_names_whom_else_to_tell_and_has_a_letter_for_the_person()
    {
        (ErasureRequest request, string text, _) = await EndAsync(_ => ("approve", "ticket 77"), Reviews, Crm);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Contains("Article 19 GDPR asks you to tell everybody to whom this data was passed on", text, StringComparison.Ordinal);
        Assert.Contains("places outside the lake: crm", text, StringComparison.Ordinal);
        string letter = Letter(text);
        Assert.Contains("on 10 March 2026 you asked us to erase", letter, StringComparison.Ordinal);
        Assert.Contains("We have erased it", letter, StringComparison.Ordinal);
        Assert.Contains("Some technical copies, such as backups, remain", letter, StringComparison.Ordinal);
        Assert.Contains("we inform those to whom we had passed your data on", letter, StringComparison.Ordinal);
        Assert.Contains("right to complain to a data protection authority", letter, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_exceptions_the_letter_says_what_was_not_erased_and_why()
    {
        (ErasureRequest request, string text, _) = await EndAsync(q => (q.Purpose == ApprovalPurpose.Attestation ? "reject" : "approve", "the system is down"), Reviews, Crm);
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Contains("Exceptions: 1, listed in the certificate.", text, StringComparison.Ordinal);
        Assert.Contains("- it was attested that the person is not gone there", Letter(text), StringComparison.Ordinal);
        Assert.Contains("If you do not agree, please write to us", Letter(text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_no_the_letter_gives_the_ground_and_nobody_else_is_to_be_told()
    {
        (ErasureRequest request, string text, _) = await EndAsync(_ => ("reject", "kept for a lawsuit"), Reviews);
        Assert.Equal(RequestStatus.Rejected, request.Status);
        Assert.Contains("are not going to erase this data, for this reason:\n\nkept for a lawsuit", Letter(text), StringComparison.Ordinal);
        Assert.DoesNotContain("Article 19", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("approve")]
    [InlineData("reject")]
    public async Task It_carries_the_heads_of_both_audit_chains_away_from_the_lake(string verdict)
    {
        (ErasureRequest request, string text, MemoryWorld world) = await EndAsync(_ => (verdict, "because"), Reviews);
        await using (world)
        {
            var audit = new AuditLog(world.State, world.Clock);
            List<AuditEntry> own = await audit.ReadAsync(AuditLog.ChainOf(request.Id), Stop).ToListAsync(Stop);
            Assert.Equal("outcome-told", own[^1].Event);
            Assert.Contains($"entry {own[^2].Sequence} of {request.Id}, {own[^2].Hash}", text, StringComparison.Ordinal);
            List<AuditEntry> lake = await audit.ReadAsync(AuditLog.LakeChain, Stop).ToListAsync(Stop);
            Assert.Equal(new ChainHead(request.Id, own[^1].Sequence, own[^1].Hash), AuditLog.HeadIn(lake[^1]));
            Assert.Equal(verdict == "approve", text.Contains($"entry {lake[0].Sequence} of lake, {lake[0].Hash}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Of_too_many_exceptions_the_first_by_key_are_listed_and_all_are_counted()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        string[] keys = [.. Enumerable.Range(0, 1000).Select(i => $"{i:d4}")];
        random.Shuffle(keys);
        var first = new FirstInOrder<string>(10, key => key);
        foreach (string key in keys)
            first.Add(key);
        Assert.Equal((1000, 10), (first.Count, first.ToList().Count));
        Assert.Equal(keys.Order(StringComparer.Ordinal).Take(10), first.ToList());
    }

    private static async Task<(ErasureRequest Request, string Text, MemoryWorld World)> EndAsync(Func<LinkTo, (string, string)?> decides, params string[] datasets)
    {
        var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0", datasets)) { Decides = decides };
        world.Put("reviews/a.ndjson", "{\"CustomerId\":1}\n{\"CustomerId\":2}\n");
        ErasureRequest request = await world.EraseAsync("customer=2");
        string text = world.Mails().Last(m => m.To == ScenarioWorld.Requester).Text;
        return (request, text, world);
    }

    private static string Letter(string text) => text[text.IndexOf("Dear Sir or Madam", StringComparison.Ordinal)..];
}
