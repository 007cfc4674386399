// That a store's tokens stay usable, whatever becomes of answers, programs, grants and secrets meanwhile.
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Data;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyTokensTests
{
    private const string Shop = "lux.myshopify.com";
    private const string NewSecret = "shpss_marker_new_secret";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private CapturedLog _log = null!;
    private Store _store = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _log = new CapturedLog();
        _app = await StoreApp.StartAsync(
            _shopify.Settings.Concat([new("Logging:LogLevel:Default", "Trace"), new("Logging:LogLevel:Microsoft", "Warning")]),
            services => services.AddSingleton<ILoggerProvider>(_log));
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
        _log.Dispose();
    }

    [Test]
    public async Task A_token_with_more_than_five_minutes_to_live_is_used_as_it_is()
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(55) - TimeSpan.FromMilliseconds(1));

        var token = await GetAsync();

        Assert.That(token, Is.EqualTo(_shopify.Tokens.Single()));
        Assert.That(_shopify.RefreshTokensSent, Is.Empty);
    }

    [Test]
    public async Task A_token_is_renewed_before_it_ends_and_the_pair_is_kept_with_both_its_ends()
    {
        var before = await RefreshTokenAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(55));

        var token = await GetAsync();
        var again = await GetAsync();

        var request = _shopify.TokenRequests.Last().AsObject();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_shopify.Tokens, Has.Count.EqualTo(2));
            Assert.That((token, again), Is.EqualTo((_shopify.Tokens.Last(), _shopify.Tokens.Last())));
            Assert.That(request.Select(pair => pair.Key), Is.EquivalentTo(["client_id", "client_secret", "grant_type", "refresh_token"]));
            Assert.That(((string?)request["grant_type"], (string?)request["refresh_token"]), Is.EqualTo(("refresh_token", before)));
            Assert.That(await CredentialAsync(CredentialKind.AccessToken), Is.EqualTo(new Credential(token, Now.AddHours(1))));
            Assert.That((await CredentialAsync(CredentialKind.RefreshToken))!.ExpiresAt, Is.EqualTo(Now.AddDays(90)));
            Assert.That(await RefreshTokenAsync(), Is.Not.EqualTo(before));
            Assert.That(await RowAsync(), Is.EqualTo(new ShopifyTokenRow(Now, ShopifyTokenEndpoint.MarkOf(FakeShopify.ClientSecret), null, null, null)));
            Assert.That(await LeasesAsync(), Is.Zero, "the lease is given back");
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Forty_that_ask_at_once_in_two_programs_over_one_database_make_one_refresh(bool sqlServer)
    {
        var databases = sqlServer ? TestDatabases.SqlServer : TestDatabases.Sqlite;
        var database = await databases.CreateAsync();
        await using (var left = await StoreApp.StartAsync(_shopify.Settings, database: database))
        {
            await using var right = await OtherProgramAsync(left, _shopify.Settings, database);
            _shopify.Clock = left.Clock;
            var store = await _shopify.InstallAsync(left, "two.myshopify.com");
            left.Clock.Advance(TimeSpan.FromHours(1));
            right.Clock.Advance(TimeSpan.FromHours(1));
            _shopify.BeforeTokenAnswer = () => Task.Delay(300);

            var tokens = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(
                () => (i % 2 == 0 ? left : right).Get<ShopifyTokens>().GetAsync(store, default))));

            Assert.That(_shopify.RefreshTokensSent.Count(), Is.EqualTo(1));
            Assert.That(tokens, Has.All.EqualTo(_shopify.Tokens.Last()));
        }

        await databases.DropAsync(database);
    }

    [Test]
    public async Task While_another_renews_it_the_old_token_is_used_as_long_as_it_lives()
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(56));
        var (asked, goOn) = Hold();

        var first = GetAsync();
        await asked.Task;
        var second = await GetAsync();
        goOn.SetResult();

        Assert.That(second, Is.EqualTo(_shopify.Tokens.First()));
        Assert.That(await first, Is.EqualTo(_shopify.Tokens.Last()).And.Not.EqualTo(second));
    }

    [Test]
    public async Task Who_waits_for_anothers_refresh_waits_for_a_few_seconds_and_no_longer()
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await ShopifyTokenRow.TakeAsync(_app.Db, _store.Id, "lse_dead", Now, Now.AddMinutes(2), default);

        var failed = await Assert.ThrowsAsync<PlatformException>(GetAsync);
        _app.Clock.Advance(TimeSpan.FromMinutes(2));
        var token = await GetAsync();

        Assert.That((failed!.Wait, failed.WaitsForMerchant), Is.EqualTo(((TimeSpan?)TimeSpan.FromSeconds(10), false)));
        Assert.That(token, Is.EqualTo(_shopify.Tokens.Last()), "a lease ends by itself");
    }

    [Test]
    public async Task A_lost_answer_leaves_the_old_pair_and_the_same_refresh_token_is_sent_again()
    {
        var (access, refresh) = (_shopify.Tokens.Single(), await RefreshTokenAsync());
        _app.Clock.Advance(TimeSpan.FromMinutes(56));
        _shopify.NextToken(new FakeShopify.Fault.LostAnswer(), new FakeShopify.Fault.LostAnswer(), new FakeShopify.Fault.LostAnswer());

        var meanwhile = await GetAsync();
        var atOnce = await GetAsync();
        var (sent, kept) = (_shopify.RefreshTokensSent.ToList(), await RefreshTokenAsync());
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        var after = await GetAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((meanwhile, atOnce), Is.EqualTo((access, access)));
            Assert.That(sent, Is.EqualTo([refresh, refresh, refresh]), "and not asked again within the minute");
            Assert.That(kept, Is.EqualTo(refresh));
            Assert.That(_shopify.RefreshTokensSent.Last(), Is.EqualTo(refresh));
            Assert.That(after, Is.EqualTo(_shopify.Tokens.Last()));
            Assert.That((await RowAsync())!.FaultAt, Is.Null);
        }

        _app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That(await GetAsync(), Is.EqualTo(_shopify.Tokens.Last()).And.Not.EqualTo(after), "the pair that was kept can be renewed");
    }

    [Test]
    public async Task A_failure_is_repeated_twice_within_one_call()
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        _shopify.NextToken(new FakeShopify.Fault.Status(520, "<html>"), new FakeShopify.Fault.Status(503));

        var token = await GetAsync();

        Assert.That(token, Is.EqualTo(_shopify.Tokens.Last()));
        Assert.That(_shopify.RefreshTokensSent.Count(), Is.EqualTo(3));
    }

    [Test]
    public async Task Of_an_outage_with_no_living_token_it_is_told_when_to_come_again()
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        _shopify.NextToken([.. Enumerable.Repeat(new FakeShopify.Fault.Status(503), 3)]);

        var outage = await Assert.ThrowsAsync<PlatformException>(GetAsync);
        _app.Clock.Advance(TimeSpan.FromSeconds(20));
        var still = await Assert.ThrowsAsync<PlatformException>(GetAsync);
        var requests = _shopify.RefreshTokensSent.Count();
        _app.Clock.Advance(TimeSpan.FromSeconds(40));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(outage!.Message, Does.Contain("HTTP 503"));
            Assert.That((outage.Wait, outage.WaitsForMerchant), Is.EqualTo(((TimeSpan?)TimeSpan.FromMinutes(1), false)));
            Assert.That((still!.Message, still.Wait), Is.EqualTo((outage.Message, (TimeSpan?)TimeSpan.FromSeconds(40))));
            Assert.That(requests, Is.EqualTo(3));
            Assert.That(await HasUsableAsync(), Is.True, "the merchant need not do anything");
            Assert.That(await GetAsync(), Is.EqualTo(_shopify.Tokens.Last()));
        }
    }

    // Such an answer has put an end to the renewal of tokens elsewhere: what has no end is never renewed.
    [TestCase("""{"access_token":"shpat_marker_x","scope":"read_orders","refresh_token":"shprt_marker_x","refresh_token_expires_in":7776000}""")]
    [TestCase("""{"access_token":"shpat_marker_x","scope":"read_orders","expires_in":3600}""")]
    [TestCase("""{"access_token":"shpat_marker_x","scope":"read_orders","expires_in":3600,"refresh_token":"a\r\nb","refresh_token_expires_in":7776000}""")]
    [TestCase("<html>")]
    public async Task An_answer_without_a_whole_pair_is_not_kept(string body)
    {
        var before = (await CredentialAsync(CredentialKind.AccessToken), await CredentialAsync(CredentialKind.RefreshToken));
        _app.Clock.Advance(TimeSpan.FromHours(1));
        _shopify.TokenAnswer = (200, body);

        var failed = await Assert.ThrowsAsync<PlatformException>(GetAsync);
        var after = (await CredentialAsync(CredentialKind.AccessToken), await CredentialAsync(CredentialKind.RefreshToken));
        _shopify.TokenAnswer = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.That(failed!.Message, Does.Not.Contain("marker"));
        Assert.That(after, Is.EqualTo(before));
        Assert.That(await GetAsync(), Is.EqualTo(_shopify.Tokens.Last()));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_grant_that_comes_in_between_stays(bool refused)
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var (asked, goOn) = Hold();
        _shopify.TokenAnswer = refused ? (400, """{"error":"invalid_grant"}""") : null;

        var renewed = GetAsync();
        await asked.Task;
        _shopify.TokenAnswer = null;
        _shopify.BeforeTokenAnswer = () => Task.CompletedTask;
        await _shopify.InstallAsync(_app, Shop);
        var granted = (await CredentialAsync(CredentialKind.AccessToken), await CredentialAsync(CredentialKind.RefreshToken));
        goOn.SetResult();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await renewed, Is.EqualTo(granted.Item1!.Value));
            Assert.That((await CredentialAsync(CredentialKind.AccessToken), await CredentialAsync(CredentialKind.RefreshToken)), Is.EqualTo(granted));
            Assert.That((await RowAsync())!.FaultAt, Is.Null, "what was refused is a token that is gone");
        }

        _app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That(await GetAsync(), Is.EqualTo(_shopify.Tokens.Last()));
    }

    [Test]
    public async Task A_pair_that_comes_after_the_store_has_left_is_not_kept()
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var (asked, goOn) = Hold();

        var renewed = GetAsync();
        await asked.Task;
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, _store));
        goOn.SetResult();

        await Assert.ThatAsync(() => renewed, Throws.TypeOf<PlatformException>().With.Message.Contains("install the app again"));
        Assert.That((await CredentialAsync(CredentialKind.AccessToken), await CredentialAsync(CredentialKind.RefreshToken), await RowAsync()), Is.EqualTo(((Credential?)null, (Credential?)null, (ShopifyTokenRow?)null)));
    }

    [Test]
    public async Task A_refresh_token_that_is_refused_marks_the_store_and_is_sent_no_more_until_a_grant_comes()
    {
        var renewed = _shopify.Tokens.Last();
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var at = Now;
        _shopify.EndRefreshTokens(Shop);

        var refused = await Assert.ThrowsAsync<PlatformException>(GetAsync);
        _app.Clock.Advance(TimeSpan.FromDays(30));
        var again = await Assert.ThrowsAsync<PlatformException>(GetAsync);
        var replaced = await TokensOf(_app).RenewAsync(_store, renewed, default);
        await JobAsync();
        var (row, requests, usable) = (await RowAsync(), _shopify.RefreshTokensSent.Count(), await HasUsableAsync());
        using var owner = await Rooms.SignInAsync(_app, _store, ambassadorId: null);
        var page = (await owner.GetAsync("/dashboard")).Text("#disconnected");
        using var opened = await _app.Http.GetAsync("/" + _shopify.Sign(("shop", Shop)));
        await _shopify.InstallAsync(_app, Shop);
        var pageAfter = (await owner.GetAsync("/dashboard")).QuerySelector("#disconnected");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused!.Message, Does.Contain("HTTP 400, invalid_grant").And.Contain(": open the app in the store's admin"));
            Assert.That((refused.Wait, refused.WaitsForMerchant), Is.EqualTo(((TimeSpan?)TimeSpan.FromHours(1), true)));
            Assert.That(again!.Message, Is.EqualTo(refused.Message));
            Assert.That(replaced, Is.Null);
            Assert.That((row!.NeedsMerchant, row.FaultAt), Is.EqualTo((true, (DateTimeOffset?)at)));
            Assert.That(requests, Is.EqualTo(1));
            Assert.That(usable, Is.False);
            Assert.That(page, Does.StartWith("Since 1 March 2026 Shopify no longer lets the app into your store. Open the app once in your store's admin at Shopify"));
            Assert.That(opened.Headers.Location!.AbsolutePath, Does.EndWith("/admin/oauth/authorize"));
            Assert.That((await RowAsync())!.FaultAt, Is.Null);
            Assert.That(pageAfter, Is.Null);
            Assert.That(await GetAsync(), Is.EqualTo(_shopify.Tokens.Last()));
        }
    }

    [Test]
    public async Task A_living_token_is_used_although_it_can_no_longer_be_renewed()
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(56));
        _shopify.EndRefreshTokens(Shop);

        Assert.That((await GetAsync(), await GetAsync()), Is.EqualTo((_shopify.Tokens.Single(), _shopify.Tokens.Single())));
        Assert.That(_shopify.RefreshTokensSent.Count(), Is.EqualTo(1));
        Assert.That(await HasUsableAsync(), Is.False, "the next time that the merchant opens the app it is renewed");
    }

    [TestCase(401, "invalid_client", "client secret")]
    [TestCase(400, "invalid_request", "does not renew")]
    [TestCase(403, "", "HTTP 403")]
    public async Task Another_refusal_is_told_in_words_and_marks_nothing(int status, string code, string words)
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        _shopify.TokenAnswer = (status, new JsonObject { ["error"] = code }.ToJsonString());

        var refused = await Assert.ThrowsAsync<PlatformException>(GetAsync);
        var (requests, usable) = (_shopify.RefreshTokensSent.Count(), await HasUsableAsync());
        _shopify.TokenAnswer = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(15));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused!.Message, Does.Contain(words));
            Assert.That((refused.Wait, refused.WaitsForMerchant), Is.EqualTo(((TimeSpan?)TimeSpan.FromMinutes(15), false)));
            Assert.That(requests, Is.EqualTo(1));
            Assert.That((await RowAsync())!.NeedsMerchant, Is.False);
            Assert.That((usable, await HasUsableAsync()), Is.EqualTo((true, false)), "when it lasts, opening the app may help");
            Assert.That(await GetAsync(), Is.EqualTo(_shopify.Tokens.Last()));
        }
    }

    [Test]
    public async Task A_token_that_the_Admin_API_refuses_is_replaced_by_the_one_there_is_or_by_a_new_one()
    {
        var first = _shopify.Tokens.Single();
        var second = await TokensOf(_app).RenewAsync(_store, first, default);
        var sameAgain = await TokensOf(_app).RenewAsync(_store, first, default);

        Assert.That(second, Is.EqualTo(_shopify.Tokens.Last()).And.Not.EqualTo(first));
        Assert.That(sameAgain, Is.EqualTo(second));
        Assert.That(_shopify.RefreshTokensSent.Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_refused_token_during_an_outage_waits_and_marks_nothing()
    {
        _shopify.NextToken([.. Enumerable.Repeat(new FakeShopify.Fault.Status(503), 3)]);

        await Assert.ThatAsync(
            () => TokensOf(_app).RenewAsync(_store, _shopify.Tokens.Single(), default), Throws.TypeOf<PlatformException>().With.Property("Wait").EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That((await RowAsync())!.NeedsMerchant, Is.False);
    }

    [Test]
    public async Task The_job_renews_what_was_not_renewed_for_a_day_and_nothing_else()
    {
        await JobAsync();
        _app.Clock.Advance(TimeSpan.FromHours(23));
        var young = await _shopify.InstallAsync(_app, "young.myshopify.com");
        await JobAsync();
        var early = _shopify.RefreshTokensSent.Count();
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var old = await RefreshTokenAsync();

        await JobAsync();
        await JobAsync();

        Assert.That(early, Is.Zero);
        Assert.That(_shopify.RefreshTokensSent, Is.EqualTo([old]));
        Assert.That((await ShopifyTokenRow.FindAsync(_app.Db, young.Id, default))!.RefreshedAt, Is.EqualTo(Now.AddHours(-1)));
    }

    [Test]
    public async Task Tokens_that_nobody_uses_live_on_for_a_year()
    {
        for (var days = 0; days < 365; days += 30)
        {
            _app.Clock.Advance(TimeSpan.FromDays(30));
            await JobAsync();
        }

        _app.Clock.Advance(TimeSpan.FromDays(30));

        Assert.That(await GetAsync(), Is.EqualTo(_shopify.Tokens.Last()));
    }

    [Test]
    public async Task One_store_that_cannot_be_renewed_keeps_no_other_waiting()
    {
        var others = new List<Store>();
        foreach (var name in new[] { "b", "c", "d" })
        {
            _app.Clock.Advance(TimeSpan.FromMinutes(1));
            others.Add(await _shopify.InstallAsync(_app, name + ".myshopify.com"));
        }

        // The oldest is refused, and the second's tokens cannot even be opened.
        _shopify.EndRefreshTokens(Shop);
        await _app.Db.DoAsync("UPDATE credentials SET sealed = 'x' WHERE store_id = @id", new { id = others[0].Id });
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await JobAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await RowAsync())!.NeedsMerchant, Is.True);
            Assert.That(_log.Lines, Has.Some.Contains($"store {others[0].Id} could not be looked after"));
            Assert.That((await ShopifyTokenRow.FindAsync(_app.Db, others[1].Id, default))!.RefreshedAt, Is.EqualTo(Now));
            Assert.That((await ShopifyTokenRow.FindAsync(_app.Db, others[2].Id, default))!.RefreshedAt, Is.EqualTo(Now));
        }
    }

    [Test]
    public async Task A_rotation_of_the_client_secret_renews_every_token_before_the_old_secret_is_revoked()
    {
        var database = _app.Get<Settings>().Database;
        _shopify.ClientSecrets[NewSecret] = 0;
        await using var rotated = await OtherProgramAsync(_app, Rotated(), database);
        var old = await TokensOf(rotated).GetAsync(_store, default);

        await rotated.Get<RefreshShopifyTokens>().RunOnceAsync(default);
        await rotated.Get<RefreshShopifyTokens>().RunOnceAsync(default);
        var requests = _shopify.TokenRequests.Where(request => (string?)request["grant_type"] == "refresh_token").Select(request => (string?)request["client_secret"]).ToList();
        _shopify.RevokeSecret(FakeShopify.ClientSecret);
        var token = await TokensOf(rotated).GetAsync(_store, default);
        var facts = await rotated.Get<Platforms>().Find(_store)!.ReadStoreAsync(_store, default);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(requests, Is.EqualTo([NewSecret]));
            Assert.That(token, Is.EqualTo(_shopify.Tokens.Last()).And.Not.EqualTo(old));
            Assert.That(facts.Name, Is.EqualTo("Lux Candles"));
            Assert.That((await RowAsync())!.IssuedUnder, Is.EqualTo(ShopifyTokenEndpoint.MarkOf(NewSecret)));
        }
    }

    [Test]
    public async Task The_previous_secret_is_tried_once_where_Shopify_does_not_take_the_current_one_yet()
    {
        await using var early = await OtherProgramAsync(_app, Rotated(), _app.Get<Settings>().Database);
        _app.Clock.Advance(TimeSpan.FromHours(1));
        early.Clock.Advance(TimeSpan.FromHours(1));

        var token = await TokensOf(early).GetAsync(_store, default);

        var secrets = _shopify.TokenRequests.Skip(1).Select(request => (string?)request["client_secret"]);
        Assert.That(token, Is.EqualTo(_shopify.Tokens.Last()));
        Assert.That(secrets, Is.EqualTo([NewSecret, FakeShopify.ClientSecret]));
        Assert.That((await RowAsync())!.IssuedUnder, Is.EqualTo(ShopifyTokenEndpoint.MarkOf(FakeShopify.ClientSecret)), "so that it is renewed once the new one is taken");
    }

    [Test]
    public async Task A_token_that_does_not_end_is_exchanged_for_a_pair_that_does()
    {
        var (store, old) = await InstallWithOldTokenAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        _shopify.NextToken([.. Enumerable.Repeat(new FakeShopify.Fault.LostAnswer(), 2)]);

        await RenewOldAsync(store);

        var request = _shopify.TokenRequests.Last(request => request["subject_token"] is not null).AsObject();
        const string offline = "urn:shopify:params:oauth:token-type:offline-access-token";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                request.Where(pair => !pair.Key.StartsWith("client_", StringComparison.Ordinal)).ToDictionary(pair => pair.Key, pair => pair.Value!.ToString()),
                Is.EqualTo(new Dictionary<string, string>
                {
                    ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
                    ["subject_token"] = old,
                    ["subject_token_type"] = offline,
                    ["requested_token_type"] = offline,
                    ["expiring"] = "1",
                }));
            Assert.That(await CredentialAsync(CredentialKind.AccessToken, store), Is.EqualTo(new Credential(_shopify.Tokens.Last(), Now.AddHours(1))));
            Assert.That((await CredentialAsync(CredentialKind.RefreshToken, store))!.ExpiresAt, Is.EqualTo(Now.AddDays(90)));
        }
    }

    [Test]
    public async Task Where_the_exchange_is_refused_the_old_token_stays_until_the_Admin_API_refuses_it_too()
    {
        var (store, old) = await InstallWithOldTokenAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        _shopify.TokenAnswer = (400, """{"error":"invalid_request"}""");

        await RenewOldAsync(store);
        await RenewOldAsync(store);
        var requests = _shopify.TokenRequests.Count(request => request["subject_token"] is not null);
        var (stays, usable) = (await TokensOf(_app).GetAsync(store, default), await TokensOf(_app).HasUsableAsync(store, default));
        var refused = await TokensOf(_app).RenewAsync(store, old, default);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(requests, Is.EqualTo(1), "the next try is tomorrow's");
            Assert.That((stays, usable), Is.EqualTo((old, true)));
            Assert.That(refused, Is.Null);
            Assert.That(await TokensOf(_app).HasUsableAsync(store, default), Is.False);
        }
    }

    [Test]
    public async Task An_exchange_whose_answers_were_all_lost_is_made_good_when_the_old_token_is_refused()
    {
        var (store, old) = await InstallWithOldTokenAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        _shopify.NextToken([.. Enumerable.Repeat(new FakeShopify.Fault.LostAnswer(), 3)]);
        await RenewOldAsync(store);

        var token = await TokensOf(_app).RenewAsync(store, old, default);

        Assert.That(token, Is.EqualTo(_shopify.Tokens.Last()).And.Not.EqualTo(old));
    }

    [Test]
    public async Task A_store_that_was_installed_before_its_tokens_had_a_row_is_looked_after_at_once()
    {
        await _app.Db.DoAsync("DELETE FROM shopify_tokens WHERE store_id = @id", new { id = _store.Id });

        await JobAsync();

        Assert.That(_shopify.RefreshTokensSent.Count(), Is.EqualTo(1), "nobody knows under which secret they were given");
        Assert.That((await RowAsync())!.IssuedUnder, Is.EqualTo(ShopifyTokenEndpoint.MarkOf(FakeShopify.ClientSecret)));
    }

    [Test]
    public async Task A_session_token_is_exchanged_for_a_pair_and_one_that_Shopify_does_not_take_for_nothing()
    {
        _shopify.SessionTokens["session"] = Shop;

        var grant = await _app.Get<ShopifyAuthorization>().ExchangeSessionTokenAsync(Shop, "session", default);
        var refused = await _app.Get<ShopifyAuthorization>().ExchangeSessionTokenAsync("other.myshopify.com", "session", default);

        Assert.That((grant!.AccessToken, grant.AccessTokenExpiresAt, grant.RefreshToken is null), Is.EqualTo((_shopify.Tokens.Last(), (DateTimeOffset?)Now.AddHours(1), false)));
        Assert.That(refused, Is.Null);
    }

    [TestCase("app/uninstalled")]
    [TestCase("customers/data_request")]
    [TestCase("customers/redact")]
    [TestCase("shop/redact")]
    public async Task A_delivery_is_taken_in_without_a_request_to_Shopify_while_tokens_are_dead(string topic)
    {
        _app.Clock.Advance(TimeSpan.FromDays(100));
        _shopify.TokenAnswer = (500, "");
        var (requests, questions) = (_shopify.TokenRequests.Count, _shopify.Questions.Count);

        var status = await FakeShopify.DeliverAsync(_app, Shop, topic, _shopify.ShopJson(Shop), "dead-tokens");

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((_shopify.TokenRequests.Count, _shopify.Questions.Count), Is.EqualTo((requests, questions)));
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT topic FROM deliveries WHERE store_id = @id AND delivery_key = 'dead-tokens'", new { id = _store.Id }), Is.EqualTo(topic));

        // Nor is one made when it is worked off.
        await _app.Get<InboxWorker>().RunOnceAsync(default);
        Assert.That((_shopify.TokenRequests.Count, _shopify.Questions.Count), Is.EqualTo((requests, questions)));
    }

    [Test]
    public async Task No_token_and_no_secret_stands_in_the_database_in_the_log_or_in_words()
    {
        await using var rotated = await OtherProgramAsync(_app, Rotated(), _app.Get<Settings>().Database);
        var told = new List<string>();
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await GetAsync();
        foreach (var (status, body) in new[]
        {
            (200, """{"access_token":"shpat_marker_1","refresh_token":"shprt_marker_1"}"""), (200, "shpat_marker_2"), (400, """{"error":"shprt_marker_3"}"""),
            (401, """{"error":"invalid_client","error_description":"shpss_marker_4"}"""), (503, "shpat_marker_5"), (400, """{"error":"invalid_grant"}"""),
        })
        {
            _app.Clock.Advance(TimeSpan.FromDays(1));
            _shopify.TokenAnswer = (status, body);
            told.Add((await Assert.ThrowsAsync<PlatformException>(GetAsync))!.ToString());
        }

        _shopify.TokenAnswer = null;
        await _shopify.InstallAsync(_app, Shop);
        _shopify.NextToken(new FakeShopify.Fault.LostAnswer());
        await TokensOf(rotated).RenewAsync(_store, _shopify.Tokens.Last(), default);

        string[] markers = ["shpat_marker", "shprt_marker", "shpss_marker"];
        var files = Directory.GetFiles(_app.Folder, "storeplugin.db*").Select(ReadShared).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(files.Any(file => Holds(file, Shop)), "the scan finds what is there");
            Assert.That(markers.Where(marker => files.Exists(file => Holds(file, marker))), Is.Empty);
            Assert.That(_log.Lines.Any(line => line.Contains("was renewed", StringComparison.Ordinal)), "the lines are kept");
            Assert.That(_log.Lines.Concat(told).Where(line => markers.Any(marker => line.Contains(marker, StringComparison.Ordinal))), Is.Empty);
            Assert.That(
                new object[] { new Credential("shpat_marker", null), TokenRequest.OfRefreshToken("shprt_marker") with { ClientSecret = "shpss_marker" }, await KeptAsync() }
                    .Select(one => one.ToString()!), Has.None.Contains("marker").And.None.Contains("CfDJ8"));
        }
    }

    private DateTimeOffset Now => _app.Clock.GetUtcNow();

    private static ShopifyTokens TokensOf(StoreApp app) => app.Get<ShopifyTokens>();

    private Task<string> GetAsync() => TokensOf(_app).GetAsync(_store, default);

    private Task<bool> HasUsableAsync() => TokensOf(_app).HasUsableAsync(_store, default);

    private Task<int> JobAsync() => _app.Get<RefreshShopifyTokens>().RunOnceAsync(default);

    private Task RenewOldAsync(Store store) => TokensOf(_app).RenewOldAsync(store, Now.AddDays(-1), default);

    private Task<ShopifyTokenRow?> RowAsync() => ShopifyTokenRow.FindAsync(_app.Db, _store.Id, default);

    private Task<Credential?> CredentialAsync(string kind, Store? store = null) => _app.Get<Credentials>().FindAsync((store ?? _store).Id, kind);

    private async Task<KeptCredential> KeptAsync() => (await _app.Get<Credentials>().FindKeptAsync(_store.Id, CredentialKind.AccessToken))!;

    private async Task<string> RefreshTokenAsync() => (await CredentialAsync(CredentialKind.RefreshToken))!.Value;

    private Task<long> LeasesAsync() => _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM shopify_tokens WHERE lease_id IS NOT NULL");

    /// <summary>Holds the next answer with a token back: it has been asked for, and goes on when told.</summary>
    private (TaskCompletionSource Asked, TaskCompletionSource GoOn) Hold()
    {
        var (asked, goOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _shopify.BeforeTokenAnswer = () =>
        {
            asked.TrySetResult();
            return goOn.Task;
        };
        return (asked, goOn);
    }

    private async Task<(Store Store, string Token)> InstallWithOldTokenAsync()
    {
        _shopify.Expiring = false;
        var store = await _shopify.InstallAsync(_app, "old.myshopify.com");
        _shopify.Expiring = true;
        return (store, _shopify.Tokens.Last());
    }

    private Dictionary<string, string?> Rotated() => new(_shopify.Settings)
    {
        ["Shopify:ClientSecret"] = NewSecret,
        ["Shopify:PreviousClientSecret"] = FakeShopify.ClientSecret,
    };

    private static Task<StoreApp> OtherProgramAsync(StoreApp app, IEnumerable<KeyValuePair<string, string?>> settings, DatabaseOptions database) => StoreApp.StartAsync(
        settings.Append(new("Secrets:KeyFile", app.Get<Settings>().KeyFile)), database: database);

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var memory = new MemoryStream();
        file.CopyTo(memory);
        return memory.ToArray();
    }

    private static bool Holds(byte[] file, string text) => file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
}
