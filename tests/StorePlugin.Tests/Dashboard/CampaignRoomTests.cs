// The merchant's pages of campaigns: made in a form, launched, changed after a look at what that would have cost, paused, ended, copied and compared.
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;
using IDocument = AngleSharp.Dom.IDocument;

namespace StorePlugin.Tests.Dashboard;

internal sealed class CampaignRoomTests
{
    private const string List = "/dashboard/campaigns";
    private const string New = List + "/new";
    private const string Hostile = "<b onclick=\"x\">Sale</b> & שלום 🎉 O'Neil";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private Browser _owner = null!;
    private string _spring = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
        _spring = $"{List}/{_shop.CampaignId}";
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_store_without_a_campaign_is_told_how_to_begin()
    {
        var rooms = await Rooms.OpenAsync(_app, "str_empty");
        using var owner = await rooms.OwnerAsync();

        var page = await owner.GetAsync(List);

        Assert.That(page.Text(), Does.Contain("No campaign yet.").And.Contain("begins as a draft"));
        Assert.That(page.QuerySelector($"a[href='{New}']"), Is.Not.Null);
        Assert.That((await owner.GetAsync(List + "?after=cmp_0")).Text(), Does.Contain("There are no earlier campaigns."));
        Assert.That((await owner.GetAsync(List + "/compare")).Text(), Does.Contain("There are no two campaigns yet."));
    }

    [Test]
    public async Task A_campaign_is_made_in_a_form_as_the_API_would_have_made_it()
    {
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        var form = FieldsOf(await _owner.GetAsync(New), New);
        var typed = new Dictionary<string, string>(form)
        {
            ["name"] = Hostile,
            ["metric"] = "net_sales",
            ["target"] = "5000,50",
            ["by"] = "2026-12-31",
            ["commission"] = "12.5",
            ["friend"] = "15",
            ["hold"] = "14",
            ["window"] = "60",
            ["minimum"] = "20",
            ["maximum"] = "50.00",
            ["cost"] = "40",
            ["cap"] = "900",
            ["cap-period"] = "rolling",
            ["cap-days"] = "30",
            ["customers"] = "new",
            ["self"] = "allow",
            ["products"] = "12\r\n13\r\n",
            ["friend-uses"] = "once_per_customer",
            ["touch"] = "first",
            ["codes"] = "exclusive",
            ["tier-from-0"] = "1000",
            ["tier-percent-0"] = "15",
            ["reward-as"] = "giftCard",
            ["reward"] = "10",
            ["milestone-metric-0"] = "orders",
            ["milestone-from-0"] = "10",
            ["milestone-bonus-0"] = "50",
            ["milestone-metric-1"] = "orders",
            ["milestone-from-1"] = "20",
            ["milestone-as-1"] = "amount",
            ["milestone-bonus-1"] = "15",
            ["milestone-minimum-1"] = "30",
            ["rate-for-0"] = "collection",
            ["rate-id-0"] = "sale",
            ["rate-percent-0"] = "5",
            ["rate-for-2"] = "group",
            ["rate-id-2"] = "Gold",
            ["rate-percent-2"] = "20",
            ["renewals"] = "count",
            ["renewals-number"] = "3",
            ["precedence"] = "link-code-customer",
            ["enrolment"] = "application",
        };
        typed.Remove("channel-draft");

        var made = await _owner.PostAsync(New, typed);
        var path = PathOf(made, "campaign-made");
        var again = await _owner.PostAsync(New, typed);
        var page = await _owner.GetAsync(path + "?notice=campaign-made");

        var campaign = (await _api.Get($"campaigns/{path[(List.Length + 1)..]}")).Json!;
        Assert.That((string?)campaign["name"], Is.EqualTo(Hostile));
        Assert.That(((string?)campaign["state"], (long)campaign["objective"]!["target"]!, (string?)campaign["objective"]!["by"]), Is.EqualTo(("draft", 500_050L, "2026-12-31T22:59:59Z")));
        var terms = campaign["terms"]!;
        Assert.That((decimal)terms["commission"]!["percent"]!, Is.EqualTo(12.5m));
        Assert.That(
            ((decimal)terms["friendDiscount"]!["percent"]!, (int)terms["holdDays"]!, (int)terms["windowDays"]!, (long)terms["minimumOrder"]!["minor"]!, (long)terms["maximumCommission"]!["minor"]!),
            Is.EqualTo((15m, 14, 60, 20_00L, 50_00L)));
        Assert.That(terms["periodCap"]!.ToJsonString(), Is.EqualTo("""{"maximum":{"minor":90000,"currency":"EUR"},"period":"rolling","days":30}"""));
        Assert.That(
            ((string?)terms["customers"], (string?)terms["selfPurchase"], (string?)terms["friendUses"], (string?)terms["touch"], (string?)terms["otherCodes"], (string?)terms["enrolment"]),
            Is.EqualTo(("new", "allow", "once_per_customer", "first", "exclusive", "application")));
        Assert.That(terms["excludedProducts"]!.ToJsonString(), Is.EqualTo("""["12","13"]"""));
        Assert.That(terms["channels"]!.ToJsonString(), Is.EqualTo("""["online","point_of_sale"]"""));
        Assert.That((long)terms["tiers"]!["levels"]![0]!["from"]!["minor"]!, Is.EqualTo(1000_00));
        Assert.That((string?)terms["advocateReward"]!["as"], Is.EqualTo("giftCard"));
        Assert.That((long)terms["milestones"]![0]!["bonus"]!["minor"]!, Is.EqualTo(50_00));
        Assert.That(((long)terms["milestones"]![1]!["code"]!["amount"]!["minor"]!, (int)terms["milestones"]![1]!["code"]!["validDays"]!), Is.EqualTo((15_00L, 180)));
        Assert.That(((string?)terms["rates"]![0]!["collection"], (string?)terms["rates"]![1]!["group"], (decimal)terms["rates"]![1]!["percent"]!), Is.EqualTo(("sale", "gold", 20m)));
        Assert.That(((int)terms["renewals"]!["count"]!, terms["precedence"]!.ToJsonString()), Is.EqualTo((3, """["link","code","customer"]""")));
        Assert.That(PathOf(again, "campaign-made"), Is.EqualTo(path), "a form that is sent twice makes one");
        Assert.That(await CountAsync(), Is.EqualTo(2));
        Assert.That(page.Text("h1"), Is.EqualTo(Hostile));
        Assert.That(page.QuerySelector("main b"), Is.Null);
        Assert.That(page.Text(), Does.StartWith("The draft is made.").And.Contain("Draft It credits nothing").And.Contain("€ 0.00 of € 5,000.50 of net sales, to be reached by 31 December 2026: 0 %."));
        Assert.That((await _owner.GetAsync(List)).Text("#campaigns tbody"), Does.StartWith(Hostile));
    }

