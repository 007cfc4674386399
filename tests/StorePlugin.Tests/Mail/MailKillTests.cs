// The program dies between the server's answer and the mark: the one mail in flight goes again, with the same id, and none is lost.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

[NonParallelizable]
internal sealed class MailKillTests
{
    private const int Mails = 30;

    private string _folder = null!;

    [SetUp]
    public async Task PlantAsync()
    {
        _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        await app.Db.DoAsync("UPDATE stores SET mode = 'live', platform = 'shopify', name = 'Lux'");
        await app.Db.DoAsync("DELETE FROM effects");
        for (var i = 0; i < Mails; i++)
        {
            var id = await shop.AmbassadorAsync(string.Create(CultureInfo.InvariantCulture, $"ANN{i}"));
            await app.Db.InTransactionAsync(tx => new MailNotice(MailNotice.Welcome, id).AddAsync(tx, shop.Store.Id, StoreApp.Start));
        }

        await app.CopyToAsync(_folder);
    }

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase(1)]
    [TestCase(13)]
    [TestCase(30)]
    public async Task Exactly_the_mail_in_flight_goes_again(int last)
    {
        await using var smtp = FakeSmtp.Start();
        var taken = 0;
        var died = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ProgramRun? running = null;
        smtp.Took = async () =>
        {
            // The server has the mail, and the program never hears of it.
            if (Interlocked.Increment(ref taken) == last)
            {
                while (Volatile.Read(ref running) is null)
                {
                    await Task.Delay(10);
                }

                await running!.KillAsync();
                died.SetResult();
            }
        };

        var (first, _) = await ServeAsync(smtp);
        await using (first)
        {
            Volatile.Write(ref running, first);
            await died.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        var atDeath = smtp.Mails.Count;
        var (second, address) = await ServeAsync(smtp);
        await using (second)
        {
            using var http = new HttpClient { BaseAddress = address };
            for (var looks = 0; !(await http.GetStringAsync(new Uri("/readyz", UriKind.Relative))).Contains("\"pendingEffects\":0", StringComparison.Ordinal); looks++)
            {
                Assert.That(looks, Is.LessThan(300), "the work comes to an end");
                await Task.Delay(100);
            }
        }

        var ids = smtp.Mails.Select(mail => ReadMail.Of(mail)["Message-ID"]).ToList();
        await using var db = new Db(new DatabaseOptions("sqlite", $"Data Source={Path.Combine(_folder, "storeplugin.db")}"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(atDeath, Is.EqualTo(last), "one at a time is handed over");
            Assert.That(ids.Distinct(), Has.Exactly(Mails).Items, "none is lost");
            Assert.That(ids, Has.Exactly(Mails + 1).Items, "one goes twice");
            Assert.That(ids.GroupBy(id => id).Single(group => group.Count() == 2).Key, Is.EqualTo(ids[last - 1]), "and it is the one in flight");
            Assert.That(await db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind = 'mail' AND state = 'done'"), Is.EqualTo(Mails));
            Assert.That(smtp.Mails.Select(mail => ReadMail.Of(mail)["To"]).Distinct(), Has.Exactly(Mails).Items);
        }
    }

    private async Task<(ProgramRun Run, Uri Address)> ServeAsync(FakeSmtp smtp)
    {
        var clock = Path.Combine(_folder, "clock");
        await File.WriteAllTextAsync(clock, StoreApp.Start.ToString("O", CultureInfo.InvariantCulture));
        return await ProgramRun.ServeAsync(
            _folder, [.. smtp.Settings.Select(setting => (setting.Key, setting.Value!)), ("Clock:File", clock), ("ASPNETCORE_ENVIRONMENT", "Development"), ("PublicUrl", "http://refer.example")]);
    }
}
