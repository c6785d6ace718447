using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Functions.Adapters;

namespace Limpid.Functions.Approvals;

/// <summary>The plan as an approver reads it: figures, one table a dataset, and what else erasing does.</summary>
internal sealed class PlanSection(Ports ports, OpenQuestion question, LakeCalendar calendar)
{
    private const int MostShown = 20;

    private Plan Plan => question.Plan;

    /// <summary>Files in the lake: places outside it count as objects of the plan, but nothing is changed there.</summary>
    public static long Files(Plan plan) => plan.Datasets.Where(d => d.Format != DataFormat.External).Sum(d => d.Objects);

    public Html Figures()
    {
        int left = question.Request.Due.DayNumber - calendar.Today.DayNumber;
        return Html.Of(
            $"""
            <ul class="figures">
            <li><b>{Words.Number(Plan.Rows)}</b><span>{(Plan.Rows == 1 ? "row" : "rows")} erased</span></li>
            <li><b>{Words.Number(Files(Plan))}</b><span>{(Files(Plan) == 1 ? "file" : "files")} changed</span></li>
            <li><b>{Words.Number(Plan.BlockedObjects)}</b><span>{(Plan.BlockedObjects == 1 ? "file" : "files")} left alone</span></li>
            <li{new Html(left < 0 ? " class=\"late\"" : "")}><b>{Words.Number(Math.Abs(left))}</b><span>{(left < 0 ? "days overdue" : Math.Abs(left) == 1 ? "day left" : "days left")}</span></li>
            </ul>
            """);
    }

    public Html Datasets() => Html.Of(
        $"""
        <section aria-labelledby="plan-title">
        <h2 id="plan-title">What would be erased, and where</h2>
        {Plan.Datasets.Select(Card)}
        </section>
        """);

    /// <summary>The external dataset that an attestation is about.</summary>
    public Html Outside()
    {
        DatasetPlan? dataset = Plan.Datasets.FirstOrDefault(d => d.Name == question.Question.Dataset);
        return Html.Of(
            $"""
            <section aria-labelledby="outside-title">
            <h2 id="outside-title">What you are asked to confirm</h2>
            <div class="card">
            <p>That no data about this person is left in <b>{question.Question.Dataset}</b>{Place(question.Question.Dataset!)}, including its copies and exports that you are in charge of.</p>
            <p class="soft">Who the person is, {question.Request.RequestedBy} can tell you{Case()}. With the box below you can make sure that you have the right one.</p>
            {(dataset is { Searched.Count: > 0 } ? Html.Of($"""<p class="soft">The person is known there by: {string.Join(", ", dataset.Searched)}.</p>""") : Html.Nothing)}
            </div>
            </section>
            """);
    }

    public Html Consequences()
    {
        LakeConfig lake = ports.Lake;
        string[] outside = [.. Plan.Datasets.Where(d => d.Format == DataFormat.External).Select(d => d.Name)];
        return Html.Of(
            $"""
            <section aria-labelledby="else-title">
            <h2 id="else-title">What else it does</h2>
            <div class="card">
            <ul>
            <li>Changed files count as new: clean-up rules that go by a file’s age start counting again.</li>
            <li>Systems that watch these folders are woken and may read the changed files again.</li>
            {(Plan.Datasets.Any(d => d.OldVersions is not null) ? new Html("<li>These files keep old versions. Those that hold rows about the person are removed for good, whole, and so is the version that a rewrite replaces: it can’t be gone back to.</li>") : Html.Nothing)}
            <li>Copies elsewhere (backups, replicas, exports, query results) are not reached. The certificate lists those that are known, with the day on which they lapse.</li>
            {(ErasureEstimate.DollarsOf(Plan, lake) is { } dollars ? Html.Of($"<li>It is estimated to cost {Words.Dollars(dollars)} in requests to AWS and time of functions, at list prices.</li>") : Html.Nothing)}
            {(outside.Length > 0 ? Html.Of($"<li>The person is also held outside the lake, in {string.Join(", ", outside)}. Those in charge there are asked to erase and to confirm it.</li>") : Html.Nothing)}
            </ul>
            <p>{Grace(lake)}</p>
            </div>
            </section>
            """);
    }

    private Html Grace(LakeConfig lake) => lake.Grace <= TimeSpan.Zero
        ? Html.Of($"<b>No way back:</b> erasing begins as soon as the last yes is in, and what is erased can’t be restored.")
        : Html.Of($"<b>Time to change one’s mind:</b> after the last yes nothing happens for {Words.Span(lake.Grace)}. Until then {question.Request.RequestedBy} or the operators can cancel; if the last yes came now, that would be until {Words.Moment(ports.Time.GetUtcNow() + lake.Grace, calendar)}. What is erased after that can’t be restored.");

