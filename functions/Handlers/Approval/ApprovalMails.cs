using System.Globalization;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Notices;

namespace Limpid.Functions.Approvals;

/// <summary>
/// The mails of an approval. Each names the request, the day and what to do; none names the person, the case or a file. Ids are
/// deterministic, so that a mail sent twice is one mail.
/// </summary>
internal sealed class ApprovalMails(Ports ports)
{
    private readonly PageSeal _seal = new(ports.PageSecret);
    private readonly LakeCalendar _calendar = new(ports.Lake.TimeZone, ports.Time);

    public Mail Invitation(Question question, ErasureRequest request, Plan plan, Invitation invitation, string link) => MailFrame.Of(
        Id(question, "ask", invitation.Approver),
        invitation.Mail,
        question.Purpose == ApprovalPurpose.Erasure
            ? $"Your decision is needed by {Words.Day(request.Due)}: erasure {request.Id}"
            : $"Please confirm by {Words.Day(request.Due)}: erasure {request.Id} in {question.Dataset}",
        [
            question.Purpose == ApprovalPurpose.Erasure
                ? $"A person has asked to be forgotten, and you are an approver of data about them in the lake {ports.Lake.Name}. Nothing is erased unless an approver of every dataset concerned says yes, and one no stops it all."
                : $"An erasure in the lake {ports.Lake.Name} was approved, and the person is also known in {question.Dataset}, where Limpid cannot erase. Please see to it, then confirm it with what shows it.",
            Facts(question, request, plan),
            "The page shows what would happen and asks for a code, which it mails to you when you press a button there. This link is yours: a forwarded one decides nothing without the code. Opening it changes nothing.",
        ],
        Address(link));

    /// <param name="number">Which reminder, from 1.</param>
    public Mail Reminder(
        Question question, ErasureRequest request, Plan plan, Invitation invitation, string link, int number, bool overdue) => MailFrame.Of(
        Id(question, $"remind.{number.ToString(CultureInfo.InvariantCulture)}", invitation.Approver),
        invitation.Mail,
        overdue ? $"Overdue since {Words.Day(request.Due)}: your answer to {request.Id}" : $"Reminder, due {Words.Day(request.Due)}: your answer to {request.Id}",
        [
            overdue
                ? $"The law gives one month to answer a person who asks to be forgotten{(request.Extension is null ? "" : ", and this one was extended")}. For this request it ended on {Words.Day(request.Due)}, and your answer is still missing. The request stays open until it is decided: silence is taken for neither yes nor no."
                : $"A person has asked to be forgotten, and your answer is still missing. It is due on {Words.Day(request.Due)} ({Words.DaysLeft(request.Due, _calendar.Today)}).",
            Facts(question, request, plan),
        ],
        Address(link));

    /// <summary>To the operators and the requester, once the due day is past.</summary>
    public Mail Overdue(Question question, ErasureRequest request, string person, IReadOnlyList<Invitation> silent, int number) => MailFrame.Of(
        Id(question, $"overdue.{number.ToString(CultureInfo.InvariantCulture)}", MailIdentity.Normalize(person)),
        person,
        $"Overdue since {Words.Day(request.Due)}: {request.Id} waits for an answer",
        [
            $"The erasure request {request.Id} in the lake {ports.Lake.Name} was due on {Words.Day(request.Due)} and is still waiting for: {string.Join(", ", silent.Select(i => i.Mail))}.",
            $"They have been reminded again. Please speak to them, and tell the person why there is no answer yet. {(request.Extension is null ? "A month that can't be kept may be extended before it ends (limpid extend), by two months for complex cases; article 12(3) GDPR asks you to tell the person within that month." : "The month was extended already, and can't be once more.")}",
        ]);

    public Mail Code(OpenQuestion question, string mailbox, string code, MailedCode stored) => MailFrame.Of(
        Id(question.Question, $"code.{stored.Number.ToString(CultureInfo.InvariantCulture)}", question.Approver),
        mailbox,
        $"Your code for {question.Request.Id}",
        [
            $"This is the code that you asked for, to decide on the erasure request {question.Request.Id}. It works until {Words.Clock(stored.ExpiresAt, _calendar)} ({_calendar.Zone}), for this decision alone, and only the newest code works.",
            $"Type it into the page that shows the fingerprint {Words.Fingerprint(question.Plan.Digest)}.",
            "You did not ask for it? Then somebody else opened your link, or a mail scanner pressed the button. Without the code they can decide nothing: don't pass it on.",
        ],
        code: $"{code[..4]} {code[4..]}");

    private MailFrame.Link Address(string link) => new("Look at it and decide", $"{ports.PagesUrl}/approvals/{link}");

    private string Facts(Question question, ErasureRequest request, Plan plan)
    {
        long versions = plan.Datasets.Sum(d => d.OldVersions ?? 0), others = plan.Datasets.Sum(d => d.OthersRowsInHistory);
        string history = (versions > 0 ? $"\nOld versions that go with them, whole: {Words.Number(versions)}" : "")
            + (others > 0 ? $"\nOther people's rows that stand only in these and go too: {Words.Number(others)}" : "");
        string what = question.Purpose == ApprovalPurpose.Erasure
            ? $"\nTo be erased: {Words.Count(plan.Rows, "row")} in {Words.Count(PlanSection.Files(plan), "file")}{history}"
            : $"\nPlace: {question.Dataset}";
        return $"Request: {request.Id}{what}\nReceived: {Words.Day(request.Received)}\nDue: {Words.Day(request.Due)} ({Words.DaysLeft(request.Due, _calendar.Today)})";
    }

    private string Id(Question question, string what, string person) =>
        MailId.Of(question.RequestId, $"p{question.Plan.ToString(CultureInfo.InvariantCulture)}", question.Dataset ?? "", what, _seal.PersonReference(person));
}
