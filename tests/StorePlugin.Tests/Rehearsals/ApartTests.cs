// A rehearsal touches nothing that is live, is carried through crashes, and ends where a step does not go as it must.
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Inbox;
using StorePlugin.Privacy;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using ShopOrders = StorePlugin.Tests.Stores.Rehearsal.Orders;

namespace StorePlugin.Tests.Rehearsals;

internal sealed class ApartTests
{
    private RehearsalWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await RehearsalWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [TestCase("live")]
    [TestCase("ended")]
    public async Task No_row_of_the_store_that_rehearses_changes_but_those_of_its_rehearsals(string state)
    {
        Assert.That((await _world.Api.Post($"campaigns/{_world.CampaignId}/launch")).Status, Is.EqualTo(200));
        await _world.Api.AddAsync(_world.CampaignId, "ANN10", "ann@live.example");
        await _world.App.DrainAsync();
        await _world.App.Get<RehearsalShop>().SendAsync(_world.Store.Id, ShopDelivery.Of("orders/paid", ShopOrders.Paid().ToJson()), default);
        await _world.App.DrainAsync();
        if (state == "ended")
        {
            Assert.That((await _world.Api.Post($"campaigns/{_world.CampaignId}/ending")).Status, Is.EqualTo(200));
            await _world.App.DrainAsync();
        }

        var before = await RowsAsync();

        var ended = await _world.RunAsync("one_account");

        Assert.That(ended.State, Is.EqualTo("finished"), ended.Failure);
        var after = await RowsAsync();
        Assert.That(before.Keys, Has.Member("orders").And.Member("campaigns").And.Member("balances").And.Member("stores"));
        Assert.Multiple(() =>
        {
            foreach (var (table, rows) in before)
            {
                Assert.That(after[table], Is.EqualTo(rows), table);
            }
        });
        Assert.That(
            await _world.App.Db.OneAsync<long>(
                "SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @id AND kind = 'mail' AND created_at > @since", new { id = _world.Store.Id, since = ended.BegunAt }),
            Is.Zero);
        Assert.That(await FindEverywhereAsync("ann@live.example", ended.RehearsalStoreId!), Is.Zero, "no person of the live store is copied");
    }

    [Test]
    public async Task No_mail_leaves_and_each_is_kept_beside_its_step()
    {
        var ended = await _world.RunAsync("typical_month");

        var letters = await _world.App.Get<RehearsalLetters>().ListAsync(_world.Store, ended.Id, 100, default);
        var folder = Path.Combine(_world.App.Folder, "mail");
        Assert.That(Directory.Exists(folder) ? Directory.GetFiles(folder) : [], Is.Empty);
        Assert.That(letters.Select(letter => letter.Mail).Distinct(), Is.EquivalentTo(["welcome", "order_digest", "payout_sent"]));
        Assert.That(letters.Count(letter => letter.Mail == "welcome" && letter.Step == 1), Is.EqualTo(5));
        Assert.That(letters.Select(letter => letter.Recipient), Has.All.EndsWith("@people.example"));
        Assert.That(letters.Single(letter => letter.Mail == "payout_sent" && letter.Recipient.StartsWith("mara", StringComparison.Ordinal)).Subject, Does.Contain("34.59"));
    }

    [Test]
    public async Task A_store_of_an_installed_rehearsal_sends_its_mails_as_before()
    {
        await _world.Api.AddAsync(await _world.Api.LiveAsync(), "ANN10", "ann@live.example");

        await _world.App.DrainAsync();

        Assert.That(Directory.GetFiles(Path.Combine(_world.App.Folder, "mail")), Has.Length.EqualTo(1));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(18)]
    [TestCase(19)]
    public async Task A_step_whose_program_dies_before_the_mark_acts_once(int number)
    {
        var id = await _world.BeginAsync("typical_month");
        var handler = _world.App.Services.GetServices<IEffectHandler>().Single(one => one.Kind == Effect.Kinds.Rehearse);
        while ((await _world.Rehearsals.StepsAsync(_world.Store, id, default)).Count(step => step.IsDone) < number - 1)
        {
            await GoOnAsync();
        }

        // The deed is done, and its result is lost: as when the process dies, whose lease runs out.
        var effect = (await _world.App.Db.OneAsync<Effect>(
            "SELECT store_id, id, kind, subject, payload, attempts FROM effects WHERE store_id = @id AND kind = 'rehearse'", new { id = _world.Store.Id }))!;
        await handler.PerformAsync(effect, default);
        await handler.PerformAsync(effect, default);
        var ended = await _world.GoOnAsync(id);

        var earned = await _world.EarnedAsync(ended);
        Assert.That((ended.State, ended.Failure), Is.EqualTo(("finished", (string?)null)));
        Assert.That(earned.Values.Select(one => one.EarnedMinor), Is.EqualTo([34_59L, 24_97L, 9_79L, 14_00L, 3_97L]));
        Assert.That(earned.Values.Sum(one => one.PaidMinor), Is.EqualTo(34_59 + 24_97));
        Assert.That(await _world.StepsAsync(ended), Has.Count.EqualTo(19));

        async Task GoOnAsync()
        {
            await _world.App.Get<EffectWorker>().RunOnceAsync(default);
            await _world.App.Get<InboxWorker>().RunOnceAsync(default);
            _world.App.Clock.Advance(TimeSpan.FromMilliseconds(200));
        }
    }

