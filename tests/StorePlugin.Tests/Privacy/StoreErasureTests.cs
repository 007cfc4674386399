// A store that has left for good: its people, texts and secrets go, its books stay, and what is owed is settled first.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Mail;
using StorePlugin.Privacy;
using StorePlugin.PublicPages;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts.SelfBilling;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Privacy;

internal sealed class StoreErasureTests
{
    private PrivacyWorld _world = null!;
    private StoreApp _app = null!;

    [SetUp]
    public async Task SetUp()
    {
        _world = await PrivacyWorld.StartAsync();
        _app = _world.App;
        foreach (var shop in new[] { PrivacyWorld.Lux, PrivacyWorld.Other })
        {
            await _world.SendAsync(shop, "orders/paid", PrivacyWorld.Json(PrivacyWorld.Order("9001")));
            await _world.SendAsync(shop, "orders/paid", $$"""{"id": 9002, "email": "{{PrivacyWorld.Email}}" """);
        }

        await _app.DrainAsync();
    }

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task Nothing_is_left_of_its_people_and_the_books_stay()
    {
        var ann = await AmbassadorAsync("ANN10");
        await _world.Api.Post($"ambassadors/{ann}/leaks", new JsonObject { ["code"] = "ANN10", ["where"] = "planted place" });
        await _world.Api.Post($"ambassadors/{ann}/exemptions", new JsonObject { ["rule"] = "F2", ["reason"] = "planted reason", ["until"] = "2026-06-01T00:00:00Z" });
        Assert.That((await _world.Api.Post($"ambassadors/{ann}/code-series", new JsonObject { ["count"] = 2 })).Status, Is.EqualTo(201));
        await Plant.RowAsync(_app.Db, "payout_differences", ("store_id", _world.Store.Id), ("id", "dif_1"), ("kind", "outside"), ("reason", "planted clearance"));
        using (await Rooms.SignInAsync(_app, _world.Store, ann))
        {
        }

        await _world.Api.Put("mail-texts/invitation", new JsonObject { ["closing"] = "planted closing" });
        await _world.Api.Post("mail-suppressions", new JsonObject { ["email"] = "gone@markers.example", ["detail"] = "planted detail" });
        Assert.That((await _world.Api.Post($"campaigns/{_world.CampaignId}/invitations", PrivacyWorld.Invitation(PrivacyWorld.Guest[0]))).Status, Is.EqualTo(200));
        foreach (var account in (string[])["acct_plantedbefore", "acct_plantedafter"])
        {
            Assert.That((await _world.Api.Put($"ambassadors/{ann}/stripe-account", new JsonObject { ["stripeAccount"] = account })).Status, Is.EqualTo(200));
        }

        await _app.Db.DoAsync("UPDATE payee_accounts SET bank = 'planted bank' WHERE ambassador_id = @ann", new { ann });
        await _app.Db.DoAsync("UPDATE payout_changes SET after_masked = 'planted end' WHERE ambassador_id = @ann", new { ann });
        await Plant.RowAsync(_app.Db, "payee_requests", ("store_id", _world.Store.Id), ("ambassador_id", ann), ("number", 1L), ("state", "made"));
        await Plant.RowAsync(_app.Db, "stripe_accounts", ("store_id", _world.Store.Id), ("account_id", "acct_plantedown"), ("findings", "[]"), ("balance", "[]"));

        Assert.That((await _world.Api.Put("self-billing", SelfBillingWorld.Merchant())).Status, Is.EqualTo(200));
        Assert.That((await _world.Api.Put($"ambassadors/{ann}/tax", SelfBillingWorld.Tax("domestic"))).Status, Is.EqualTo(200));
        await _app.Db.DoAsync("UPDATE payee_tax SET masked_id = 'planted id' WHERE ambassador_id = @ann", new { ann });

        Assert.That(
            (await _world.Api.Post($"ambassadors/{ann}/address-changes", new JsonObject { ["email"] = "planted.new@markers.example", ["reason"] = "planted waiver" })).Status, Is.EqualTo(202));
        var change = await _app.Db.OneAsync<string>("SELECT id FROM payout_changes WHERE ambassador_id = @ann AND state = 'asked'", new { ann });
        Assert.That(
            (await _world.Api.Put($"ambassadors/{ann}/payout-changes/{change}/decision", new JsonObject { ["decision"] = "confirmed", ["reason"] = "planted decision" })).Status,
            Is.EqualTo(200));
        await _app.Get<SignInRequests>().AskAsync(_world.Store, PrivacyWorld.Ambassador[1], default);
        await _app.Get<Team>().AddAsync(_world.Store, "planted colleague", "planted.colleague@markers.example", Role.Viewer, "test", default);
        await _app.Get<AmbassadorNotes>().AddAsync(_world.Store, ann, "planted note", "test", default);
        var rehearsals = _app.Get<RehearsalDb>();
        var rehearsal = await rehearsals.BeginAsync(_world.Store, rehearsals.NewId(), _world.CampaignId, Scenario.All[0], "planted beginner", default);
        await _app.Get<RehearsalNotes>().AddAsync(_world.Store, ((RehearsalBegin.Begun)rehearsal).Rehearsal, 0, "planted rehearsal note", "planted writer", default);
        await _app.DrainAsync();
        await _app.Get<ImportFiles>().KeepAsync(_world.Store, _world.CampaignId, "planted file", 1, "test", default);
        await _app.Get<Messages>().WriteAsync(_world.Store, ann, "planted question", default);
        await _app.Get<OrderClaims>().TellAsync(_world.Store, ann, new NewClaim("planted number", new DateOnly(2026, 2, 1), "planted claim"), default);
        await _app.Get<Profiles>().SayAsync(_world.Store, ann, isGiven: true, MentionConsent.Hash, default);
        await _app.Get<Profiles>().ConfirmAgeAsync(_world.Store, ann, default);
        await _app.Get<Profiles>().SetMailsAsync(_world.Store, ann, [], default);
        Assert.That(await _app.Get<PrivacyNotices>().NoteSeenAsync(_world.Store, ann, (await _app.Get<PrivacyNotices>().CurrentAsync(_world.Store, default)).Notice.Hash, default), Is.True);
        Assert.That((await _world.FindAsync("planted note", "planted file", "planted rehearsal note", "planted question", "planted claim")), Is.Empty, "all are sealed");
        var picture = new Picture("image/png", [1, 2, 3], 1, 1);
        await _app.Get<Looks>().SetAsync(_world.Store, "#ff0000", "planted headline", "planted about", picture, keepsLogo: true, "test", default);
        await _app.Get<Playbooks>().SetAsync(_world.Store, _world.CampaignId, "planted playbook", default);
        await _app.Get<OwnPages>().SetAsync(_world.Store, ann, "planted shown name", "planted words", picture, keepsPicture: true, default);
        await Plant.RowAsync(_app.Db, "former_addresses", ("store_id", _world.Store.Id), ("ambassador_id", ann), ("person_hash", "h"));

        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request"));
        await _app.DrainAsync();
        string[] people = ["planted id", .. PrivacyWorld.Ambassador, .. PrivacyWorld.Idle, .. PrivacyWorld.Applicant, .. PrivacyWorld.Guest, "planted place", "planted reason", "planted closing", "planted detail", "planted playbook", "planted clearance", "planted number", "planted waiver", "planted decision", "acct_planted", "planted bank", "planted end", "planted colleague", "planted.colleague@markers.example", "Lux Candles"];
        Assert.That((await _world.FindAsync(people)).Select(found => found.Split(" in ")[0]).Distinct(), Is.EquivalentTo(people), "the search finds what is there");
        var (books, other) = (await BooksAsync(), await _world.DumpAsync(_world.OtherStore));
        var keys = await KeysSealedAsync();

        await LeaveForGoodAsync();

        // Ann is owed a commission, and still known for as long as the rule says (U1).
        string[] gone = [.. PrivacyWorld.Idle, .. PrivacyWorld.Applicant, .. PrivacyWorld.Guest, .. PrivacyWorld.Shopper, "planted place", "planted reason", "planted closing", "planted detail", "planted playbook", "planted colleague", "Lux Candles"];
        Assert.That(await FindInLuxAsync(gone), Is.Empty);
        Assert.That(await FindInLuxAsync(PrivacyWorld.Ambassador[1]), Is.Not.Empty);
        Assert.That(await StateAsync(), Is.EqualTo("erasing"));
        _app.Clock.Advance(EraseStore.OwedKept);
        await _world.EraseAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await FindInLuxAsync([.. people, .. PrivacyWorld.Shopper]), Is.Empty);
            Assert.That(await StateAsync(), Is.EqualTo("done"));
            Assert.That(await KeysSealedAsync(), Is.Not.EqualTo(keys));
            Assert.That(await BooksAsync(), Is.EqualTo(books));
            Assert.That(await _world.DumpAsync(_world.OtherStore), Is.EqualTo(other));
            foreach (var table in (string[])["credentials", "api_keys", "sessions", "sign_in_links", "sign_in_requests", "team_members", "store_looks", "ambassador_pages", "pictures", "ambassador_notes", "import_files", "order_claims", "messages", "message_threads", "mail_wishes", "mention_consents", "age_confirmations", "privacy_notice_views", "rehearsals", "rehearsal_steps", "rehearsal_letters", "rehearsal_notes", "change_links", "former_addresses", "install_states", "privacy_request_customers", "mail_texts", "mail_sends", "payee_accounts", "payee_requests", "stripe_accounts", "payee_tax", "self_billing_settings", "self_bill_parties"])
            {
                Assert.That(await _world.CountAsync($"SELECT COUNT(*) FROM {table} WHERE store_id = @s"), Is.Zero, table);
            }

            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM deliveries WHERE store_id = @s AND body IS NOT NULL"), Is.Zero);
            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM invitations WHERE store_id = @s AND sealed IS NULL AND address_hash = id"), Is.EqualTo(1));
            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM address_changes WHERE store_id = @s AND sealed IS NULL"), Is.EqualTo(1));
            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM code_series WHERE store_id = @s AND state <> 'ended'"), Is.Zero);
        }

        await _world.AssertBooksAsync();

        var back = await _world.InstallAgainAsync();
        Assert.That((back.Id, back.Name), Is.EqualTo((_world.Store.Id, "Lux Candles")));
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", PrivacyWorld.Json(PrivacyWorld.Order("9009") with { At = _app.Clock.GetUtcNow() }));
        await _app.DrainAsync();
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM orders WHERE store_id = @s AND order_id = '9009' AND ambassador_id IS NULL"), Is.EqualTo(1), "nobody earns who is nobody");
        Assert.That((await BooksAsync()).Split('\n'), Is.SupersetOf(books.Split('\n')), "the hold of what was earned before has ended since, and nothing else");
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_payout_that_is_not_settled_keeps_what_it_needs_until_it_is()
    {
        var idle = await AmbassadorAsync("IDLE10");
        await _app.Db.InTransactionAsync(tx => _app.Get<Credentials>().KeepAsync(tx, _world.Store.Id, CredentialKind.StripeSecretKey, new Credential("sk_test_planted", null)));
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _world.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        await Plant.RowAsync(
            _app.Db, "payouts", ("store_id", _world.Store.Id), ("id", "po_1"), ("run_id", "run_1"), ("ambassador_id", idle), ("currency", "EUR"),
            ("amount_minor", 100L), ("mode", "live"), ("state", "unknown"), ("provider", "stripe"));
        await Plant.RowAsync(
            _app.Db, "payout_reversals", ("store_id", _world.Store.Id), ("payout_id", "po_1"), ("number", 1L), ("amount_minor", 1L), ("currency", "EUR"), ("state", "refused"),
            ("reason", "planted reversal"), ("settled_at", 1L));

        await LeaveForGoodAsync();
        _app.Clock.Advance(EraseStore.OwedKept);
        await _world.EraseAsync();
        var (credentials, found, state) = (await _world.CountAsync("SELECT COUNT(*) FROM credentials WHERE store_id = @s"), (await FindInLuxAsync(PrivacyWorld.Idle)).Count, await StateAsync());
        await _app.Db.DoAsync("UPDATE payouts SET state = 'cancelled' WHERE id = 'po_1'");
        await _world.EraseAsync();

        Assert.That(credentials, Is.EqualTo(1), "the key that asks Stripe what became of it");
        Assert.That((found > 0, state), Is.EqualTo((true, "erasing")));
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM credentials WHERE store_id = @s"), Is.Zero);
        Assert.That(await FindInLuxAsync(PrivacyWorld.Idle), Is.Empty);
        Assert.That(await FindInLuxAsync("planted reversal"), Is.Empty);
        Assert.That(await StateAsync(), Is.EqualTo("done"));
    }

    // What came of it only a person of the store could tell, and none has a key any more.
    [Test]
    public async Task A_manual_payout_keeps_its_payee_for_as_long_as_a_balance_does_and_then_nothing_of_them_is_left()
    {
        var idle = await AmbassadorAsync("IDLE10");
        await _world.Api.Put("payout-settings", new JsonObject
        {
            ["methods"] = new JsonArray("iban"),
            ["debtor"] = new JsonObject { ["name"] = "Planted Debtor", ["iban"] = "DE89370400440532013000" },
        });
        await _world.Api.Put($"ambassadors/{idle}/payout-method", new JsonObject { ["kind"] = "iban", ["iban"] = "NL91ABNA0417164300", ["holder"] = "Planted Holder" });
        var method = await _app.Db.OneAsync<string>("SELECT id FROM payout_methods WHERE store_id = @s", new { s = _world.Store.Id });
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _world.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        await Plant.RowAsync(
            _app.Db, "payouts", ("store_id", _world.Store.Id), ("id", "po_1"), ("run_id", "run_1"), ("ambassador_id", idle), ("currency", "EUR"),
            ("amount_minor", 100L), ("mode", "live"), ("state", "approved"), ("provider", "manual"), ("destination", method));
        await Plant.RowAsync(_app.Db, "balances", ("store_id", _world.Store.Id), ("ambassador_id", idle), ("account", "in_payout"), ("currency", "EUR"), ("amount_minor", 100L));
        await Plant.RowAsync(
            _app.Db, "payout_attempts", ("store_id", _world.Store.Id), ("payout_id", "po_1"), ("attempt", 1L), ("mode", "live"), ("outcome", "frozen"));
        Assert.That((await _world.Api.Post("payout-runs/run_1/exports", new JsonObject { ["format"] = "sepa-xml" })).Status, Is.EqualTo(200));

        await LeaveForGoodAsync();
        var (found, sealedThen) = ((await FindInLuxAsync(PrivacyWorld.Idle)).Count, await _world.CountAsync("SELECT COUNT(*) FROM payout_methods WHERE store_id = @s AND sealed IS NOT NULL"));
        _app.Clock.Advance(EraseStore.OwedKept);
        await _world.EraseAsync();

        Assert.That((found > 0, sealedThen), Is.EqualTo((true, 1L)));
        Assert.That(await FindInLuxAsync([.. PrivacyWorld.Idle, "·· ···· 4300", "·· ···· 3000"]), Is.Empty);
        Assert.That(await StateAsync(), Is.EqualTo("done"));
        foreach (var left in (string[])[
            "payout_methods WHERE store_id = @s AND (sealed IS NOT NULL OR masked <> '' OR details_hash <> '' OR ended_at IS NULL)", "payout_settings WHERE store_id = @s",
            "payout_exports WHERE store_id = @s AND debtor_sealed IS NOT NULL"])
        {
            Assert.That(await _world.CountAsync($"SELECT COUNT(*) FROM {left}"), Is.Zero, left);
        }

        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM payouts WHERE store_id = @s AND state = 'sending'"), Is.EqualTo(1), "the books stay");
    }

    [Test]
    public async Task A_store_that_comes_back_while_it_is_erased_keeps_what_is_left()
    {
        await LeaveForGoodAsync();
        await _world.InstallAgainAsync();
        _app.Clock.Advance(EraseStore.OwedKept);
        await _world.EraseAsync();

        Assert.That(await StateAsync(), Is.EqualTo("stopped"));
        Assert.That(await FindInLuxAsync(PrivacyWorld.Ambassador[1]), Is.Not.Empty);
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM credentials WHERE store_id = @s"), Is.Not.Zero);
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_step_that_had_begun_when_the_store_came_back_changes_nothing()
    {
        await LeaveForGoodAsync();
        var left = await _app.Get<StoreDirectory>().GetAsync(_world.Store.Id, default);
        var erasure = new Erasure(
            (await _app.Db.OneAsync<string>("SELECT id FROM privacy_requests WHERE store_id = @s AND topic = 'shop/redact'", new { s = left.Id }))!,
            left.Id, "shop/redact", _app.Clock.GetUtcNow(), _app.Clock.GetUtcNow());
        await _world.InstallAgainAsync();
        _app.Clock.Advance(EraseStore.OwedKept);
        var before = await _world.DumpAsync(left);
        await _app.Get<EraseStore>().StepAsync(left, erasure, default);

        Assert.That(left.IsInstalled, Is.False);
        Assert.That(await _world.DumpAsync(left), Is.EqualTo(before));
    }

    [Test]
    public async Task A_store_that_came_back_before_it_was_asked_for_loses_nothing()
    {
        await _world.LeaveAsync();
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await _world.SendAsync(PrivacyWorld.Lux, "shop/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "shop/redact"));
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _world.InstallAgainAsync();
        await _app.DrainAsync();
        await _world.EraseAsync();

        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM privacy_requests"), Is.Zero);
        Assert.That(await FindInLuxAsync(PrivacyWorld.Applicant[1]), Is.Not.Empty);
    }

    private async Task LeaveForGoodAsync()
    {
        await _world.LeaveAsync();
        _app.Clock.Advance(TimeSpan.FromDays(2));
        for (var i = 0; i < 2; i++)
        {
            await _world.SendAsync(PrivacyWorld.Lux, "shop/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "shop/redact"));
            await _app.DrainAsync();
        }

        await _world.EraseAsync();
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM privacy_requests WHERE store_id = @s AND topic = 'shop/redact'"), Is.EqualTo(1));
    }

    // The other shop has the same name, and its own people are others.
    private async Task<IReadOnlyList<string>> FindInLuxAsync(params string[] words)
    {
        var dump = await _world.DumpAsync(_world.Store) + await _app.Db.OneAsync<string>("SELECT COALESCE(name, '') FROM stores WHERE id = @s", new { s = _world.Store.Id });
        var files = await _world.FindAsync([.. words.Where(word => word != "Lux Candles")]);
        return [.. files, .. words.Where(word => dump.Contains(word, StringComparison.OrdinalIgnoreCase))];
    }

    private async Task<string> AmbassadorAsync(string code) =>
        (await _app.Db.OneAsync<string>("SELECT ambassador_id FROM codes WHERE store_id = @s AND code = @code", new { s = _world.Store.Id, code }))!;

    private Task<string?> StateAsync() => _app.Db.OneAsync<string>(
        "SELECT state FROM privacy_requests WHERE topic = 'shop/redact' AND store_id = @s", new { s = _world.Store.Id });

    private Task<string?> KeysSealedAsync() => _app.Db.OneAsync<string>("SELECT keys_sealed FROM stores WHERE id = @s", new { s = _world.Store.Id });

    private async Task<string> BooksAsync() => string.Join('\n', (await _world.DumpAsync(_world.Store)).Split('\n').Where(line =>
        line.Split(' ')[0] is "ledger_transactions" or "ledger_entries" or "receipts" or "order_versions" or "order_events" && !line.Contains("9009", StringComparison.Ordinal)));
}
