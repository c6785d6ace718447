using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Limpid.Local.Cli;

namespace Limpid.Local.Demo;

/// <param name="Lake">The lake's folder.</param>
/// <param name="Home">The configuration folder that the demo has instead of the user's.</param>
/// <param name="Page">Where a copy of the approver's page goes.</param>
internal sealed record DemoPlace(string Lake, string Home, string Page)
{
    public string Outbox => Path.Combine(Lake, ".limpid", "outbox");

    /// <summary>Whether the lake is where the user said, and not beside the rest.</summary>
    private bool IsLakeApart => Path.GetDirectoryName(Lake) != Path.GetDirectoryName(Home);

    /// <summary>The command that removes all of it.</summary>
    public string Removal => $"rm -r {Path.GetDirectoryName(Home)}{(IsLakeApart ? " " + Lake : "")}";
}

/// <summary>Tells the demo: each step is a command or a form that a user has too, run for real, with what it printed.</summary>
internal sealed class DemoStory(DemoPlace place, TextWriter output, TextWriter error)
{
    private const int MostShown = 100;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);
    private readonly IReadOnlyList<DemoFile> _files = DemoLake.Files();
    private readonly DemoPerson _person = DemoPeople.Leaving;
    private int _chapter;

    /// <exception cref="InvalidOperationException">A step did not end as it has to; says which.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        string? home = Environment.GetEnvironmentVariable("LIMPID_HOME");
        Environment.SetEnvironmentVariable("LIMPID_HOME", place.Home);
        try
        {
            await MakeAsync(cancellation);
            await LookAsync(cancellation);
            await AskAndDecideAsync(cancellation);
            await ProveAsync(cancellation);
        }
        finally
        {
            Environment.SetEnvironmentVariable("LIMPID_HOME", home);
        }
    }

    private async Task MakeAsync(CancellationToken cancellation)
    {
        Say("`limpid` below stands for `dotnet run --project infra/Local --`. All people are made up, and nothing leaves this machine.");
        Chapter("A lake of made-up people");
        Directory.CreateDirectory(place.Lake);
        await File.WriteAllTextAsync(Path.Combine(place.Lake, "lake.yaml"), DemoLake.Yaml, cancellation);
        foreach (DemoFile file in _files)
            await file.WriteAsync(place.Lake, cancellation);
        Say($"The folder {place.Lake} now holds");
        Say("  lake.yaml                 what is where, how to erase it, who approves");
        foreach (DemoFile file in _files)
            Say(string.Create(CultureInfo.InvariantCulture, $"  {file.Path,-25} {file.Rows.Count} rows, {file.Leaving} of them about {_person.Name}"));
        Say($"{_person.Name} is customer {_person.Customer}, {_person.Mail}, and asks to be forgotten.");
        await ShowRowsAsync(cancellation);
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        Chapter("The index: who is in which file");
        Say("It keeps keyed hashes of identifiers, never identifiers; `limpid up` keeps it fresh as files change.");
        await RunCommandAsync(["index", "--lake", place.Lake], cancellation);
        Say("Where is the person? Looked up, not searched for:");
        await RunCommandAsync(["find", "--lake", place.Lake, .. Subject()], cancellation);
    }

    private async Task AskAndDecideAsync(CancellationToken cancellation)
    {
        Chapter("The request, and the approver's yes");
        Say("Nothing is erased without it. The command below waits for it and serves the approver's page meanwhile.");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(LongestWait);
        Task erase = RunCommandAsync(
        [
            "erase", "--lake", place.Lake, .. Subject(), "--requested-by", DemoLake.Requester, "--case", "DEMO-1",
            "--verified-by", "a letter with a code", "--port", FreePort().ToString(CultureInfo.InvariantCulture),
        ], patience.Token);
        Task decide = DecideAsync(patience.Token);
        try
        {
            // Whichever breaks first says why; the other would only wait for it.
            await await Task.WhenAny(erase, decide);
            await Task.WhenAll(erase, decide);
        }
        finally
        {
            await patience.CancelAsync();
            // What goes on meanwhile would speak after the end.
            await Task.WhenAll(erase, decide).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Say("The rows are gone, every file of the plan was read a second time, and a signed certificate says so.");
    }

    private async Task DecideAsync(CancellationToken cancellation)
    {
        using var approver = new ApproverAtThePage(DemoLake.Approver, place.Outbox);
        OutboxMail invitation = await approver.InvitationAsync("r-", cancellation);
        Say("");
        Say($"{DemoLake.Approver} has mail (a file here; SMTP where lake.yaml names a server):");
        Say($"  {invitation.File}");
        foreach (string line in invitation.Text.Split('\n').Where(l => l.Length > 0).Take(5))
            Say($"  | {line}");

        Uri link = invitation.Link!;
        string page = await approver.OpenAsync(link, cancellation);
        await File.WriteAllTextAsync(place.Page, page, cancellation);
        Say($"The approver opens {link}");
        Say($"  (a copy is in {place.Page})");
        foreach (string line in ApproverAtThePage.Glimpse(page))
            Say($"  | {line}");
        Say("and has a code mailed, since a link can be forwarded:");
        OutboxMail code = await approver.AskForCodeAsync(link, page, cancellation);
        Say($"  {code.File}");
        Say($"  | {code.Code}");
        Say("With the code comes the yes, to exactly the plan that the page shows:");
        await approver.ApproveAsync(link, page, code.Code!, "asked for, identity verified", cancellation);
    }

    private async Task ProveAsync(CancellationToken cancellation)
    {
        Chapter("What is left");
        await ShowRowsAsync(cancellation);
        foreach (DemoFile file in _files)
        {
            if (await file.ReadAsync(place.Lake, cancellation) != file.After)
                throw new InvalidOperationException($"{file.Path} is not what it should be");
        }
        Say($"All other rows of the {_files.Count} files stand byte for byte as they did: compared with what was written above.");

        Chapter("The proof");
        await RunCommandAsync(["find", "--lake", place.Lake, .. Subject()], cancellation);
        await RunCommandAsync(["verify", "--lake", place.Lake], cancellation);
        string certificates = Path.Combine(place.Lake, ".limpid", "evidence", "certificates");
        string certificate = Directory.GetFiles(certificates, "r-*.json").Single();
        string forged = Path.Combine(Path.GetDirectoryName(place.Page)!, "forged.json");
        await File.WriteAllTextAsync(forged, (await File.ReadAllTextAsync(certificate, cancellation)).Replace("\"DEMO-1\"", "\"DEMO-2\"", StringComparison.Ordinal), cancellation);
        Say("And a copy of the certificate in which somebody changed the case:");
        await RunCommandAsync(["verify", "--lake", place.Lake, forged], cancellation, ExitCode.Failed);

        Chapter("Where to look");
        Say($"  the lake              {place.Lake}");
        Say($"  every mail            {place.Outbox}");
        Say($"  the certificate       {certificate}");
        Say($"  the approver's page   {place.Page}");
        Say($"To go on with this lake, set LIMPID_HOME={place.Home}");
        Say($"To be rid of it: {place.Removal}");
        Say("To try it on files of your own, read on in the README.");
    }

    private async Task ShowRowsAsync(CancellationToken cancellation)
    {
        foreach (DemoFile file in _files)
        {
            string[] lines = (await file.ReadAsync(place.Lake, cancellation)).Split('\n');
            HashSet<string> blanked = [.. file.Rows.Where(r => r.IsLeaving && file.IsBlanked).Select(r => "{}".PadRight(r.Text.Length))];
            string[] rows = [.. lines.Select((text, i) => (text, i)).Where(l => IsAbout(l.text) || blanked.Contains(l.text)).Select(l => $"line {l.i}: {Cut(l.text)}")];
            Say($"  {file.Path}");
            foreach (string row in rows.DefaultIfEmpty("nothing about the person"))
                Say($"    {row}");
        }
    }

    private bool IsAbout(string line) =>
        line.Contains($"\"id\":{_person.Customer},", StringComparison.Ordinal)
        || line.Contains($"\"visitor\":\"{_person.Customer}\"", StringComparison.Ordinal)
        || line.StartsWith(_person.Mail, StringComparison.Ordinal);

    private static string Cut(string line) => string.IsNullOrWhiteSpace(line[Math.Min(2, line.Length)..])
        ? $"{line.TrimEnd()} and {line.Length - 2} spaces"
        : line.Length <= MostShown ? line : line[..MostShown] + "...";

    private string[] Subject() => ["--subject", $"customer={_person.Customer}", "--subject", $"email={_person.Mail}"];

    private async Task RunCommandAsync(string[] arguments, CancellationToken cancellation, int expected = ExitCode.Done)
    {
        cancellation.ThrowIfCancellationRequested();
        Say("");
        Say($"$ limpid {string.Join(' ', arguments.Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"'{a}'" : a))}");
        int code = await LimpidCommand.RunInnerAsync(arguments, output, error, cancellation);
        if (code != expected)
            throw new InvalidOperationException($"`limpid {arguments[0]}` ended with {code}");
    }

    private void Chapter(string title)
    {
        Say("");
        string heading = string.Create(CultureInfo.InvariantCulture, $"{++_chapter}. {title}");
        Say(Console.IsOutputRedirected ? heading : $"\e[1m{heading}\e[0m");
    }

    private void Say(string line) => output.WriteLine(line);

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
