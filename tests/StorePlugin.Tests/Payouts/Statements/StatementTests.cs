// Statements: their sums are the ledger's, whatever has happened, and nobody reads another's.
using System.Globalization;
using System.Net;
using System.Text;
using StorePlugin.Ledger;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Statements;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Statements;

internal sealed class StatementTests
{
    private PayoutWorld _world = null!;

    private StatementReader Reader => _world.App.Get<StatementReader>();

    [SetUp]
    public async Task StartAsync() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public void Opening_and_lines_sum_to_the_closing_and_payouts_stand_apart()
    {
        var part = StatementText.Parts(
            [new CurrencySum { Currency = "EUR", AmountMinor = 300 }],
            [Movement(LedgerKind.Release, "o1@2", 2500, "#1001"), Movement(LedgerKind.PayoutSent, "po_1", -2800), Movement(LedgerKind.PayoutReversed, "po_1-r500", 500)]).Single();

        Assert.That(part.Lines.Select(line => (line.What, line.Order, line.PayoutId, line.Amount.ToString(), line.Balance.ToString())), Is.EqualTo(
        [
            ("Commission", "#1001", null, "25.00 EUR", "28.00 EUR"),
            ("Payout", null, "po_1", "-28.00 EUR", "0.00 EUR"),
            ("Payout that came back", (string?)null, "po_1", "5.00 EUR", "5.00 EUR"),
        ]));
        Assert.That((part.Opening.Minor, part.Earned.Minor, part.PaidOut.Minor, part.Closing.Minor), Is.EqualTo((300L, 2500L, 2300L, 500L)));
    }

    [TestCase("2026-03", 20260300, 20260400)]
    [TestCase("2026-12", 20261200, 20261300)]
    public void A_month_holds_the_days_of_its_number(string text, long from, long before) => Assert.That(Month.Parse(text)!.Days, Is.EqualTo((from, before)));

    [TestCase("2026-13")]
    [TestCase("2026-3")]
    [TestCase("2026-03-01")]
    [TestCase("März 26")]
    [TestCase("")]
    [TestCase(null)]
    public void What_is_no_month_is_none(string? text) => Assert.That(Month.Parse(text), Is.Null);

    [Test]
    public async Task Months_follow_each_other_and_their_sums_are_the_ledgers([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var ann = await _world.AmbassadorAsync("Ann");
        for (var step = 0; step < 40; step++)
        {
            await _world.EarnsAsync(ann, (random.Next(-1500, 3000) / 100m).ToString("0.00", CultureInfo.InvariantCulture), random.Next(4) == 0 ? "KWD" : "EUR");
            if (random.Next(4) == 0)
            {
                await _world.PayAsync();
            }

            if (random.Next(3) == 0)
            {
                await _world.WorkAsync();
            }

            _world.Clock.Advance(TimeSpan.FromHours(random.Next(1, 200)));
        }

        var months = (await Reader.MonthsAsync(_world.Store, ann, default)).Reverse().ToList();
        var statements = new List<Statement>();
        foreach (var month in months)
        {
            statements.Add((await Reader.ReadAsync(_world.Store, ann, month, default))!);
        }

        foreach (var currency in new[] { "EUR", "KWD" })
        {
            var closing = 0L;
            foreach (var part in statements.Select(statement => statement.Parts.SingleOrDefault(part => part.Opening.Currency.Code == currency)))
            {
                Assert.That(part?.Opening.Minor ?? 0, Is.EqualTo(closing), "each month begins where the one before ended");
                closing = part?.Closing.Minor ?? closing;
            }

            Assert.That(closing, Is.EqualTo(await _world.BalanceAsync(ann, "approved", currency) + await _world.BalanceAsync(ann, "in_payout", currency)));
            Assert.That(
                statements.SelectMany(statement => statement.Parts).Where(part => part.Opening.Currency.Code == currency).Sum(part => part.PaidOut.Minor),
                Is.EqualTo(await _world.BalanceAsync(ann, "paid", currency)));
        }

        Assert.That(statements[^1].IsFinal, Is.EqualTo(months[^1].Days.Before <= TodayNumber()));
        Assert.That(statements.Count, Is.GreaterThan(2));
    }

    [Test]
    public async Task What_is_reserved_is_owed_still_and_no_movement()
    {
        var payout = await _world.ReservedAsync();

        var part = (await Reader.ReadAsync(_world.Store, payout.AmbassadorId, new Month(2026, 3), default))!.Parts.Single();

        Assert.That(part.Lines.Select(line => line.What), Is.EqualTo(["Commission"]));
        Assert.That(part.Closing.Minor, Is.EqualTo(5000));
    }

    [Test]
    public async Task The_file_sums_in_a_spreadsheet_and_holds_no_formula()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "25.00");
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await _world.EarnsAsync(ann, "-5.00");
        await _world.Db.DoAsync("UPDATE orders SET reference = '=1+1' WHERE store_id = @id", new { id = _world.Store.Id });

