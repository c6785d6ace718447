using Limpid.Core.Erasure;

namespace Limpid.Functions.Approvals;

/// <summary>Which part of the page an answer belongs to.</summary>
internal enum Part
{
    Page,
    Check,
    Code,
    Choice,
    Ground,
}

/// <summary>The answer to what was posted, shown beside the field that it is about; nothing of it is stored.</summary>
/// <param name="Ground">What the person wrote, so that it need not be written again.</param>
/// <param name="Verdict">What the person had chosen.</param>
internal sealed record Feedback(int Status, Part Part, string Text, bool IsError = true, DateTimeOffset? Until = null, string Ground = "", Verdict? Verdict = null)
{
    public static Feedback NothingToCheck => new(422, Part.Check, "Please choose the kind and type the identifier to be checked.");

    public static Feedback TooManyChecks => new(429, Part.Check, "Ten checks an hour is the limit. Please try again later.");

    public static Feedback Checked(string kind, bool matches) => matches
        ? new(200, Part.Check, $"Yes: this {kind} is the person that the request is about.", false)
        : new(200, Part.Check, $"No: the request is not about this {kind}.", false);

    /// <param name="until">When the next code may be asked for.</param>
    public static Feedback TooManyCodes(DateTimeOffset until) =>
        new(429, Part.Code, "Five codes an hour is the limit. The next one can be sent from", Until: until);

    public static Feedback WrongCode(MailedCode? code, DateTimeOffset now) => new(422, Part.Code, code switch
    {
        null => "No code has been sent yet. Please use “Mail me a code” first.",
        _ when code.ExpiresAt <= now => "That code is more than ten minutes old. Please have a new one sent.",
        { Tries: >= MailedCode.MostTries } => "That code has been tried too often. Please have a new one sent.",
        _ => $"That is not the code. {Words.Count(MailedCode.MostTries - code.Tries, "try", "tries")} left.",
    });

    public static Feedback NoChoice => new(422, Part.Choice, "Please choose one of the two.");

    /// <param name="evidence">Whether it is evidence that is missing, and not a ground.</param>
    public static Feedback NoGround(bool evidence) => new(422, Part.Ground, evidence
        ? "Please say what shows that the data is gone."
        : "Please say why. A no needs a ground.");

    public static Feedback LongGround(int most) => new(422, Part.Ground, $"Please say it in {Words.Number(most)} characters.");

    public static Feedback PersonInGround =>
        new(422, Part.Ground, "Your text names the person. It would be kept with the evidence for years, so please write it without the identifier.");

    public static Feedback AlreadyDecided =>
        new(409, Part.Page, "You have already decided on this, and a decision stands. What you sent now changed nothing.");

    public static Feedback TooLate => new(409, Part.Page, "This question is closed. What you sent changed nothing.");
}
