using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;

namespace Limpid.Tests.Approvals;

/// <summary>Rows 29 to 32 of FAULTS.md: what a workflow and its callbacks can do to an approval.</summary>
public sealed class ApprovalFaultTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task F29_the_first_mail_works_after_a_retry_made_a_new_token()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync(datasets: ApprovalWorld.OneDataset());
        await world.AskAsync("token-1");
        string first = world.LinkOf(ApprovalWorld.Dpo);
        world.Tasks.TimeOut("token-1");
        await world.AskAsync("token-2");

        Assert.Single(world.Mailer.To(ApprovalWorld.Dpo));
        Assert.Equal(303, (await world.PostAsync(first, "code")).Status);
        await world.PostAsync(first, "decision", ("verdict", "approve"), ("code", world.CodeOf(ApprovalWorld.Dpo)));

        Assert.Equal([("token-2", """{"verdict":"approve"}""")], world.Tasks.Answers);
    }

    [Fact]
    public async Task F30_a_late_decision_answers_the_next_ask_at_once()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync(datasets: ApprovalWorld.OneDataset());
        await world.AskAsync("token-1");
        world.Tasks.TimeOut("token-1");
        Assert.Equal(303, (await world.DecideAsync(ApprovalWorld.Dpo, "approve")).Status);
        Assert.Empty(world.Tasks.Answers);

        ApprovalAsked asked = await world.AskAsync("token-2");

        Assert.Equal(Verdict.Approve, asked.Verdict);
        Assert.Equal([("token-2", """{"verdict":"approve"}""")], world.Tasks.Answers);
    }

    [Fact]
    public async Task F30_the_same_decision_again_is_success_and_the_other_one_is_refused()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync(datasets: ApprovalWorld.OneDataset());
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        Dictionary<string, string> form = await world.FormAsync(link);
        await world.PostAsync(link, "code");
        form["code"] = world.CodeOf(ApprovalWorld.Dpo);
        form["verdict"] = "approve";
        Assert.Equal(303, (await world.SendAsync(link, "decision", form)).Status);
        string stored = world.Stored();

        Assert.Equal(303, (await world.SendAsync(link, "decision", form)).Status);
        form["verdict"] = "reject";
        form["ground"] = "second thoughts";
        PageResponse other = await world.SendAsync(link, "decision", form);

        Assert.Equal(409, other.Status);
        Assert.Contains("already decided", other.Body, StringComparison.Ordinal);
        Assert.Equal(stored, world.Stored());
        Assert.Single(world.Tasks.Answers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F30_a_crash_at_any_write_of_a_decision_is_finished_by_posting_again(bool afterEffect)
    {
        for (int n = 1; ; n++)
        {
            using var world = new ApprovalWorld();
            await world.RequestAsync(datasets: ApprovalWorld.OneDataset());
            await world.AskAsync();
            string link = world.LinkOf(ApprovalWorld.Dpo);
            await world.PostAsync(link, "code");
            Dictionary<string, string> form = await world.FormAsync(link);
            form["verdict"] = "approve";
            form["code"] = world.CodeOf(ApprovalWorld.Dpo);

            Ports sound = world.Ports;
            var faulty = new FaultyTable(sound.State) { DiesAt = n, AfterEffect = afterEffect };
            world.Ports = sound with { State = faulty };
            bool died = false;
            try
            {
                await world.SendAsync(link, "decision", form);
            }
            catch (CrashException)
            {
                died = true;
            }
            world.Ports = sound;
            Assert.Equal(303, (await world.SendAsync(link, "decision", form)).Status);

            Assert.Equal(Verdict.Approve, Assert.Single(await world.DecisionsAsync()).Verdict);
            Assert.Equal(Verdict.Approve, (await world.OutcomeAsync())!.Verdict);
            Assert.Equal("token-1", Assert.Single(world.Tasks.Answers).Token);
            Assert.Single(await Audited(world, "decision-recorded"));
            Assert.Single(await Audited(world, "plan-settled"));
            if (!died)
            {
                Assert.True(n > 5, $"only {n - 1} writes were tried");
                return;
            }
        }
    }

    [Fact]
    public async Task F30_a_crash_after_the_decision_is_finished_by_the_workflow_asking_again()
    {
        for (int n = 1; ; n++)
        {
            using var world = new ApprovalWorld();
            await world.RequestAsync(datasets: ApprovalWorld.OneDataset());
            await world.AskAsync();
            Ports sound = world.Ports;
            string link = world.LinkOf(ApprovalWorld.Dpo);
            await world.PostAsync(link, "code");
            Dictionary<string, string> form = await world.FormAsync(link);
            form["verdict"] = "approve";
            form["code"] = world.CodeOf(ApprovalWorld.Dpo);
            world.Ports = sound with { State = new FaultyTable(sound.State) { DiesAt = n, AfterEffect = true } };
            bool died = await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await world.SendAsync(link, "decision", form);
                throw new InvalidOperationException("it lived");
            }) is CrashException;
            world.Ports = sound;
            bool decided = (await world.DecisionsAsync()).Count == 1;

            world.Tasks.TimeOut("token-1");
            ApprovalAsked asked = await world.AskAsync("token-2");

            Assert.Equal(decided ? Verdict.Approve : null, asked.Verdict);
            Assert.Equal(decided, (await world.OutcomeAsync()) is not null);
            if (!died)
                return;
        }
    }

    [Fact]
    public async Task F31_silence_is_never_a_decision()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync("token-0");
        int overdue = 0;
        for (int round = 1; round <= 20; round++)
        {
            world.Clock.Advance(TimeSpan.FromDays(3));
            world.Tasks.TimeOut($"token-{round - 1}");
            Reminded reminded = await world.RemindAsync();
            Assert.Equal(3, reminded.Approvers);
            overdue += reminded.Overdue ? 1 : 0;
            Assert.Null((await world.AskAsync($"token-{round}")).Verdict);
        }

        Assert.Null(await world.OutcomeAsync());
        Assert.Empty(await world.DecisionsAsync());
        Assert.Empty(world.Tasks.Answers);
        Assert.Equal(14, overdue);
        Assert.Equal(14, world.Mailer.To(ApprovalWorld.Operator).Count());
        Assert.Equal(14, world.Mailer.To(ApprovalWorld.Requester).Count());
        Assert.Equal(21, world.Mailer.To(ApprovalWorld.Dpo).Count());
        Assert.Equal(20, (await world.State.AskedAsync(ApprovalWorld.Erasure(), Stop))!.Reminders);

        await world.DecideAsync(ApprovalWorld.Deputy, "approve");
        await world.DecideAsync(ApprovalWorld.Owner, "approve");
        Assert.Equal([("token-20", """{"verdict":"approve"}""")], world.Tasks.Answers);
    }

    [Fact]
    public async Task F31_a_retried_reminder_reminds_once_and_those_who_answered_never()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        await world.DecideAsync(ApprovalWorld.Dpo, "approve");
        int before = world.Mailer.All.Count;
        world.Clock.Advance(TimeSpan.FromDays(3));

        await world.RemindAsync();
        Reminded again = await world.RemindAsync();

        Assert.Equal(0, again.Approvers);
        // The deputy need not answer any more: the other approver of the same dataset has.
        Assert.Equal([ApprovalWorld.Owner], world.Mailer.All.Skip(before).SelectMany(m => m.To));
    }

    [Fact]
    public async Task F32_the_history_holds_references_only()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        ApprovalAsked asked = await world.AskAsync();
        await world.DecideAsync(ApprovalWorld.Owner, "reject", "the invoice of Mrs Canary is still open");
        world.Clock.Advance(TimeSpan.FromDays(3));
        Reminded reminded = await world.RemindAsync();

        string history = string.Join('\n', world.Tasks.Answers.Select(a => a.Output))
            + JsonSerializer.Serialize(asked, RequestApprovalJson.Default.ApprovalAsked)
            + JsonSerializer.Serialize(reminded, RemindApproversJson.Default.Reminded);

        Assert.Equal("""{"verdict":"reject"}{"invited":3}{"approvers":0,"overdue":false}""", history);
    }

    [Fact]
    public async Task F35_whatever_the_order_of_answers_there_is_one_outcome()
    {
        (string Person, string Verdict)[] answers =
        [
            (ApprovalWorld.Dpo, "approve"), (ApprovalWorld.Deputy, "reject"), (ApprovalWorld.Owner, "approve"),
        ];
        foreach ((string Person, string Verdict)[] order in Permutations(answers))
        {
            using var world = new ApprovalWorld();
            await world.RequestAsync();
            await world.AskAsync();
            var statuses = new List<int>();
            foreach ((string person, string verdict) in order)
            {
                string link = world.LinkOf(person);
                Dictionary<string, string> form = await FormWithCode(world, person, link);
                form["verdict"] = verdict;
                form["ground"] = "because";
                statuses.Add((await world.SendAsync(link, "decision", form)).Status);
            }

            PlanOutcome outcome = (await world.OutcomeAsync())!;
            bool approvedFirst = order[2].Person == ApprovalWorld.Deputy;
            Assert.Equal(approvedFirst ? Verdict.Approve : Verdict.Reject, outcome.Verdict);
            Assert.Single(world.Tasks.Answers);
            // Who comes after the outcome is told that it is too late.
            int settledAt = approvedFirst ? 1 : Array.FindIndex(order, o => o.Verdict == "reject");
            Assert.All(statuses[..(settledAt + 1)], s => Assert.Equal(303, s));
            Assert.All(statuses[(settledAt + 1)..], s => Assert.Equal(409, s));
        }
    }

    [Fact]
    public async Task F35_answers_at_the_same_moment_give_one_outcome_and_a_no_is_never_erased_over()
    {
        int seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        var seen = new HashSet<Verdict>();
        for (int run = 0; run < 60; run++)
        {
            using var world = new ApprovalWorld();
            ErasureRequest request = await world.RequestAsync();
            await world.AskAsync();
            await world.DecideAsync(ApprovalWorld.Owner, "approve");
            Ports sound = world.Ports;
            var turns = new Turns(random, random.NextDouble(), 2);
            Task<PageResponse>[] posts = new Task<PageResponse>[2];
            (string Person, string Verdict)[] answers = [(ApprovalWorld.Dpo, "approve"), (ApprovalWorld.Deputy, "reject")];
            for (int i = 0; i < 2; i++)
            {
                string link = world.LinkOf(answers[i].Person);
                Dictionary<string, string> form = await FormWithCode(world, answers[i].Person, link);
                form["verdict"] = answers[i].Verdict;
                form["ground"] = "because";
                int player = i;
                Ports own = sound with { State = new FaultyTable(sound.State) { Turn = () => turns.WaitAsync(player) } };
                posts[i] = turns.PlayAsync(player, () => new DecideApproval(own).HandleAsync(
                    new PageRequest("POST", $"/approvals/{link}/decision", new Dictionary<string, string>(), form), Stop));
            }
            await turns.RunAsync();
            await Task.WhenAll(posts);

            PlanOutcome outcome = (await world.OutcomeAsync())!;
            seen.Add(outcome.Verdict);
            Assert.Single(world.Tasks.Answers);
            Assert.Contains(outcome.Verdict == Verdict.Approve ? "approve" : "reject", world.Tasks.Answers[0].Output, StringComparison.Ordinal);
            bool hasNo = (await world.DecisionsAsync()).Any(d => d.Verdict == Verdict.Reject);
            List<SignedDocument> documents = await world.State.DocumentsAsync("r-1", 1, Stop).ToListAsync(Stop);
            Plan plan = (await new Plans(world.Evidence).GetAsync("r-1", 1, Stop))!;
            string? why = Authorization.WhyNot("reviews", plan, request, sound.Lake, sound.LakeDigest, documents, sound.Signer.PublicKey.Span);
            Assert.Equal(hasNo || outcome.Verdict == Verdict.Reject, why is not null);
        }
        Assert.Equal(2, seen.Count);
    }

    private static async Task<Dictionary<string, string>> FormWithCode(ApprovalWorld world, string person, string link)
    {
        Dictionary<string, string> form = await world.FormAsync(link);
        if (form.Count == 0)
        {
            // The page shows no form any more; somebody may still have it open.
            OpenQuestion question = (await OpenQuestion.ReadAsync(world.Ports, world.State, link, Stop))!;
            DateTimeOffset expires = world.Clock.GetUtcNow().AddHours(1);
            return new()
            {
                ["plan"] = question.Plan.Digest,
                ["expires"] = $"{expires.ToUnixTimeSeconds()}",
                ["signature"] = new PageSeal(world.Ports.PageSecret).FormSignature(question.Scope, expires),
                ["code"] = "00000000",
            };
        }
        await world.SendAsync(link, "code", form);
        form["code"] = world.CodeOf(person);
        return form;
    }

    private static async Task<List<AuditEntry>> Audited(ApprovalWorld world, string name) =>
        await new AuditLog(world.Table, world.Clock).ReadAsync("r-1", Stop).Where(e => e.Event == name).ToListAsync(Stop);

    private static IEnumerable<T[]> Permutations<T>(T[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany((item, i) => Permutations([.. items[..i], .. items[(i + 1)..]]).Select(rest => (T[])[item, .. rest]));

    /// <summary>Lets one task at a time go on, each until its next call. The seed chooses which, the first one by this much more often.</summary>
    private sealed class Turns(Random random, double first, int players)
    {
        private readonly TaskCompletionSource?[] _waiting = new TaskCompletionSource?[players];
        private readonly bool[] _done = new bool[players];

        public Task WaitAsync(int player)
        {
            var turn = new TaskCompletionSource();
            _waiting[player] = turn;
            return turn.Task;
        }

        public async Task<PageResponse> PlayAsync(int player, Func<Task<PageResponse>> play)
        {
            try
            {
                return await play();
            }
            finally
            {
                _done[player] = true;
            }
        }

        // Everything here runs on the completing thread: when SetResult returns, the player stands at its next call or is done.
        public Task RunAsync()
        {
            while (!_done.All(d => d))
            {
                int[] ready = [.. Enumerable.Range(0, players).Where(p => _waiting[p] is not null)];
                int player = ready[random.NextDouble() < first ? 0 : ready.Length - 1];
                TaskCompletionSource turn = _waiting[player]!;
                _waiting[player] = null;
                turn.SetResult();
            }
            return Task.CompletedTask;
        }
    }
}
