using Limpid.Local.Mail;
using Limpid.Local.Storage;
using Limpid.Tests.Contracts;

namespace Limpid.Tests.Kill;

/// <summary>Unfinished files of a process that was killed, and those of one that is at work.</summary>
public sealed class LeftoverTests
{
    [Fact]
    public async Task A_mail_that_was_half_written_is_swept_away_and_one_that_is_being_written_is_not()
    {
        using var outbox = new TemporaryFolder();
        string dead = Path.Combine(outbox.Path, ".r-1.outcome." + OwnName.New()), written = Path.Combine(outbox.Path, ".r-2.outcome." + OwnName.New());
        string sent = Path.Combine(outbox.Path, "r-3.eml"), foreign = Path.Combine(outbox.Path, ".r-4.outcome.x4"), hidden = Path.Combine(outbox.Path, ".nomedia");
        foreach (string file in new[] { dead, sent, foreign, hidden })
            await File.WriteAllTextAsync(file, "From: ", TestContext.Current.CancellationToken);
        await using (new FileStream(written, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete))
        {
            EmlMailer.Sweep(outbox.Path);
            Assert.Equal([hidden, written, foreign, sent], Directory.GetFiles(outbox.Path).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void An_outbox_that_was_never_made_is_swept_as_well() => EmlMailer.Sweep(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString()));

    [Fact]
    public void The_names_of_scratch_files_are_swept_away_and_whoever_writes_one_keeps_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there the system removes them");
        using var state = new TemporaryFolder();
        string foreign = Path.Combine(state.Path, "a.scratch");
        File.WriteAllText(foreign, "somebody's notes");
        using var scratch = new FileStream(Path.Combine(state.Path, OwnName.New() + ".scratch"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        Scratch.Sweep(state.Path);
        Assert.Equal([foreign], Directory.GetFiles(state.Path));
        scratch.WriteByte(1);
        Assert.Equal(1, scratch.Length);
    }
}
