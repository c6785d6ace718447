using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Local;
using Limpid.Local.Demo;

namespace Limpid.Tests.House;

/// <summary>A lake made of the README's files, and a shell in it that knows `limpid`.</summary>
internal sealed partial class ReadmeLake : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("limpid-readme-").FullName;

    private (string Shown, string Real)? _events;
    private Process? _up;

    public ReadmeLake()
    {
        Directory.CreateDirectory(Lake);
        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
        string limpid = Path.Combine(_folder, "bin", "limpid");
        File.WriteAllText(limpid, $"#!/bin/sh\nexec dotnet '{typeof(LocalLake).Assembly.Location}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(limpid, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Home => Path.Combine(_folder, "home");

    private string Lake => Path.Combine(_folder, "lake");

    /// <summary>No test waits for a day's grace: the README's lake has none here.</summary>
    public void Write(string file, string content)
    {
        string path = Path.Combine(Lake, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content.Replace("grace: 24h", "grace: 0s", StringComparison.Ordinal));
    }

    /// <summary>Runs a line; the names of requests and holds in it become the newest ones there are. Returns what was printed, errors included.</summary>
    public async Task<string> RunAsync(string line, int expected, CancellationToken cancellation)
    {
        if (RequestPattern().IsMatch(line))
            line = RequestPattern().Replace(line, await NewestAsync("requests", "requestId", cancellation));
        if (HoldPattern().IsMatch(line))
            line = HoldPattern().Replace(line, await NewestAsync("hold", "id", cancellation));
        if (_events is { } port)
            line = line.Replace($"localhost:{port.Shown}", $"localhost:{port.Real}", StringComparison.Ordinal);
        using Process shell = Start("bash", "-c", line + " 2>&1");
        string said = await shell.StandardOutput.ReadToEndAsync(cancellation);
        await shell.WaitForExitAsync(cancellation);
        Assert.True(shell.ExitCode == expected, $"`{line}` ends with {shell.ExitCode}:\n{said}");
        return said;
    }

    /// <summary>Runs `limpid up` until an approver has said yes and the request is certified, then stops it as Ctrl-C does.</summary>
    public async Task<string> ServeAsync(CancellationToken cancellation)
    {
        string request = await NewestAsync("requests", "requestId", cancellation);
        int port = FreePort();
        using Process up = Start("dotnet", typeof(LocalLake).Assembly.Location, "up", "--port", port.ToString(CultureInfo.InvariantCulture));
        Task<string> said = up.StandardOutput.ReadToEndAsync(cancellation);
        using (var approver = new ApproverAtThePage("dpo@acme.example", Path.Combine(Lake, ".limpid", "outbox")))
            await ApproveAsync(approver, request, port, cancellation);
        while (!(await RunAsync("limpid requests", 0, cancellation)).Contains("certified", StringComparison.Ordinal))
        {
        }
        using (Process kill = Start("kill", "-INT", up.Id.ToString(CultureInfo.InvariantCulture)))
            await kill.WaitForExitAsync(cancellation);
        await up.WaitForExitAsync(cancellation);
        Assert.Equal(0, up.ExitCode);
        return await said;
    }

    /// <summary>Runs `limpid up` on free ports until all of the README is through; what it says when it is ready. Lines after it that name the port of events mean this one's.</summary>
    public async Task<string> TakeEventsAsync(string line, CancellationToken cancellation)
    {
        string port = FreePort().ToString(CultureInfo.InvariantCulture), events = FreePort().ToString(CultureInfo.InvariantCulture);
        string[] arguments = line.Split(' ')[1..];
        _events = (arguments[Array.IndexOf(arguments, "--events") + 1], events);
        _up = Start("dotnet", [typeof(LocalLake).Assembly.Location, .. arguments.Select(argument => argument == _events.Value.Shown ? events : argument), "--port", port]);
        var said = new System.Text.StringBuilder();
        while (await _up.StandardOutput.ReadLineAsync(cancellation) is { } next)
        {
            said.Append(next).Append('\n');
            if (next.StartsWith("stop with", StringComparison.Ordinal))
                break;
        }
        return said.ToString();
    }

    public void Dispose()
    {
        _up?.Kill();
        _up?.WaitForExit();
        _up?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task ApproveAsync(ApproverAtThePage approver, string request, int port, CancellationToken cancellation)
    {
        OutboxMail invitation = await approver.InvitationAsync(request, cancellation);
        // The mail names the usual port, which may be taken here.
        Uri link = new UriBuilder(invitation.Link!) { Port = port }.Uri;
        string page = await approver.OpenAsync(link, cancellation);
        OutboxMail code = await approver.AskForCodeAsync(link, page, cancellation);
        await approver.ApproveAsync(link, page, code.Code!, "verified", cancellation);
    }

    private async Task<string> NewestAsync(string command, string member, CancellationToken cancellation)
    {
        using var all = JsonDocument.Parse(await RunAsync($"limpid {command} --json", 0, cancellation));
        return all.RootElement.EnumerateArray().Last().GetProperty(member).GetString()!;
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Lake, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{Path.Combine(_folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["LIMPID_HOME"] = Home;
        start.Environment["TMPDIR"] = _folder;
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"\br-[0-9a-f]{20}\b")]
    private static partial Regex RequestPattern();

    [GeneratedRegex(@"\bh-[0-9a-f]{12}\b")]
    private static partial Regex HoldPattern();
}
