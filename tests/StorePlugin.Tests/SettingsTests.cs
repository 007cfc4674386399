// Configuration that is partly set or wrong is refused with the key's name, before anything starts.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests;

internal sealed class SettingsTests
{
    private string _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Nothing_set_is_enough()
    {
        var settings = Read();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings.Database.Provider, Is.EqualTo("sqlite"));
            Assert.That(settings.Database.ConnectionString, Is.EqualTo($"Data Source={Path.Combine(_folder, "data", "storeplugin.db")}"));
            Assert.That(settings.KeyFile, Is.EqualTo(Path.Combine(_folder, "data", "secrets.key")));
            Assert.That(settings.Mail.Folder, Is.EqualTo(Path.Combine(_folder, "data", "mail")));
            Assert.That(settings.Shopify, Is.Null);
        }
    }

    [Test]
    public void A_blank_value_counts_as_not_set() => Assert.That(Read("Shopify:ClientId= ", "PublicUrl=").Shopify, Is.Null);

    [TestCase("Shopify:ClientSecret", "Shopify:ClientId=id")]
    [TestCase("Shopify:ClientId", "Shopify:ClientSecret=secret")]
    [TestCase("Shopify:ClientId", "Shopify:PreviousClientSecret=secret")]
    [TestCase("Shopify:ClientId", "Shopify:Scopes=read_orders")]
    [TestCase("Shopify:ClientId", "Shopify:ApiVersion=2026-10")]
    [TestCase("Shopify:ApiVersion", "Shopify:ClientId=id", "Shopify:ClientSecret=secret", "Shopify:ApiVersion=2026-02")]
    [TestCase("Shopify:Scopes", "Shopify:ClientId=id", "Shopify:ClientSecret=secret", "Shopify:Scopes=read orders")]
    [TestCase("Shopify:AdminUrl", "Shopify:AdminUrl=ftp://{shop}")]
    [TestCase("Shopify:AdminUrl", "Shopify:AdminUrl=https://admin.example")]
    [TestCase("Shopify:AdminUrl", "Shopify:AdminUrl=https://{shop}/?a=b")]
    [TestCase("Shopify:AdminUrl", "Shopify:AdminUrl=https://{shop}/#a")]
    [TestCase("Shopify:AdminUrl", "Shopify:AdminUrl=https://me@{shop}")]
    [TestCase("Billing:Price", "Billing:Currency=USD")]
    [TestCase("Billing:Price", "Billing:Price=9.00", "Billing:Currency=USD")]
    [TestCase("Billing:Price", "Billing:Price=9.001", "Billing:Currency=USD", "Shopify:ClientId=id", "Shopify:ClientSecret=secret")]
    [TestCase("Billing:Price", "Billing:Price=0", "Billing:Currency=USD", "Shopify:ClientId=id", "Shopify:ClientSecret=secret")]
    [TestCase("Billing:Currency", "Billing:Price=9", "Shopify:ClientId=id", "Shopify:ClientSecret=secret")]
    [TestCase("Billing:Currency", "Billing:Price=9", "Billing:Currency=usd", "Shopify:ClientId=id", "Shopify:ClientSecret=secret")]
    [TestCase("Billing:TrialDays", "Billing:Price=9", "Billing:Currency=USD", "Billing:TrialDays=366", "Shopify:ClientId=id", "Shopify:ClientSecret=secret")]
    [TestCase("PublicUrl", "PublicUrl=plugin.example")]
    [TestCase("PublicUrl", "PublicUrl=https://plugin.example/?a=b")]
    [TestCase("PublicUrl", "PublicUrl=https://plugin.example/?")]
    [TestCase("PublicUrl", "PublicUrl=https://plugin.example/#a")]
    [TestCase("PublicUrl", "PublicUrl=https://me@plugin.example/")]
    [TestCase("PublicUrl", "PublicUrl=https://plugin.example/base/")]
    [TestCase("Stripe:ApiUrl", "Stripe:ApiUrl=stripe")]
    [TestCase("WooCommerce:AllowHttp", "WooCommerce:AllowHttp=yes")]
    [TestCase("Mail:Smtp:Host", "Mail:Smtp:From=a@b.example")]
    [TestCase("Mail:Smtp:Host", "Mail:Smtp:Port=25")]
    [TestCase("Mail:Smtp:From", "Mail:Smtp:Host=smtp.example")]
    [TestCase("Mail:Smtp:From", "Mail:Smtp:Host=smtp.example", "Mail:Smtp:From=nobody")]
    [TestCase("Mail:Smtp:Port", "Mail:Smtp:Host=smtp.example", "Mail:Smtp:From=a@b.example", "Mail:Smtp:Port=70000")]
    [TestCase("Mail:Smtp:From", "Mail:Smtp:Host=smtp.example", "Mail:Smtp:From=Lux")]
    [TestCase("Mail:Smtp:Host", "Mail:Smtp:StartTls=false")]
    [TestCase("Mail:Smtp:StartTls", "Mail:Smtp:Host=smtp.example", "Mail:Smtp:From=a@b.example", "Mail:Smtp:StartTls=no")]
    [TestCase("Mail:Bounces:Address", "Mail:Bounces:Address=bounces@lux.example", "Mail:Bounces:Secret=0123456789abcdef")]
    [TestCase("Mail:Bounces:Secret", "Mail:Smtp:Host=smtp.example", "Mail:Smtp:From=a@b.example", "Mail:Bounces:Address=bounces@lux.example")]
    [TestCase("Mail:Bounces:Secret", "Mail:Bounces:Secret=short")]
    [TestCase("Mail:Bounces:Address", "Mail:Smtp:Host=smtp.example", "Mail:Smtp:From=a@b.example", "Mail:Bounces:Secret=0123456789abcdef", "Mail:Bounces:Address=b+x@lux.example")]
    [TestCase("Mail:Bounces:Address", "Mail:Smtp:Host=smtp.example", "Mail:Smtp:From=a@b.example", "Mail:Bounces:Secret=0123456789abcdef", "Mail:Bounces:Address=Lux <b@lux.example>")]
    [TestCase("Database:Provider", "Database:Provider=postgres")]
    [TestCase("ConnectionStrings:StorePlugin", "Database:Provider=sqlserver", "Secrets:KeyFile=k")]
    [TestCase("ConnectionStrings:StorePlugin", "ConnectionStrings:StorePlugin=Server=x")]
    [TestCase("ConnectionStrings:StorePlugin", "ConnectionStrings:StorePlugin=no string")]
    [TestCase("ConnectionStrings:StorePlugin", "ConnectionStrings:StorePlugin=Data Source=x;Colour=blue")]
    [TestCase("ConnectionStrings:StorePlugin", "ConnectionStrings:StorePlugin=Data Source=:memory:")]
    [TestCase("ConnectionStrings:StorePlugin", "Database:Provider=sqlserver", "Secrets:KeyFile=k", "ConnectionStrings:StorePlugin=Server=x;Colour=blue")]
    [TestCase("ConnectionStrings:StorePlugin", "Database:Provider=sqlserver", "Secrets:KeyFile=k", "ConnectionStrings:StorePlugin=Database=y")]
    [TestCase("Secrets:KeyFile", "Database:Provider=sqlserver", "ConnectionStrings:StorePlugin=Server=x;Database=y")]
    [TestCase("Clock:File", "Clock:File=clock")]
    [TestCase("Webhooks:BodyBytesMax", "Webhooks:BodyBytesMax=0")]
    [TestCase("Webhooks:BodyBytesMax", "Webhooks:BodyBytesMax=10MB")]
    [TestCase("Rehearsal:InstallsPerHourMax", "Rehearsal:InstallsPerHourMax=0")]
    [TestCase("Rehearsal:InstallsPerHourMax", "Rehearsal:InstallsPerHourMax=many")]
    [TestCase("Workers:Idle", "Workers:Idle=yes")]
    public void A_wrong_key_is_named(string key, params string[] settings)
    {
        var refusal = Assert.Throws<SettingsException>(() => Read(settings))!;

        Assert.That(refusal.Message, Does.StartWith(key + " "));
    }

    [TestCase("smtp.example", null, ExpectedResult = true)]
    [TestCase("smtp.example", "false", ExpectedResult = false)]
    [TestCase("127.0.0.1", null, ExpectedResult = false)]
    [TestCase("LocalHost", null, ExpectedResult = false)]
    [TestCase("::1", "true", ExpectedResult = true)]
    public bool Mail_leaves_this_machine_encrypted_unless_told_otherwise(string host, string? startTls) =>
        Read($"Mail:Smtp:Host={host}", "Mail:Smtp:From=a@b.example", $"Mail:Smtp:StartTls={startTls}").Mail.StartTls;

    [TestCase("http://127.0.0.1:5999/{shop}")]
    [TestCase("http://127.0.0.1:5999")]
    [TestCase("https://localhost:5999")]
    [TestCase("http://stand-in:5999")]
    [TestCase("https://{shop}")]
    [TestCase("https://gateway.example/{shop}/")]
    public void A_stand_in_for_the_admin_may_be_one_shop(string adminUrl) =>
        Assert.That(
            Read("Shopify:ClientId=id", "Shopify:ClientSecret=secret", $"Shopify:AdminUrl={adminUrl}").Shopify!.AdminUrl, Is.EqualTo(adminUrl));

    [TestCase("https://plugin.example")]
    [TestCase("https://plugin.example/")]
    public void A_public_address_has_no_final_slash(string publicUrl) =>
        Assert.That(Read($"PublicUrl={publicUrl}").PublicUrl, Is.EqualTo("https://plugin.example"));

    [Test]
    public void A_relative_path_is_against_the_content_root()
    {
        var settings = Read("Data:Folder=d", "ConnectionStrings:StorePlugin=Data Source=x.db;Cache=Shared", "Secrets:KeyFile=k", "Mail:Folder=m");

        Assert.That(
            settings.Whereabouts.Split('\n').Select(line => line.Split(' ')[^1]),
            Is.EqualTo([Path.Combine(_folder, "d"), Path.Combine(_folder, "x.db"), Path.Combine(_folder, "k"), Path.Combine(_folder, "m")]));
    }

    [Test]
    public void What_is_told_of_servers_holds_no_secret()
    {
        var settings = Read(
            "Database:Provider=sqlserver", "Secrets:KeyFile=k", "ConnectionStrings:StorePlugin=Server=sql,1433;Database=Books;User Id=sa;Password=hunter2",
            "Mail:Smtp:Host=smtp.example", "Mail:Smtp:User=me", "Mail:Smtp:Password=hunter2", "Mail:Smtp:From=Lux <mail@lux.example>");

        Assert.That(settings.Whereabouts, Does.Contain("sql,1433").And.Contain("Books").And.Contain("smtp.example:25").And.Not.Contain("hunter2"));
    }

    [Test]
    public void All_problems_are_told_at_once_and_none_repeats_a_password()
    {
        var refusal = Assert.Throws<SettingsException>(() => Read("PublicUrl=x", "WooCommerce:AllowHttp=y", "ConnectionStrings:StorePlugin=Password=hunter2;;=="))!;

        Assert.That(refusal.Message.Split(Environment.NewLine), Has.Length.EqualTo(3));
        Assert.That(refusal.Message, Does.Not.Contain("hunter2"));
    }

    [TestCase("serve")]
    [TestCase("migrate")]
    [TestCase("verify")]
    public async Task The_program_ends_with_78_and_names_the_key_on_standard_error(string verb)
    {
        var (exitCode, output, errors) = await ProgramRun.ToEndAsync([verb], _folder, ("Shopify:ClientId", "id"));

        Assert.That(exitCode, Is.EqualTo(78));
        Assert.That(errors, Does.Contain("Shopify:ClientSecret"));
        Assert.That(output, Is.Empty);
    }

    [TestCase("serve")]
    [TestCase("demo", "--exit")]
    [TestCase("migrate")]
    [TestCase("api-key", "--store", "sto_1")]
    [TestCase("verify")]
    public async Task A_database_that_does_not_fit_the_program_is_a_matter_of_configuration_to_every_verb(params string[] verb)
    {
        await using (var app = await StoreApp.StartAsync())
        {
            await app.Db.DoAsync("INSERT INTO schema_versions (version, name, hash, applied_at) VALUES (999, '999_later', 'x', 0)");
            await app.CopyToAsync(_folder);
        }

        var (exitCode, output, errors) = await ProgramRun.ToEndAsync(verb, _folder);

        Assert.That(exitCode, Is.EqualTo(78));
        Assert.That(
            errors.Trim(),
            Is.EqualTo("ConnectionStrings:StorePlugin leads to a database that holds migration 999_later, which this program does not know: it was written by a newer version."));
        Assert.That(output, Is.Empty);
    }

    [Test]
    public async Task A_word_that_is_no_verb_ends_with_2_and_the_usage()
    {
        var (exitCode, output, errors) = await ProgramRun.ToEndAsync(["sing"], _folder);

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(errors, Does.Contain("'sing' is no verb").And.Contain("verify"));
        Assert.That(output, Is.Empty);
    }

    [Test]
    public async Task Verify_ends_with_1_and_prints_a_finding_a_line()
    {
        await using (var app = await StoreApp.StartAsync())
        {
            var shop = await Shop.OpenAsync(app);
            await shop.ClickAsync("amb_gone");
            await shop.ClickAsync("amb_gone");
            await app.CopyToAsync(_folder);
        }

        var (exitCode, output, errors) = await ProgramRun.ToEndAsync(["verify"], _folder);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2).And.All.StartsWith("orphan "));
        Assert.That(errors, Does.Contain("2 findings."));
    }

    private Settings Read(params string[] settings) => Settings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => setting.Split('=', 2)).ToDictionary(parts => parts[0], parts => (string?)parts[1])).Build(),
        new HostingEnvironment { EnvironmentName = "Production", ContentRootPath = _folder });
}
