using System.Globalization;
using Limpid.Core.Erasure;

namespace Limpid.Functions.Approvals;

/// <summary>An approver's page, from top to bottom: what is asked, the facts, the plan, the checks, the decision.</summary>
internal sealed class ApprovalPage(Ports ports, PageSeal seal)
{
    private readonly LakeCalendar _calendar = new(ports.Lake.TimeZone, ports.Time);

    /// <summary>Sends the browser to the page as it stands now.</summary>
    public PageResponse Back(OpenQuestion question) => Page.Redirect(Address(question) + "#decide");

    public PageResponse Show(OpenQuestion question, Feedback? feedback = null)
    {
        bool attesting = question.Question.Purpose == ApprovalPurpose.Attestation;
        bool open = question.Standing == Standing.Open;
        string title = Title(question, attesting);
        var plan = new PlanSection(ports, question, _calendar);
        // What stands comes first, once nothing is left to decide; the plan stays below, for whoever looks it up later.
        Html content = Html.Of(
            $"""
            {Alert(feedback)}
            <h1>{title}</h1>
            {(!open ? new StandingSection(ports, _calendar).Of(question) : attesting ? AttestationLead(question) : ErasureLead(question))}
            {(attesting ? Html.Nothing : plan.Figures())}
            {Facts(question)}
            {(attesting ? plan.Outside() : plan.Datasets())}
            {(open && !attesting ? plan.Consequences() : Html.Nothing)}
            {(open ? Check(question, feedback) : Html.Nothing)}
            {(open ? new DecisionSection(ports, seal, _calendar).Form(question, Address(question), feedback) : Html.Nothing)}
            """);
        return Page.Of(feedback?.Status ?? 200, ports.Lake.Name, feedback is { IsError: true } ? $"Error: {title}" : title, content);
    }

    private static string Title(OpenQuestion question, bool attesting) => question.Standing switch
    {
        Standing.Answered => attesting ? "Your answer is recorded" : "Your decision is recorded",
        Standing.Settled => "This has been decided",
        Standing.Outdated => "The plan has changed",
        Standing.Ended => "This request has ended",
        _ => attesting ? $"Is this person gone from {question.Question.Dataset}?" : "May this person’s data be erased?",
    };

    // A path, not a whole address: the form goes back to the host that the browser is on, whatever that is called.
    private string Address(OpenQuestion question) => $"{new Uri(ports.PagesUrl).AbsolutePath.TrimEnd('/')}/approvals/{question.Link}";

    private static Html Alert(Feedback? feedback) => feedback switch
    {
        null or { IsError: false } => Html.Nothing,
        { Part: Part.Page } => Html.Of($"""<div class="alert" role="alert"><strong>Nothing was changed.</strong> {feedback.Text}</div>"""),
        _ => Html.Of($"""<div class="alert" role="alert"><strong>Please look again:</strong> <a href="#{Anchor(feedback.Part)}">{feedback.Text}</a></div>"""),
    };

    private static string Anchor(Part part) => part switch
    {
        Part.Check => "identifier",
        Part.Choice => "approve",
        Part.Ground => "ground",
        _ => "code",
    };

    private static Html ErasureLead(OpenQuestion question) => Html.Of(
        $"""
        <p class="lead">A person has asked to be forgotten. You are asked because you approve for {Datasets(question.Mine)}. Nothing is erased unless an approver of every dataset below says yes, and one no stops it all.</p>
        """);

    private static Html AttestationLead(OpenQuestion question) => Html.Of(
        $"""
        <p class="lead">The erasure of this person was approved. <b>{question.Question.Dataset}</b> lies outside the lake, where Limpid cannot erase. Please confirm that the person’s data there is gone, and say what shows it; or say that it is not.</p>
        """);

    private static Html Datasets(IReadOnlyList<string> names) =>
        new(string.Join(", ", names.Select(n => Html.Of($"<b>{n}</b>").Markup)));

    private Html Facts(OpenQuestion question)
    {
        ErasureRequest request = question.Request;
        return Html.Of(
            $"""
            <section class="card" aria-label="The request">
            <dl class="facts">
            {Fact("Case", request.Case ?? "none given")}
            {Fact("Asked by", request.RequestedBy)}
            {Fact("Identity verified", request.VerifiedBy ?? "not said; you may want to ask before you decide")}
            {Fact("Received", Words.Day(request.Received))}
            {Fact("Answer due", $"{Words.Day(request.Due)} ({Words.DaysLeft(request.Due, _calendar.Today)}){(request.Extension is { } extension ? $", {Words.Extended(extension)}" : "")}")}
            {Fact("Request", request.Id)}
            {Fact("Lake searched", Words.Moment(question.Plan.AsOf, _calendar))}
            <dt>Fingerprint of the plan</dt><dd><code>{Words.Fingerprint(question.Plan.Digest)}</code></dd>
            </dl>
            <details><summary>What the fingerprint is for</summary><p class="small soft">It stands for exactly this plan: these files, these rows, these rules. Your decision is bound to it. If anything in the plan changes, your decision does not cover it and you are asked again. In full:</p><code>{question.Plan.Digest}</code></details>
            </section>
            """);
    }

    private static Html Fact(string name, string value) => Html.Of($"<dt>{name}</dt><dd>{value}</dd>");

    private Html Check(OpenQuestion question, Feedback? feedback)
    {
        Html answer = feedback is { Part: Part.Check }
            ? feedback.IsError
                ? Html.Of($"""<span class="error" id="identifier-error">{feedback.Text}</span>""")
                : Html.Of($"""<p class="good" role="status">{feedback.Text}</p>""")
            : Html.Nothing;
        string selected = question.Request.Subject[0].Kind;
        return Html.Of(
            $"""
            <section id="check" aria-labelledby="check-title">
            <h2 id="check-title">Is it the right person?</h2>
            <div class="card">
            <p>Limpid keeps no names, so this page cannot show who it is. If you know an identifier from the case file, type it here and you are told whether the request is about it. It is compared and forgotten; that you checked is noted, what you typed is not.</p>
            {answer}
            <form method="post" action="{Address(question)}/{PageRoute.Check}#check" autocomplete="off">
            {new FormFields(ports, seal).Hidden(question)}
            <div class="row">
            <div class="field"><label for="kind">Kind</label><select id="kind" name="kind">{ports.Lake.Kinds.Keys.Order(StringComparer.Ordinal).Select(k => Html.Of($"""<option value="{k}"{new Html(k == selected ? " selected" : "")}>{k}</option>"""))}</select></div>
            <div class="field"><label for="identifier">Identifier</label><input type="text" id="identifier" name="identifier" maxlength="1000" autocapitalize="none" spellcheck="false" autocomplete="off"></div>
            <button class="plain" type="submit">Check</button>
            </div>
            </form>
            </div>
            </section>
            """);
    }
}

/// <summary>The fields that every form of a page carries: what was shown, until when it may be posted, and Limpid's signature over both.</summary>
internal sealed class FormFields(Ports ports, PageSeal seal)
{
    public Html Hidden(OpenQuestion question)
    {
        DateTimeOffset expires = ports.Time.GetUtcNow() + FormCheck.Lifetime;
        return Html.Of(
            $"""
            <input type="hidden" name="plan" value="{question.Plan.Digest}"><input type="hidden" name="expires" value="{expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}"><input type="hidden" name="signature" value="{seal.FormSignature(question.Scope, expires)}">
            """);
    }
}
