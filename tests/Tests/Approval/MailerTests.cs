using System.Net;
using System.Net.Sockets;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Local.Mail;

namespace Limpid.Tests.Approvals;

public sealed class MailerTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "limpid-" + Path.GetRandomFileName());

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static readonly Mail Sample = new()
    {
        Id = "r-1.p1.ask.0011",
        To = ["dpo@acme.example"],
        Subject = "Décision attendue avant le 12 décembre: effacement r-1, avec une ligne assez longue pour être coupée",
        Text = "Grüße\n.a line that begins with a dot\n" + new string('x', 200) + "\nends in a space ",
        Html = "<p>Grüße = 1</p>",
    };

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_mail_becomes_a_file_that_any_mail_program_opens()
    {
        await new EmlMailer(_folder, "Limpid <limpid@acme.example>", new ManualClock(new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero))).SendAsync(Sample, Stop);
        string file = Path.Combine(_folder, "r-1.p1.ask.0011.eml");
        byte[] bytes = await File.ReadAllBytesAsync(file, Stop);
        string text = Encoding.ASCII.GetString(bytes);

        Assert.All(bytes, b => Assert.True(b < 128));
        Assert.All(text.Split("\r\n"), line =>
        {
            Assert.True(line.Length <= 78, line);
            Assert.DoesNotContain('\n', line);
            Assert.False(line.StartsWith('.'));
        });
        Assert.Contains("Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Message-ID: <r-1.p1.ask.0011@acme.example>\r\n", text, StringComparison.Ordinal);
        Assert.Equal(Sample.Subject, Eml.Header(text, "Subject"));
        Assert.Equal(Sample.Text, Eml.Part(text, "text/plain"));
        Assert.Equal(Sample.Html, Eml.Part(text, "text/html"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_mail_sent_again_is_one_file()
    {
        var mailer = new EmlMailer(_folder, "limpid@acme.example", TimeProvider.System);
        await mailer.SendAsync(Sample, Stop);
        await mailer.SendAsync(Sample, Stop);
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".hidden")]
    public async Task An_id_that_is_no_file_name_is_refused(string id) =>
        await Assert.ThrowsAsync<ArgumentException>(() => new EmlMailer(_folder, "limpid@acme.example", TimeProvider.System).SendAsync(Sample with { Id = id }, Stop));

    [Fact]
    public async Task An_address_adds_no_headers() =>
        await Assert.ThrowsAsync<ArgumentException>(() => new EmlMailer(_folder, "limpid@acme.example", TimeProvider.System)
            .SendAsync(Sample with { To = ["dpo@acme.example\r\nBcc: evil@evil.example"] }, Stop));

    [Fact]
    public async Task A_mail_server_gets_the_same_mail_under_the_same_id()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<string> received = ReceiveAsync(listener);
        var server = new SmtpServer { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, StartTls = false };
        await new SmtpMailer(server, "limpid@acme.example", null).SendAsync(Sample, Stop);
        string text = await received;
        Assert.Contains("r-1.p1.ask.0011@acme.example", text, StringComparison.Ordinal);
        Assert.Contains("RCPT TO:<dpo@acme.example>", text, StringComparison.Ordinal);
        Assert.Contains("text/plain", text, StringComparison.Ordinal);
        Assert.Contains("Gr=C3=BC=C3=9Fe =3D 1", text, StringComparison.Ordinal);
    }

    private static async Task<string> ReceiveAsync(TcpListener listener)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync(Stop);
        await using NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        await using var writer = new StreamWriter(stream, Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        var all = new StringBuilder();
        bool data = false;
        await writer.WriteLineAsync("220 test");
        while (await reader.ReadLineAsync(Stop) is { } line)
        {
            all.AppendLine(line);
            if (data && line != ".")
                continue;
            bool begins = line == "DATA";
            data = begins;
            await writer.WriteLineAsync(begins ? "354 go on" : line == "QUIT" ? "221 bye" : "250 ok");
            if (line == "QUIT")
                break;
        }
        return all.ToString();
    }
}
