// Earlier orders, brought over from a CSV file: what is found in it, what is written, what is decided again, and what is not kept.
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class HistoryImportTests
{
    private const string Header = "order,placed_at,customer,email,phone\n";

    private const string Three = Header +
        "501,2025-03-31T10:00:00Z,77,Shopper@Example.test,\n" +
        "502,2025-04-01T12:00:00+02:00,,eve+news@example.test,+4930123456\n" +
        "503,2025-04-02T10:00:00Z,79,,\n";

    private static readonly Terms NewOnesOnly = new(1000, 1000, 30, 30) { NewCustomersOnly = true };
    private static readonly DateTimeOffset Since = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app, terms: NewOnesOnly);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_dry_run_says_what_would_happen_and_changes_nothing()
    {
        var answer = await ImportAsync(Three, dryRun: true, since: "2025-01-01T00:00:00Z");

        Assert.That((answer.Status, FiguresOf(answer)), Is.EqualTo((200, "rows 3, orders 3, new 3, added 0, already there 0, findings 0")));
        Assert.That((answer.Json!["importId"], (bool)answer.Json["dryRun"]!, answer.Text("historySince")), Is.EqualTo(((JsonNode?)null, true, "2025-01-01T00:00:00Z")));
        Assert.That(await RowsAsync(), Is.Empty);
        Assert.That((await _api.Get("history")).Json!.ToJsonString(), Is.EqualTo("""{"historySince":"2026-03-01T10:00:00Z","imported":false,"imports":[]}"""));
    }

    [Test]
    public async Task A_run_writes_each_order_under_the_hashes_that_a_delivery_would_give_it()
    {
        var answer = await ImportAsync(Three, since: "2025-01-01");

        Assert.That(FiguresOf(answer), Is.EqualTo("rows 3, orders 3, new 3, added 3, already there 0, findings 0"));
        var (first, second, third) = (HashesOf("77", "shopper@example.test", null), HashesOf(null, "eve@example.test", "+4930123456"), HashesOf("79", null, null));
        Assert.That(
            await RowsAsync(),
            Is.EquivalentTo(new[]
            {
                $"{first.Customer} 001743415200000:501 order import", $"{first.Email} 001743415200000:501 order import",
                $"{second.Email} 001743501600000:502 order import", $"{second.Phone} 001743501600000:502 order import", $"{third.Customer} 001743588000000:503 order import",
            }));
        var history = (await _api.Get("history")).Json!;
        Assert.That(((string?)history["historySince"], (bool)history["imported"]!), Is.EqualTo(("2024-12-31T23:00:00Z", true)), "a day is one of the store's zone");
        Assert.That((answer.Text("importId"), 3), Is.EqualTo(((string?)history["imports"]![0]!["importId"], (int)history["imports"]![0]!["orders"]!)));
    }

    [Test]
    public async Task The_same_file_again_adds_nothing_and_leaves_no_trace_and_a_broken_run_is_completed()
    {
        await ImportAsync(Three, since: "2025-01-01");
        await _app.Db.DoAsync("DELETE FROM customer_orders WHERE store_id = @s AND order_id <> '501'", new { s = _shop.Store.Id });

        var completed = await ImportAsync(Three, since: "2025-01-01");
        var again = await ImportAsync(Three, since: "2025-01-01");
        var longer = await ImportAsync(Three + "504,2025-04-03T10:00:00Z,80,,\n");

        Assert.That(FiguresOf(completed), Is.EqualTo("rows 3, orders 3, new 2, added 2, already there 1, findings 0"));
        Assert.That(FiguresOf(again), Is.EqualTo("rows 3, orders 3, new 0, added 0, already there 3, findings 0"));
        Assert.That(FiguresOf(longer), Is.EqualTo("rows 4, orders 4, new 1, added 1, already there 3, findings 0"));
        Assert.That((await _api.Get("history")).Json!["imports"]!.AsArray().Select(fact => $"{fact!["orders"]} {fact["since"]}"), Is.EqualTo(["1 ", "2 2024-12-31T23:00:00Z", "3 2024-12-31T23:00:00Z"]));
    }

    [Test]
    public async Task Lines_that_say_an_order_again_are_one_order()
    {
        var answer = await ImportAsync(
            Header + "501,2025-03-31T10:00:00Z,77,a@example.test,\n501,2025-03-31T10:00:00Z,77,,\n501,2025-03-31T12:00:00+02:00,,A@example.test,+49\n");

        Assert.That(FiguresOf(answer), Is.EqualTo("rows 3, orders 1, new 1, added 1, already there 0, findings 0"));
        Assert.That(await RowsAsync(), Has.Count.EqualTo(3));
    }

    [TestCase(",2025-03-31T10:00:00Z,77,,", "2 order: It must be the number")]
    [TestCase("#1001,2025-03-31T10:00:00Z,77,,", "2 order: It must be the number")]
    [TestCase("501,,77,,", "2 placed_at: It must be an instant")]
    [TestCase("501,2025-03-31,77,,", "2 placed_at: It must be an instant")]
    [TestCase("501,31.12.2025,77,,", "2 placed_at: It must be an instant")]
    [TestCase("501,2026-03-01T10:00:01Z,77,,", "2 placed_at: It lies in the future.")]
    [TestCase("501,1989-12-31T23:59:59Z,77,,", "2 placed_at: It lies before 1990.")]
    [TestCase("501,2025-03-31T10:00:00Z,gid://shopify/Customer/77,,", "2 customer: It must be the number")]
    [TestCase("501,2025-03-31T10:00:00Z,,planted.marker,", "2 email: It must be an e-mail address")]
    [TestCase("501,2025-03-31T10:00:00Z,,,none", "2 phone: It must be a phone number")]
    [TestCase("501,2025-03-31T10:00:00Z,,,", "2 : The line names no customer")]
    [TestCase("501,2025-03-31T10:00:00Z,77,", "2 : The line has 4 fields")]
    [TestCase("501,2025-03-31T10:00:00Z,77,,\n501,2025-03-31T10:00:01Z,77,,", "3 placed_at: The same order stands on line 2 with another instant.")]
    [TestCase("501,2025-03-31T10:00:00Z,77,,\n\n501,2025-03-31T10:00:00Z,78,,", "4 customer: The same order stands on line 2 with another customer.")]
    [TestCase("501,2025-03-31T10:00:00Z,,a@b.test,\n501,2025-03-31T10:00:00Z,,c@b.test,", "3 email: The same order stands on line 2 with another e-mail address.")]
    [TestCase("501,2025-03-31T10:00:00Z,,,+49\n501,2025-03-31T10:00:00Z,,,+48", "3 phone: The same order stands on line 2 with another phone number.")]
    public async Task Each_bad_line_is_named_and_nothing_is_written(string lines, string finding)
    {
        var file = $"{Header}{lines}\n900,2025-01-01T00:00:00Z,99,,\n";
        var dry = await ImportAsync(file, dryRun: true, since: "2025-01-01");
        var answer = await ImportAsync(file, since: "2025-01-01");

        Assert.That((dry.Status, (long)dry.Json!["findingCount"]!), Is.EqualTo((200, 1)));
        Assert.That((answer.Status, answer.Problem), Is.EqualTo((422, "/problems/import-findings")));
        Assert.That(FindingsOf(answer).Single(), Does.StartWith(finding).And.Not.Contain("planted"));
        Assert.That(await RowsAsync(), Is.Empty);
        Assert.That((bool)(await _api.Get("history")).Json!["imported"]!, Is.False);
    }

    [Test]
    public async Task An_order_that_was_brought_over_is_not_moved()
    {
        await ImportAsync(Three);

        var answer = await ImportAsync(Header + "501,2025-03-31T10:00:01Z,77,,");

        Assert.That(FindingsOf(answer), Is.EqualTo(["2 placed_at: The order was brought over before with another instant, and what is written is not changed."]));
    }

    [Test]
    public async Task Headers_parameters_and_sizes_that_are_wrong_are_told()
    {
        var header = await ImportAsync("order,at,customer\n1,2025-03-31T10:00:00Z,77");
        var nobody = await ImportAsync("order,placed_at\n1,2025-03-31T10:00:00Z");
        var parameters = await _api.Post("history-imports?since=soon", Three, "text/csv");
        var future = await ImportAsync(Three, since: "2026-03-02");
        var ancient = await ImportAsync(Three, since: "1989-12-31");
        var json = await _api.Post("history-imports?dryRun=true", new JsonObject());
        var rows = new StringBuilder(Header).Insert(Header.Length, "1,2025-03-31T10:00:00Z,77,,\n", 5001).ToString();

        Assert.That(FindingsOf(header), Is.EqualTo(["1 at: The column is not known here; the columns are order, placed_at, customer, email, phone.", "1 placed_at: The column is missing."]));
        Assert.That(FindingsOf(nobody), Is.EqualTo(["1 : The file names no customers: it needs one of the columns customer, email, phone."]));
        Assert.That(parameters.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo(["dryRun", "since"]));
        Assert.That((future.Status, ancient.Status, json.Status), Is.EqualTo((400, 400, 415)));
        Assert.That((await ImportAsync(rows)).Problem, Is.EqualTo("/problems/rows-too-many"));
    }

    [Test]
    public async Task T_9_a_receipt_names_the_horizon_that_was_known_and_the_one_that_is_known_since()
    {
        await _shop.PaysAsync(Order("1", 1));
        var before = await _shop.ReceiptAsync("1");
        var words = ReceiptText.Lines(before, _shop.Store.Zone);

        await ImportAsync(Header, since: "2025-01-01T00:00:00Z");
        await _app.DrainAsync();

        var after = await _shop.ReceiptAsync("1");
        Assert.That((before.NewCustomer, before.HistorySince, after.NewCustomer, after.HistorySince), Is.EqualTo((true, StoreApp.Start, true, Since)));
        Assert.That(words, Does.Contain("No earlier order of the customer is known; the store's paid orders are known from 1 March 2026, 11:00 on (rule T9)."));
        Assert.That((string?)(await _api.Get("orders/1/receipt")).Json!["historySince"], Is.EqualTo("2025-01-01T00:00:00Z"));
        Assert.That((await _app.Get<Rebuild>().RunAsync(_shop.Store.Id, _ => { }, default)).Findings, Is.Empty, "what each decision knew is in the log");
        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT evidence FROM order_events WHERE store_id = @s ORDER BY revision", new { s = _shop.Store.Id }),
            Has.Count.EqualTo(2).And.ItemAt(0).Contains("\"historySince\":\"2026-03-01").And.ItemAt(1).Contains("\"historySince\":\"2025-01-01"));
    }

    [Test]
    public async Task Where_no_terms_ask_for_new_customers_no_receipt_names_a_horizon()
    {
        var plain = await Shop.OpenAsync(_app, "plain");
        await plain.AmbassadorAsync("ANN11");
        await plain.PaysAsync(Order("1", 1) with { CartRef = "ANN11" });

        Assert.That((await plain.ReceiptAsync("1")).HistorySince, Is.Null);
    }

    [Test]
    public async Task T_9_an_order_decided_before_is_not_new_once_an_earlier_one_is_brought_over()
    {
        await _shop.PaysAsync(Order("1", 1));
        await _shop.PaysAsync(Order("2", 2) with { Customer = 78, Email = "other@example.test" });
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(2000));

        await ImportAsync(Three);
        await _app.DrainAsync();

        var receipt = await _shop.ReceiptAsync("1");
        Assert.That((receipt.Rule, receipt.NewCustomer, receipt.HistorySince), Is.EqualTo(("T9", false, StoreApp.Start)), "known without being all");
        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("reversed"));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(1000));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task What_is_in_a_payout_is_left_as_it_is()
    {
        await _shop.PaysAsync(Order("1", 1));
        await _shop.TakeAsync("1");

        await ImportAsync(Three, since: "2025-01-01");
        await _app.DrainAsync();

        Assert.That((await _shop.ReceiptAsync("1")).NewCustomer, Is.True);
    }

    // The platform dates it a second later than the file: it must not seem to be an order before itself.
    [TestCase("paid", true)]
    [TestCase("pending", null)]
    public async Task An_imported_order_that_a_delivery_tells_of_is_the_platforms(string status, bool? isNew)
    {
        await ImportAsync(Header + "901,2026-03-01T09:00:00Z,77,shopper@example.test,\n");
        await _shop.PaysAsync(Order("902", 2));
        Assert.That((await _shop.ReceiptAsync("902")).NewCustomer, Is.False);

        await _shop.PaysAsync(Order("901", 0) with { At = new DateTimeOffset(2026, 3, 1, 9, 0, 1, TimeSpan.Zero), FinancialStatus = status });

        Assert.That((await _shop.ReceiptAsync("901")).NewCustomer, Is.EqualTo(isNew));
        Assert.That((await _shop.ReceiptAsync("902")).NewCustomer, Is.EqualTo(status != "paid"), "an order that is not paid makes nobody an old customer");
        Assert.That(await RowsAsync(), Has.None.Contains("import"));
        Assert.That(FiguresOf(await ImportAsync(Header + "901,2026-03-01T09:00:00Z,77,shopper@example.test,\n")), Does.Contain("added 0, already there 1"));
        Assert.That(await RowsAsync(), Has.None.Contains("import"));
    }

    [Test]
    public async Task After_a_gap_the_history_begins_with_the_new_installation()
    {
        await ImportAsync(Three, since: "2025-01-01");
        _app.Clock.Advance(TimeSpan.FromDays(10));
        await _shop.DeliverAsync("app/uninstalled", "{}");
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(10));
        await Shop.OpenAsync(_app, terms: NewOnesOnly);

        var history = (await _api.Get("history")).Json!;
        Assert.That(((string?)history["historySince"], (bool)history["imported"]!), Is.EqualTo(("2026-03-21T10:00:00Z", false)));
        await ImportAsync(Three, since: "2025-01-01");
        Assert.That((bool)(await _api.Get("history")).Json!["imported"]!, Is.True);
    }

    [Test]
    public async Task One_stores_history_is_nothing_to_another()
    {
        var other = await Shop.OpenAsync(_app, "other", NewOnesOnly);
        await other.AmbassadorAsync("BOB10");
        await ImportAsync(Three, since: "2025-01-01");

        await other.PaysAsync(Order("501", 1) with { CartRef = "BOB10" });

        var receipt = await other.ReceiptAsync("501");
        Assert.That((receipt.NewCustomer, receipt.HistorySince), Is.EqualTo((true, StoreApp.Start)));
        Assert.That(await RowsAsync(), Has.Count.EqualTo(5));
        Assert.That((await (await ApiClient.OfAsync(_app, other.Store)).Get("history")).Json!["imports"]!.AsArray(), Is.Empty);
        Assert.That((await (await ApiClient.OfAsync(_app, other.Store, canWrite: false)).Post("history-imports?dryRun=true", Three, "text/csv")).Status, Is.EqualTo(403));
    }

    // Rules F8 and U1: no hash of the person is left among the customers' orders, and what was decided is decided the same again.
    [Test]
    public async Task Who_is_erased_is_nobody_and_the_books_stay()
    {
        await ImportAsync(Three);
        await _shop.PaysAsync(Order("1", 1));
        await _shop.PaysAsync(Order("2", 2) with { Customer = 80, Email = "kim@example.test" });
        await _shop.PaysAsync(Order("3", 3) with { Customer = 80, Email = "kim@example.test" });
        var before = await EndingAsync();

        foreach (var shopper in new[] { new Shopper("77", "shopper@example.test", null), new Shopper("80", "kim@example.test", null) })
        {
            var outcome = await _app.Db.InTransactionAsync(tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(
                tx, _shop.Store, new PrivacyRequested("customers/redact") { Shopper = shopper, OrderIds = shopper.CustomerId == "77" ? ["1"] : [] }));
            Assert.That(outcome, Does.Contain("the person is erased from 4 rows"));
        }

        foreach (var id in new[] { "1", "2", "3" })
        {
            await ReconsiderAsync(id);
        }

        Assert.That(await EndingAsync(), Is.EqualTo(before));
        var (first, kim) = (HashesOf("77", "shopper@example.test", null), HashesOf("80", "kim@example.test", null));
        Assert.That(await RowsAsync(), Has.Count.EqualTo(11).And.None.Contains(first.Customer).And.None.Contains(first.Email).And.None.Contains(kim.Customer).And.None.Contains(kim.Email));
        Assert.That(FiguresOf(await ImportAsync(Three)), Does.Contain("added 0, already there 3"), "nothing brings them back");
        await _shop.PaysAsync(Order("4", 4));
        Assert.That((await _shop.ReceiptAsync("4")).NewCustomer, Is.True, "nobody knows them any more");
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(_shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    // The store tells of it a second later than the file did; what the two say is the same order's.
    [Test]
    public async Task An_erased_order_that_a_delivery_tells_of_late_is_no_earlier_one_beside_itself()
    {
        await ImportAsync(Header + "901,2026-03-01T09:00:00Z,77,,\n");
        await _app.Db.InTransactionAsync(tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(
            tx, _shop.Store, new PrivacyRequested("customers/redact") { OrderIds = ["901"] }));
        Assert.That(await RowsAsync(), Has.Count.EqualTo(1).And.All.StartsWith("erased_").And.All.EndsWith(":901 order erased"));

        await _shop.PaysAsync(Order("901", 0) with { At = new DateTimeOffset(2026, 3, 1, 9, 0, 1, TimeSpan.Zero), Customer = null, Email = "" });

        Assert.That((await _shop.ReceiptAsync("901")).NewCustomer, Is.True);
    }

    [Test]
    public async Task An_erased_customers_renewals_and_bindings_stay_decided()
    {
        var bound = await Shop.OpenAsync(_app, "bound", new Terms(1000, 1000, 30, 30) { Renewals = new RenewalTerms(1, null), Binding = new BindingTerms(365, 1) });
        await bound.AmbassadorAsync("EVE10");
        await bound.PaysAsync(Order("1", 1) with { CartRef = "EVE10", SellingPlan = 5 });
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        foreach (var (id, day) in new[] { ("2", 40), ("3", 41) })
        {
            await bound.PaysAsync(Order(id, day * 24) with { CartRef = null });
            await bound.PaysAsync(Order(id + "0", (day * 24) + 1) with { CartRef = null, Source = "subscription_contract", SellingPlan = 5 });
        }

        var before = await EndingAsync(bound);
        Assert.That((await bound.ReceiptAsync("20")).Credited && (await bound.ReceiptAsync("2")).Credited, Is.True);
        await _app.Db.InTransactionAsync(tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(
            tx, bound.Store, new PrivacyRequested("customers/redact") { Shopper = new Shopper("77", null, null), OrderIds = ["1"] }));
        foreach (var id in new[] { "1", "2", "20", "3", "30" })
        {
            await ReconsiderAsync(id, bound);
        }

        Assert.That(await EndingAsync(bound), Is.EqualTo(before));
    }

    [Test]
    public async Task No_datum_of_a_shopper_is_left_anywhere()
    {
        using var log = new CapturedLog();
        await using var app = await StoreApp.StartAsync(
            [new("Serilog:MinimumLevel:Default", "Verbose")],
            services => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(services, log));
        var shop = await Shop.OpenAsync(app);
        var api = await ApiClient.OfAsync(app, shop.Store);
        const string File = Header + "501,2025-03-31T10:00:00Z,7700770077,Planted.Marker@example.com,+49301234599\n";
        const string Bad = File + "502,soon,,planted.marker@example.com,+49301234599\n,,planted.marker,,\n\"503,2025-03-31T10:00:00Z,,planted.marker@example.com,\n";

        var answers = new List<ApiAnswer>();
        foreach (var (file, dry) in new[] { (File, "true"), (Bad, "true"), (Bad, "false"), (File, "false") })
        {
            answers.Add(await api.Post($"history-imports?dryRun={dry}&since=2025-01-01", file, "text/csv"));
        }

        await app.DrainAsync();
        await app.CopyToAsync(Path.Combine(app.Folder, "copy"));
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        var files = Directory.EnumerateFiles(app.Folder, "*", SearchOption.AllDirectories).ToList();
        string[] markers = ["lanted.", "7700770077", "49301234599"];
        Assert.That(answers.Select(answer => answer.Status), Is.EqualTo([200, 200, 422, 200]));
        Assert.That(log.Lines, Has.Some.Contains("brought over 1 earlier orders"), "the lines are kept");
        Assert.That(files, Has.Some.EndsWith("storeplugin.db"));
        foreach (var marker in markers)
        {
            Assert.That(log.Lines, Has.None.Contains(marker));
            Assert.That(answers.Select(answer => answer.Json!.ToJsonString()), Has.None.Contains(marker));
            foreach (var file in files)
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(stream, Encoding.Latin1);
                Assert.That(await reader.ReadToEndAsync(), Does.Not.Contain(marker), file);
            }
        }
    }

    /// <summary>Rule I6: whichever comes first, an order or the import of what was before it, the receipts and the balances end the same.</summary>
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public async Task The_order_of_imports_and_deliveries_changes_nothing_in_the_end(int seed)
    {
        var random = new Random(seed);
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        await using (var origin = await StoreApp.StartAsync())
        {
            var tiers = new Tiers(TierMetric.NewCustomers, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 2, 2000)]);
            _shop = await Shop.OpenAsync(origin, terms: seed % 2 == 0 ? NewOnesOnly : new Terms(1000, 1000, 30, 30) { Tiers = tiers });
            await _shop.AmbassadorAsync("ANN10");
            await origin.CopyToAsync(folder);
        }

        // Some orders stand in the file and are told of by the store as well, a little later, earlier, or not paid.
        var past = Enumerable.Range(1, 12).Select(id => (Id: id, At: Since.AddDays(id * 20).AddHours(random.Next(20)), Customer: random.Next(1, 7))).ToList();
        var files = past.GroupBy(_ => random.Next(2)).Select(part => Header + string.Join('\n', part.Select(order =>
            $"{order.Id},{order.At:yyyy-MM-dd'T'HH:mm:ss'Z'},{(random.Next(3) > 0 ? order.Customer : null)},c{order.Customer}@example.test,"))).ToList();
        var orders = past.Where(_ => random.Next(3) == 0).Select(order => new TestOrder($"{order.Id}", order.At.AddSeconds(random.Next(-1, 2))) { Customer = order.Customer })
            .Concat(Enumerable.Range(101, 10).Select(id => new TestOrder($"{id}", StoreApp.Start.AddMinutes(random.Next(600))) { Customer = random.Next(1, 9) }))
            .Select(order => order with { Email = $"c{order.Customer}@example.test", CartRef = "ANN10", FinancialStatus = random.Next(6) == 0 ? "pending" : "paid" }).ToList();
        var steps = files.Select(file => (File: (string?)file, Order: (TestOrder?)null)).Concat(orders.Select(order => ((string?)null, (TestOrder?)order)))
            .Concat(orders.Where(_ => random.Next(4) == 0).Select(order => ((string?)null, (TestOrder?)order))).Append((files[0], null)).ToArray();

        var endings = new List<string>();
        for (var run = 0; run < 6; run++)
        {
            endings.Add(await EndingAsync(folder, steps));
            random.Shuffle(steps);
        }

        Directory.Delete(folder, recursive: true);
        Assert.That(endings[0], Does.Contain("\"historySince\":\"2025-01-01T00:00:00").And.Contain("\"newCustomer\":false").And.Contain("\"newCustomer\":true"));
        Assert.That(endings, Is.All.EqualTo(endings[0]), $"seed {seed}");
    }

    private async Task<string> EndingAsync(string origin, (string? File, TestOrder? Order)[] steps)
    {
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        foreach (var file in Directory.GetFiles(origin))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        string ending;
        await using (var app = await StoreApp.StartAsync(
            [new("Secrets:KeyFile", Path.Combine(folder, "secrets.key")), new("Serilog:MinimumLevel:Default", "Fatal")],
            database: new DatabaseOptions("sqlite", $"Data Source={Path.Combine(folder, "storeplugin.db")}")))
        {
            var shop = _shop.On(app);
            var api = await ApiClient.OfAsync(app, shop.Store);
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i].File is { } file)
                {
                    Assert.That((await api.Post("history-imports?dryRun=false&since=2025-01-01T00:00:00Z", file, "text/csv")).Status, Is.EqualTo(200));
                }
                else
                {
                    await shop.DeliverAsync("orders/updated", steps[i].Order!.ToJson(), $"d-{i}");
                }

                // Now and then several wait together.
                if (i % 3 == 0)
                {
                    await app.DrainAsync();
                }
            }

            await app.DrainAsync();
            Assert.That(await app.Get<Verify>().RunAsync(null, default), Is.Empty);
            Assert.That((await app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
            ending = await EndingAsync(shop, app);
        }

        Directory.Delete(folder, recursive: true);
        return ending;
    }

    private async Task<string> EndingAsync(Shop? shop = null, StoreApp? app = null)
    {
        var (db, s) = ((app ?? _app).Db, (shop ?? _shop).Store.Id);
        var receipts = await db.ManyAsync<string>("SELECT content FROM receipts WHERE store_id = @s ORDER BY order_id", new { s });
        var balances = await db.ManyAsync<string>(
            """
            SELECT order_id || ' ' || account || ' ' || SUM(amount_minor) FROM ledger_entries WHERE store_id = @s AND order_id IS NOT NULL
            GROUP BY order_id, account HAVING SUM(amount_minor) <> 0 ORDER BY order_id, account
            """,
            new { s });
        return string.Join('\n', receipts.Concat(balances));
    }

    private async Task ReconsiderAsync(string orderId, Shop? shop = null) => await _app.Db.InTransactionAsync(
        tx => _app.Get<ReceiveOrders>().ApplyAsync(tx, (shop ?? _shop).Store, [new OrderEvent.Reconsidered(orderId)]));

    private Task<ApiAnswer> ImportAsync(string file, bool dryRun = false, string? since = null) => _api.Post(
        $"history-imports?dryRun={(dryRun ? "true" : "false")}{(since is null ? "" : $"&since={Uri.EscapeDataString(since)}")}", file, "text/csv");

    private ShopperHashes HashesOf(string? customer, string? email, string? phone) =>
        ShopperHashes.Of(new Shopper(customer, email, phone), _shop.Store, _app.Get<StoreKeys>());

    private static TestOrder Order(string id, int hours) => new(id, StoreApp.Start.AddHours(hours)) { CartRef = "ANN10" };

    private static string FiguresOf(ApiAnswer answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"rows {answer.Json!["rows"]}, orders {answer.Json["orders"]}, new {answer.Json["new"]}, added {answer.Json["added"]}, already there {answer.Json["alreadyThere"]}, findings {answer.Json["findingCount"]}");

    private static List<string> FindingsOf(ApiAnswer answer) =>
        [.. answer.Json!["findings"]!.AsArray().Select(finding => $"{finding!["line"]} {finding["column"]}: {finding["text"]}")];

    private async Task<List<string>> RowsAsync() =>
    [
        .. (await _app.Db.ManyAsync<Row>("SELECT customer_key, sort_key, kind, mark FROM customer_orders WHERE store_id = @s", new { s = _shop.Store.Id }))
            .Select(row => $"{row.CustomerKey} {row.SortKey} {row.Kind} {row.Mark}"),
    ];

    private sealed record Row(string CustomerKey, string SortKey, string Kind, string? Mark);
}
