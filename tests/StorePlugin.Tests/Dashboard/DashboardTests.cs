// What the merchant reads: figures that equal the books, orders with reasons, and what is stuck.
using System.Globalization;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class DashboardTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task An_empty_store_is_told_what_to_do_next()
    {
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");

        Assert.That(page.Text(), Does.Contain("No ambassador yet.").And.Contain("No order has arrived yet.").And.Contain("€ 0.00"));
        Assert.That(page.QuerySelector("#stuck"), Is.Null);
        Assert.That((await owner.GetAsync("/dashboard/orders")).Text(), Does.Contain("No order has arrived yet."));
        Assert.That((await owner.GetAsync("/dashboard/ambassadors")).Text(), Does.Contain("No ambassador yet."));
    }

    [Test]
    public async Task The_figures_equal_the_sums_over_the_ledger()
    {
        await PlantAsync();
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");

        foreach (var (account, name) in new[]
        {
            (Account.Held, "held"), (Account.Review, "review"), (Account.Approved, "approved"), (Account.InPayout, "in_payout"), (Account.Paid, "paid"),
        })
        {
            var sum = await _app.Db.OneAsync<long>(
                "SELECT COALESCE(SUM(amount_minor), 0) FROM ledger_entries WHERE store_id = 'str_lux' AND currency = 'EUR' AND account = @account", new { account });
            Assert.That(sum, Is.GreaterThan(0), account);
            Assert.That(page.Text($".states .{name} dd"), Is.EqualTo("€ " + (sum / 100m).ToString("0.00", CultureInfo.InvariantCulture)), account);
        }

        Assert.That(page.Text(".figures"), Does.StartWith("Clicks 3 none in the 30 days before Referred orders 6 none in the 30 days before Net sales € 1,540.00 none"));
        Assert.That(page.Text(".owed strong"), Is.EqualTo("€ 70.00"), "approved 40 and in payout 30");
    }

    [Test]
    public async Task What_stands_in_review_is_counted_by_its_age()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        using var owner = await _rooms.OwnerAsync();
        var none = (await owner.GetAsync("/dashboard")).QuerySelector("#reviews");
        await ReviewAsync("1", TimeSpan.FromDays(3) - TimeSpan.FromSeconds(1));
        var young = (await owner.GetAsync("/dashboard")).Text("#reviews strong");
        await ReviewAsync("2", TimeSpan.FromDays(3));
        await ReviewAsync("3", TimeSpan.FromDays(7));
        await ReviewAsync("4", TimeSpan.FromDays(20));

        Assert.That(none, Is.Null);
        Assert.That(young, Is.EqualTo("1 order waits for your decision."));
        Assert.That((await owner.GetAsync("/dashboard")).Text("#reviews"), Does.StartWith(
            "4 orders wait for your decision, 3 for 3 days or more, 2 for 7 days or more, 1 for 14 days or more; the oldest for 20 days. Nothing of it is paid by itself"));

        Task ReviewAsync(string id, TimeSpan age) => _rooms.OrderAsync(id, "review", 100_00, "amb_ann", 10_00, "Somebody must look.", at: StoreApp.Start - age);
    }

    [Test]
    public async Task Two_currencies_are_shown_beside_each_other_and_never_added()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.OrderAsync("1", "held", 100_00, "amb_ann", 10_00, "Code ANN10 was used.");
        await _rooms.OrderAsync("2", "held", 3_000, "amb_ann", 300, "Code ANN10 was used.", "JPY");
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");

        Assert.That(page.QuerySelectorAll(".figures div:nth-child(3) .sum").Select(sum => sum.TextContent), Is.EqualTo(["€\u00A0100.00", "¥\u00A03,000"]));
        Assert.That(page.QuerySelectorAll(".commission .held dd").Select(sum => sum.TextContent), Is.EqualTo(["€\u00A010.00", "¥\u00A0300"]));
        Assert.That((await owner.GetAsync("/dashboard/ambassadors")).QuerySelectorAll("td[data-label=Earned] .sum").Select(sum => sum.TextContent), Is.EqualTo(["€\u00A010.00", "¥\u00A0300"]));
    }

    [Test]
    public async Task A_balance_below_zero_is_shown_as_such_with_its_reason()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.BookAsync("refund", null, Account.Approved, Account.Expense, "amb_ann", 10_00, "EUR", "Refunded after it was paid.");
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");

        Assert.That(page.Text(".owed strong"), Is.EqualTo("−€ 10.00"));
        Assert.That(page.Text(".commission"), Does.Contain("Below zero: refunds came after a payout."));
    }

    [Test]
    public async Task An_ambassador_shows_with_link_code_and_the_state_of_the_discount()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10", "refused", "The code belongs to another discount.");
        using var owner = await _rooms.OwnerAsync();

        var rows = (await owner.GetAsync("/dashboard/ambassadors")).QuerySelectorAll("table.rows tbody tr").Select(row => row.TextContent).ToArray();

        Assert.That(rows[0], Does.Contain("Bob").And.Contain("BOB10").And.Contain("Refused by the store").And.Contain("belongs to another discount"));
        Assert.That(rows[1], Does.Contain("Ann").And.Contain("ANN10").And.Contain("Active in the store").And.Contain("/r/ann10-str_lux"));
    }

    [Test]
    public async Task An_order_shows_its_state_its_reason_and_who_is_credited()
    {
        await PlantAsync();
        using var owner = await _rooms.OwnerAsync();

        var rows = (await owner.GetAsync("/dashboard/orders")).QuerySelectorAll("tbody tr")
            .ToDictionary(row => row.QuerySelector("th a")!.TextContent, row => row.Text("td.why"));

        Assert.That(rows["#held"], Is.EqualTo("Held Code ANN10 was used. Held until 31 March 2026, in case it is returned."));
        Assert.That(rows["#nobody"], Is.EqualTo("Not credited No code and no click."));
        Assert.That(rows["#review"], Does.StartWith("In review").And.EndWith("it is not paid by itself."));
    }

    [Test]
    public async Task The_page_of_an_order_holds_the_receipt_and_the_entries()
    {
        await PlantAsync();
        await _rooms.ReceiptAsync("held", Receipts.Held);
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard/orders/held");

        Assert.That(page.Text("h1"), Is.EqualTo("Order #held"));
        Assert.That(page.Text(".receipt"), Does.Contain(Receipts.HeldReason).And.Contain("Commission: 10 % of 90.00 EUR is 9.00 EUR").And.Contain("It was paid on 1 March 2026, 11:00 and is held until 31 March 2026").And.Contain("Decided on 1 Mar 2026, 11:00."));
        Assert.That(page.Text("table.rows tbody"), Does.Contain("Held").And.Contain("+€ 9.00").And.Contain("Your expense").And.Contain("−€ 9.00"));
        Assert.That(page.QuerySelector("table.rows time")!.GetAttribute("datetime"), Is.EqualTo("2026-03-01T10:00:00Z"));
        Assert.That(page.Text("footer"), Is.EqualTo("Times are in Europe/Amsterdam."));
    }

    [Test]
    public async Task An_order_without_a_receipt_and_without_entries_says_so()
    {
        await _rooms.OrderAsync("1", "uncredited", 10_00, null, 0, "No code and no click.");
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard/orders/1");

        Assert.That(page.Text(), Does.Contain("Nothing has been decided").And.Contain("has moved no money").And.Contain("Nobody"));
    }

    [Test]
    public async Task A_long_list_of_orders_is_walked_page_by_page_without_gap_or_repetition()
    {
        for (var i = 0; i < 60; i++)
        {
            // Many at the same instant, so that the id must break the tie.
            await _rooms.OrderAsync(
                i.ToString("000", CultureInfo.InvariantCulture), "uncredited", 10_00, null, 0, "No code and no click.",
                at: StoreApp.Start.AddHours(-i / 20));
        }

        using var owner = await _rooms.OwnerAsync();
        var seen = new List<string>();
        for (var path = "/dashboard/orders"; path is not null;)
        {
            var page = await owner.GetAsync(path);
            seen.AddRange(page.QuerySelectorAll("tbody th a").Select(link => link.TextContent));
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.That(seen, Is.Unique.And.Count.EqualTo(60));
        Assert.That(seen[0], Is.EqualTo("#019"));
        Assert.That(seen[^1], Is.EqualTo("#040"));
    }

    [TestCase("nonsense")]
    [TestCase("99999999999999999999.1")]
    [TestCase("999999999999999999.1")]
    public async Task A_place_in_the_list_that_nobody_made_begins_at_the_start(string after)
    {
        await _rooms.OrderAsync("1", "uncredited", 10_00, null, 0, "No code and no click.");
        using var owner = await _rooms.OwnerAsync();

        Assert.That((await owner.GetAsync($"/dashboard/orders?after={after}")).Text("tbody"), Does.Contain("#1"));
    }

    [Test]
    public async Task A_full_page_stays_under_sixty_kilobytes()
    {
        for (var i = 0; i < 30; i++)
        {
            var id = i.ToString("000", CultureInfo.InvariantCulture);
            await _rooms.AmbassadorAsync($"amb_0192f0a0b0c07d0e8f00a1b2c3d4e5{id}", $"Ambassador with a long name {id}", $"LONGCODE{id}", "pending");
            await _rooms.OrderAsync(
                $"gid-5678901234{id}", "held", 123_456_00, "amb_0192f0a0b0c07d0e8f00a1b2c3d4e5000", 12_345_60,
                new string('x', 200));
            await _rooms.DeadDeliveryAsync($"dlv_0192f0a0b0c07d0e8f00a1b2c3d4e5{id}", new string('y', 500));
            await _rooms.DeadEffectAsync($"eff_0192f0a0b0c07d0e8f00a1b2c3d4e5{id}", new string('z', 500));
        }

        using var owner = await _rooms.OwnerAsync();
        foreach (var path in new[] { "/dashboard", "/dashboard/orders", "/dashboard/ambassadors", "/dashboard/ambassadors/amb_0192f0a0b0c07d0e8f00a1b2c3d4e5000" })
        {
            var html = await (await owner.AskAsync(path)).Content.ReadAsByteArrayAsync();
            Assert.That(html, Has.Length.LessThan(60_000), path);
        }
    }

    [Test]
    public async Task Names_codes_and_reasons_are_text_and_never_markup()
    {
        const string Evil = "<img src=x onerror=alert(1)>\"'&";
        await _app.Db.DoAsync("UPDATE stores SET name = @Evil WHERE id = 'str_lux'", new { Evil });
        _app.Get<StorePlugin.Stores.StoreDirectory>().Forget(_rooms.Store);
        await _rooms.AmbassadorAsync("amb_evil", Evil, Evil, "refused", Evil);
        await _rooms.OrderAsync("1", "held", 10_00, "amb_evil", 1_00, Evil);
        await _rooms.DeadDeliveryAsync("dlv_1", Evil);
        await _rooms.DeadEffectAsync("eff_1", Evil);
        using var owner = await _rooms.OwnerAsync();
        using var evil = await _rooms.AmbassadorBrowserAsync("amb_evil");

        foreach (var (browser, path) in new[]
        {
            (owner, "/dashboard"), (owner, "/dashboard/orders"), (owner, "/dashboard/orders/1"), (owner, "/dashboard/ambassadors"),
            (owner, "/dashboard/ambassadors/amb_evil"), (evil, "/portal"),
        })
        {
            var page = await browser.GetAsync(path);
            Assert.That(page.QuerySelectorAll("[onerror], img[src=x]"), Is.Empty, path);
            Assert.That(page.Text("body"), Does.Contain(Evil), path);
        }
    }

    [Test]
    public async Task What_is_stuck_shows_with_its_reason_and_can_be_tried_again()
    {
        await _rooms.DeadDeliveryAsync("dlv_1", "The body is no JSON.");
        await _rooms.DeadDeliveryAsync("dlv_2", "The body is no JSON either.", dropped: true);
        await _rooms.DeadEffectAsync("eff_1", "The store refused the code.");
        using var owner = await _rooms.OwnerAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(5));

        var page = await owner.GetAsync("/dashboard");
        Assert.That(page.Text("#stuck"), Does.Contain("The body is no JSON.").And.Contain("The store refused the code.").And.Contain("content has been dropped"));
        var buttons = page.QuerySelectorAll("#stuck button").ToArray();
        Assert.That(buttons, Has.Length.EqualTo(2));
        foreach (var button in buttons)
        {
            var answer = await owner.PressAsync(button);
            Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo("/dashboard?notice=replayed"));
        }

        var due = StoreApp.Start.AddMinutes(5).ToUnixTimeMilliseconds();
        Assert.That(
            await _app.Db.ManyAsync<Queued>("SELECT state, attempts, due_at FROM deliveries WHERE store_id = 'str_lux' ORDER BY id"),
            Is.EqualTo([new Queued("pending", 0, due), new Queued("dead", 12, StoreApp.Start.ToUnixTimeMilliseconds())]));
        Assert.That(
            await _app.Db.ManyAsync<Queued>("SELECT state, attempts, due_at FROM effects WHERE store_id = 'str_lux'"),
            Is.EqualTo([new Queued("pending", 0, due)]));
        Assert.That((await owner.GetAsync("/dashboard?notice=replayed")).Text(".notice"), Does.StartWith("It is queued again"));
        Assert.That((await owner.PressAsync(buttons[0])).Headers.Location!.OriginalString, Is.EqualTo("/dashboard?notice=settled"));
    }

    [Test]
    public async Task A_discount_that_is_tried_again_shows_as_being_created()
    {
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10", "refused", "The code belongs to another discount.");
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10", "refused", "Another reason.");
        await _rooms.DeadEffectAsync("eff_1", "The code belongs to another discount.", subject: "bob10");
        using var owner = await _rooms.OwnerAsync();

        await owner.PressAsync((await owner.GetAsync("/dashboard")).QuerySelector("#stuck button")!);

        Assert.That((await owner.GetAsync("/dashboard/ambassadors/amb_bob")).Text("#codes .code"), Is.EqualTo("BOB10 Being created in the store"));
        Assert.That((await owner.GetAsync("/dashboard/ambassadors/amb_ann")).Text("#codes .code"), Does.Contain("Refused by the store Another reason."));
    }

    [Test]
    public async Task A_notice_says_only_what_we_have_written()
    {
        using var owner = await _rooms.OwnerAsync();

        Assert.That((await owner.GetAsync("/dashboard?notice=Call+this+number")).QuerySelector(".notice"), Is.Null);
    }

    [Test]
    public async Task The_page_of_an_ambassador_shows_facts_orders_and_entries_of_theirs_only()
    {
        await PlantAsync();
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10");
        await _rooms.OrderAsync("bobs", "held", 50_00, "amb_bob", 5_00, "Code BOB10 was used.");
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard/ambassadors/amb_ann");

        Assert.That(page.Text("h1"), Is.EqualTo("Ann"));
        Assert.That(page.Text(".facts"), Does.Contain("amb_ann@example.org").And.Contain("Clicks 3").And.Contain("Not connected yet"));
        Assert.That(page.Text(), Does.Contain("#held").And.Not.Contain("#bobs").And.Not.Contain("#nobody"));
    }

    [Test]
    public async Task Who_has_left_and_who_is_in_a_group_is_seen_as_such()
    {
        foreach (var (id, name) in new[] { ("amb_ann", "Ann"), ("amb_bob", "Bob"), ("amb_cid", "Cid") })
        {
            await _rooms.AmbassadorAsync(id, name, name);
        }

        var groups = _app.Get<StorePlugin.Ambassadors.Groups>();
        await groups.JoinAsync(_rooms.Store, "amb_bob", "Silver", "test", default);
        await groups.JoinAsync(_rooms.Store, "amb_bob", "Gold <b>", "test", default);
        var life = _app.Get<StorePlugin.Ambassadors.AmbassadorLife>();
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await life.SuspendAsync(_rooms.Store, "amb_ann", "test", null, default);
        await life.EndAsync(_rooms.Store, "amb_ann", "test", null, default);
        await life.SuspendAsync(_rooms.Store, "amb_cid", "test", null, default);
        using var owner = await _rooms.OwnerAsync();

        var list = await owner.GetAsync("/dashboard/ambassadors");
        var ann = await owner.GetAsync("/dashboard/ambassadors/amb_ann");
        var bob = await owner.GetAsync("/dashboard/ambassadors/amb_bob");

        Assert.That(list.QuerySelectorAll("tbody th").Select(cell => cell.TextContent), Is.EqualTo(["CidSuspended", "BobGold <b>", "AnnLeft"]));
        Assert.That(ann.Text(".heading"), Does.Contain("Left on 3 Mar 2026, 11:00: orders since then are not credited").And.Not.Contain("Suspended"));
        Assert.That(ann.Text("#codes"), Does.Contain("Code None any more"));
        Assert.That(ann.Text(".facts"), Does.Not.Contain("Group"));
        Assert.That(bob.Text(".facts"), Does.Contain("Group Gold <b>"));
        Assert.That(bob.Text(".heading"), Does.Not.Contain("Left"));
    }

    [Test]
    public async Task The_owner_makes_a_sign_in_link_for_an_ambassador_which_opens_their_portal()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        using var owner = await _rooms.OwnerAsync();
        using var ann = new Browser(_app.Address);

        var page = await owner.GetAsync("/dashboard/ambassadors/amb_ann");
        var made = await Browser.ReadAsync(await owner.SubmitAsync(page.QuerySelector("form.row")!));
        var link = await ann.GetAsync(new Uri(made.Text(".secret")).AbsolutePath);
        var answer = await ann.SubmitAsync(link.QuerySelector("main form")!);

        Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo("/portal"));
        Assert.That((await ann.GetAsync("/portal")).Text("h1"), Is.EqualTo("Hello Ann"));
    }

    [Test]
    public async Task A_rehearsal_says_on_each_page_that_nothing_is_real()
    {
        var rehearsal = await Rooms.OpenAsync(_app, "str_test", "Test", mode: "test");
        using var owner = await rehearsal.OwnerAsync();

        Assert.That((await owner.GetAsync("/dashboard")).Text(".band"), Does.StartWith("Rehearsal."));
        Assert.That((await owner.GetAsync("/dashboard/orders")).Text(".band"), Does.StartWith("Rehearsal."));
    }

    [Test]
    public async Task A_store_whose_currency_and_zone_are_not_known_yet_has_a_working_dashboard()
    {
        var fresh = await Rooms.OpenAsync(_app, "str_fresh", "Fresh", currency: null, zone: null);
        using var owner = await fresh.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");

        Assert.That(page.Text(".figures"), Is.EqualTo("Clicks 0 Referred orders 0 Net sales 0 New customers 0"));
        Assert.That(page.Text("footer"), Is.EqualTo("Times are in UTC."));
    }

    private async Task PlantAsync()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.ClicksAsync("amb_ann", 3);
        await _rooms.OrderAsync("held", "held", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _rooms.OrderAsync("review", "review", 150_00, "amb_ann", 15_00, "Click of 1 March 2026.");
        await _rooms.OrderAsync("approved", "approved", 400_00, "amb_ann", 40_00, "Code ANN10 was used.");
        await _rooms.OrderAsync("in_payout", "in_payout", 300_00, "amb_ann", 30_00, "Code ANN10 was used.");
        await _rooms.OrderAsync("paid", "paid", 600_00, "amb_ann", 60_00, "Code ANN10 was used.");
        await _rooms.OrderAsync("reversed", "reversed", 0, "amb_ann", 0, "Code ANN10 was used.");
        await _rooms.OrderAsync("observed", "observed", 70_00, "amb_ann", 0, "Code ANN10 was used.");
        await _rooms.OrderAsync("nobody", "uncredited", 80_00, null, 0, "No code and no click.");
    }

    private sealed record Queued(string State, long Attempts, long DueAt);
}
