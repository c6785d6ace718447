using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Tests.Approvals;

public sealed class NotifyTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RequestStatus.Certified, "Erased and certified", true)]
    [InlineData(RequestStatus.CertifiedWithExceptions, "Erased and certified, with exceptions", true)]
    [InlineData(RequestStatus.NothingFound, "Nothing found", true)]
    [InlineData(RequestStatus.Rejected, "Rejected", true)]
    [InlineData(RequestStatus.Cancelled, "Cancelled", false)]
    [InlineData(RequestStatus.Stopped, "Stopped", false)]
    [InlineData(RequestStatus.Failed, "Failed", false)]
    public async Task Requester_and_operators_are_told_of_every_outcome_once(RequestStatus status, string title, bool hasLetter)
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await EndAsync(world, status, "kept for a lawsuit");

        Assert.Equal(2, (await new Notify(world.Ports).HandleAsync(new NotifyInput("r-1"), Stop)).Told);
        Assert.Equal(0, (await new Notify(world.Ports).HandleAsync(new NotifyInput("r-1"), Stop)).Told);

        Assert.Equal([ApprovalWorld.Requester, ApprovalWorld.Operator], world.Mailer.All.SelectMany(m => m.To));
        Assert.All(world.Mailer.All, mail =>
        {
            Assert.Equal($"{title}: erasure r-1", mail.Subject);
            Assert.Equal(hasLetter, mail.Text.Contains("Dear Sir or Madam", StringComparison.Ordinal));
            Assert.Equal(hasLetter, mail.Html.Contains("Dear Sir or Madam", StringComparison.Ordinal));
            Assert.DoesNotContain("canary", mail.Text + mail.Html, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task A_rejection_tells_the_person_why_and_what_they_can_do()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await EndAsync(world, RequestStatus.Rejected, "we must keep invoices until 2031");
        await new Notify(world.Ports).HandleAsync(new NotifyInput("r-1"), Stop);
        string text = world.Mailer.To(ApprovalWorld.Requester).Single().Text;
        Assert.Contains("we must keep invoices until 2031", text, StringComparison.Ordinal);
        Assert.Contains("right to complain to a data protection authority", text, StringComparison.Ordinal);
        Assert.Contains("go to court", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_goes_on_is_no_news()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        Assert.Equal(0, (await new Notify(world.Ports).HandleAsync(new NotifyInput("r-1"), Stop)).Told);
        Assert.Empty(world.Mailer.All);
    }

    [Fact]
    public async Task F42_a_lost_answer_of_the_mail_server_repeats_only_that_mail()
    {
        using var world = new ApprovalWorld();
        await world.RequestAsync();
        await EndAsync(world, RequestStatus.Failed, null);
        world.Mailer.FailAfter = true;
        await Assert.ThrowsAsync<IOException>(() => new Notify(world.Ports).HandleAsync(new NotifyInput("r-1"), Stop));
        world.Mailer.FailAfter = false;
        await new Notify(world.Ports).HandleAsync(new NotifyInput("r-1"), Stop);
        Mail[] mails = [.. world.Mailer.All];
        Assert.Equal(3, mails.Length);
        Assert.Equal(mails[0].Id, mails[1].Id);
        Assert.Equal(2, mails.DistinctBy(m => m.Id).Count());
    }

    private static Task EndAsync(ApprovalWorld world, RequestStatus status, string? reason) =>
        new Requests(world.Table).UpdateAsync("r-1", r => r with { Status = status, Reason = reason, EndedAt = world.Clock.GetUtcNow() }, Stop);
}