    [Test]
    public async Task What_is_wrong_stands_beside_its_field_and_what_was_typed_stays()
    {
        var long200 = new string('x', 200);
        var form = FieldsOf(await _owner.GetAsync(New), New);

        var answer = await _owner.PostAsync(New, new(form)
        {
            ["name"] = long200,
            ["commission"] = "ten",
            ["friend"] = "<i>",
            ["metric"] = "orders",
            ["target"] = "0",
            ["by"] = "2020-01-01",
            ["products"] = "7\n8",
            ["minimum"] = "1,000",
        });
        var page = await Browser.ReadAsync(answer, HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text(".alert"), Does.StartWith("Nothing was made yet."));
        Assert.That(WhyOf(page, "name"), Is.EqualTo("Name must have 1 to 120 characters."));
        Assert.That(WhyOf(page, "commission"), Is.EqualTo("Commission must be a number, such as 10 or 12.5."));
        Assert.That(WhyOf(page, "friend"), Is.EqualTo("Friend's discount must be a number, such as 10 or 12.5."));
        Assert.That(WhyOf(page, "target"), Is.EqualTo("Target must be a whole number of at least 1."));
        Assert.That(WhyOf(page, "by"), Does.StartWith("Date must lie in the future"));
        Assert.That(WhyOf(page, "minimum"), Is.EqualTo("Minimum order must be an amount in EUR, such as 25.00."));
        var typed = FieldsOf(page, New);
        Assert.That((typed["name"], typed["commission"], typed["friend"], typed["products"], typed["minimum"], typed["id"]), Is.EqualTo((long200, "ten", "<i>", "7\n8", "1,000", form["id"])));
        Assert.That(page.QuerySelector("[name=minimum]")!.ParentElement!.Closest("details")!.HasAttribute("open"), Is.True, "what is wrong is not folded away");
        Assert.That(page.QuerySelector("[name=touch]")!.Closest("details")!.HasAttribute("open"), Is.False);
        Assert.That(await CountAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task An_id_that_is_no_id_or_another_stores_makes_nothing()
    {
        var form = FieldsOf(await _owner.GetAsync(New), New);
        form["name"] = "Summer";
        var other = await Shop.OpenAsync(_app, "other");

        foreach (var id in new[] { "", "cmp_1", "cmp_" + new string('Z', 32), "amb_" + new string('0', 32), other.CampaignId })
        {
            Assert.That((await _owner.PostAsync(New, new(form) { ["id"] = id })).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), id);
            Assert.That(
                (await _owner.PostAsync($"{_spring}/copies", new(form) { ["id"] = id, ["name"] = "Copy" })).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), id);
        }

        Assert.That(await CountAsync(), Is.EqualTo(1));
        Assert.That(await _app.Db.OneAsync<string>("SELECT name FROM campaigns WHERE store_id = @id", new { id = other.Store.Id }), Is.EqualTo("Spring"));
    }

    [Test]
    public async Task What_an_order_costs_is_told_by_the_median_of_the_stores_own_or_by_one_that_is_made_up()
    {
        var made = (await _owner.GetAsync(New)).Text("#cost");
        foreach (var (id, price) in new[] { ("1", "10.00"), ("2", "80.00"), ("3", "900.00") })
        {
            await _shop.PaysAsync(new TestOrder(id, StoreApp.Start) with { Lines = [(price, 1, "0.00")] });
        }

        await PassAsync(TimeSpan.FromDays(1));
        var form = FieldsOf(await _owner.GetAsync(New), New);
        var looked = await Browser.ReadAsync(await _owner.PostAsync(New, new(form) { ["name"] = "x", ["commission"] = "20", ["friend"] = "25", ["step"] = "look" }));
        var tooSmall = await Browser.ReadAsync(await _owner.PostAsync(New, new(form) { ["name"] = "x", ["minimum"] = "100", ["step"] = "look" }));
        await PassAsync(TimeSpan.FromDays(91));
        var old = (await _owner.GetAsync(New)).Text("#cost");

        Assert.That(made, Does.Contain("No paid order of the last 90 days is known: one of € 50.00 is taken in its place.").And.Contain("the friend saves € 5.00 and the ambassador earns € 4.50"));
        Assert.That(looked.Text("#cost"), Does.Contain("A typical order comes to € 80.00: the median of 3 paid orders of the last 90 days."));
        Assert.That(looked.Text("#cost"), Does.Contain("the friend saves € 20.00 and the ambassador earns € 12.00. Together that is € 32.00, or 40 % of it."));
        Assert.That(tooSmall.Text("#cost"), Does.Contain("the ambassador earns € 0.00, since it is too small or earns none"));
        Assert.That(old, Does.Contain("is taken in its place"));
        Assert.That(await CountAsync(), Is.EqualTo(1), "a look makes nothing");
    }

    [Test]
    public async Task A_draft_is_launched_once_it_has_an_objective_that_lies_ahead()
    {
        var draft = await DraftAsync(withObjective: false);
        var missing = await ActAsync(draft, "launch");
        var wrong = await SendAsync(draft, "objective", new() { ["metric"] = "net_sales", ["target"] = "a lot", ["by"] = "" });
        var kept = await SendAsync(draft, "objective", new() { ["metric"] = "net_sales", ["target"] = "1000", ["by"] = "2026-03-02" });
        await PassAsync(TimeSpan.FromDays(3));
        var past = await ActAsync(draft, "launch");
        await SendAsync(draft, "objective", new() { ["metric"] = "orders", ["target"] = "10", ["by"] = "2026-12-31" });

        var launched = await ActAsync(draft, "launch");
        var again = await SendAsync(draft, "launch", []);
        var late = await SendAsync(draft, "objective", new() { ["metric"] = "orders", ["target"] = "1", ["by"] = "2026-12-31" });

        Assert.That(await ProblemOf(missing), Is.EqualTo("It was not launched: it has no objective. Give it a metric, a target and a date first."));
        var page = await Browser.ReadAsync(wrong, HttpStatusCode.UnprocessableEntity);
        Assert.That((WhyOf(page, "target"), WhyOf(page, "by")), Is.EqualTo(("Target must be an amount in EUR, such as 25.00.", "Date must not be empty.")));
        Assert.That(FieldsOf(page, $"{draft}/objective")["target"], Is.EqualTo("a lot"));
        Assert.That(NoticeOf(kept), Is.EqualTo("objective-kept"));
        Assert.That(await ProblemOf(past), Is.EqualTo("It was not launched: its objective's date has passed. Give it one in the future first."));
        Assert.That(NoticeOf(launched), Is.EqualTo("campaign-launched"));
        Assert.That(await ProblemOf(again), Does.StartWith("Nothing was changed: the campaign is no draft any more."));
        Assert.That(await ProblemOf(late), Does.Contain("its objective stands"));
        var live = await _owner.GetAsync($"{draft}?notice=campaign-launched");
        Assert.That(live.Text(), Does.StartWith("The campaign is live: orders count from now on.").And.Contain("0 of 10 credited orders, to be reached by 31 December 2026: 0 %."));
        Assert.That(live.QuerySelector("#launch"), Is.Null);
        Assert.That(await _app.Db.ManyAsync<string>("SELECT actor FROM campaign_states WHERE campaign_id = @id AND state = 'live'", new { id = IdOf(draft) }), Has.All.StartsWith("dashboard session"));
    }

