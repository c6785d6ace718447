using Limpid.Core.Ports;
using Limpid.Functions.Notices;
using Limpid.Local.Storage;

namespace Limpid.Local.Mail;

/// <summary>Writes mails as files that any mail program opens: <c>{mail id}.eml</c>, whole or not at all, for the user's eyes only.</summary>
/// <param name="folder">The outbox; made when it is missing.</param>
/// <param name="from">As in lake.yaml.</param>
internal sealed class EmlMailer(string folder, string from, TimeProvider time) : IMailer
{
    public async Task SendAsync(Core.Ports.Mail mail, CancellationToken cancellation)
    {
        if (mail.Id.Length == 0 || !mail.Id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-') || mail.Id[0] == '.')
            throw new ArgumentException("a mail's id is made of letters, digits, dots and dashes", nameof(mail));
        byte[] message = MimeMessage.Of(mail, from, time.GetUtcNow());
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        string beside = Path.Combine(folder, $".{mail.Id}.{OwnName.New()}");
        try
        {
            await using var stream = new FileStream(beside, Options());
            await stream.WriteAsync(message, cancellation);
            stream.Flush(flushToDisk: true);
            // A mail that is sent again takes the place of its twin: same id, one file. It is still open, so that no sweep takes it for a leftover.
            File.Move(beside, Path.Combine(folder, mail.Id + ".eml"), overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>Removes mails that a killed process left half written; such a mail was never sent, and is sent again by whoever goes on.</summary>
    public static void Sweep(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string file in Directory.EnumerateFiles(folder, ".*"))
        {
            if (!OwnName.Is(Path.GetExtension(file.AsSpan()).TrimStart('.')))
                continue;
            try
            {
                // The system lets go of a file with the process that had it open.
                using var dead = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            }
            catch (IOException)
            {
                // Somebody is writing it, or it has its own name by now.
            }
        }
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
