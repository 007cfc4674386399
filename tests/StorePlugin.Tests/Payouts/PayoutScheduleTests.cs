// Runs by the calendar: prepared once for each day of the schedule, and approved by people unless the merchant chose otherwise.
using System.Globalization;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed class PayoutScheduleTests
{
    private PayoutWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [TestCase("2026-03-04", "weekly", 3, "2026-03-04")]
    [TestCase("2026-03-04", "weekly", 4, "2026-02-26")]
    [TestCase("2026-03-04", "weekly", 7, "2026-03-01")]
    [TestCase("2026-03-01", "weekly", 7, "2026-03-01")]
    [TestCase("2026-03-04", "weekly", 1, "2026-03-02")]
    [TestCase("2026-03-04", "monthly", 4, "2026-03-04")]
    [TestCase("2026-03-04", "monthly", 5, "2026-02-05")]
    [TestCase("2026-01-01", "monthly", 28, "2025-12-28")]
    public void The_latest_day_of_a_schedule(string today, string schedule, int day, string expected) =>
        Assert.That(PayoutSchedule.Due(DateOnly.Parse(today, CultureInfo.InvariantCulture), schedule, day), Is.EqualTo(DateOnly.Parse(expected, CultureInfo.InvariantCulture)));

    [Test]
    public async Task Each_week_makes_one_run_that_a_person_approves()
    {
        await ScheduleAsync("weekly", alone: null);
        await EarnedAsync("Ann");

        var first = await LookAsync();
        await Task.WhenAll(LookAsync(), LookAsync());
        _world.Clock.Advance(TimeSpan.FromDays(7));
        await LookAsync();

        Assert.That(first, Is.Zero);
        Assert.That(await StatesAsync(), Is.EqualTo(["preview", "preview"]));
        Assert.That(_world.Stripe.Sends, Is.Empty);
    }

    [Test]
    public async Task A_week_that_was_missed_makes_one_run_afterwards()
    {
        await ScheduleAsync("weekly", alone: null);
        _world.Clock.Advance(TimeSpan.FromDays(7 * 5));

        await LookAsync();

        Assert.That(await StatesAsync(), Is.EqualTo(["preview"]));
    }

    [Test]
    public async Task What_fell_due_before_the_schedule_was_set_is_not_made_up_for()
    {
        await ScheduleAsync("weekly", alone: null);
        await _world.Db.DoAsync("UPDATE payout_settings SET updated_at = @later", new { later = _world.Clock.GetUtcNow().AddDays(1) });

        await LookAsync();

        Assert.That(await StatesAsync(), Is.Empty);
    }

    [TestCase(2500L, "approved")]
    [TestCase(2499L, "preview")]
    public async Task Up_to_a_sum_of_the_merchants_it_needs_nobody(long alone, string state)
    {
        await ScheduleAsync("monthly", alone);
        var ann = await EarnedAsync("Ann");

        await LookAsync();
        await _world.WorkAsync();

        Assert.That(await StatesAsync(), Is.EqualTo([state]));
        Assert.That(await _world.BalanceAsync(ann, "paid"), Is.EqualTo(state == "approved" ? 2500 : 0));
    }

    [Test]
    public async Task H_5_a_sum_that_takes_two_people_takes_two_besides_the_schedule()
    {
        await ScheduleAsync("monthly", alone: long.MaxValue);
        await _world.Db.DoAsync("UPDATE payout_settings SET two_people_from_minor = 2500 WHERE store_id = @id", new { id = _world.Store.Id });
        await EarnedAsync("Ann");

        await LookAsync();
        var id = await _world.Db.OneAsync<string>("SELECT id FROM payout_runs WHERE store_id = @id", new { id = _world.Store.Id });

        Assert.That(await _world.App.Get<PayoutRuns>().ApproveAsync(_world.Store, id!, "ann", default), Is.InstanceOf<RunApproval.NeedsSecond>());
    }

    [Test]
    public async Task Where_money_is_missing_a_person_is_needed()
    {
        _world.Stripe.TellsBalance = true;
        await ScheduleAsync("monthly", alone: long.MaxValue);
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "10000.01");

        await LookAsync();

        Assert.That(await StatesAsync(), Is.EqualTo(["preview"]));
    }

    [Test]
    public async Task Where_the_books_and_Stripe_differ_a_person_is_needed()
    {
        await ScheduleAsync("monthly", alone: long.MaxValue);
        await Plant.RowAsync(_world.Db, "payout_differences", ("store_id", _world.Store.Id), ("id", "dif_1"), ("kind", "differs"), ("words", "Look."));
        var ann = await EarnedAsync("Ann");

        await LookAsync();

        Assert.That(await StatesAsync(), Is.EqualTo(["preview"]));
        Assert.That(await _world.BalanceAsync(ann, "in_payout"), Is.Zero);
    }

    [TestCase(null, true)]
    [TestCase(long.MaxValue, false)]
    public async Task The_stores_people_are_told_once_of_a_run_that_waits_for_them(long? alone, bool isTold)
    {
        await _world.App.Get<StoreContact>().SetAsync(_world.Store, "owner@lux.example", default);
        await ScheduleAsync("weekly", alone);
        await EarnedAsync("Ann");

        await LookAsync();
        await LookAsync();
        await _world.App.DrainAsync();
        var early = ReadMail.AllOf(_world.App).Count(IsAboutTheRun);
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        await _world.App.DrainAsync();

        Assert.That(early, Is.Zero, "the schedule itself may approve it");
        var mails = ReadMail.AllOf(_world.App).Where(IsAboutTheRun).ToList();
        Assert.That(mails, Has.Count.EqualTo(isTold ? 1 : 0));
        if (isTold)
        {
            Assert.That(mails[0]["To"], Does.Contain("owner@lux.example"));
            Assert.That(mails[0].Text, Does.Contain("Nobody is paid until somebody of your store has looked at it").And.Contain("25.00"));
        }

        static bool IsAboutTheRun(ReadMail mail) => mail["Subject"].Contains("waits for your approval", StringComparison.Ordinal);
    }

    [Test]
    public async Task A_run_that_pays_nobody_is_told_to_nobody()
    {
        await _world.App.Get<StoreContact>().SetAsync(_world.Store, "owner@lux.example", default);
        await ScheduleAsync("weekly", alone: null);

        await LookAsync();

        Assert.That(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind = 'mail'"), Is.Zero);
    }

    // The schedule's day is the test's first, so that it is due at once.
    private Task<int> ScheduleAsync(string schedule, long? alone)
    {
        var today = TimeZoneInfo.ConvertTime(_world.Clock.GetUtcNow(), _world.Store.Zone);
        var day = schedule == "weekly" ? (((int)today.DayOfWeek + 6) % 7) + 1 : Math.Min(today.Day, 28);
        return _world.Db.DoAsync(
            """
            INSERT INTO payout_settings (store_id, schedule, schedule_day, approve_alone_to_minor, methods, updated_at, updated_by)
            VALUES (@id, @schedule, @day, @alone, '', @now, 'test')
            """,
            new { id = _world.Store.Id, schedule, day, alone, now = _world.Clock.GetUtcNow() });
    }

    private Task<int> LookAsync() => _world.App.Get<PayoutSchedule>().RunOnceAsync(default);

    private Task<IReadOnlyList<string>> StatesAsync() => _world.Db.ManyAsync<string>("SELECT state FROM payout_runs ORDER BY id");

    private async Task<string> EarnedAsync(string name)
    {
        var id = await _world.AmbassadorAsync(name, $"acct_{name}");
        await _world.EarnsAsync(id, "25.00");
        return id;
    }
}
