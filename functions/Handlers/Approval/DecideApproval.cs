using System.Globalization;
using Limpid.Core.Erasure;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Functions.Approvals;

/// <summary>
/// POSTs of an approver's page: mails a code, checks an identifier, records the decision. A decision takes what only the approver
/// has, the code in their mailbox; pressing every button makes none. Posting the same again finishes what was left unfinished.
/// </summary>
internal sealed class DecideApproval(Ports ports)
{
    private const int MostChecksAnHour = 10;
    private const int MostGround = 2000;

    private readonly PageSeal _seal = new(ports.PageSecret);
    private readonly ApprovalState _state = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));
    private readonly AuditLog _audit = new(ports.State, ports.Time);
    private ApprovalPage Page => new(ports, _seal);
    private string Lake => ports.Lake.Name;

    public async Task<PageResponse> HandleAsync(PageRequest request, CancellationToken cancellation)
    {
        if (PageRoute.Of(request.Path) is not { Action: PageRoute.Code or PageRoute.Check or PageRoute.Decision } route
            || await OpenQuestion.ReadAsync(ports, _state, route.Link, cancellation) is not { } question)
            return Approvals.Page.NotFound(Lake);
        if (FormCheck.Refusal(request, question, ports, _seal) is { } refusal)
            return refusal;
        return route.Action switch
        {
            PageRoute.Code => await SendCodeAsync(question, cancellation),
            PageRoute.Check => await CheckAsync(question, request, cancellation),
            _ => await DecideAsync(question, request, cancellation),
        };
    }

    private async Task<PageResponse> SendCodeAsync(OpenQuestion question, CancellationToken cancellation)
    {
        if (question.Standing != Standing.Open)
            return Page.Back(question);
        DateTimeOffset now = ports.Time.GetUtcNow();
        string code = NewCode();
        bool allowed = false;
        MailedCode? stored = await _state.UpdateCodeAsync(
            question.Question, question.Approver,
            before =>
            {
                DateTimeOffset[] recent = [.. (before?.Sent ?? []).Where(at => at > now.AddHours(-1))];
                allowed = recent.Length < MailedCode.MostAnHour;
                return allowed
                    ? new MailedCode((before?.Number ?? 0) + 1, _seal.CodeHash(code, question.Scope), now + MailedCode.Lifetime, 0, [.. recent, now])
                    : null;
            },
            cancellation);
        if (!allowed)
            return Page.Show(question, Feedback.TooManyCodes(stored!.Sent[0].AddHours(1)));

        string mailbox = await MailboxAsync(question, cancellation);
        await new ClaimedMail(ports.State, ports.Mailer, ports.Time).SendAsync(
            question.Request.Id, new ApprovalMails(ports).Code(question, mailbox, code, stored!), cancellation);
        await _audit.AppendAsync(
            AuditLog.ChainOf(question.Request.Id), "code-mailed",
            new Dictionary<string, string> { ["approver"] = question.Approver, ["question"] = question.Question.Sort }, cancellation);
        return Page.Back(question);
    }

    private async Task<PageResponse> CheckAsync(OpenQuestion question, PageRequest request, CancellationToken cancellation)
    {
        string kind = request.Field("kind"), identifier = request.Field("identifier");
        if (!ports.Lake.Kinds.ContainsKey(kind) || identifier.Length is 0 or > 1000)
            return Page.Show(question, Feedback.NothingToCheck);
        if (!await _state.TryUseAsync("checks", question.Approver, MostChecksAnHour, ports.Time.GetUtcNow(), cancellation))
            return Page.Show(question, Feedback.TooManyChecks);
        bool matches = new PersonCheck(ports.Lake, ports.Hasher).IsOfRequest(question.Request, kind, identifier);
        await _audit.AppendAsync(
            AuditLog.ChainOf(question.Request.Id), "identifier-checked",
            new Dictionary<string, string> { ["approver"] = question.Approver, ["kind"] = kind, ["matches"] = matches ? "yes" : "no" }, cancellation);
        return Page.Show(question, Feedback.Checked(kind, matches));
    }

    private async Task<PageResponse> DecideAsync(OpenQuestion question, PageRequest request, CancellationToken cancellation)
    {
        Verdict? verdict = request.Field("verdict") switch
        {
            "approve" => Verdict.Approve,
            "reject" => Verdict.Reject,
            _ => null,
        };
        if (question.Own is { } own)
            return verdict == own.Verdict ? await FinishAsync(question, cancellation) : Page.Show(question, Feedback.AlreadyDecided);
        if (question.Standing != Standing.Open)
            return Page.Show(question, Feedback.TooLate);

        string ground = request.Field("ground").Trim();
        if (Complaint(question, verdict, ground) is { } complaint)
            return Page.Show(question, complaint with { Ground = ground, Verdict = verdict });
        if (!await TakeCodeAsync(question, request.Field("code"), cancellation))
        {
            OpenQuestion again = question with { Code = await _state.CodeAsync(question.Question, question.Approver, cancellation) };
            return Page.Show(again, Feedback.WrongCode(again.Code, ports.Time.GetUtcNow()) with { Ground = ground, Verdict = verdict });
        }

        // Only behind a code: the answer tells whether a word is the person's identifier, and that is limited.
        if (new PersonCheck(ports.Lake, ports.Hasher).IsNamedIn(question.Request, ground))
            return Page.Show(question, Feedback.PersonInGround with { Verdict = verdict });

        Decision decision = await _state.DecideAsync(
            question.Question,
            new Decision
            {
                RequestId = question.Request.Id,
                Plan = question.Plan.Number,
                PlanDigest = question.Plan.Digest,
                Purpose = question.Question.Purpose,
                Approver = question.Approver,
                Datasets = question.Mine,
                Verdict = verdict!.Value,
                Ground = ground.Length > 0 ? ground : null,
                At = ports.Time.GetUtcNow(),
                Proven = "code mailed to the approver",
            },
            cancellation);
        if (decision.Approver != question.Approver || decision.Verdict != verdict)
            return Page.Show(question with { Decisions = [.. question.Decisions, decision] }, Feedback.AlreadyDecided);
        return await FinishAsync(question with { Decisions = [.. question.Decisions, decision] }, cancellation);
    }

    private async Task<PageResponse> FinishAsync(OpenQuestion question, CancellationToken cancellation)
    {
        await _audit.AppendOnceAsync(
            AuditLog.ChainOf(question.Request.Id), "decision-recorded", Questions.Audited(question.Own!), cancellation);
        await new Ballot(ports, _state).FinishAsync(question.Question, question.Request, question.Plan, cancellation);
        return Page.Back(question);
    }

    private static Feedback? Complaint(OpenQuestion question, Verdict? verdict, string ground)
    {
        bool attesting = question.Question.Purpose == ApprovalPurpose.Attestation;
        if (verdict is null)
            return Feedback.NoChoice;
        if (ground.Length == 0 && (attesting || verdict == Verdict.Reject))
            return Feedback.NoGround(attesting && verdict == Verdict.Approve);
        return ground.Length > MostGround ? Feedback.LongGround(MostGround) : null;
    }

    /// <summary>Counts the try before it compares, so that tries made at once count as well.</summary>
    private async Task<bool> TakeCodeAsync(OpenQuestion question, string entered, CancellationToken cancellation)
    {
        string digits = string.Concat(entered.Where(char.IsDigit).Select(CharUnicodeInfo.GetDecimalDigitValue));
        DateTimeOffset now = ports.Time.GetUtcNow();
        bool live = false;
        MailedCode? code = await _state.UpdateCodeAsync(
            question.Question, question.Approver,
            stored =>
            {
                live = digits.Length > 0 && stored?.IsLive(now) == true;
                return live ? stored! with { Tries = stored.Tries + 1 } : null;
            },
            cancellation);
        if (live && _seal.IsCode(digits, question.Scope, code!.Hash))
            return true;
        if (live)
        {
            await _audit.AppendAsync(
                AuditLog.ChainOf(question.Request.Id), "code-refused",
                new Dictionary<string, string> { ["approver"] = question.Approver, ["question"] = question.Question.Sort }, cancellation);
        }
        return false;
    }

    private async Task<string> MailboxAsync(OpenQuestion question, CancellationToken cancellation)
    {
        await foreach (Invitation invitation in _state.InvitationsAsync(question.Question, cancellation))
        {
            if (invitation.Approver == question.Approver)
                return invitation.Mail;
        }
        return question.Approver;
    }

    private string NewCode()
    {
        Span<byte> bytes = stackalloc byte[8];
        ports.RandomBytes(bytes);
        return (BitConverter.ToUInt64(bytes) % 100_000_000).ToString("D8", CultureInfo.InvariantCulture);
    }
}
