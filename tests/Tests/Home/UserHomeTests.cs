using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Subjects;
using Limpid.Local.Home;

namespace Limpid.Tests.Home;

public sealed class UserHomeTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void The_folder_is_found_by_LIMPID_HOME_then_XDG_then_home()
    {
        var environment = new Dictionary<string, string?>
        {
            ["LIMPID_HOME"] = "/secrets",
            ["XDG_CONFIG_HOME"] = "/xdg",
            ["HOME"] = "/home/ada",
        };
        Assert.Equal("/secrets", UserHome.Locate(environment.GetValueOrDefault));
        environment["LIMPID_HOME"] = "";
        Assert.Equal("/xdg/limpid", UserHome.Locate(environment.GetValueOrDefault));
        environment["XDG_CONFIG_HOME"] = "relative/ignored";
        Assert.Equal("/home/ada/.config/limpid", UserHome.Locate(environment.GetValueOrDefault));
    }

    [Fact]
    public void Everything_in_it_is_for_its_owner_alone()
    {
        SkipOnWindows();
        UserHome home = Open();
        home.SubjectSecrets();
        home.NamingSecret();
        home.PageSecret();
        home.Signer().Dispose();
        home.AddSubjectSecret();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(home.Folder));
        string[] files = Directory.GetFiles(home.Folder);
        Assert.Equal(
            ["naming.secret", "pages.secret", "signing-key.pem", "subject-secrets.json", "subject-secrets.lock"],
            files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(file)));
    }

    [Fact]
    public void Secrets_are_made_once_and_are_different_ones()
    {
        UserHome first = Open(), second = Open();
        Assert.Equal(first.NamingSecret().ToArray(), second.NamingSecret().ToArray());
        Assert.Equal(first.PageSecret().ToArray(), second.PageSecret().ToArray());
        Assert.Equal(first.SubjectSecrets()[0].Key.ToArray(), second.SubjectSecrets()[0].Key.ToArray());
        byte[][] all = [first.NamingSecret().ToArray(), first.PageSecret().ToArray(), first.SubjectSecrets()[0].Key.ToArray()];
        Assert.Equal(3, all.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(all, secret => Assert.Equal(32, secret.Length));
    }

    [Fact]
    public void A_new_subject_secret_comes_first_and_the_old_one_stays()
    {
        UserHome home = Open();
        SubjectSecret old = Assert.Single(home.SubjectSecrets());
        SubjectSecret added = home.AddSubjectSecret();
        Assert.Equal([2, 1], Open().SubjectSecrets().Select(s => (int)s.Number));
        Assert.Equal(old.Key.ToArray(), Open().SubjectSecrets()[1].Key.ToArray());
        Assert.Equal(added.Key.ToArray(), Open().SubjectSecrets()[0].Key.ToArray());
        Assert.Equal(2, new SubjectHasher(home.SubjectSecrets()).Newest);
    }

    [Fact]
    public async Task F17_whoever_starts_at_the_same_moment_gets_the_same_secrets()
    {
        for (int round = 0; round < 20; round++)
        {
            string folder = _temporary.Path($"round{round}");
            using var together = new Barrier(8);
            string[] seen = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    UserHome home = UserHome.Open(folder, TimeProvider.System);
                    together.SignalAndWait(TestContext.Current.CancellationToken);
                    using EcdsaSigner signer = home.Signer();
                    return string.Join(' ', new[] { home.SubjectSecrets()[0].Key, home.NamingSecret(), home.PageSecret(), signer.PublicKey }
                        .Select(s => Convert.ToHexString(s.Span)));
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            Assert.Single(seen.Distinct());
            Assert.DoesNotContain(Directory.GetFiles(folder), file => Path.GetFileName(file).StartsWith('.'));
        }
    }

    [Fact]
    public void Of_two_who_add_a_secret_at_once_one_is_told_to_try_again()
    {
        UserHome home = Open();
        home.SubjectSecrets();
        using (new FileStream(Path.Combine(home.Folder, "subject-secrets.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains("try again", Assert.Throws<UnfitHomeException>(home.AddSubjectSecret).Message, StringComparison.Ordinal);
        Assert.Equal(2, home.AddSubjectSecret().Number);
    }

    [Theory]
    [InlineData("naming.secret")]
    [InlineData("pages.secret")]
    [InlineData("signing-key.pem")]
    [InlineData("subject-secrets.json")]
    public void A_secret_that_others_may_read_is_refused_with_the_command_that_helps(string name)
    {
        SkipOnWindows();
        UserHome home = Open();
        UseAll(home);
        string path = Path.Combine(home.Folder, name);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        string message = Assert.Throws<UnfitHomeException>(() => UseAll(home)).Message;
        Assert.EndsWith($"run: chmod 600 '{path}'", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_folder_that_others_may_write_to_is_refused()
    {
        SkipOnWindows();
        UserHome home = Open();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(home.Folder, Mode(home.Folder) | UnixFileMode.OtherWrite);
        Assert.EndsWith($"run: chmod 700 '{home.Folder}'", Assert.Throws<UnfitHomeException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("naming.secret", "")]
    [InlineData("naming.secret", "c2hvcnQ")]
    [InlineData("signing-key.pem", "no key")]
    [InlineData("signing-key.pem", "")]
    [InlineData("subject-secrets.json", "")]
    [InlineData("subject-secrets.json", "null")]
    [InlineData("subject-secrets.json", """{"secrets":[]}""")]
    [InlineData("subject-secrets.json", """{"secrets":[{"number":1,"key":"c2hvcnQ=","created":"2026-11-22T00:00:00Z"}]}""")]
    public void A_damaged_secret_is_never_replaced_by_a_new_one(string name, string content)
    {
        UserHome home = Open();
        UseAll(home);
        string path = Path.Combine(home.Folder, name);
        File.WriteAllText(path, content);
        Assert.Contains("is damaged", Assert.Throws<UnfitHomeException>(() => UseAll(home)).Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void A_signing_key_of_another_curve_is_refused()
    {
        UserHome home = Open();
        UseAll(home);
        using ECDsa larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(Path.Combine(home.Folder, "signing-key.pem"), larger.ExportPkcs8PrivateKeyPem());
        Assert.Throws<UnfitHomeException>(() => home.Signer());
    }

    [Fact]
    public void Secrets_inside_the_lake_are_refused_links_or_not()
    {
        string lake = Directory.CreateDirectory(_temporary.Path("lake")).FullName;
        UserHome inside = UserHome.Open(Path.Combine(lake, "a", "home"), TimeProvider.System);
        Assert.Throws<UnfitHomeException>(() => inside.RefuseInside(lake));
        Assert.Throws<UnfitHomeException>(() => inside.RefuseInside(lake + "/"));
        Assert.Throws<UnfitHomeException>(() => inside.RefuseInside(inside.Folder));

        Directory.CreateSymbolicLink(_temporary.Path("elsewhere"), Path.Combine("lake", "a"));
        UserHome linked = UserHome.Open(_temporary.Path("elsewhere", "home"), TimeProvider.System);
        Assert.Throws<UnfitHomeException>(() => linked.RefuseInside(lake));
        Directory.CreateSymbolicLink(_temporary.Path("lake-too"), lake);
        Assert.Throws<UnfitHomeException>(() => inside.RefuseInside(_temporary.Path("lake-too")));

        UserHome beside = UserHome.Open(_temporary.Path("lake-home"), TimeProvider.System);
        beside.RefuseInside(lake);
        beside.RefuseInside(_temporary.Path("not-there"));
    }

    [Fact]
    public async Task The_signer_signs_what_its_public_key_verifies()
    {
        byte[] data = Encoding.UTF8.GetBytes("a decision");
        using EcdsaSigner signer = Open().Signer();
        byte[] signature = await signer.SignAsync(data, TestContext.Current.CancellationToken);
        Assert.Equal(64, signature.Length);
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(signer.PublicKey.Span, out _);
        Assert.True(key.VerifyData(data, signature, HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task The_kill_switch_is_any_file_called_stop()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var killSwitch = new FileKillSwitch(_temporary.Root);
        Assert.False(await killSwitch.IsOnAsync(cancellation));
        File.WriteAllText(_temporary.Path("stop"), "");
        Assert.True(await killSwitch.IsOnAsync(cancellation));
        File.Delete(_temporary.Path("stop"));
        Assert.False(await killSwitch.IsOnAsync(cancellation));
        File.CreateSymbolicLink(_temporary.Path("stop"), "nowhere");
        Assert.True(await killSwitch.IsOnAsync(cancellation));
        Assert.True(await new FileKillSwitch(_temporary.Path("not-there"), _temporary.Root).IsOnAsync(cancellation));
        Assert.True(await new FileKillSwitch(_temporary.Root, _temporary.Path("not-there")).IsOnAsync(cancellation));
        Assert.False(await new FileKillSwitch(_temporary.Path("not-there")).IsOnAsync(cancellation));
    }

    private UserHome Open() => UserHome.Open(_temporary.Path("config", "limpid"), TimeProvider.System);

    private static void UseAll(UserHome home)
    {
        home.SubjectSecrets();
        home.NamingSecret();
        home.PageSecret();
        home.Signer().Dispose();
    }

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    private static void SkipOnWindows() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no Unix file modes");
}