    [Test]
    public async Task T_9_who_asks_for_new_customers_acknowledges_what_is_known_before_the_launch()
    {
        var draft = await DraftAsync(terms => terms["customers"] = "new");
        var page = await _owner.GetAsync(draft);

        var without = await SendAsync(draft, "launch", []);
        var other = await SendAsync(draft, "launch", new() { ["acknowledged"] = "2026-02-01T00:00:00Z" });
        var with = await _owner.PostAsync($"{draft}/launch", new(TokenOf(page)) { ["acknowledged"] = page.QuerySelector("#launch [name=acknowledged]")!.GetAttribute("value")! });

        Assert.That(page.Text("#launch"), Does.Contain("paid orders are known from 1 Mar 2026, 11:00 on only"));
        Assert.That(await ProblemOf(without), Does.StartWith("It was not launched. What is known of past purchases has to be acknowledged first"));
        Assert.That(await ProblemOf(other), Does.StartWith("It was not launched."));
        Assert.That(NoticeOf(with), Is.EqualTo("campaign-launched"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM history_acknowledgements WHERE campaign_id = @id", new { id = IdOf(draft) }), Is.EqualTo(1));
    }

    [Test]
    public async Task A_plan_that_is_not_confirmed_stops_a_launch_in_words()
    {
        await using var shopify = await FakeShopify.StartAsync();
        await using var app = await StoreApp.StartAsync(shopify.Settings.Concat([new("Billing:Price", "9.00"), new("Billing:Currency", "USD")]));
        shopify.Clock = app.Clock;
        var store = await shopify.InstallAsync(app, "lux.myshopify.com");
        await app.DrainAsync();
        var draft = $"{List}/{await (await ApiClient.OfAsync(app, store)).DraftAsync()}";
        using var owner = await Rooms.SignInAsync(app, store, null);

        var refused = await owner.PostAsync($"{draft}/launch", TokenOf(await owner.GetAsync(draft)));

        Assert.That(await ProblemOf(refused), Does.StartWith("It was not launched: the app's plan is not confirmed."));
        Assert.That((await owner.GetAsync(draft)).Text(".badge"), Is.EqualTo("Draft"));
    }

    [Test]
    public async Task The_objective_is_reached_by_the_same_rows_as_the_comparison()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.ClickAsync(ann);
        await _shop.PaysAsync(Sale("1") with { Customer = 1, Email = "one@example.test" });
        await _shop.PaysAsync(Sale("2") with { Customer = 1, Email = "one@example.test", At = StoreApp.Start.AddHours(1) });
        await _shop.PaysAsync(Sale("3") with { Customer = 2, Email = "two@example.test", Currency = "USD" });
        await _shop.PaysAsync(Sale("4") with { Customer = 3, Email = "three@example.test", At = StoreApp.Start.AddDays(3) });
        var figures = (await _api.Get($"campaigns/{_shop.CampaignId}/comparison?with={await _api.LiveAsync()}&to=2026-03-02")).Json!["campaigns"]![0]!;

        Assert.That(await ReachedAsync("orders", 4), Is.EqualTo("3 of 4 credited orders, to be reached by 2 March 2026: 75 %."));
        Assert.That(await ReachedAsync("net_sales", 100_00), Is.EqualTo("€ 180.00 of € 100.00 of net sales, to be reached by 2 March 2026: 180 %."));
        Assert.That(await ReachedAsync("new_customers", 3), Is.EqualTo("2 of 3 new customers, to be reached by 2 March 2026: 66 %."));
        Assert.That(await ReachedAsync("clicks", 1), Is.EqualTo("1 of 1 click, to be reached by 2 March 2026: 100 %."));
        Assert.That(((long)figures["creditedOrders"]!, (long)figures["currencies"]![0]!["netSales"]!["minor"]!, (long)figures["clicks"]!), Is.EqualTo((3L, 180_00L, 1L)));
        Assert.That((await _owner.GetAsync(_spring)).QuerySelector("#objective progress")!.GetAttribute("value"), Is.EqualTo("100"));
        Assert.That((await _owner.GetAsync(List)).Text("#campaigns"), Does.Contain("1 of 1 click"));

        async Task<string> ReachedAsync(string metric, long target)
        {
            await _app.Db.DoAsync(
                "UPDATE campaigns SET objective_metric = @metric, objective_target = @target, objective_by = @by WHERE id = @id",
                new { metric, target, by = new DateTimeOffset(2026, 3, 2, 22, 59, 59, TimeSpan.Zero), id = _shop.CampaignId });
            return (await _owner.GetAsync(_spring)).Text("#objective p");
        }
    }

    [Test]
    public async Task A_change_is_looked_at_tried_on_past_orders_planned_once_and_withdrawn()
    {
        var (ann, bob) = (await _shop.AmbassadorAsync("ANN10"), await _shop.AmbassadorAsync("BOB10"));
        await _shop.PaysAsync(Sale("1"));
        await _shop.PaysAsync(Sale("2") with { At = StoreApp.Start.AddDays(1) });
        await _shop.PaysAsync(Sale("3", "BOB10") with { At = StoreApp.Start.AddDays(50) });
        await PassAsync(TimeSpan.FromDays(60));
        var begun = await _owner.GetAsync($"{_spring}/revisions/new");
        var typed = new Dictionary<string, string>(FieldsOf(begun, $"{_spring}/revisions/new")) { ["commission"] = "5", ["friend"] = "15", ["tier-from-0"] = "100", ["tier-percent-0"] = "20" };
        var tables = await RevisionsAsync();

        var preview = await Browser.ReadAsync(await ReviseAsync(typed, "preview"));
        var month = await Browser.ReadAsync(await ReviseAsync(new(typed) { ["days"] = "30" }, "preview"));
        var untouched = await RevisionsAsync();
        var sent = FieldsOf(preview, $"{_spring}/revisions/new");
        var back = await Browser.ReadAsync(await ReviseAsync(sent, "edit"));
        var planned = await ReviseAsync(sent, "plan");
        var again = await ReviseAsync(sent, "plan");
        var page = await _owner.GetAsync($"{_spring}?notice=revision-planned");
        var listed = await _owner.GetAsync(List);
        var withdrawn = await _owner.SubmitAsync(page.QuerySelector("form[action$='/withdrawal']")!);
        var twice = await _owner.SubmitAsync(page.QuerySelector("form[action$='/withdrawal']")!);
        var after = await _owner.GetAsync(_spring);

        Assert.That(preview.Text("#difference"), Does.StartWith("Compared with revision 1 The commission goes from 10 % to 5 %. Worse for ambassadors. The friend's discount goes from 10 % to 15 %. Better for ambassadors."));
        Assert.That(preview.Text("#effective"), Does.StartWith("In force from 14 May 2026, 12:00 on."), "14 days from now, in Berlin");
        Assert.That(untouched, Is.EqualTo(tables), "a preview keeps nothing");
        var told = await BackTestAsync(90);
        Assert.That(preview.Text("#trial .rows"), Does.Contain($"Orders credited {told["before"]!["creditedOrders"]} {told["after"]!["creditedOrders"]} 0"));
        Assert.That(preview.Text("#trial .rows"), Does.Contain($"Commission {Eur(told["before"]!["commission"]!)} {Eur(told["after"]!["commission"]!)} {Signed(told["difference"]!)}"));
        Assert.That(preview.Text("#trial .rows"), Does.Contain($"Net sales {Eur(told["netSales"]!)} {Eur(told["netSales"]!)} –"));
        Assert.That(preview.Text("#trial details"), Does.Contain("BOB10 € 9.00 € 4.50 −€ 4.50"));
        Assert.That(preview.Text("#trial"), Does.Contain("3 orders lie in this period. 3 carry a code or link of the campaign and were decided again; 0 do not"));
        Assert.That(month.Text("#trial .rows"), Does.Contain("Orders credited 1 1 0"));
        Assert.That(FieldsOf(back, $"{_spring}/revisions/new"), Is.SupersetOf(typed.Where(value => value.Key is not ("step" or "__RequestVerificationToken"))), "what was typed is not lost on the way back");
        Assert.That((NoticeOf(planned), NoticeOf(again)), Is.EqualTo(("revision-planned", "revision-planned")));
        Assert.That(await RevisionsAsync(), Is.EqualTo(new[] { "1", "2 withdrawn" }));
        Assert.That(page.Text("#revisions tbody"), Does.StartWith("2 Made on 30 Apr 2026, 12:00 by you Planned From 14 May 2026, 12:00 on"));
        Assert.That(page.Text("#facts"), Does.Contain("10 % of each order"), "the terms in force stand until then");
        Assert.That(listed.Text("#campaigns"), Does.Contain("Revision 1 Others from 14 May 2026, 12:00 on"));
        Assert.That((NoticeOf(withdrawn), NoticeOf(twice)), Is.EqualTo(("revision-withdrawn", "revision-withdrawn")));
        Assert.That(after.Text("#revisions tbody"), Does.Contain("Withdrawn on 30 Apr 2026, 12:00 by you"));
        Assert.That(after.QuerySelector("form[action$='/withdrawal']"), Is.Null);
        Assert.That((ann, bob), Is.Not.EqualTo(("", "")));

        async Task<JsonNode> BackTestAsync(int days)
        {
            var answer = await _api.Post($"campaigns/{_shop.CampaignId}/back-tests", new JsonObject
            {
                ["terms"] = JsonNode.Parse(
                    """
                    {"commission":{"percent":5},"friendDiscount":{"percent":15},
                     "tiers":{"metric":"net_sales","levels":[{"percent":20,"from":{"minor":10000,"currency":"EUR"}}]}}
                    """),
                ["from"] = _app.Clock.GetUtcNow().AddDays(-days).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["to"] = _app.Clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            });
            Assert.That(answer.Status, Is.EqualTo(200), answer.Json?.ToJsonString());
            return answer.Json!["currencies"]![0]!;
        }
    }

    [Test]
    public async Task Who_gains_and_who_loses_is_drawn_ten_each_way_on_both_sides_of_a_line()
    {
        // A fixed commission of 20.00 is more than a tenth of what the small ones sell, and less than a tenth of what the big ones do.
        var sellers = Enumerable.Range(1, 12).Select(i => ($"BIG{i}", 1000 + (10 * i))).Concat(Enumerable.Range(1, 11).Select(i => ($"SMALL{i}", 10 + (10 * i)))).ToList();
        foreach (var ((code, price), id) in sellers.Select((seller, i) => (seller, i + 1)))
        {
            await _shop.AmbassadorAsync(code);
            var sale = Sale(id.ToString(CultureInfo.InvariantCulture), code);
            await _shop.DeliverAsync("orders/paid", (sale with { Lines = [($"{price}.00", 1, "10.00")] }).ToJson());
        }

        await _app.DrainAsync();
        await PassAsync(TimeSpan.FromDays(1));
        var typed = FieldsOf(await _owner.GetAsync($"{_spring}/revisions/new"), $"{_spring}/revisions/new");

        var page = await Browser.ReadAsync(await ReviseAsync(new(typed) { ["commission"] = "20", ["commission-how"] = "order" }, "preview"));

        var bars = page.QuerySelectorAll("svg.gains g");
        Assert.That(bars.Select(bar => bar.GetAttribute("class")), Is.EqualTo(Enumerable.Repeat("gain", 10).Concat(Enumerable.Repeat("loss", 10))));
        Assert.That(bars[0].QuerySelector("rect")!.GetAttribute("x"), Is.EqualTo("50.0%"));
        Assert.That(bars[^1].QuerySelector("rect")!.GetAttribute("x"), Is.EqualTo("2.0%"), "the greatest of all reaches the edge");
        Assert.That(bars[^1].QuerySelector("rect")!.GetAttribute("width"), Is.EqualTo("48.0%"));
        Assert.That(page.QuerySelector("svg.gains")!.GetAttribute("aria-label"), Does.StartWith("11 ambassadors gain and 12 lose.").And.Contain("SMALL2 gains most").And.Contain("BIG12 loses most"));
        Assert.That(page.QuerySelectorAll("#trial details tbody tr"), Has.Count.EqualTo(20));
        Assert.That(page.Text("#trial"), Does.Contain("3 others have a smaller difference."));
        Assert.That(page.DocumentElement.OuterHtml, Does.Not.Contain(" style=").And.Not.Contain("<script"));
    }

    [Test]
    public async Task A_change_that_is_refused_says_why_and_keeps_what_was_typed()
    {
        var typed = FieldsOf(await _owner.GetAsync($"{_spring}/revisions/new"), $"{_spring}/revisions/new");

        Assert.That(await WhyAsync([]), Is.EqualTo("These terms say nothing new: they are those of revision 1, the newest."));
        Assert.That(
            await WhyAsync(new() { ["commission"] = "5", ["effective"] = "2026-03-05T12:00" }),
            Is.EqualTo("The ambassadors would learn too late. To their disadvantage, the commission goes from 10 % to 5 %. Such a change takes effect 14 days from now at the earliest, on 15 Mar 2026, 11:00."));
        Assert.That(await WhyOfFieldAsync("2026-02-01T12:00"), Is.EqualTo("In force from must not lie in the past: terms change from now or later."));
        Assert.That(await WhyOfFieldAsync("2032-02-01T12:00"), Is.EqualTo("In force from must lie within 5 years."));
        Assert.That(await WhyOfFieldAsync("2026-03-29T02:30"), Is.EqualTo("In force from is a time that your store's clocks skip on that day."));
        Assert.That(await WhyOfFieldAsync("soon"), Is.EqualTo("In force from must be a day and a time, such as 2026-12-31T18:00."));
        Assert.That(await RevisionsAsync(), Is.EqualTo(new[] { "1" }));

        // Summer time is in force then, and the instant two hours before what the clocks say.
        var planned = await ReviseAsync(new(typed) { ["commission"] = "12", ["effective"] = "2026-04-01T12:00" }, "plan");
        Assert.That(NoticeOf(planned), Is.EqualTo("revision-planned"));
        Assert.That((string?)(await _api.Get($"campaigns/{_shop.CampaignId}")).Json!["nextRevision"]!["effectiveAt"], Is.EqualTo("2026-04-01T10:00:00Z"));
        Assert.That(
            await WhyAsync(new() { ["commission"] = "13" }),
            Is.EqualTo("Nothing was planned: the terms have changed meanwhile, and the newest revision is 2. Open the campaign again and begin from there."));
        var second = FieldsOf(await _owner.GetAsync($"{_spring}/revisions/new"), $"{_spring}/revisions/new");
        Assert.That((second["basedOn"], second["commission"]), Is.EqualTo(("2", "12")));
        var before = await Browser.ReadAsync(await ReviseAsync(new(second) { ["commission"] = "14", ["effective"] = "2026-03-20T12:00" }, "preview"), HttpStatusCode.UnprocessableEntity);
        Assert.That(before.Text(".alert"), Does.StartWith("Revision 2 takes effect on 1 Apr 2026, 12:00."));
        Assert.That(FieldsOf(before, $"{_spring}/revisions/new")["commission"], Is.EqualTo("14"));
        Assert.That((await _owner.PostAsync($"{_spring}/revisions/1/withdrawal", TokenOf(before))).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That((await _owner.PostAsync($"{_spring}/revisions/9/withdrawal", TokenOf(before))).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await ReviseAsync(new(typed) { ["basedOn"] = "x" }, "preview")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await ReviseAsync(new(typed) { ["basedOn"] = "9" }, "preview")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

        async Task<string> WhyAsync(Dictionary<string, string> changes) =>
            (await Browser.ReadAsync(await ReviseAsync(Over(typed, changes), "preview"), HttpStatusCode.UnprocessableEntity)).Text(".alert");

        async Task<string> WhyOfFieldAsync(string effective)
        {
            var page = await Browser.ReadAsync(await ReviseAsync(Over(typed, new() { ["effective"] = effective, ["commission"] = "12" }), "preview"), HttpStatusCode.UnprocessableEntity);
            return WhyOf(page, "effective");
        }
    }

    [Test]
    public async Task T_9_a_change_that_begins_to_ask_for_new_customers_is_acknowledged_in_its_second_step()
    {
        var typed = FieldsOf(await _owner.GetAsync($"{_spring}/revisions/new"), $"{_spring}/revisions/new");
        typed["customers"] = "new";

        var preview = await Browser.ReadAsync(await ReviseAsync(typed, "preview"));
        var sent = FieldsOf(preview, $"{_spring}/revisions/new");
        var without = await Browser.ReadAsync(await ReviseAsync(sent, "plan"), HttpStatusCode.UnprocessableEntity);
        var with = await ReviseAsync(new(sent) { ["acknowledged"] = without.QuerySelector("[name=acknowledged]")!.GetAttribute("value")! }, "plan");

        Assert.That(preview.Text("#plan"), Does.Contain("paid orders are known from 1 Mar 2026, 11:00 on only"));
        Assert.That(without.Text(".alert"), Does.StartWith("What is known of past purchases has to be acknowledged first"));
        Assert.That(without.Text("#effective"), Does.StartWith("In force from 15 Mar 2026, 11:00 on."));
        Assert.That(NoticeOf(with), Is.EqualTo("revision-planned"));
    }

    [Test]
    public async Task What_the_form_does_not_show_is_named_and_stays_when_the_terms_change()
    {
        var shop = await Shop.OpenAsync(_app, "rated", new Terms(1000, 1000, 30, 30)
        {
            Rates = [.. Enumerable.Range(0, 8).Select(i => new RateRule($"{i}", null, 500)), new RateRule(null, "amb_x", 2000)],
            Binding = new BindingTerms(100, 5),
        });
        var path = $"{List}/{shop.CampaignId}/revisions/new";
        using var owner = await Rooms.SignInAsync(_app, shop.Store, null);
        var page = await owner.GetAsync(path);

        var planned = await owner.PostAsync(path, new(FieldsOf(page, path)) { ["commission"] = "12", ["step"] = "plan" });

        Assert.That(page.Text("#kept"), Does.Contain("This form does not show the 9 other shares for products, collections, ambassadors or groups."));
        Assert.That(NoticeOf(planned), Is.EqualTo("revision-in-force"), "what is better for ambassadors counts at once");
        var terms = Terms.FromJson((await _app.Db.OneAsync<string>("SELECT terms FROM campaign_revisions WHERE campaign_id = @id AND revision = 2", new { id = shop.CampaignId }))!);
        Assert.That((terms.CommissionBp, terms.Rates!.Value.Length, terms.Binding!.Days), Is.EqualTo((1200L, 9, 100L)));
        Assert.That((await owner.GetAsync($"{List}/{shop.CampaignId}")).Text("#terms"), Does.Contain("1 share is agreed with a single ambassador").And.Not.Contain("amb_x"));
    }

    [Test]
    public async Task B_6_shares_of_ambassadors_are_given_by_what_people_know_them_by()
    {
        var (ann, bob) = (await _shop.AmbassadorAsync("ANN10"), await _shop.AmbassadorAsync("BOB10", "bob@ambassadors.example"));
        var (cem, dee) = (await _shop.AmbassadorAsync("CEM10"), await _shop.AmbassadorAsync("DEE10"));
        await _app.Db.DoAsync("UPDATE ambassadors SET name = 'Ann Example' WHERE id = @ann", new { ann });
        var path = $"{_spring}/revisions/new";
        var typed = new Dictionary<string, string>(FieldsOf(await _owner.GetAsync(path), path))
        {
            ["rate-for-0"] = "ambassador",
            ["rate-who-0"] = " ann10 ",
            ["rate-percent-0"] = "12",
            ["rate-for-1"] = "ambassador-product",
            ["rate-who-1"] = "BOB@ambassadors.example",
            ["rate-id-1"] = "77",
            ["rate-percent-1"] = "13,5",
            ["rate-for-2"] = "ambassador-collection",
            ["rate-who-2"] = "https://lux.example/r/CEM10",
            ["rate-id-2"] = "sale",
            ["rate-percent-2"] = "14",
            ["rate-for-3"] = "ambassador",
            ["rate-who-3"] = dee,
            ["rate-percent-3"] = "15",
            ["rate-for-4"] = "group",
            ["rate-id-4"] = "Gold",
            ["rate-percent-4"] = "16",
            ["renewals"] = "months",
            ["renewals-number"] = "6",
            ["binding"] = "bound",
            ["precedence"] = "customer-code-link",
            ["milestone-metric-0"] = "orders",
            ["milestone-from-0"] = "10",
            ["milestone-as-0"] = "percent",
            ["milestone-bonus-0"] = "20",
        };

        var preview = await Browser.ReadAsync(await ReviseAsync(typed, "preview"));
        var back = await Browser.ReadAsync(await ReviseAsync(FieldsOf(preview, path), "edit"));
        var planned = await ReviseAsync(FieldsOf(preview, path), "plan");
        var form = await _owner.GetAsync(path);
        var again = await ReviseAsync(FieldsOf(form, path), "preview");
        await PassAsync(TimeSpan.FromDays(10));
        var soon = await ReviseAsync(new(FieldsOf(await _owner.GetAsync(path), path)) { ["rate-percent-0"] = "11", ["effective"] = "2026-03-20T12:00" }, "preview");

        Assert.That(
            preview.Text("#difference"),
            Does.Contain("The list of other shares goes from none to 12 % for Ann Example (ann10), 13.5 % for product 77 by BOB10 (BOB@ambassadors.example), 14 % for collection sale by CEM10 (")
                .And.Contain("16 % for the group gold. Worse").Or.Contain("16 % for the group gold. Better"));
        Assert.That(preview.Text("#difference"), Does.Contain("The rule for renewals that earn goes from none to those of 6 months.").And.Contain("time that customers stay bound goes from none to 365 days."));
        Assert.That(preview.Text("#difference"), Does.Contain("The order of the evidence goes from code, link, customer to customer, code, link.").And.Contain("20 % off an order within 180 days from 10 by orders"));
        Assert.That((FieldsOf(back, path)["rate-who-0"].Trim(), HintOf(back, "rate-who-0"), HintOf(back, "rate-who-1")), Is.EqualTo(("ann10", "Ann Example.", "BOB10.")));
        Assert.That(NoticeOf(planned), Is.EqualTo("revision-planned"));
        var terms = Terms.FromJson((await _app.Db.OneAsync<string>("SELECT terms FROM campaign_revisions WHERE campaign_id = @id AND revision = 2", new { id = _shop.CampaignId }))!);
        Assert.That(
            terms.Rates,
            Is.EqualTo(new[]
            {
                new RateRule(null, ann, 1200), new RateRule("77", bob, 1350), new RateRule(null, cem, 1400) { CollectionId = "sale" }, new RateRule(null, dee, 1500),
                new RateRule(null, null, 1600) { Group = "gold" },
            }));
        Assert.That((terms.Renewals, terms.Binding, terms.Milestones!.Single().Code), Is.EqualTo((new RenewalTerms(null, 6), new BindingTerms(365, null), new RewardCode(2000, null, null, 180))));
        Assert.That(Enumerable.Range(0, 4).Select(i => FieldsOf(form, path)[$"rate-who-{i}"]), Is.EqualTo(new[] { "ANN10", "BOB10", "CEM10", "DEE10" }), "whoever has a code is shown by it");
        Assert.That(await ProblemOf(again), Is.EqualTo("These terms say nothing new: they are those of revision 2, the newest."));
        Assert.That(await ProblemOf(soon), Does.Contain("the list of other shares goes from 12 % for Ann Example (ANN10), 13.5 % for product 77 by BOB10 (BOB10)").And.Contain("to 11 % for Ann Example"));
        Assert.That(form.QuerySelector("#kept"), Is.Null);
    }

    [Test]
    public async Task Whoever_is_nobody_of_the_campaign_gets_no_share_in_it()
    {
        var other = await _shop.AmbassadorAsync("EVE10");
        await _shop.AmbassadorAsync("ANN10");
        var draft = await DraftAsync();
        await _app.Db.DoAsync("UPDATE ambassadors SET campaign_id = @id WHERE id = @other", new { id = IdOf(draft), other });
        var foreign = await (await Shop.OpenAsync(_app, "other")).AmbassadorAsync("FAY10");
        var path = $"{_spring}/revisions/new";
        var typed = FieldsOf(await _owner.GetAsync(path), path);
        foreach (var (who, i) in new[] { "EVE10", foreign, "<b>' OR 1=1 -- 🎉" }.Select((who, i) => (who, i)))
        {
            (typed[$"rate-for-{i}"], typed[$"rate-who-{i}"], typed[$"rate-percent-{i}"]) = ("ambassador", who, "20");
        }

        var refused = await Browser.ReadAsync(await ReviseAsync(typed, "preview"), HttpStatusCode.UnprocessableEntity);
        var made = await _owner.GetAsync(New);
        var forced = await Browser.ReadAsync(
            await _owner.PostAsync(New, new(FieldsOf(made, New)) { ["name"] = "x", ["rate-for-0"] = "ambassador", ["rate-who-0"] = "ANN10", ["rate-percent-0"] = "5" }), HttpStatusCode.UnprocessableEntity);

        for (var i = 0; i < 3; i++)
        {
            Assert.That(WhyOf(refused, $"rate-who-{i}"), Is.EqualTo($"Ambassador {i + 1} is nobody of this campaign: it is a code, link, e-mail address or id of one of its ambassadors."));
        }

        Assert.That(refused.QuerySelector("[name=rate-who-0]")!.Closest("details")!.HasAttribute("open"), Is.True);
        Assert.That(made.QuerySelector("[name=rate-who-0]"), Is.Null, "a campaign that is not made yet has no ambassadors");
        Assert.That(forced.Text(".alert"), Does.Contain("The list of other shares is nobody of this campaign"));
    }

    [Test]
    public async Task A_copy_keeps_the_shares_of_the_first_campaigns_ambassadors_and_says_that_they_are_not_its_own()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var draft = await DraftAsync(terms => terms["rates"] = new JsonArray(
            new JsonObject { ["ambassador"] = ann, ["percent"] = 20 }, new JsonObject { ["ambassador"] = "amb_gone", ["product"] = "7", ["percent"] = 25 }));
        var path = $"{draft}/revisions/new";
        var form = await _owner.GetAsync(path);

        var planned = await _owner.PostAsync(path, new(FieldsOf(form, path)) { ["commission"] = "9", ["step"] = "plan" });

        Assert.That((FieldsOf(form, path)["rate-who-0"], HintOf(form, "rate-who-0")), Is.EqualTo(("ANN10", "ANN10, who does not take part in this campaign.")));
        Assert.That((FieldsOf(form, path)["rate-who-1"], HintOf(form, "rate-who-1")), Is.EqualTo(("amb_gone", "Nobody is known by this any more.")));
        Assert.That(NoticeOf(planned), Is.EqualTo("revision-kept"));
        var terms = (await _api.Get($"campaigns/{IdOf(draft)}")).Json!["terms"]!;
        Assert.That(((decimal)terms["commission"]!["percent"]!, (string?)terms["rates"]![0]!["ambassador"], (string?)terms["rates"]![1]!["ambassador"]), Is.EqualTo((9m, ann, "amb_gone")));
    }

    [Test]
    public async Task The_terms_of_a_draft_change_at_once_and_without_an_instant()
    {
        var draft = await DraftAsync();
        var page = await _owner.GetAsync($"{draft}/revisions/new");
        var typed = new Dictionary<string, string>(FieldsOf(page, $"{draft}/revisions/new")) { ["commission"] = "8", ["effective"] = "2020-01-01T00:00" };

        var preview = await Browser.ReadAsync(await _owner.PostAsync($"{draft}/revisions/new", new(typed) { ["step"] = "preview" }));
        var kept = await _owner.PostAsync($"{draft}/revisions/new", new(FieldsOf(preview, $"{draft}/revisions/new")) { ["step"] = "plan" });

        Assert.That(page.QuerySelector("[name=effective]"), Is.Null);
        Assert.That(preview.Text("#effective"), Does.StartWith("The campaign is a draft"));
        Assert.That(preview.QuerySelector("#trial"), Is.Null, "no order knows of a draft");
        Assert.That(NoticeOf(kept), Is.EqualTo("revision-kept"));
        Assert.That((await _owner.GetAsync(draft)).Text("#revisions tbody"), Does.Contain("For the launch").And.Contain("Replaced before the launch"));
    }

    [Test]
    public async Task A_campaign_pauses_goes_on_and_ends_for_good_once_that_is_confirmed()
    {
        var tooEarly = await SendAsync(_spring, "resumption", []);
        var paused = await ActAsync(_spring, "pause");
        var again = await SendAsync(_spring, "pause", []);
        var inPause = await _owner.GetAsync(_spring);
        var resumed = await ActAsync(_spring, "resumption");
        var unsure = await SendAsync(_spring, "ending", []);
        var running = await StateAsync();
        var ended = await SendAsync(_spring, "ending", new() { ["sure"] = "yes" });
        var twice = await SendAsync(_spring, "ending", new() { ["sure"] = "yes" });
        var page = await _owner.GetAsync(_spring);

        Assert.That(await ProblemOf(tooEarly), Is.EqualTo("Nothing was changed: the campaign is not paused."));
        Assert.That((NoticeOf(paused), NoticeOf(resumed), NoticeOf(ended)), Is.EqualTo(("campaign-paused", "campaign-resumed", "campaign-ended")));
        Assert.That(await ProblemOf(again), Does.Contain("paused already"));
        Assert.That(inPause.Text(".badge"), Is.EqualTo("Paused"));
        Assert.That(await ProblemOf(unsure), Is.EqualTo("It was not ended: tick the box that says it is for good."));
        Assert.That(running, Is.EqualTo("live"));
        Assert.That(await ProblemOf(twice), Does.Contain("has ended, for good"));
        Assert.That(page.QuerySelector("#running"), Is.Null);
        Assert.That(page.QuerySelector($"a[href='{_spring}/revisions/new']"), Is.Null);
        Assert.That(NoticeOf(await _owner.AskAsync($"{_spring}/revisions/new")), Is.EqualTo("campaign-over"));
        Assert.That(await ProblemOf(await SendAsync(_spring, "applications", new() { ["open"] = "yes" })), Does.Contain("the campaign has ended"));
        Assert.That((await _owner.GetAsync($"{_spring}?notice=campaign-over")).Text(), Does.StartWith("The campaign has ended, and its terms stand."));

        Task<string?> StateAsync() => _app.Db.OneAsync<string>("SELECT state FROM campaigns WHERE id = @id", new { id = _shop.CampaignId });
    }

    [Test]
    public async Task A_campaign_is_opened_to_applications_and_closed_and_its_addresses_stand_there()
    {
        var closed = await _owner.GetAsync(_spring);
        var opened = await _owner.SubmitAsync(closed.QuerySelector($"form[action='{_spring}/applications']")!);
        var open = await _owner.GetAsync($"{_spring}?notice=applications-opened");
        var join = open.QuerySelector("#joining a[href*='/join/']")!.GetAttribute("href")!;
        using var anybody = new Browser(_app.Address);
        var joining = await anybody.GetAsync(new Uri(join).PathAndQuery);
        var rules = await anybody.GetAsync(new Uri(open.QuerySelector("#joining a[href*='/rules/']")!.GetAttribute("href")!).PathAndQuery);
        var shut = await _owner.SubmitAsync(open.QuerySelector($"form[action='{_spring}/applications']")!);

        Assert.That(closed.Text("#joining"), Does.Contain("Nobody can apply by themselves at present."));
        Assert.That(closed.QuerySelector("#joining a[href*='/join/']"), Is.Null, "the page is not there yet");
        Assert.That((NoticeOf(opened), NoticeOf(shut)), Is.EqualTo(("applications-opened", "applications-closed")));
        Assert.That(joining.Text("h1"), Is.Not.Empty);
        Assert.That(rules.Text("h1"), Does.Contain("Spring"));
        Assert.That(await _app.Get<Applications>().IsOpenAsync(_shop.Store, _shop.CampaignId, default), Is.False);
    }

    [Test]
    public async Task A_copy_has_the_newest_terms_and_is_made_once()
    {
        var page = await _owner.GetAsync(_spring);
        var form = FieldsOf(page, $"{_spring}/copies");

        var tooLong = await Browser.ReadAsync(await _owner.PostAsync($"{_spring}/copies", new(form) { ["name"] = new string('n', 121) }), HttpStatusCode.UnprocessableEntity);
        var copied = await _owner.PostAsync($"{_spring}/copies", new(form) { ["name"] = "Autumn" });
        var again = await _owner.PostAsync($"{_spring}/copies", new(form) { ["name"] = "Autumn" });

        Assert.That(tooLong.Text(".alert"), Is.EqualTo("No copy was made: its name must have 1 to 120 characters."));
        Assert.That(FieldsOf(tooLong, $"{_spring}/copies")["name"], Has.Length.EqualTo(121));
        Assert.That(PathOf(copied, "campaign-copied"), Is.EqualTo(PathOf(again, "campaign-copied")).And.Not.EqualTo(_spring));
        Assert.That(await CountAsync(), Is.EqualTo(2));
        var copy = await _owner.GetAsync(PathOf(copied, "campaign-copied"));
        Assert.That(copy.Text(), Does.Contain("Autumn").And.Contain("Draft").And.Contain("None yet."));
    }

    [Test]
    public async Task Two_campaigns_stand_side_by_side_with_the_figures_of_the_API()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.ClickAsync(ann);
        await _shop.PaysAsync(Sale("1"));
        await _shop.PaysAsync(Sale("2") with { At = StoreApp.Start.AddDays(5) });
        var other = await _api.LiveAsync(20);
        await _api.AddAsync(other, "BOB10");
        await _app.DrainAsync();
        await _shop.PaysAsync(Sale("3", "BOB10") with { At = StoreApp.Start.AddDays(5) });
        var path = $"{List}/compare?a={_shop.CampaignId}&b={other}";

        var page = await _owner.GetAsync(path);
        var march = await _owner.GetAsync($"{path}&from=2026-03-01&to=2026-03-01");

        var sides = (await _api.Get($"campaigns/{_shop.CampaignId}/comparison?with={other}")).Json!["campaigns"]!.AsArray();
        Assert.That(sides.Select(side => (long)side!["creditedOrders"]!), Is.EqualTo([2L, 1L]));
        Assert.That(page.Text("#comparison tbody"), Does.StartWith("Ambassadors 1 1 0 Clicks 1 0 −1 Credited orders 2 1 −1 Net sales € 180.00 € 90.00 −€ 90.00 Commission € 18.00 € 18.00 € 0.00"));
        Assert.That(page.Text("#comparison tbody"), Does.Contain("Commission: Held € 18.00 € 18.00 € 0.00"));
        Assert.That(march.Text("#comparison tbody"), Does.Contain("Credited orders 1 0 −1"));
        Assert.That((await _owner.GetAsync($"{List}/compare?a={_shop.CampaignId}")).QuerySelector("#comparison"), Is.Null);
        Assert.That(await WhyAsync($"{List}/compare?a={other}&b={other}"), Is.EqualTo("Choose two different campaigns."));
        Assert.That(await WhyAsync($"{path}&from=yesterday"), Is.EqualTo("A day must look like 2026-12-31."));
        Assert.That(await WhyAsync($"{path}&from=2026-03-05&to=2026-03-04"), Is.EqualTo("The first day must not lie after the last one."));

        async Task<string> WhyAsync(string asked) => (await _owner.GetAsync(asked, HttpStatusCode.UnprocessableEntity)).Text(".alert");
    }

    [Test]
    public async Task The_list_goes_on_page_by_page_newest_first()
    {
        for (var i = 1; i <= 21; i++)
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            await _api.DraftAsync();
        }

        var first = await _owner.GetAsync(List);
        var next = await _owner.GetAsync(first.QuerySelector("a[rel=next]")!.GetAttribute("href")!);

        Assert.That(first.QuerySelectorAll("#campaigns tbody tr"), Has.Count.EqualTo(20));
        Assert.That(next.QuerySelectorAll("#campaigns tbody th a").Select(link => link.GetAttribute("href")).Last(), Is.EqualTo(_spring), "the oldest stands last");
        Assert.That(next.QuerySelectorAll("#campaigns tbody tr"), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_viewer_sees_everything_and_changes_nothing_and_a_manager_may()
    {
        var team = _app.Get<Team>();
        await team.AddAsync(_shop.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        await team.AddAsync(_shop.Store, "Max", "max@example.com", Role.Manager, "test", default);
        var members = (await team.ListAsync(_shop.Store, default)).ToDictionary(member => member.Name, member => member.Id);
        using var vera = await Rooms.SignInAsync(_app, _shop.Store, null, members["Vera"]);
        using var max = await Rooms.SignInAsync(_app, _shop.Store, null, members["Max"]);

        var page = await vera.GetAsync(_spring);
        var pause = await vera.SubmitAsync(page.QuerySelector($"form[action='{_spring}/pause']")!);
        foreach (var path in new[] { List, New, $"{_spring}/revisions/new", $"{List}/compare" })
        {
            Assert.That((await vera.GetAsync(path)).QuerySelector("main")!.GetAttribute("class"), Does.Contain("readonly"), path);
        }

        foreach (var path in PostsOf(_spring).Append(New))
        {
            Assert.That((await vera.PostAsync(path, TokenOf(page))).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), path);
        }

        Assert.That(pause.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await vera.GetAsync(List)).QuerySelector($"a[href='{New}']"), Is.Null);
        Assert.That(NoticeOf(await max.SubmitAsync((await max.GetAsync(_spring)).QuerySelector($"form[action='{_spring}/pause']")!)), Is.EqualTo("campaign-paused"));
        Assert.That(await CountAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task Another_stores_campaign_is_not_there_for_looking_nor_for_anything_else()
    {
        var other = await Shop.OpenAsync(_app, "other");
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);
        var token = TokenOf(await stranger.GetAsync(List));
        var before = await _app.Db.ManyAsync<string>("SELECT state || applications FROM campaigns WHERE id = @id", new { id = _shop.CampaignId });

        await stranger.GetAsync(_spring, HttpStatusCode.NotFound);
        await stranger.GetAsync($"{_spring}/revisions/new", HttpStatusCode.NotFound);
        await stranger.GetAsync($"{List}/compare?a={other.CampaignId}&b={_shop.CampaignId}", HttpStatusCode.NotFound);
        foreach (var path in PostsOf(_spring))
        {
            var fields = new Dictionary<string, string>(token)
            {
                ["sure"] = "yes",
                ["basedOn"] = "1",
                ["commission"] = "5",
                ["metric"] = "orders",
                ["target"] = "1",
                ["by"] = "2026-12-31",
                ["name"] = "Theirs",
                ["id"] = Ids.New("cmp", StoreApp.Start),
            };
            Assert.That((await stranger.PostAsync(path, fields)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }

        Assert.That((await stranger.GetAsync(List)).QuerySelectorAll($"a[href='{_spring}']"), Is.Empty);
        Assert.That(await _app.Db.ManyAsync<string>("SELECT state || applications FROM campaigns WHERE id = @id", new { id = _shop.CampaignId }), Is.EqualTo(before));
        Assert.That(await RevisionsAsync(), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task Pages_stay_small_at_the_limits_of_terms()
    {
        var many = new Terms(1000, 1000, 30, 30)
        {
            Currency = Currency.Parse("EUR"),
            Rates = [.. Enumerable.Range(0, 200).Select(i => new RateRule($"{i:D50}", $"amb_{i:x32}", 500 + i))],
            ExcludedProducts = [.. Enumerable.Range(0, 500).Select(i => $"{i:D50}")],
            ExcludedCollections = [.. Enumerable.Range(0, 100).Select(i => $"{i:D50}")],
            Milestones = [.. Enumerable.Range(1, 20).Select(i => new Milestone(TierMetric.Orders, null, i, i, null))],
            Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.CalendarMonth), null, [.. Enumerable.Range(1, 20).Select(i => new TierLevel(null, i, 1000 + i))]),
        };
        var shop = await Shop.OpenAsync(_app, "large", many);
        await _app.Db.DoAsync("UPDATE campaigns SET name = @name WHERE id = @id", new { name = string.Concat(Enumerable.Repeat("<&\"🎉", 24)), id = shop.CampaignId });
        using var owner = await Rooms.SignInAsync(_app, shop.Store, null);
        var revisions = _app.Get<Revisions>();
        for (var i = 1; i <= 12; i++)
        {
            var terms = many with { CommissionBp = 1000 + (i % 2), ExcludedProducts = [.. many.ExcludedProducts!.Value.Select(id => id[..^1] + (char)('a' + i))] };
            Assert.That(await revisions.AddAsync(shop.Store, shop.CampaignId, new ProposedRevision(terms, null, null), "test", default), Is.InstanceOf<RevisionResult.Written>());
        }

        var path = $"{List}/{shop.CampaignId}";
        var form = await owner.GetAsync($"{path}/revisions/new");
        var typed = new Dictionary<string, string>(FieldsOf(form, $"{path}/revisions/new")) { ["friend"] = "20", ["step"] = "preview" };
        var answers = new[]
        {
            await owner.AskAsync(path), await owner.AskAsync($"{path}?before=3"), await owner.AskAsync($"{path}/revisions/new"), await owner.PostAsync($"{path}/revisions/new", typed), await owner.AskAsync(List),
        };

        foreach (var answer in answers)
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await answer.Content.ReadAsStringAsync(), Has.Length.LessThan(60_000), answer.RequestMessage!.RequestUri!.PathAndQuery);
        }

        var page = await owner.GetAsync(path);
        Assert.That(page.QuerySelectorAll("#revisions tbody tr"), Has.Count.EqualTo(10));
        Assert.That((await owner.GetAsync($"{path}?before=4")).QuerySelectorAll("#revisions tbody tr"), Has.Count.EqualTo(3));
        Assert.That(form.Text("#kept"), Does.Contain("the 500 products that earn nothing"));
    }

    [Test]
    public async Task The_form_stays_small_when_every_row_of_it_is_filled()
    {
        var shop = await Shop.OpenAsync(_app, "full");
        var people = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            people.Add(await shop.AmbassadorAsync($"AMBASSADOR{i}"));
        }

        await _app.Db.DoAsync("UPDATE ambassadors SET name = @name WHERE store_id = @id", new { name = string.Concat(Enumerable.Repeat("Ann Example ", 10)), id = shop.Store.Id });
        var full = new Terms(1000, 1000, 30, 30)
        {
            Currency = Currency.Parse("EUR"),
            Rates = [.. people.Select((person, i) => new RateRule($"{i:D50}", person, 500 + i))],
            ExcludedProducts = [.. Enumerable.Range(0, 78).Select(i => $"{i:D50}")],
            ExcludedCollections = [.. Enumerable.Range(0, 78).Select(i => $"{i:D50}")],
            Milestones = [.. Enumerable.Range(1, 6).Select(i => new Milestone(TierMetric.Orders, null, i, null, new RewardCode(null, 100_00, 200_00, 365)))],
            Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.CalendarMonth), null, [.. Enumerable.Range(1, 8).Select(i => new TierLevel(null, i, 1000 + i))]),
        };
        Assert.That(await _app.Get<Revisions>().AddAsync(shop.Store, shop.CampaignId, new ProposedRevision(full, null, null), "test", default), Is.InstanceOf<RevisionResult.Written>());
        using var owner = await Rooms.SignInAsync(_app, shop.Store, null);
        var path = $"{List}/{shop.CampaignId}/revisions/new";

