using Limpid.Core.Erasure;

namespace Limpid.Functions.Approvals;

/// <summary>The two steps of deciding: have a code mailed, then say yes or no with it.</summary>
internal sealed class DecisionSection(Ports ports, PageSeal seal, LakeCalendar calendar)
{
    public Html Form(OpenQuestion question, string address, Feedback? feedback)
    {
        Html hidden = new FormFields(ports, seal).Hidden(question);
        bool attesting = question.Question.Purpose == ApprovalPurpose.Attestation;
        return Html.Of(
            $"""
            <section id="decide" aria-labelledby="decide-title">
            <h2 id="decide-title">{(attesting ? "Your answer" : "Your decision")}</h2>
            <div class="card">
            <ol class="steps">
            <li>
            <h3>Have a code mailed to you</h3>
            <p class="soft">It shows that it is you, and not somebody who was forwarded the link. It goes to {question.Approver} and works for ten minutes.</p>
            {CodeStanding(question)}
            <form method="post" action="{address}/{PageRoute.Code}">{hidden}<button class="plain" type="submit">{(IsLive(question) ? "Mail me another code" : "Mail me a code")}</button></form>
            </li>
            <li>
            <h3>{(attesting ? "Answer" : "Decide")}</h3>
            <form method="post" action="{address}/{PageRoute.Decision}#decide" autocomplete="off" novalidate>
            {hidden}
            <fieldset{Described(feedback, Part.Choice, "choice")}>
            <legend>{(attesting ? "Is the person’s data gone there?" : "May it be erased?")}</legend>
            {Error(feedback, Part.Choice, "choice")}
            {Choice(Verdict.Approve, attesting ? "Yes, it is gone" : "Yes, erase as shown", attesting ? "You vouch for it, with the evidence below." : $"For {string.Join(", ", question.Mine)}.", feedback)}
            {Choice(Verdict.Reject, attesting ? "No, it is not gone" : "No, erase nothing", attesting ? "The certificate will list it as an exception." : "The whole request is rejected, in all datasets.", feedback)}
            </fieldset>
            <div class="field">
            <label for="ground">{(attesting ? "Evidence, or why not" : "Ground")}</label>
            <span class="hint" id="ground-hint">{(attesting ? "A ticket, a log entry, who did it and when." : "Needed for a no; welcome with a yes.")} It is kept with the evidence, so please don’t name the person.</span>
            {Error(feedback, Part.Ground, "ground")}
            <textarea id="ground" name="ground" maxlength="2000" aria-describedby="ground-hint{new Html(feedback is { Part: Part.Ground } ? " ground-error" : "")}"{Invalid(feedback, Part.Ground)}>{feedback?.Ground}</textarea>
            </div>
            <div class="field">
            <label for="code">Code from the mail</label>
            <span class="hint" id="code-hint">Eight digits. Spaces don’t matter.</span>
            {Error(feedback, Part.Code, "code")}
            <input class="code" type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" aria-describedby="code-hint{new Html(feedback is { Part: Part.Code } ? " code-error" : "")}"{Invalid(feedback, Part.Code)}>
            </div>
            <button type="submit">{(attesting ? "Record my answer" : "Record my decision")}</button>
            </form>
            </li>
            </ol>
            </div>
            </section>
            """);
    }

    private bool IsLive(OpenQuestion question) => question.Code?.IsLive(ports.Time.GetUtcNow()) == true;

    private Html CodeStanding(OpenQuestion question) => !IsLive(question) ? Html.Nothing : Html.Of(
        $"""<p class="good" role="status">A code was mailed to you at {Words.Clock(question.Code!.Sent[^1], calendar)}. It works until {Words.Clock(question.Code.ExpiresAt, calendar)}. Only the newest code works.</p>""");

    private static Html Choice(Verdict verdict, string name, string meaning, Feedback? feedback) => Html.Of(
        $"""<label class="choice" for="{Words.Verdict(verdict)}"><input type="radio" id="{Words.Verdict(verdict)}" name="verdict" value="{Words.Verdict(verdict)}"{new Html(feedback?.Verdict == verdict ? " checked" : "")}><span><b>{name}</b>{meaning}</span></label>""");

    private Html Error(Feedback? feedback, Part part, string field) => feedback?.Part != part ? Html.Nothing : Html.Of(
        $"""<span class="error" id="{field}-error">{feedback.Text}{(feedback.Until is { } until ? $" {Words.Clock(until, calendar)} on." : "")}</span>""");

    private static Html Described(Feedback? feedback, Part part, string field) =>
        feedback?.Part != part ? Html.Nothing : Html.Of($" aria-describedby=\"{field}-error\"");

    private static Html Invalid(Feedback? feedback, Part part) => new(feedback?.Part == part ? " aria-invalid=\"true\"" : "");
}