    private Html Card(DatasetPlan dataset) => Html.Of(
        $"""
        <article class="card">
        <div class="head"><h3>{dataset.Name}</h3>{Whose(dataset)}</div>
        <p class="what">{Words.WhatHappens(dataset)}</p>
        {(dataset.Format == DataFormat.External ? Html.Nothing : Table(dataset))}
        {History(dataset)}
        {List($"{Words.Count(dataset.BlockedObjects, "file")} left alone", "The person’s rows stay there, and the certificate says so.", dataset.Blocked, dataset.BlockedObjects)}
        {List($"{Words.Count(dataset.UnreadableObjects, "file")} could not be read", "Whether the person stands in them is not known.", dataset.Unreadable, dataset.UnreadableObjects)}
        </article>
        """);

    private Html Whose(DatasetPlan dataset)
    {
        Decision? yes = question.Decisions.FirstOrDefault(d => d.Verdict == Verdict.Approve && DecisionRules.SpeaksFor(d, dataset.Name, ports.Lake));
        if (yes is not null)
            return Html.Of($"""<span class="tag">approved by {(yes.Approver == question.Approver ? "you" : yes.Approver)}</span>""");
        if (question.Mine.Contains(dataset.Name))
            return new("""<span class="tag you">you decide</span>""");
        return question.Lacking.Contains(dataset.Name)
            ? Html.Of($"""<span class="tag">decided by {string.Join(" or ", DecisionRules.ApproversOf(dataset.Name, question.Request, ports.Lake))}</span>""")
            : new("""<span class="tag">nothing to decide</span>""");
    }

    private Html Table(DatasetPlan d) => Html.Of(
        $"""
        <table>
        <caption class="skip">{d.Name} in figures</caption>
        <tbody>
        {Row("Rows about the person", RowsOf(d))}
        {Row("Files changed", d.DatasetObjects > 0 && d.OldVersions is null ? $"{Words.Number(d.Objects)} of {Words.Number(d.DatasetObjects)}" : Words.Number(d.Objects))}
        {(d.OldVersions > 0 ? Row("Old versions removed", $"{Words.Number(d.OldVersions.Value)} of {Words.Count(d.DatasetObjects, "version")}, current ones counted") : Html.Nothing)}
        {Row("Data erased", Words.Bytes(d.RowBytes))}
        {Row(d.OldVersions > 0 ? "Files rewritten and versions removed, in all" : d.Erase == EraseMode.Delete ? "Files removed, in all" : "Files rewritten, in all", Words.Bytes(d.ObjectBytes))}
        {(d.SharedRows > 0 ? Row("Rows that name others too", $"{Words.Number(d.SharedRows)}; {Shared(d.Name)}") : Html.Nothing)}
        {(d.MalformedRows > 0 ? Row("Damaged rows", $"{Words.Number(d.MalformedRows)} could not be read, so whether the person stands in them is not known") : Html.Nothing)}
        {(d.Searched.Count > 0 ? Row("Looked for in", string.Join(", ", d.Searched) + "; free text is not searched") : Html.Nothing)}
        </tbody>
        </table>
        """);

    private static string RowsOf(DatasetPlan d) =>
        (d.DatasetRows > 0 ? $"{Words.Number(d.Rows)} of {Words.Number(d.DatasetRows)}" : Words.Number(d.Rows))
        + (d.OldVersions is null ? "" : ", counted in each version");

    private static Html Row(string name, string value) => Html.Of($"""<tr><th scope="row">{name}</th><td>{value}</td></tr>""");

    private string Shared(string dataset) => ports.Lake.Datasets.FirstOrDefault(d => d.Name == dataset)?.Shared switch
    {
        SharedMode.Erase => "they are erased, for the others as well",
        SharedMode.Mask => "only this person’s fields in them are overwritten",
        _ => "they are left alone",
    };

    private static Html History(DatasetPlan d) => d.OthersRowsInHistory == 0 ? Html.Nothing : Html.Of(
        $"""<p class="note"><strong>Other people lose history:</strong> {Words.Count(d.OthersRowsInHistory, "row")} of other people stand only in old versions of these files. Old versions go whole, so these rows go with them.</p>""");

    private static Html List(string title, string meaning, IReadOnlyList<BlockedObject> objects, long count)
    {
        if (count == 0)
            return Html.Nothing;
        long more = count - Math.Min(objects.Count, MostShown);
        return Html.Of(
            $"""
            <div class="note"><strong>{title}.</strong> {meaning}
            <ul>{objects.Take(MostShown).Select(o => Html.Of($"<li><code>{o.Key}</code>{(o.Version is null ? "" : $", version {o.Version}")}: {o.Reason}</li>"))}{(more > 0 ? Html.Of($"<li>and {Words.Number(more)} more</li>") : Html.Nothing)}</ul></div>
            """);
    }

    private Html Place(string dataset) => ports.Lake.Datasets.FirstOrDefault(d => d.Name == dataset) is { Location.Length: > 0 } known
        ? Html.Of($" (<code>{known.Location}</code>)")
        : Html.Nothing;

    private Html Case() => question.Request.Case is { } text ? Html.Of($" under case {text}") : Html.Nothing;
}