    [Test]
    public async Task What_cannot_be_done_ends_it_with_the_reason()
    {
        var id = await _world.BeginAsync("typical_month");
        while ((await _world.Rehearsals.StepsAsync(_world.Store, id, default)).Count < 2)
        {
            await _world.App.Get<EffectWorker>().RunOnceAsync(default);
            await _world.App.Get<InboxWorker>().RunOnceAsync(default);
            _world.App.Clock.Advance(TimeSpan.FromMilliseconds(200));
        }

        var own = (await _world.FindAsync(id)).RehearsalStoreId;
        await _world.App.Db.DoAsync("UPDATE stores SET state = 'uninstalled' WHERE id = @own", new { own });
        _world.App.Get<StoreDirectory>().Forget(await _world.App.Get<StoreDirectory>().GetAsync(own!));

        var ended = await _world.GoOnAsync(id);

        Assert.That((ended.State, ended.Failure), Is.EqualTo(("failed", "The rehearsal's own store is gone.")));
    }

    [Test]
    public async Task One_that_takes_too_long_ends()
    {
        var id = await _world.BeginAsync("typical_month");
        _world.App.Clock.Advance(RehearsalDb.TimeMax + TimeSpan.FromSeconds(1));

        var ended = await _world.GoOnAsync(id);

        Assert.That((ended.State, ended.Failure), Is.EqualTo(("failed", "It took longer than 10 minutes.")));
        Assert.That(await _world.App.Db.OneAsync<string>("SELECT state FROM effects WHERE kind = 'rehearse' AND store_id = @id", new { id = _world.Store.Id }), Is.EqualTo("done"));
    }

    [Test]
    public async Task Only_a_rehearsals_own_store_is_dated_back()
    {
        var before = await RowsAsync();

        Assert.That(
            async () => await _world.App.Get<Backdate>().BeginningAsync(_world.Store, StoreApp.Start.AddDays(-30), default), Throws.InvalidOperationException);
        Assert.That(await _world.App.Get<Backdate>().HurryMailsAsync(_world.Store, default), Is.Zero);

        Assert.That(await RowsAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task Nobody_is_kept_waiting_and_readiness_counts_no_step_that_waits_for_its_moment()
    {
        var id = await _world.BeginAsync("typical_month");
        await _world.App.DrainAsync();
        Assert.That((await _world.FindAsync(id)).IsRunning);

        var ready = await JsonDocument.ParseAsync(await _world.App.Http.GetStreamAsync(new Uri("/readyz", UriKind.Relative)));

        Assert.That(ready.RootElement.GetProperty("pendingEffects").GetInt64(), Is.Zero);
        Assert.That(ready.RootElement.GetProperty("deadEffects").GetInt64(), Is.Zero);
    }

    [Test]
    public async Task The_newest_twenty_stay_and_the_stores_of_others_are_erased()
    {
        var first = await _world.RunAsync("self_referral");
        for (var i = 0; i < OldRehearsals.KeptMax; i++)
        {
            await Plant.RowAsync(
                _world.App.Db, "rehearsals", ("store_id", _world.Store.Id), ("id", _world.Rehearsals.NewId()), ("campaign_id", _world.CampaignId), ("revision", 1L), ("scenario", "typical_month"),
                ("state", "finished"), ("currency", "EUR"));
            _world.App.Clock.Advance(TimeSpan.FromMilliseconds(2));
        }

        await _world.RunAsync("self_referral");
        while (await _world.App.Get<Erasures>().RunOnceAsync(default) > 0)
        {
        }

        var own = first.RehearsalStoreId!;
        Assert.That(await _world.Rehearsals.FindAsync(_world.Store, first.Id, default), Is.Null);
        Assert.That(await _world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM rehearsals WHERE store_id = @id", new { id = _world.Store.Id }), Is.EqualTo(OldRehearsals.KeptMax));
        Assert.That(await _world.App.Db.OneAsync<string>("SELECT state FROM stores WHERE id = @own", new { own }), Is.EqualTo("uninstalled"));
        Assert.That(await _world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM credentials WHERE store_id = @own", new { own }), Is.Zero);
        Assert.That(await FindEverywhereAsync("mara@people.example", own), Is.Zero, "who is owed nothing has gone");
        Assert.That(await _world.App.Get<Verification.Verify>().RunAsync(null, default), Is.Empty);
    }

    /// <summary>Every row of every table of the store, but those that a rehearsal writes.</summary>
    private async Task<Dictionary<string, string>> RowsAsync()
    {
        string[] written = ["rehearsals", "rehearsal_steps", "rehearsal_letters", "effects"];
        var tables = await _world.App.Db.ManyAsync<string>(
            "SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) i WHERE i.name = 'store_id') ORDER BY m.name");
        var rows = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var connection = await _world.App.Db.OpenAsync(default);
        foreach (var table in tables.Except(written).Append("stores"))
        {
            var column = table == "stores" ? "id" : "store_id";
            var read = await connection.QueryAsync($"SELECT * FROM {table} WHERE {column} = @id", new { id = _world.Store.Id });
            rows[table] = string.Join('\n', read.Select(row => JsonSerializer.Serialize((IDictionary<string, object>)row)).Order(StringComparer.Ordinal));
        }

        return rows;
    }

    private Task<long> FindEverywhereAsync(string email, string storeId) =>
        _world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND email = @email", new { storeId, email });
}
