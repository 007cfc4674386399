// What keeps the program from starting: one sentence, an exit code, and nothing touched.
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests;

internal sealed class StartTests
{
    private const int Configuration = 78;

    private string _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase("serve")]
    [TestCase("demo", "--exit")]
    [TestCase("migrate")]
    [TestCase("verify")]
    [TestCase("api-key", "--store", "lux.rehearsal.example")]
    public async Task Another_databases_key_file_is_refused(params string[] args)
    {
        await PlantAsync();
        await File.WriteAllTextAsync(KeyFile, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

        await AssertRefusedAsync(args, "Secrets:KeyFile", "backup");
    }

    [TestCase("serve")]
    [TestCase("demo", "--exit")]
    [TestCase("migrate")]
    [TestCase("verify")]
    [TestCase("api-key", "--store", "lux.rehearsal.example")]
    public async Task A_lost_key_file_is_refused_and_none_is_made_anew(params string[] args)
    {
        await PlantAsync();
        File.Delete(KeyFile);

        await AssertRefusedAsync(args, "Secrets:KeyFile", "backup");
        Assert.That(File.Exists(KeyFile), Is.False);
    }

    [Test]
    public async Task The_right_key_file_brings_everything_back()
    {
        await PlantAsync();
        var kept = await File.ReadAllTextAsync(KeyFile);
        File.Delete(KeyFile);
        await AssertRefusedAsync(["verify"], "Secrets:KeyFile");

        await File.WriteAllTextAsync(KeyFile, kept);
        var (exitCode, _, errors) = await ProgramRun.ToEndAsync(["verify"], _folder);

        Assert.That(exitCode, Is.Zero, errors);
    }

    [TestCase("serve", "file")]
    [TestCase("serve", "file/below")]
    [TestCase("migrate", "file")]
    public async Task A_data_folder_that_is_a_file_or_cannot_be_made_is_refused(string verb, string name)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "");

        await AssertRefusedAsync([verb, $"--Data:Folder={name}"], "Data:Folder", Path.Combine(_folder, name));
    }

    [TestCase("serve")]
    [TestCase("migrate")]
    [TestCase("verify")]
    public async Task A_file_that_is_no_database_is_refused(string verb)
    {
        var file = Path.Combine(_folder, "letter.txt");
        await File.WriteAllTextAsync(file, new string('x', 5000));

        await AssertRefusedAsync([verb, $"--ConnectionStrings:StorePlugin=Data Source={file}"], "ConnectionStrings:StorePlugin", file);
        Assert.That(File.Exists(KeyFile), Is.False, "Nothing is made for a database that cannot be used.");
    }

    [Test]
    public async Task A_broken_file_of_settings_is_named_without_what_it_holds()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "appsettings.json"), """{ "Shopify": { "ClientSecret": thunter2 } }""");

        var errors = await AssertRefusedAsync(["serve"], "appsettings.json", "line 1");
        Assert.That(errors, Does.Not.Contain("hunter2"));
    }

    [TestCase("nonsense")]
    [TestCase("ftp://127.0.0.1:5000")]
    [TestCase("http://127.0.0.1:0/base")]
    [TestCase("http://192.0.2.1:5000")]
    public async Task An_address_that_nobody_can_listen_on_is_refused(string urls) =>
        await AssertRefusedAsync(["serve", $"--urls={urls}"], "urls ");

    [Test]
    public async Task A_port_that_is_taken_is_told_in_one_sentence()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var urls = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        var (exitCode, _, errors) = await ProgramRun.ToEndAsync(["serve", "--urls", urls], _folder);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(errors, Does.Contain(urls).And.Contain("in use").And.Not.Contain("   at "));
    }

    [TestCase("Serilog:MinimumLevel:Default", "Serilog")]
    [TestCase("Rehearsal:InstallsPerHourMax", "Rehearsal:InstallsPerHourMax")]
    public async Task A_value_that_only_a_library_reads_is_refused_like_any_other(string key, string named) =>
        await AssertRefusedAsync(["serve", $"--{key}=loud"], named);

    [TestCase("'extra'", "serve", "extra")]
    [TestCase("'--bogus'", "--bogus")]
    [TestCase("'-x'", "-x")]
    [TestCase("'--bogus'", "demo", "--exit", "--bogus")]
    [TestCase("'--exit=now'", "demo", "--exit=now")]
    [TestCase("'x'", "migrate", "x")]
    [TestCase("'--x'", "verify", "--x")]
    [TestCase("'--urls'", "serve", "--urls")]
    public async Task A_word_or_option_that_the_verb_does_not_know_ends_with_2_and_the_usage(string named, params string[] args)
    {
        var (exitCode, output, errors) = await ProgramRun.ToEndAsync(args, _folder);

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(errors, Does.StartWith(named).And.Contain("usage:"));
        Assert.That(output, Is.Empty);
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty, "Nothing was begun.");
    }

    [TestCase("--help")]
    [TestCase("-h")]
    [TestCase("help")]
    [TestCase("demo", "--help")]
    public async Task Help_is_the_usage_on_standard_output(params string[] args)
    {
        var (exitCode, output, errors) = await ProgramRun.ToEndAsync(args, _folder);

        Assert.That(exitCode, Is.Zero);
        Assert.That(output, Does.StartWith("usage:").And.Contain("--Key=value"));
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public async Task Configuration_may_stand_behind_the_verb()
    {
        var elsewhere = Path.Combine(_folder, "elsewhere");

        var (exitCode, _, errors) = await ProgramRun.ToEndAsync(["migrate", $"--Data:Folder={elsewhere}"], _folder);
        var (exitCodeOfTwoWords, _, _) = await ProgramRun.ToEndAsync(["verify", "--Data:Folder", elsewhere], _folder);

        Assert.That((exitCode, exitCodeOfTwoWords), Is.EqualTo((0, 0)), errors);
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.EqualTo([elsewhere]));
    }

    [Test]
    public async Task The_start_tells_where_everything_lies()
    {
        await using var run = (await ProgramRun.ServeAsync(
            _folder,
            ("Secrets:KeyFile", "keys/secrets.key"),
            ("ConnectionStrings:StorePlugin", "Data Source=books.db"),
            ("Mail:Folder", "letters"))).Run;

        foreach (var place in new[] { _folder, Path.Combine(_folder, "books.db"), Path.Combine(_folder, "keys", "secrets.key"), Path.Combine(_folder, "letters") })
        {
            Assert.That(run.Errors, Has.Some.EndsWith(place));
        }
    }

    [TestCase("https://refer.example", "false", true)]
    [TestCase("https://refer.example", "true", false)]
    [TestCase("http://refer.example", "false", false)]
    public async Task The_start_warns_of_a_proxy_that_is_not_believed(string publicUrl, string believed, bool warns)
    {
        await using var run = (await ProgramRun.ServeAsync(_folder, ("PublicUrl", publicUrl), ("ASPNETCORE_FORWARDEDHEADERS_ENABLED", believed))).Run;

        Assert.That(run.Errors.Any(line => line.Contains("ASPNETCORE_FORWARDEDHEADERS_ENABLED", StringComparison.Ordinal)), Is.EqualTo(warns));
    }

    private string KeyFile => Path.Combine(_folder, "secrets.key");

    private async Task PlantAsync()
    {
        await using var app = await StoreApp.StartAsync();
        await Shop.OpenAsync(app);
        await app.CopyToAsync(_folder);
    }

    private async Task<string> AssertRefusedAsync(string[] args, params string[] words)
    {
        var (exitCode, output, errors) = await ProgramRun.ToEndAsync(args, _folder);
        var last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];

        Assert.That(exitCode, Is.EqualTo(Configuration), errors);
        Assert.That(words.Where(word => !last.Contains(word, StringComparison.Ordinal)), Is.Empty, last);
        Assert.That(errors, Does.Not.Contain("   at "), "No stack trace.");
        Assert.That(output, Is.Empty);
        return errors;
    }
}
