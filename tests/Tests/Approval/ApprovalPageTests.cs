using System.Text.RegularExpressions;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;

namespace Limpid.Tests.Approvals;

/// <summary>Rows 33 to 42 of FAULTS.md: what mail, browsers, scanners and strangers can do to an approval.</summary>
public sealed partial class ApprovalPageTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task F33_fetching_a_page_changes_nothing()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo), stored = world.Stored();
        int mails = world.Mailer.All.Count;
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await world.GetAsync(link)).Status);
            Assert.Equal(200, (await world.GetAsync(link, "HEAD")).Status);
            // A scanner tries the forms' addresses too.
            Assert.Equal(404, (await world.GetAsync(link + "/decision")).Status);
        }
        Assert.Equal(stored, world.Stored());
        Assert.Equal(mails, world.Mailer.All.Count);
        Assert.Null(await world.OutcomeAsync());
    }

    [Fact]
    public async Task F34_a_bot_that_presses_every_button_in_every_order_decides_nothing()
    {
        string[] buttons = ["code", "check", "approve", "reject", "decision"];
        foreach (string[] order in Permutations(buttons))
        {
            using var world = new ApprovalWorld();
            await world.RequestAsync();
            await world.AskAsync();
            string link = world.LinkOf(ApprovalWorld.Dpo);
            foreach (string button in order)
            {
                string text = order[0];
                _ = button switch
                {
                    "approve" or "reject" => await world.PostAsync(link, "decision", ("verdict", button), ("ground", text), ("code", text)),
                    "check" => await world.PostAsync(link, "check", ("kind", "email"), ("identifier", text)),
                    _ => await world.PostAsync(link, button),
                };
            }
            Assert.Empty(await world.DecisionsAsync());
            Assert.Null(await world.OutcomeAsync());
            // And the person can still decide afterwards.
            Assert.Equal(303, (await world.DecideAsync(ApprovalWorld.Dpo, "approve")).Status);
        }
    }

    [Fact]
    public async Task F36_neither_link_nor_code_nor_token_is_anywhere_but_in_the_mail()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync("token-secret-1");
        string link = world.LinkOf(ApprovalWorld.Dpo);
        await world.PostAsync(link, "code");
        string code = world.CodeOf(ApprovalWorld.Dpo), stored = world.Stored();

        Assert.DoesNotContain(link, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(code.Replace(" ", "", StringComparison.Ordinal), stored, StringComparison.Ordinal);
        Assert.All(world.Mailer.All, m => Assert.DoesNotContain("token-secret-1", m.Text + m.Html, StringComparison.Ordinal));
        PageResponse page = await world.GetAsync(link);
        Assert.DoesNotContain("token-secret-1", page.Body, StringComparison.Ordinal);
        Assert.Equal("no-referrer", page.Headers["Referrer-Policy"]);
        Assert.Equal("no-store", page.Headers["Cache-Control"]);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page.Body);
        Assert.True(link.Length >= 32);
    }

    [Fact]
    public async Task F37_mails_track_nobody()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        await world.PostAsync(world.LinkOf(ApprovalWorld.Dpo), "code");
        foreach (Mail mail in world.Mailer.All)
        {
            Assert.DoesNotContain("<img", mail.Html, StringComparison.OrdinalIgnoreCase);
            string[] addresses = [.. AddressPattern().Matches(mail.Html + mail.Text).Select(m => m.Value).Distinct()];
            Assert.True(addresses.Length <= 1);
            Assert.All(addresses, a => Assert.StartsWith("http://pages.acme.example/approvals/", a, StringComparison.Ordinal));
            Assert.DoesNotContain(ApprovalWorld.Identifier, mail.Html + mail.Text + mail.Subject + mail.Id, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task F38_every_changed_character_of_a_forms_signature_shows()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        Dictionary<string, string> form = await world.FormAsync(link);
        foreach (string name in new[] { "signature", "plan", "expires" })
        {
            string whole = form[name];
            for (int i = 0; i < whole.Length; i++)
            {
                char other = whole[i] == '1' ? '2' : '1';
                Dictionary<string, string> forged = new(form) { [name] = whole[..i] + other + whole[(i + 1)..] };
                Assert.Equal(403, (await world.SendAsync(link, "code", forged)).Status);
            }
            Dictionary<string, string> without = new(form);
            without.Remove(name);
            Assert.Equal(403, (await world.SendAsync(link, "code", without)).Status);
        }
        Assert.DoesNotContain(world.Mailer.All, m => m.Subject.StartsWith("Your code", StringComparison.Ordinal));
    }

    [Fact]
    public async Task F38_a_form_lasts_twelve_hours()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        Dictionary<string, string> form = await world.FormAsync(link);
        world.Clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal(303, (await world.SendAsync(link, "code", form)).Status);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        PageResponse late = await world.SendAsync(link, "code", form);
        Assert.Equal(410, late.Status);
        Assert.Contains("open for too long", late.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F38_forms_and_codes_of_one_request_or_person_open_no_other()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync("r-1", datasets: ApprovalWorld.OneDataset());
        await world.RequestAsync("r-2", datasets: ApprovalWorld.OneDataset());
        await world.AskAsync("token-1", "r-1");
        await world.AskAsync("token-2", "r-2");
        string one = world.LinkOf(ApprovalWorld.Dpo, "r-1"), two = world.LinkOf(ApprovalWorld.Dpo, "r-2"), deputy = world.LinkOf(ApprovalWorld.Deputy, "r-2");
        Dictionary<string, string> form = await world.FormAsync(one);
        Assert.Equal(403, (await world.SendAsync(two, "code", form)).Status);
        Assert.Equal(403, (await world.SendAsync(deputy, "code", form)).Status);

        await world.PostAsync(one, "code");
        string code = world.CodeOf(ApprovalWorld.Dpo);
        await world.PostAsync(two, "code");
        await world.PostAsync(deputy, "code");
        Assert.Equal(422, (await world.PostAsync(two, "decision", ("verdict", "approve"), ("code", code))).Status);
        Assert.Equal(422, (await world.PostAsync(deputy, "decision", ("verdict", "approve"), ("code", code))).Status);
        Assert.Empty(await world.DecisionsAsync("r-2"));
    }

    [Fact]
    public async Task F38_a_code_lasts_ten_minutes_and_five_tries()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        await world.PostAsync(link, "code");
        string code = world.CodeOf(ApprovalWorld.Dpo);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(422, (await world.PostAsync(link, "decision", ("verdict", "approve"), ("code", code))).Status);

        await world.PostAsync(link, "code");
        code = world.CodeOf(ApprovalWorld.Dpo);
        string wrong = code == "0000 0000" ? "1111 1111" : "0000 0000";
        for (int i = 0; i < 5; i++)
            Assert.Equal(422, (await world.PostAsync(link, "decision", ("verdict", "approve"), ("code", wrong))).Status);
        PageResponse spent = await world.PostAsync(link, "decision", ("verdict", "approve"), ("code", code));
        Assert.Equal(422, spent.Status);
        Assert.Contains("tried too often", spent.Body, StringComparison.Ordinal);
        Assert.Empty(await world.DecisionsAsync());

        for (int i = 0; i < 3; i++)
            Assert.Equal(303, (await world.PostAsync(link, "code")).Status);
        Assert.Equal(429, (await world.PostAsync(link, "code")).Status);
        world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(303, (await world.DecideAsync(ApprovalWorld.Dpo, "approve")).Status);
    }

    [Fact]
    public async Task F39_a_page_of_an_old_plan_decides_nothing()
    {
        using var world = new ApprovalWorld();
        ErasureRequest request = await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        await world.PostAsync(link, "code");
        Dictionary<string, string> form = await world.FormAsync(link);
        form["verdict"] = "approve";
        form["code"] = world.CodeOf(ApprovalWorld.Dpo);
        Plan newer = await world.PlanAsync("r-1", 2, request.Subject, ApprovalWorld.Datasets());
        await new Requests(world.Table).UpdateAsync("r-1", r => r with { Plan = new PlanReference(2, newer.Digest, 1, 1, 0) }, Stop);

        Assert.Equal(409, (await world.SendAsync(link, "decision", form)).Status);
        Assert.Contains("The plan has changed", (await world.GetAsync(link)).Body, StringComparison.Ordinal);
        Assert.Empty(await world.DecisionsAsync());
        await Assert.ThrowsAsync<PlanOutdatedException>(() => world.AskAsync("token-2"));
    }

    [Fact]
    public async Task F39_a_page_shown_under_other_rules_decides_nothing()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        await world.PostAsync(link, "code");
        Dictionary<string, string> form = await world.FormAsync(link);
        form["verdict"] = "approve";
        form["code"] = world.CodeOf(ApprovalWorld.Dpo);
        world.Ports = world.Ports with { Lake = world.Ports.Lake with { Grace = TimeSpan.FromHours(1) } };

        Assert.Equal(409, (await world.SendAsync(link, "decision", form)).Status);
        Assert.Empty(await world.DecisionsAsync());
        await Assert.ThrowsAsync<PlanOutdatedException>(() => world.AskAsync("token-2"));
        Assert.Contains("lake.yaml changed", (await new Requests(world.Table).GetAsync("r-1", Stop))!.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DPO@acme.example")]
    [InlineData(" dpo@acme.example ")]
    [InlineData("dpo+privacy@acme.example")]
    [InlineData("Data Protection <dpo@ACME.example>")]
    [InlineData("dpo@acme.example.")]
    public async Task F40_the_requester_approves_under_no_alias(string requester)
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync(requestedBy: requester, datasets: ApprovalWorld.OneDataset());
        ApprovalAsked asked = await world.AskAsync();
        Assert.Equal(1, asked.Invited);
        Assert.Empty(world.Mailer.To(ApprovalWorld.Dpo));
        Assert.Single(world.Mailer.To(ApprovalWorld.Deputy));
    }

    [Fact]
    public async Task F40_a_dataset_that_only_the_requester_may_approve_is_said_and_not_approved()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync(requestedBy: "Owner+me@acme.example");
        ApprovalImpossibleException why = await Assert.ThrowsAsync<ApprovalImpossibleException>(() => world.AskAsync());
        Assert.Contains("orders", why.Message, StringComparison.Ordinal);
        Assert.Equal(why.Message, (await new Requests(world.Table).GetAsync("r-1", Stop))!.Reason);
        Assert.Empty(world.Mailer.All);
    }

    [Fact]
    public async Task F40_the_record_says_what_was_proven_of_the_approver()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync(datasets: ApprovalWorld.OneDataset());
        await world.AskAsync();
        await world.DecideAsync(ApprovalWorld.Dpo, "approve");
        Assert.Equal("code mailed to the approver", Assert.Single(await world.DecisionsAsync()).Proven);
        AuditEntry entry = await new AuditLog(world.Table, world.Clock).ReadAsync("r-1", Stop).FirstAsync(e => e.Event == "decision-recorded", Stop);
        Assert.Equal("code mailed to the approver", entry.Detail.GetProperty("proven").GetString());
    }

    [Fact]
    public async Task F41_pages_can_be_neither_framed_nor_scripted_nor_indexed()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        PageResponse[] pages =
        [
            await world.GetAsync(world.LinkOf(ApprovalWorld.Dpo)), await world.GetAsync("unknown"),
            await world.PostAsync(world.LinkOf(ApprovalWorld.Dpo), "code"), await world.PostAsync(world.LinkOf(ApprovalWorld.Dpo), "decision"),
        ];
        Assert.All(pages, page =>
        {
            string policy = page.Headers["Content-Security-Policy"];
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("form-action 'self'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", page.Headers["X-Content-Type-Options"]);
            Assert.StartsWith("noindex", page.Headers["X-Robots-Tag"], StringComparison.Ordinal);
            Assert.DoesNotContain("<script", page.Body, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Theory]
    [InlineData("sec-fetch-site", "cross-site", 403)]
    [InlineData("sec-fetch-site", "same-site", 403)]
    [InlineData("sec-fetch-site", "same-origin", 303)]
    [InlineData("origin", "https://evil.example", 403)]
    [InlineData("origin", "http://pages.acme.example.evil.example", 403)]
    [InlineData("origin", "http://pages.acme.example", 303)]
    [InlineData("origin", "null", 303)]
    public async Task F41_forms_of_other_sites_are_refused(string header, string value, int status)
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        PageResponse answer = await world.SendAsync(link, "code", await world.FormAsync(link), (header, value));
        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task F42_a_crash_after_sending_repeats_the_mail_under_its_id_and_then_never_again()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync(datasets: [ApprovalWorld.Datasets()[1]]);
        world.Mailer.FailAfter = true;
        await Assert.ThrowsAsync<IOException>(() => world.AskAsync());
        world.Mailer.FailAfter = false;
        await world.AskAsync("token-2");
        await world.AskAsync("token-3");

        Mail[] mails = [.. world.Mailer.To(ApprovalWorld.Owner)];
        Assert.Equal(2, mails.Length);
        Assert.Equal(mails[0].Id, mails[1].Id);
        Assert.Equal(mails[0].Text, mails[1].Text);
    }

    [Fact]
    public async Task F42_a_mail_that_could_not_leave_leaves_at_the_next_try()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        world.Mailer.FailBefore = true;
        await Assert.ThrowsAsync<IOException>(() => world.AskAsync());
        world.Mailer.FailBefore = false;
        await world.AskAsync("token-2");
        Assert.Equal(3, world.Mailer.All.DistinctBy(m => m.Id).Count());
        Assert.Equal(3, world.Mailer.All.Count);
    }

    [Fact]
    public async Task An_unknown_link_says_nothing_more()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        PageResponse[] answers =
        [
            await world.GetAsync("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            await world.GetAsync(new string('A', 5000)),
            await world.SendAsync("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "decision", []),
            await world.SendAsync(world.LinkOf(ApprovalWorld.Dpo), "elsewhere", []),
        ];
        Assert.All(answers, a => Assert.Equal(404, a.Status));
        Assert.Single(answers.Select(a => a.Body).Distinct());
    }

    [Fact]
    public async Task An_identifier_is_checked_and_forgotten()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        string link = world.LinkOf(ApprovalWorld.Dpo);
        PageResponse yes = await world.PostAsync(link, "check", ("kind", "email"), ("identifier", $"  {ApprovalWorld.Identifier.ToUpperInvariant()} "));
        PageResponse no = await world.PostAsync(link, "check", ("kind", "email"), ("identifier", "else@people.example"));
        PageResponse otherKind = await world.PostAsync(link, "check", ("kind", "customer"), ("identifier", ApprovalWorld.Identifier));

        Assert.Contains("Yes: this email", yes.Body, StringComparison.Ordinal);
        Assert.Contains("No: the request", no.Body, StringComparison.Ordinal);
        Assert.Contains("No: the request", otherKind.Body, StringComparison.Ordinal);
        foreach (string text in new[] { world.Stored(), yes.Body, no.Body })
        {
            Assert.DoesNotContain("canary", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("else@people.example", text, StringComparison.OrdinalIgnoreCase);
        }
        Assert.Equal(3, await new AuditLog(world.Table, world.Clock).ReadAsync("r-1", Stop).CountAsync(e => e.Event == "identifier-checked", Stop));
        for (int i = 0; i < 7; i++)
            await world.PostAsync(link, "check", ("kind", "email"), ("identifier", "x"));
        Assert.Equal(429, (await world.PostAsync(link, "check", ("kind", "email"), ("identifier", ApprovalWorld.Identifier))).Status);
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(200, (await world.PostAsync(link, "check", ("kind", "email"), ("identifier", ApprovalWorld.Identifier))).Status);
    }

    [Fact]
    public async Task A_ground_that_names_the_person_is_not_kept()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        PageResponse answer = await world.DecideAsync(ApprovalWorld.Dpo, "reject", $"({ApprovalWorld.Identifier}) owes us money");
        Assert.Equal(422, answer.Status);
        Assert.Empty(await world.DecisionsAsync());
        Assert.DoesNotContain("canary", world.Stored() + answer.Body, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_no_needs_a_ground_and_what_was_written_is_not_lost()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await world.AskAsync();
        PageResponse noGround = await world.DecideAsync(ApprovalWorld.Dpo, "reject");
        Assert.Equal(422, noGround.Status);
        PageResponse wrongCode = await world.PostAsync(world.LinkOf(ApprovalWorld.Dpo), "decision", ("verdict", "reject"), ("ground", "a <b>lawsuit</b> & more"), ("code", "1"));
        Assert.Equal(422, wrongCode.Status);
        Assert.Contains("a &lt;b&gt;lawsuit&lt;/b&gt; &amp; more</textarea>", wrongCode.Body, StringComparison.Ordinal);
        Assert.Contains("value=\"reject\" checked", wrongCode.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_decides_only_where_the_lake_allows_it_and_for_every_dataset()
    {
        using var world = new ApprovalWorld(lake => lake with { Unattended = true });
        await world.RequestAsync(approveAs: ApprovalWorld.Dpo, datasets: ApprovalWorld.OneDataset());
        ApprovalAsked asked = await world.AskAsync();
        Assert.Equal(Verdict.Approve, asked.Verdict);
        Assert.Equal("unattended, identity not proven", Assert.Single(await world.DecisionsAsync()).Proven);
        Assert.Empty(world.Mailer.All);

        await world.RequestAsync("r-2", approveAs: ApprovalWorld.Dpo);
        await Assert.ThrowsAsync<ApprovalImpossibleException>(() => world.AskAsync("token-2", "r-2"));
        await world.RequestAsync("r-3", requestedBy: ApprovalWorld.Dpo, approveAs: "dpo+script@acme.example", datasets: ApprovalWorld.OneDataset());
        await Assert.ThrowsAsync<ApprovalImpossibleException>(() => world.AskAsync("token-3", "r-3"));
        world.Ports = world.Ports with { Lake = world.Ports.Lake with { Unattended = false } };
        await world.RequestAsync("r-4", approveAs: ApprovalWorld.Dpo, datasets: ApprovalWorld.OneDataset());
        await Assert.ThrowsAsync<ApprovalImpossibleException>(() => world.AskAsync("token-4", "r-4"));
    }

    [Fact]
    public async Task An_attestation_needs_evidence_and_approves_nothing()
    {
        using var world = new ApprovalWorld();
        ErasureRequest request = await world.RequestAsync();
        await world.AskAttestationAsync();
        Assert.Equal(422, (await world.DecideAsync(ApprovalWorld.Crm, "approve")).Status);
        Assert.Equal(303, (await world.DecideAsync(ApprovalWorld.Crm, "approve", "ticket 77, deleted by J. on Monday")).Status);

        var question = new Question("r-1", 1, ApprovalPurpose.Attestation, "crm");
        Decision attested = (await world.State.AttestationAsync(question, Stop))!;
        Assert.Equal("ticket 77, deleted by J. on Monday", attested.Ground);
        Assert.Equal([("token-a", """{"verdict":"approve"}""")], world.Tasks.Answers);
        Assert.Null(await world.OutcomeAsync());
        SignedDocument document = (await world.State.AttestedAsync(question, Stop))!;
        Plan plan = (await new Plans(world.Evidence).GetAsync("r-1", 1, Stop))!;
        Assert.NotNull(Authorization.WhyNot("crm", plan, request, world.Ports.Lake, world.Ports.LakeDigest, [document], world.Ports.Signer.PublicKey.Span));
    }

    private static IEnumerable<T[]> Permutations<T>(T[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany((item, i) => Permutations([.. items[..i], .. items[(i + 1)..]]).Select(rest => (T[])[item, .. rest]));

    [GeneratedRegex("https?://[^\\s\"<]+")]
    private static partial Regex AddressPattern();
}