        var text = Encoding.UTF8.GetString(StatementFile.CsvOf((await Reader.ReadAsync(_world.Store, ann, new Month(2026, 3), default))!));

        Assert.That(text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'), Is.EqualTo(
        [
            "day,what,order,payout,amount,balance,currency,vat",
            "2026-03-01,Owed before,,,,0.00,EUR,",
            "2026-03-01,Commission,'=1+1,,25.00,25.00,EUR,",
            "2026-03-01,Commission taken back: refunded or corrected,'=1+1,,-5.00,20.00,EUR,",
        ]));
    }

    [Test]
    public async Task The_api_tells_months_a_statement_and_its_file()
    {
        var payout = await _world.ReservedAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await _world.WorkAsync();
        var api = await ApiClient.OfAsync(_world.App, _world.Store);
        var path = $"ambassadors/{payout.AmbassadorId}/statements";

        var months = await api.Get(path);
        var statement = await api.Get($"{path}/2026-03");
        var file = await _world.App.Http.GetAsync(new Uri($"/api/v1/{path}/2026-03.csv", UriKind.Relative));

        Assert.That(months.Json!["months"]!.ToJsonString(), Is.EqualTo("""["2026-03"]"""));
        Assert.That(statement.Json!["parts"]![0]!["lines"]!.AsArray().Select(line => line!["what"]!.GetValue<string>()), Is.EqualTo(["Commission", "Payout"]));
        Assert.That(statement.Json["parts"]![0]!["closing"]!["minor"]!.GetValue<long>(), Is.Zero);
        Assert.That(statement.Json["parts"]![0]!["lines"]![1]!["payoutId"]!.GetValue<string>(), Is.EqualTo(payout.Id));
        Assert.That((file.StatusCode, file.Content.Headers.ContentType!.MediaType), Is.EqualTo((HttpStatusCode.OK, "text/csv")));
        Assert.That((await api.Get($"{path}/2026-3")).Status, Is.EqualTo(404));
        Assert.That((await api.Get("ambassadors/amb_none/statements/2026-03")).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task A_year_counts_what_was_sent_and_not_what_is_reserved_and_what_was_given_in_kind()
    {
        var sent = await _world.ReservedAsync();
        await _world.WorkAsync();
        await _world.EarnsAsync(sent.AmbassadorId, "30.00");
        await _world.PayAsync();
        await RewardAsync(sent.AmbassadorId, "giftCard", amount: 1500, returned: 500);
        await RewardAsync(sent.AmbassadorId, null, amount: 0, returned: null, used: 700);

        var rows = await _world.App.Get<YearTotals>().ReadAsync(_world.Store, 2026, ("", ""), 10, default);
        var before = await _world.App.Get<YearTotals>().ReadAsync(_world.Store, 2025, ("", ""), 10, default);

        Assert.That(rows.Select(row => (row.AmbassadorId, row.Name, row.Currency, row.PaidMinor, row.InKindMinor)), Is.EqualTo([(sent.AmbassadorId, "Ann", "EUR", 5000L, 1700L)]));
        Assert.That(before, Is.Empty);
    }

    [TestCase("US", 2025, "USD", 60000L)]
    [TestCase("US", 2026, "USD", 200000L)]
    [TestCase("US", 2026, "EUR", null)]
    [TestCase("DE", 2026, "EUR", null)]
    [TestCase(null, 2026, "USD", null)]
    public void A_threshold_is_told_where_one_is_known(string? country, int year, string currency, long? minor) =>
        Assert.That(TaxThresholds.Of(country, year, currency)?.Minor, Is.EqualTo(minor));

    private Task RewardAsync(string ambassadorId, string? form, long amount, long? returned, long? used = null) => Plant.RowAsync(
        _world.Db, "rewards", ("store_id", _world.Store.Id), ("id", $"rwd_{form ?? "code"}"), ("kind", "advocate"), ("cause", form ?? "code"), ("ambassador_id", ambassadorId),
        ("campaign_id", "cmp_1"), ("order_id", "order-1"), ("state", "issued"), ("form", form), ("amount_minor", amount), ("currency", "EUR"), ("issued_day", 20260310L),
        ("returned_minor", returned), ("returned_day", returned is null ? null : 20260320L), ("used_minor", used), ("used_currency", used is null ? null : "EUR"),
        ("used_at", used is null ? null : _world.Clock.GetUtcNow()));

    private long TodayNumber() => _world.Store.LocalDay(_world.Clock.GetUtcNow());

    private static StatementMovement Movement(string kind, string source, long minor, string? reference = null) =>
        new() { Id = "ltx", Kind = kind, Source = source, LocalDay = 20260301, Currency = "EUR", Reference = reference, AmountMinor = minor };
}
