// An approved order brings a gift card: booked before it is asked for, made once, ended as far as it was not used (rules H7, W1, W3, W4).
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Rewards;

internal sealed class GiftCardTests
{
    private ValueWorld _world = null!;

    [SetUp]
    public async Task OpenAsync() => _world = await ValueWorld.OpenAsync(RewardForm.GiftCard);

    [TearDown]
    public async Task CloseAsync() => await _world.DisposeAsync();

    private FakeShopify.Card Card => _world.Shopify.Cards.Single().Value;

    [Test]
    public async Task W_1_the_card_is_made_when_the_commission_is_approved_and_its_amount_is_paid_by_it()
    {
        await _world.ApproveAsync(_world.Order("1001"));

        var reward = (await _world.RewardsAsync()).Single();
        var code = GiftCardCode.Of(_world.App.Get<StoreKeys>(), _world.Store, (string)reward["id"]!);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(((string?)reward["form"], (string?)reward["state"], (long)reward["amount"]!["minor"]!), Is.EqualTo(("giftCard", "issued", 1000L)));
            Assert.That(((string?)reward["code"], (string?)reward["endsAt"]), Is.EqualTo(((string?)null, (string?)null)), "its code is money, and it does not expire");
            Assert.That(_world.Shopify.Cards.Single().Key, Is.EqualTo((ValueWorld.Shop, code)));
            Assert.That(code, Does.Match("^[2-9B-DF-HJ-NP-TV-Z]{16}$"));
            Assert.That((Card.Note, Card.ExpiresOn, Card.Balance), Is.EqualTo(($"StorePlugin reward {reward["id"]} for an ambassador.", (string?)null, 10m)));
            Assert.That(await _world.BalancesAsync(), Is.EqualTo((900L, 0L, 1000L)), "the commission is payable, and the card never is");
        }

        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task H_7_the_amount_is_set_aside_in_the_transaction_that_grants_it_before_anything_is_asked()
    {
        await _world.PaysAsync(_world.Order("1001"));
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        var questions = _world.Shopify.Questions.Count;

        await _world.App.Get<ReleaseHolds>().RunOnceAsync(default);

        Assert.That(await _world.BalancesAsync(), Is.EqualTo((900L, 1000L, 0L)));
        Assert.That(await _world.BalanceAsync(Account.Expense), Is.EqualTo(-1900));
        Assert.That(_world.Shopify.Questions, Has.Count.EqualTo(questions));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_card_with_an_end_ends_so_many_days_after_it_was_given()
    {
        await using var world = await ValueWorld.OpenAsync(RewardForm.GiftCard, validDays: 60);

        await world.ApproveAsync(world.Order("1001"));

        Assert.That(world.Shopify.Cards.Single().Value.ExpiresOn, Is.EqualTo("2026-05-31"), "60 days after 1 April");
    }

    [Test]
    public async Task W_3_a_card_whose_answer_was_lost_is_found_by_its_code_and_note_and_not_made_twice()
    {
        await _world.PaysAsync(_world.Order("1001"));
        _world.Shopify.Next(new FakeShopify.Fault.LostAnswer());
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        await _world.App.DrainAsync();
        var waiting = await _world.BalancesAsync();

        await _world.SettleAsync();

        Assert.That(waiting, Is.EqualTo((900L, 1000L, 0L)));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
        Assert.That(_world.Shopify.Cards, Has.Count.EqualTo(1));
        await _world.AssertSoundAsync();
    }

    // A search may know a new card late: the code is taken then, and nothing is made.
    [Test]
    public async Task W_3_a_card_that_the_search_does_not_know_yet_is_not_made_twice_either()
    {
        await _world.PaysAsync(_world.Order("1001"));
        _world.Shopify.IsSearchBehind = true;
        _world.Shopify.Next(new FakeShopify.Fault.LostAnswer());
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        await _world.SettleAsync(2);
        var (state, problem) = await _world.RewardAsync();

        _world.Shopify.IsSearchBehind = false;
        await _world.SettleAsync(10);

        Assert.That((state, problem), Is.EqualTo(("pending_code", (string?)"Shopify says that the gift card's code is taken, but does not show by which card.")));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
        Assert.That(_world.Shopify.Cards, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_permission_that_is_missing_is_waited_for_in_words_with_the_money_set_aside()
    {
        _world.Shopify.Denied["write_gift_cards"] = 0;
        await _world.ApproveAsync(_world.Order("1001"));
        for (var day = 0; day < 20; day++)
        {
            _world.App.Clock.Advance(TimeSpan.FromDays(1));
            await _world.App.DrainAsync();
        }

        var (state, problem) = await _world.RewardAsync();
        var waiting = await _world.BalancesAsync();
        _world.Shopify.Denied.Clear();
        await _world.SettleAsync(61);

        Assert.That((state, waiting), Is.EqualTo(("pending_code", (900L, 1000L, 0L))));
        Assert.That(problem, Does.Contain("the app lacks the permission write_gift_cards in this store"));
        Assert.That(await _world.RewardAsync(), Is.EqualTo(("issued", (string?)null)));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task An_amount_that_is_too_much_for_a_card_is_told_in_words_and_can_be_tried_again()
    {
        _world.Shopify.ValueMax = 5;
        await _world.ApproveAsync(_world.Order("1001"));
        var (state, problem) = await _world.RewardAsync();

        _world.Shopify.ValueMax = 100;
        await _world.ReplayAsync();

        Assert.That(state, Is.EqualTo("pending_code"));
        Assert.That(problem, Does.StartWith("The amount is more than a gift card may be worth in this store. Shopify says:"));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task W_4_an_unused_card_ends_when_the_order_is_sent_back_and_all_of_it_comes_back()
    {
        var order = _world.Order("1001");
        await _world.ApproveAsync(order);

        await _world.RefundAsync(order);

        var reward = (await _world.RewardsAsync()).Single();
        Assert.That(((string?)reward["state"], (long)reward["returnedAmount"]!["minor"]!, Card.Enabled), Is.EqualTo(("revoked", 1000L, false)));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((0L, 0L, 0L)));
        Assert.That(await _world.BalanceAsync(Account.Expense), Is.Zero);
        await _world.AssertSoundAsync();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task W_4_what_was_used_of_a_card_stays_as_cost(bool isAnswerLost)
    {
        var order = _world.Order("1001");
        await _world.ApproveAsync(order);
        Card.Balance = 6.5m;
        if (isAnswerLost)
        {
            _world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.LostAnswer());
        }

        await _world.RefundAsync(order);

        var reward = (await _world.RewardsAsync()).Single();
        Assert.That(((string?)reward["state"], (long)reward["returnedAmount"]!["minor"]!, Card.Enabled), Is.EqualTo(("cost", 650L, false)));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((0L, 0L, 350L)));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task W_4_a_card_that_was_used_up_is_cost_whole()
    {
        var order = _world.Order("1001");
        await _world.ApproveAsync(order);
        Card.Balance = 0;

        await _world.RefundAsync(order);

        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("cost"));
        Assert.That(await _world.BalanceAsync(Account.Paid), Is.EqualTo(1000));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task W_4_what_waits_to_be_tried_is_given_up_at_once_and_never_made()
    {
        var order = _world.Order("1001");
        _world.Shopify.Denied["write_gift_cards"] = 0;
        await _world.ApproveAsync(order);
        await _world.RefundAsync(order, minutes: 0);
        var (state, released) = ((await _world.RewardAsync()).State, await _world.BalancesAsync());

        _world.Shopify.Denied.Clear();
        await _world.SettleAsync(70);

        Assert.That((state, released), Is.EqualTo(("revoked", (0L, 0L, 0L))));
        Assert.That(_world.Shopify.Cards, Is.Empty);
        await _world.AssertSoundAsync();
    }

    [TestCase(true, 0L)]
    [TestCase(false, 0L)]
    public async Task W_4_what_was_on_its_way_is_looked_for_once_it_must_have_arrived(bool hasArrived, long paid)
    {
        var order = _world.Order("1001");
        await _world.PaysAsync(order);
        _world.Shopify.Next(hasArrived ? new FakeShopify.Fault.LostAnswer() : new FakeShopify.Fault.Status(503));
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        await _world.App.DrainAsync();

        await _world.RefundAsync(order, minutes: 5);
        var waiting = await _world.BalanceAsync(Account.InPayout);
        await _world.SettleAsync(10);

        Assert.That(waiting, Is.EqualTo(1000), "whether it was made is not known yet");
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((0L, 0L, paid)));
        Assert.That(_world.Shopify.Cards.Values.Select(card => card.Enabled), Is.EqualTo(hasArrived ? [false] : Array.Empty<bool>()));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task Only_the_ambassador_reads_the_code_in_their_mail_and_nothing_keeps_it()
    {
        await _world.ApproveAsync(_world.Order("1001"));
        await _world.SettleAsync();

        var id = (string)(await _world.RewardsAsync()).Single()["id"]!;
        var (code, shown) = (GiftCardCode.Of(_world.App.Get<StoreKeys>(), _world.Store, id), GiftCardCode.Shown(_world.App.Get<StoreKeys>(), _world.Store, id));
        var mail = ReadMail.AllOf(_world.App).Single(mail => mail["Subject"].Contains("thank-you", StringComparison.Ordinal));
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        var kept = await File.ReadAllBytesAsync(Path.Combine(_world.App.Folder, "storeplugin.db"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"].Replace('\u00A0', ' '), Does.EndWith("A gift card of € 10.00"));
            Assert.That(mail.Text, Does.Contain(shown).And.Contain("It does not expire.").And.Contain("Whoever knows the code can pay with it"));
            Assert.That(System.Text.Encoding.Latin1.GetString(kept), Does.Not.Contain(code).And.Not.Contain(shown));
        }
    }

    [Test]
    public async Task What_the_row_and_the_books_say_differently_is_found()
    {
        await _world.ApproveAsync(_world.Order("1001"));
        await _world.App.Db.DoAsync("UPDATE rewards SET issued_at = NULL WHERE store_id = @s", new { s = _world.Store.Id });

        var wrong = (await _world.App.Get<Verify>().RunAsync(_world.Store.Id, default)).Select(finding => finding.Check);
        var unexplained = (await _world.App.Get<Rebuild>().RunAsync(_world.Store.Id, _ => { }, default)).Findings.Select(finding => finding.Check);

        Assert.That(wrong.Distinct(), Is.EquivalentTo(["payout-in-flight", "payout-paid", "reward-state", "reward-value"]));
        Assert.That(unexplained, Is.EqualTo(["ledger-unexplained"]));
    }

    [Test]
    public async Task Two_answers_to_one_try_give_it_once()
    {
        await _world.PaysAsync(_world.Order("1001"));
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        await _world.App.Get<ReleaseHolds>().RunOnceAsync(default);
        var id = (string)(await _world.RewardsAsync()).Single()["id"]!;
        var first = await Effects.AskAsync(_world.App, _world.Store.Id, Effect.Kinds.GiveValue, id);
        var second = await Effects.AskAsync(_world.App, _world.Store.Id, Effect.Kinds.GiveValue, id);

        await _world.App.Db.InTransactionAsync(first.Write!);
        await _world.App.Db.InTransactionAsync(second.Write!);

        Assert.That(await _world.BalancesAsync(), Is.EqualTo((900L, 0L, 1000L)));
        Assert.That(_world.Shopify.Cards, Has.Count.EqualTo(1));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_milestone_may_bring_a_card_which_stays_whatever_is_sent_back()
    {
        await using var world = await ValueWorld.OpenAsync(ValueWorld.Terms(RewardForm.GiftCard) with
        {
            AdvocateReward = null,
            Milestones = [new Milestone(TierMetric.Orders, null, 1, null, new RewardCode(null, 2500, null, null) { As = RewardForm.GiftCard })],
        });
        var order = world.Order("1001");
        await world.ApproveAsync(order);

        await world.RefundAsync(order);

        Assert.That((await world.RewardAsync()).State, Is.EqualTo("issued"));
        Assert.That(await world.BalancesAsync(), Is.EqualTo((0L, 0L, 2500L)));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task W_2_what_is_refused_books_nothing()
    {
        await using var world = await ValueWorld.OpenAsync(ValueWorld.Terms(RewardForm.GiftCard) with
        {
            AdvocateReward = ValueWorld.Terms(RewardForm.GiftCard).AdvocateReward! with { Maximum = new RewardMaximum(1, new TermsPeriod(PeriodKind.Lifetime)) },
        });

        await world.ApproveAsync(world.Order("1001"), world.Order("1002"));

        Assert.That((await world.RewardsAsync()).Select(reward => (string?)reward["state"]), Is.EquivalentTo(["issued", "refused"]));
        Assert.That(await world.BalancesAsync(), Is.EqualTo((1800L, 0L, 1000L)));
        await world.AssertSoundAsync();
    }
}
