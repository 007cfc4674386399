// Ambassadors brought over from a CSV file: what is found in it, what is written, and that nothing is written twice.
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class ImportTests
{
    private const string Header = "name,email,code,stripe_account,opening_balance,joined_at\n";

    private const string Three = Header +
        "Ann,Ann@Example.com,ANN10,acct_1Ann,12.50,2025-03-31\n" +
        "\"Bob \"\"B\"\" Jones\",bob@example.com,BOB10,,-3,\n" +
        "Кира,kira@example.com,Кира10,,,2026-03-01\n";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_dry_run_says_what_would_happen_and_changes_nothing()
    {
        var answer = await ImportAsync(Three, dryRun: true);

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(FiguresOf(answer), Is.EqualTo("rows 3, new 3, added 0, already there 0, opening 950 EUR, findings 0"));
        Assert.That((answer.Json!["importId"], (bool)answer.Json["dryRun"]!), Is.EqualTo(((JsonNode?)null, true)));
        Assert.That(answer.Text("note"), Does.Contain("no discount is created"));
        Assert.That(await CountAsync("ambassadors"), Is.Zero);
        Assert.That(await CountAsync("ledger_transactions"), Is.Zero);
    }

    [Test]
    public async Task A_run_adds_people_codes_links_and_opening_balances()
    {
        var answer = await ImportAsync(Three);

        Assert.That(FiguresOf(answer), Is.EqualTo("rows 3, new 3, added 3, already there 0, opening 950 EUR, findings 0"));
        Assert.That(answer.Text("importId"), Does.StartWith("imp_"));
        JsonNode[] people = [await PersonAsync("ANN10"), await PersonAsync("BOB10"), await PersonAsync("Кира10")];
        Assert.That(
            people.Select(person => $"{person["name"]} {person["email"]} {person["code"]} {person["slug"]} {person["stripeAccount"]} {person["discount"]!["state"]} {person["approvedAt"]}"),
            Is.EqualTo(
            [
                "Ann Ann@Example.com ANN10 ANN10 acct_1Ann none 2025-03-30T22:00:00Z",
                "Bob \"B\" Jones bob@example.com BOB10 BOB10  none 2026-03-01T10:00:00Z",
                "Кира kira@example.com Кира10 Кира10  none 2026-02-28T23:00:00Z",
            ]));
        Assert.That(people.Select(person => (long)person["balances"]![2]!["amount"]!["minor"]!), Is.EqualTo((long[])[1250, -300, 0]));
        Assert.That(await EffectsAsync("create_discount"), Is.Zero, "printed codes have their discounts");
        Assert.That(await EffectsAsync("mail"), Is.EqualTo(3));
        var code = (await _api.Get($"ambassadors/{(string)people[0]!["id"]!}/codes")).Json!["items"]![0]!;
        Assert.That(((string?)code["assignedAt"], (string?)code["adoptedAt"]), Is.EqualTo(("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z")));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task An_opening_balance_is_a_transaction_from_the_merchants_expense()
    {
        await ImportAsync(Three);

        // Two of one instant come in any order.
        var entries = (await _api.Get("ledger/entries")).Json!["items"]!.AsArray().OrderBy(entry => Math.Abs((long)entry!["amount"]!["minor"]!) == 300).ToList();
        var ann = (string)(await PersonAsync("ANN10"))["id"]!;

        Assert.That(
            entries.Select(entry => $"{entry!["kind"]} {entry["account"]} {entry["amount"]!["minor"]} {entry["amount"]!["currency"]} {entry["reason"]}"),
            Is.EqualTo(
            [
                "opening expense -1250 EUR Opening balance brought over.",
                "opening approved 1250 EUR Opening balance brought over.",
                "opening expense 300 EUR Opening balance brought over.",
                "opening approved -300 EUR Opening balance brought over.",
            ]));
        Assert.That((string?)entries[1]!["source"], Is.EqualTo($"{ann}:opening"));
        Assert.That((string?)entries[1]!["actor"], Is.Not.Empty);
        Assert.That((string?)entries[1]!["order"], Is.Null);
    }

    [Test]
    public async Task The_same_file_again_adds_nothing()
    {
        await ImportAsync(Three);
        _app.Clock.Advance(TimeSpan.FromDays(1));

        var dry = await ImportAsync(Three, dryRun: true);
        var again = await ImportAsync(Three);

        Assert.That(FiguresOf(dry), Is.EqualTo("rows 3, new 0, added 0, already there 3, opening 950 EUR, findings 0"));
        Assert.That(FiguresOf(again), Is.EqualTo(FiguresOf(dry)));
        Assert.That((await CountAsync("ambassadors"), await CountAsync("codes"), await CountAsync("ledger_transactions")), Is.EqualTo((3, 3, 2)));
    }

    [Test]
    public async Task A_longer_file_adds_what_is_new_in_it()
    {
        await ImportAsync(Three);

        var answer = await ImportAsync(Three + "Dan,dan@example.com,DAN10,,7.01,\n");

        Assert.That(FiguresOf(answer), Is.EqualTo("rows 4, new 1, added 1, already there 3, opening 1651 EUR, findings 0"));
    }

    // More rows than one transaction takes, in each of them a balance; it fails in the middle.
    [Test]
    public async Task An_import_that_broke_off_is_completed_by_the_same_file()
    {
        var file = Header + string.Concat(Enumerable.Range(0, 137).Select(i => $"P{i},p{i}@example.com,PERSON-{i},,{i}.01,\n"));
        await ImportAsync(file);
        var whole = await StateAsync();
        await _app.Db.InTransactionAsync(async tx =>
        {
            foreach (var table in (string[])["ledger_entries", "balances", "link_slugs", "codes", "ambassador_states"])
            {
                await tx.DoAsync(
                    $"DELETE FROM {table} WHERE store_id = @s AND ambassador_id IN (SELECT id FROM ambassadors WHERE store_id = @s AND CAST(SUBSTR(name, 2) AS bigint) >= 50)",
                    new { s = _shop.Store.Id });
            }

            await tx.DoAsync(
                """
                DELETE FROM ledger_entries WHERE store_id = @s AND transaction_id NOT IN
                    (SELECT transaction_id FROM ledger_entries WHERE store_id = @s AND account = 'approved')
                """,
                new { s = _shop.Store.Id });
            await tx.DoAsync(
                "DELETE FROM ledger_transactions WHERE store_id = @s AND id NOT IN (SELECT transaction_id FROM ledger_entries WHERE store_id = @s)", new { s = _shop.Store.Id });
            await tx.DoAsync("UPDATE balances SET amount_minor = -122550 WHERE store_id = @s AND account = 'expense'", new { s = _shop.Store.Id });
            await tx.DoAsync("DELETE FROM ambassadors WHERE store_id = @s AND CAST(SUBSTR(name, 2) AS bigint) >= 50", new { s = _shop.Store.Id });
        });
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty, "half an import is whole books");

        var answer = await ImportAsync(file);

        Assert.That(FiguresOf(answer), Is.EqualTo("rows 137, new 87, added 87, already there 50, opening 931737 EUR, findings 0"));
        Assert.That(await StateAsync(), Is.EqualTo(whole));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);

        async Task<string> StateAsync() => string.Join('\n', await _app.Db.ManyAsync<string>(
            """
            SELECT a.name || ' ' || a.email_key || ' ' || c.code_key || ' ' || l.slug_key || ' ' || COALESCE(b.amount_minor, 0)
            FROM ambassadors a
            JOIN codes c ON c.store_id = a.store_id AND c.ambassador_id = a.id
            JOIN link_slugs l ON l.store_id = a.store_id AND l.ambassador_id = a.id
            LEFT JOIN balances b ON b.store_id = a.store_id AND b.ambassador_id = a.id AND b.account = 'approved'
            WHERE a.store_id = @s ORDER BY a.email_key
            """,
            new { s = _shop.Store.Id }));
    }

    [Test]
    public async Task Two_who_send_the_same_file_at_once_write_it_once()
    {
        var file = Header + string.Concat(Enumerable.Range(0, 120).Select(i => $"P{i},p{i}@example.com,PERSON-{i},,1.00,\n"));

        var answers = await Task.WhenAll(ImportAsync(file), ImportAsync(file), ImportAsync(file));

        Assert.That(answers.Select(answer => answer.Status), Is.All.EqualTo(200));
        Assert.That(answers.Sum(answer => (long)answer.Json!["added"]!), Is.EqualTo(120));
        Assert.That(await _app.Db.OneAsync<long>("SELECT SUM(amount_minor) FROM balances WHERE store_id = @s AND account = 'approved'", new { s = _shop.Store.Id }), Is.EqualTo(12000));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task A_run_with_a_bad_line_changes_nothing_and_names_every_one()
    {
        var answer = await ImportAsync(
            Header +
            "Ann,ann@example.com,ANN10,,1.00,\n" +
            ",nobody,a b,po_1,1.005,yesterday\n" +
            "\n" +
            "Bob,a.n.n+x@example.com,BOB10,,,\n" +
            "Eve,ANN+shop@example.com,ann10,,,\n" +
            "Dan,dan@example.com\n" +
            "Fay \"F\" X,fay@example.com,FAY10,,,\n" +
            "Gus,gus@example.com,ADM1N,,,\n");

        Assert.That((answer.Status, answer.Problem, (long)answer.Json!["added"]!), Is.EqualTo((422, "/problems/import-findings", 0)));
        Assert.That(
            FindingsOf(answer),
            Is.EqualTo(
            [
                "3 name: The name must have 1 to 200 characters, on one line.",
                "3 email: It must be an e-mail address, such as ann@example.com.",
                "3 code: The code may hold letters, digits, - and _ only.",
                "3 stripe_account: It must be the id of a connected Stripe account, acct_…, or empty.",
                "3 opening_balance: It must be an amount of EUR in plain digits with a point and up to 2 decimals, or empty.",
                "3 joined_at: It must be a day such as 2025-03-31, or empty.",
                "6 email: The same mailbox stands on line 2.",
                "6 code: The same code stands on line 2.",
                "7 : The line has 2 fields, and the header names 6.",
                "8 : A quotation mark stands where none may, or a field goes on in the next line; within a quoted field a mark is written twice.",
                "9 code: The code is a word that the store or this programme needs for itself; choose another.",
            ]));
        Assert.That((await CountAsync("ambassadors"), await CountAsync("codes"), await CountAsync("ledger_transactions"), await EffectsAsync("mail")), Is.EqualTo((0, 0, 0, 0)));
    }

    [Test]
    public async Task What_the_store_has_otherwise_is_a_finding()
    {
        await _shop.AmbassadorAsync("TAKEN10", "someone@example.com");
        await _shop.AmbassadorAsync("BOB10", "bob@example.com");
        await ImportAsync(Header + "Ann,ann@example.com,ANN10,,5.00,\n");

        var answer = await ImportAsync(
            Header +
            "New,new@example.com,taken10,,,\n" +
            "Bob,bob@example.com,BOB20,,,\n" +
            "Bob,bob@example.com,BOB10,,5.00,\n" +
            "Ann,Ann+tag@example.com,ann10,,5.01,\n", dryRun: true);

        Assert.That(
            FindingsOf(answer),
            Is.EqualTo(
            [
                "2 code: Somebody else in this store has the code, or had it before.",
                "3 code: The campaign has this person already, with another code.",
                "4 email: The same mailbox stands on line 3.",
                "5 opening_balance: The campaign has this person already, without this opening balance; one that is booked cannot be changed.",
            ]));
    }

    [Test]
    public async Task Whoever_is_there_without_an_opening_balance_gets_none_in_silence()
    {
        await _shop.AmbassadorAsync("BOB10", "bob@example.com");

        var same = await ImportAsync("name,email,code\nBob,bob@example.com,bob10", dryRun: true);
        var owed = await ImportAsync("name,email,code,opening_balance\nBob,bob@example.com,bob10,5.00");

        Assert.That(FiguresOf(same), Is.EqualTo("rows 1, new 0, added 0, already there 1, opening 0 EUR, findings 0"));
        Assert.That(FindingsOf(owed).Single(), Does.StartWith("2 opening_balance: "));
    }

    [Test]
    public async Task Two_hundred_findings_are_shown_and_all_are_counted()
    {
        var answer = await ImportAsync("name,email,code\n" + string.Concat(Enumerable.Repeat("x,y,z\n", 300)), dryRun: true);

        Assert.That((answer.Status, (long)answer.Json!["findingCount"]!, FindingsOf(answer).Count), Is.EqualTo((200, 600, 200)));
    }

    [TestCase("\uFEFFname,email,code\r\nAnn,ann@example.com,ANN10\r\n")]
    [TestCase("name;email;code\nAnn;ann@example.com;ANN10")]
    [TestCase(" Code , EMAIL,Name\n ANN10 ,ann@example.com , Ann \n\n,,\n")]
    [TestCase("name;email;code\n\"Ann\";ann@example.com;\"ANN10\"\n")]
    public async Task Files_as_spreadsheets_write_them_are_read(string file)
    {
        var answer = await ImportAsync(file);

        Assert.That(FiguresOf(answer), Is.EqualTo("rows 1, new 1, added 1, already there 0, opening 0 EUR, findings 0"));
        var ann = (await _api.Get("ambassadors")).Json!["items"]![0]!;
        Assert.That(((string?)ann["name"], (string?)ann["email"], (string?)ann["code"]), Is.EqualTo(("Ann", "ann@example.com", "ANN10")));
    }

    [TestCase("", "1 : ")]
    [TestCase("\n\n", "1 : ")]
    [TestCase("name,email\nAnn,ann@example.com", "1 code: The column is missing.")]
    [TestCase("name,email,code,opening_balnce\nAnn,ann@example.com,ANN10,5", "1 opening_balnce: The column is not known here")]
    [TestCase("name,email,code,name\nAnn,ann@example.com,ANN10,Ann", "1 name: The column stands there more than once.")]
    [TestCase("name|email|code\nAnn|ann@example.com|ANN10", "1 name|email|code: The column is not known here")]
    [TestCase("name,email,code\n\"Ann,ann@example.com,ANN10\nBob,bob@example.com,BOB10", "2 : A quotation mark")]
    [TestCase("name,email,code\n\"An\nn\",ann@example.com,ANN10", "2 : A quotation mark")]
    [TestCase("name,email,code,opening_balance\nAnn,ann@example.com,ANN10,\"12,50\"", "2 opening_balance: ")]
    [TestCase("name,email,code,opening_balance\nAnn,ann@example.com,ANN10,1e3", "2 opening_balance: ")]
    [TestCase("name,email,code,opening_balance\nAnn,ann@example.com,ANN10,10000000000.01", "2 opening_balance: The amount is beyond")]
    [TestCase("name,email,code,opening_balance\nAnn,ann@example.com,ANN10,-10000000000.01", "2 opening_balance: The amount is beyond")]
    [TestCase("name,email,code,opening_balance\nAnn,ann@example.com,ANN10,99999999999999999999", "2 opening_balance: ")]
    [TestCase("name,email,code,joined_at\nAnn,ann@example.com,ANN10,2026-03-02", "2 joined_at: The day lies in the future.")]
    [TestCase("name,email,code,joined_at\nAnn,ann@example.com,ANN10,1889-12-31", "2 joined_at: The day lies before 1990.")]
    [TestCase("name,email,code,joined_at\nAnn,ann@example.com,ANN10,0001-01-01", "2 joined_at: ")]
    [TestCase("name,email,code,joined_at\nAnn,ann@example.com,ANN10,9999-12-31", "2 joined_at: The day lies in the future.")]
    [TestCase("name,email,code,joined_at\nAnn,ann@example.com,ANN10,2025-02-29", "2 joined_at: ")]
    public async Task A_file_that_is_none_is_told_so(string file, string finding)
    {
        var answer = await ImportAsync(file);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((422, "/problems/import-findings")));
        Assert.That(FindingsOf(answer)[0], Does.StartWith(finding));
        Assert.That(await CountAsync("ambassadors"), Is.Zero);
    }

    [TestCase("10000000000.00", 1_000_000_000_000)]
    [TestCase("-10000000000", -1_000_000_000_000)]
    public async Task The_greatest_balance_is_brought_over(string text, long minor)
    {
        var answer = await ImportAsync($"name,email,code,opening_balance\nAnn,ann@example.com,ANN10,{text}");

        Assert.That((long)answer.Json!["openingTotal"]!["minor"]!, Is.EqualTo(minor));
    }

    [Test]
    public async Task Every_currency_has_its_own_decimals()
    {
        var tokyo = await Shop.OpenAsync(_app, "tokyo", currency: "JPY");
        var api = await ApiClient.OfAsync(_app, tokyo.Store);

        var wrong = await ImportAsync("name,email,code,opening_balance\nAnn,ann@example.com,ANN10,19.99", api: api, campaign: tokyo.CampaignId);
        var right = await ImportAsync("name,email,code,opening_balance\nAnn,ann@example.com,ANN10,1999", api: api, campaign: tokyo.CampaignId);

        Assert.That(FindingsOf(wrong), Has.Count.EqualTo(1));
        Assert.That((long)right.Json!["openingTotal"]!["minor"]!, Is.EqualTo(1999));
    }

    [Test]
    public async Task An_imported_code_tracks_orders_from_the_import_on()
    {
        await ImportAsync(Three);
        var ann = (string)(await PersonAsync("ANN10"))["id"]!;

        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start.AddSeconds(-1)).With("ANN10", "10.00"));
        await _shop.PaysAsync(new TestOrder("2", StoreApp.Start).With("ann10", "10.00"));
        await _shop.PaysAsync(new TestOrder("3", StoreApp.Start) with { Codes = [("ANN10", "0.00")] });

        Assert.That((await _shop.StateAsync("1"), await _shop.StateAsync("2"), await _shop.StateAsync("3")), Is.EqualTo(("uncredited", "held", "uncredited")));
        Assert.That((await _shop.BalanceAsync(ann, Account.Held), await _shop.BalanceAsync(ann, Account.Approved)), Is.EqualTo((900, 1250)));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task What_was_owed_before_can_be_paid_out_and_what_is_below_zero_waits_for_later_earnings()
    {
        await ImportAsync(Header + "Ann,ann@example.com,ANN10,acct_1Ann,50.00,\nBob,bob@example.com,BOB10,acct_1Bob,-50.00,\n");

        var lines = (await _api.Post("payout-runs")).Json!["lines"]!.AsArray();

        Assert.That(
            lines.Select(line => $"{line!["name"]} {line["amount"]!["minor"]} {line["reason"]}"),
            Is.EquivalentTo((string[])["Ann 5000 The store is not connected to Stripe.", "Bob -5000 The balance is below zero; later earnings settle it first."]));
    }

    [Test]
    public async Task An_imported_code_of_a_draft_needs_no_discount_at_its_launch()
    {
        var draft = await _api.DraftAsync();
        await ImportAsync(Three, campaign: draft);
        var before = await EffectsAsync("mail");

        await _api.Post($"campaigns/{draft}/launch");

        Assert.That((before, await EffectsAsync("mail"), await EffectsAsync("create_discount")), Is.EqualTo((0, 3, 0)));
    }

    [Test]
    public void Lines_beyond_the_limit_are_counted_and_not_kept_and_those_without_fields_share_their_nothing()
    {
        const int Lines = CsvBody.BytesMax / 2;
        var text = "name,email,code\n" + string.Concat(Enumerable.Repeat("a\n", Lines));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var sheet = CsvSheet.Read(text, ["name", "email", "code"], []);

        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.That((sheet.Rows.Count, sheet.RowCount), Is.EqualTo((ImportFile.RowsMax + 1, (long)Lines)));
        Assert.That(sheet.Rows.Select(row => row.Fields), Is.All.SameAs(sheet.Rows[0].Fields));
        Assert.That(kept, Is.LessThan(10_000_000));
        Assert.That(CsvSheet.Read(string.Join(',', Enumerable.Range(0, 500_000)), ["name"], []).HeaderFindings, Has.Count.LessThan(100));
    }

    [Test]
    public async Task A_file_that_is_too_long_is_refused_whole()
    {
        var rows = await ImportAsync("name,email,code\n" + string.Concat(Enumerable.Range(0, ImportFile.RowsMax + 1).Select(i => $"P,p{i}@example.com,PERSON-{i}\n")));
        // As a client that asks first: else it may still be writing when the answer comes.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/v1/" + PathOf(false, _shop.CampaignId), UriKind.Relative));
        request.Content = new StringContent(new string(' ', CsvBody.BytesMax + 1), Encoding.UTF8, "text/csv");
        request.Headers.Authorization = new("Bearer", _api.Key);
        request.Headers.ExpectContinue = true;
        using var patient = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = _app.Address };
        using var bytes = await patient.SendAsync(request);
        var fits = await ImportAsync("name,email,code\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"{new string('x', 150)},p{i}@example.com,PERSON-{i}" + new string(' ', 10_000) + "\n")), dryRun: true);

        Assert.That((rows.Status, rows.Problem), Is.EqualTo((422, "/problems/rows-too-many")));
        Assert.That((int)bytes.StatusCode, Is.EqualTo(413));
        Assert.That(await bytes.Content.ReadAsStringAsync(), Does.Contain("/problems/body-too-large").And.Contain("5242880"));
        Assert.That((fits.Status, (long)fits.Json!["new"]!), Is.EqualTo((200, 300)), "larger than the bodies of other calls may be");
        Assert.That(await CountAsync("ambassadors"), Is.Zero);
    }

    [Test]
    public async Task What_is_no_CSV_in_UTF8_is_refused()
    {
        var json = await _api.Post(PathOf(false, _shop.CampaignId), "{}");
        var latin = new ByteArrayContent(Encoding.Latin1.GetBytes("name,email,code\nZoë,zoe@example.com,ZOE10"));
        latin.Headers.ContentType = new("text/csv");
        var unreadable = await _api.Send(HttpMethod.Post, PathOf(false, _shop.CampaignId), latin);
        var nothing = await _api.Post(PathOf(false, _shop.CampaignId));

        Assert.That((json.Status, json.Problem, json.Text("detail")), Is.EqualTo((415, "/problems/content-type-unsupported", "Send the header Content-Type: text/csv.")));
        Assert.That((unreadable.Status, unreadable.Problem), Is.EqualTo((400, "/problems/csv-invalid")));
        Assert.That(nothing.Status, Is.EqualTo(415));
    }

    [Test]
    public async Task Whether_to_write_and_where_to_must_be_said()
    {
        var missing = await _api.Post("ambassador-imports", Three, "text/csv");
        var odd = await _api.Post($"ambassador-imports?dryRun=maybe&campaignId={_shop.CampaignId}", Three, "text/csv");

        Assert.That((missing.Status, missing.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(missing.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo((string[])["dryRun", "campaignId"]));
        Assert.That(odd.Json!["errors"]!["dryRun"], Is.Not.Null);
    }

    [Test]
    public async Task An_unknown_or_ended_campaign_and_a_key_that_only_reads_take_nobody()
    {
        var unknown = await ImportAsync(Three, campaign: "cmp_none");
        var reader = await ImportAsync(Three, api: await ApiClient.OfAsync(_app, _shop.Store, canWrite: false));
        await _app.Db.DoAsync("UPDATE campaigns SET state = 'ended' WHERE store_id = @s", new { s = _shop.Store.Id });
        var ended = await ImportAsync(Three);

        Assert.That((unknown.Status, unknown.Problem), Is.EqualTo((404, "/problems/campaign-unknown")));
        Assert.That((reader.Status, reader.Problem), Is.EqualTo((403, "/problems/api-key-read-only")));
        Assert.That((ended.Status, ended.Problem), Is.EqualTo((409, "/problems/campaign-ended")));
        Assert.That(await CountAsync("ambassadors"), Is.Zero);
    }

    private Task<ApiAnswer> ImportAsync(string file, bool dryRun = false, ApiClient? api = null, string? campaign = null) =>
        (api ?? _api).Post(PathOf(dryRun, campaign ?? _shop.CampaignId), file, "text/csv");

    private static string PathOf(bool dryRun, string campaign) => $"ambassador-imports?dryRun={(dryRun ? "true" : "false")}&campaignId={campaign}";

    private static string FiguresOf(ApiAnswer answer) =>
        $"rows {answer.Json!["rows"]}, new {answer.Json["new"]}, added {answer.Json["added"]}, already there {answer.Json["alreadyThere"]}, " +
        $"opening {answer.Json["openingTotal"]!["minor"]} {answer.Json["openingTotal"]!["currency"]}, findings {answer.Json["findingCount"]}";

    private static List<string> FindingsOf(ApiAnswer answer) =>
        [.. answer.Json!["findings"]!.AsArray().Select(finding => $"{finding!["line"]} {finding["column"]}: {finding["text"]}")];

    private async Task<JsonNode> PersonAsync(string code) =>
        (await _api.Get("ambassadors")).Json!["items"]!.AsArray().Single(person => (string?)person!["code"] == code)!;

    private Task<long> CountAsync(string table) =>
        _app.Db.OneAsync<long>($"SELECT CAST(COUNT(*) AS bigint) FROM {table} WHERE store_id = @s", new { s = _shop.Store.Id });

    private Task<long> EffectsAsync(string kind) =>
        _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @s AND kind = @kind", new { s = _shop.Store.Id, kind });
}