        var html = await (await owner.AskAsync(path)).Content.ReadAsStringAsync();
        var page = await owner.GetAsync(path);
        var wrong = await owner.PostAsync(path, FieldsOf(page, path).ToDictionary(field => field.Key, field => field.Key is "basedOn" or "__RequestVerificationToken" ? field.Value : field.Value + "?"));

        Assert.That(page.QuerySelector("#kept"), Is.Null);
        Assert.That(html, Has.Length.LessThan(60_000));
        Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(await wrong.Content.ReadAsStringAsync(), Has.Length.LessThan(60_000), "with something wrong in each field");
    }

    private static string[] PostsOf(string path) =>
    [
        $"{path}/objective", $"{path}/launch", $"{path}/pause", $"{path}/resumption", $"{path}/ending", $"{path}/copies", $"{path}/applications", $"{path}/revisions/new",
        $"{path}/revisions/1/withdrawal",
    ];

    private static TestOrder Sale(string id, string code = "ANN10") => new TestOrder(id, StoreApp.Start).With(code, "10.00");

    private static Dictionary<string, string> Over(Dictionary<string, string> below, Dictionary<string, string> changes)
    {
        var all = new Dictionary<string, string>(below);
        foreach (var (name, value) in changes)
        {
            all[name] = value;
        }

        return all;
    }

    // As a browser sends them: of the boxes those that are ticked.
    private static Dictionary<string, string> FieldsOf(IDocument page, string action)
    {
        var form = page.QuerySelector($"form[action='{action}']")!;
        var fields = form.QuerySelectorAll("input").Where(input => input.GetAttribute("type") != "checkbox" || input.HasAttribute("checked"))
            .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        foreach (var select in form.QuerySelectorAll("select"))
        {
            fields[select.GetAttribute("name")!] = (select.QuerySelector("option[selected]") ?? select.QuerySelector("option"))!.GetAttribute("value")!;
        }

        foreach (var lines in form.QuerySelectorAll("textarea"))
        {
            fields[lines.GetAttribute("name")!] = lines.TextContent;
        }

        return fields;
    }

    private static Dictionary<string, string> TokenOf(IDocument page) =>
        page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

    private static string HintOf(IDocument page, string name) => page.QuerySelector($"[name={name}]")!.Closest(".field")!.QuerySelector("small")!.TextContent.Trim();

    private static string WhyOf(IDocument page, string name) => page.Text($"#why-{name}");

    private static string NoticeOf(HttpResponseMessage answer)
    {
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        return answer.Headers.Location!.OriginalString.Split("notice=")[1];
    }

    private static string PathOf(HttpResponseMessage answer, string notice)
    {
        Assert.That(NoticeOf(answer), Is.EqualTo(notice));
        return answer.Headers.Location!.OriginalString.Split('?')[0];
    }

    private static async Task<string> ProblemOf(HttpResponseMessage answer) => (await Browser.ReadAsync(answer, HttpStatusCode.UnprocessableEntity)).Text(".alert");

    private static string IdOf(string path) => path[(List.Length + 1)..];

    private static string Eur(JsonNode amount) => "€ " + ((long)amount["minor"]! / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    private static string Signed(JsonNode amount) =>
        (long)amount["minor"]! < 0 ? "−" + Eur(new JsonObject { ["minor"] = -(long)amount["minor"]! }) : "+" + Eur(amount);

    private async Task<string> DraftAsync(Action<JsonNode>? change = null, bool withObjective = true)
    {
        var body = Bodies.Campaign();
        change?.Invoke(body["terms"]!);
        if (!withObjective)
        {
            body.Remove("objective");
        }

        var made = await _api.Post("campaigns", body);
        Assert.That(made.Status, Is.EqualTo(201));
        return $"{List}/{made.Text("id")}";
    }

    /// <summary>Sends a form as the page of the campaign has it.</summary>
    private async Task<HttpResponseMessage> ActAsync(string path, string verb) =>
        await _owner.SubmitAsync((await _owner.GetAsync(path)).QuerySelector($"form[action='{path}/{verb}']")!);

    /// <summary>Sends fields whether or not the page offers a form for them.</summary>
    private async Task<HttpResponseMessage> SendAsync(string path, string verb, Dictionary<string, string> fields) =>
        await _owner.PostAsync($"{path}/{verb}", Over(TokenOf(await _owner.GetAsync(path)), fields));

    private Task<HttpResponseMessage> ReviseAsync(Dictionary<string, string> fields, string step) =>
        _owner.PostAsync($"{_spring}/revisions/new", new(fields) { ["step"] = step });

    /// <summary>Time passes, and the session with it: the owner signs in anew.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        _app.Clock.Advance(time);
        await _app.DrainAsync();
        _owner.Dispose();
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    private Task<long> CountAsync() => _app.Db.OneAsync<long>("SELECT COUNT(*) FROM campaigns WHERE store_id = @id", new { id = _shop.Store.Id });

    private Task<IReadOnlyList<string>> RevisionsAsync() => _app.Db.ManyAsync<string>(
        "SELECT revision || CASE WHEN withdrawn_at IS NULL THEN '' ELSE ' withdrawn' END FROM campaign_revisions WHERE campaign_id = @id ORDER BY revision", new { id = _shop.CampaignId });
}
