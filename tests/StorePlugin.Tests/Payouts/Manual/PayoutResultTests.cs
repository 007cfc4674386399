// What came of manual payouts: told once or often, right or wrong, and never against the books.
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Payouts.Manual;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class PayoutResultTests
{
    private ManualWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await ManualWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task The_exported_file_comes_back_filled_in_and_the_same_again_changes_nothing()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", "ben@example.com", "70.00", runId: run);
        var cleo = await _world.OwedAsync("Cleo", "Cash, at the counter", "30.00", runId: run);
        var lines = (await _world.ExportAsync(run, "csv")).Lines;
        var file = string.Join('\n', [lines[0], lines[1].Replace(",,,", ",paid,B-77,", StringComparison.Ordinal), lines[2][..^3] + ",failed,,No such account", lines[3][..^3] + ",pending,,"]);

        var dry = await _world.ResultsAsync(run, file, dry: true);
        var states = (await _world.StateAsync(ann), await _world.StateAsync(ben), await _world.StateAsync(cleo));
        var done = await _world.ResultsAsync(run, file);
        var dump = await DumpAsync();
        var again = await _world.ResultsAsync(run, file);

        Assert.That(states, Is.EqualTo(("sending", "sending", "sending")), "a dry run changes nothing");
        Assert.That(dry.Json!.ToJsonString(), Is.EqualTo(done.Json!.ToJsonString().Replace("\"dryRun\":false", "\"dryRun\":true", StringComparison.Ordinal)));
        Assert.That(done.Json!.ToJsonString(), Is.EqualTo(
            """{"dryRun":false,"format":"csv","rows":3,"paid":1,"failed":1,"waiting":1,"unchanged":0,"contradictions":0,"findingCount":0,"findings":[]}"""));
        Assert.That(((long?)again.Json!["paid"], (long?)again.Json!["failed"], (long?)again.Json!["unchanged"]), Is.EqualTo((0L, 0L, 2L)));
        Assert.That(await DumpAsync(), Is.EqualTo(dump));

        var (paid, failed, waiting) = (await _world.Payouts.PayoutAsync(ann.Id), await _world.Payouts.PayoutAsync(ben.Id), await _world.Payouts.PayoutAsync(cleo.Id));
        Assert.That((paid.State, paid.TransferId, paid.Problem), Is.EqualTo(("sent", "B-77", (string?)null)));
        Assert.That((failed.State, failed.Problem), Is.EqualTo(("refused", "It was not paid: No such account. The money is payable again.")));
        Assert.That((waiting.State, waiting.Problem), Is.EqualTo(("sending", "Last told: pending.")));
        Assert.That(await _world.Payouts.BalancesAsync(ann.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
        Assert.That(await _world.Payouts.BalancesAsync(ben.AmbassadorId), Is.EqualTo((7000L, 0L, 0L)));
        Assert.That(await _world.Payouts.BalancesAsync(cleo.AmbassadorId), Is.EqualTo((0L, 3000L, 0L)));
        Assert.That(await _world.Payouts.OrderStatesAsync(), Is.EqualTo(["paid", "approved", "in_payout"]));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_payee_who_was_paid_has_a_mail_and_the_log_says_who_told_it()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        await _world.Db.DoAsync("UPDATE ambassadors SET email = 'ann@example.com'");
        await _world.ExportAsync(payout.RunId, "wise-csv");
        await _world.ResultsAsync(payout.RunId, $"ID,Status,Reference\nTRANSFER-1,COMPLETED,{PayoutReference.Of(payout.Id)}\n");
        await _world.App.DrainAsync();

        var mail = ReadMail.AllOf(_world.App).Single();
        var step = await _world.Db.OneAsync<string>("SELECT actor || ': ' || reason FROM payout_events WHERE kind = 'sent'");

        Assert.That(mail.Text, Does.Contain("to NL·· ···· 4300, the way that you have named for your payouts").And.Not.Contain("Stripe"));
        Assert.That(step, Does.Match("^API key .*: API key .* recorded that it was paid; reference TRANSFER-1.$"));
    }

    [TestCase("paypal", "Customer ID,Transaction Status\n{0},Success\n")]
    [TestCase("wise", "Reference,Status,Target amount (after fees),Target currency\n{0},COMPLETED,50.0,EUR\n")]
    [TestCase("pain.002", "")]
    public async Task Each_format_settles_the_payout_that_it_names(string format, string csv)
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        await _world.ExportAsync(payout.RunId, "sepa-xml");
        var name = PayoutReference.Of(payout.Id);

        var answer = format == "pain.002"
            ? await _world.ResultsAsync(payout.RunId, ResultFileTests.Report(ResultFileTests.Transfer(name, "ACSC")), "application/xml")
            : await _world.ResultsAsync(payout.RunId, csv.Replace("{0}", name, StringComparison.Ordinal));

        Assert.That((answer.Text("format"), (long?)answer.Json!["paid"]), Is.EqualTo((format, 1L)));
        Assert.That((await _world.Payouts.PayoutAsync(payout.Id)).TransferId, Is.EqualTo(name), "what has no other name is called as in the file");
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task Lines_that_are_wrong_are_named_and_the_right_ones_taken_over()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", "ben@example.com", "70.00", runId: run);
        var elsewhere = await _world.OwedAsync("Cleo", "cleo@example.com", "30.00");
        await _world.ExportAsync(run, "csv");
        await _world.ExportAsync(elsewhere.RunId, "csv");
        var stripe = (await _world.Payouts.ReservedAsync()).Id;
        var late = await _world.OwedAsync("Dan", "dan@example.com", "20.00", runId: run);

        var answer = await _world.ResultsAsync(run, string.Join('\n', [
            "payoutId,status,reference,reason", $"{ann.Id},paid,,", $"{ben.Id},sold,,", $"{elsewhere.Id},paid,,", "po_none,paid,,", $"{stripe},paid,,", $"{late.Id},failed,,",
            $"{ben.Id},paid,{new string('x', 101)},", ",paid,,", $"{ben.Id},paid",
        ]));

        Assert.That((answer.Status, (long?)answer.Json!["paid"], (long?)answer.Json!["findingCount"]), Is.EqualTo((200, 1L, 8L)));
        Assert.That(answer.Json!["findings"]!.AsArray().Select(finding => (long?)finding!["line"]), Is.EqualTo([3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L]));
        Assert.That(answer.Json!["findings"]!.AsArray().Select(finding => (string?)finding!["text"]).Skip(1).Take(4), Is.EqualTo(
        [
            "The line is of no manual payout of this run.", "The line is of no manual payout of this run.", "The line is of no manual payout of this run.",
            "It was never exported, so that nothing of it can have failed.",
        ]));
        Assert.That((await _world.StateAsync(ann), await _world.StateAsync(ben), await _world.StateAsync(elsewhere)), Is.EqualTo(("sent", "sending", "sending")));
        Assert.That((await _world.Payouts.PayoutAsync(stripe)).State, Is.EqualTo("approved"));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_file_that_says_two_things_of_one_payout_is_not_believed_and_the_same_twice_counts_once()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", "ben@example.com", "70.00", runId: run);
        await _world.ExportAsync(run, "csv");

        var answer = await _world.ResultsAsync(run, $"payoutId,status\n{ann.Id},paid\n{ann.Id},failed\n{ben.Id},pending\n{ben.Id},paid\n{PayoutReference.Of(ben.Id)},paid\n");

        Assert.That(((long?)answer.Json!["paid"], (long?)answer.Json!["unchanged"], (long?)answer.Json!["findingCount"]), Is.EqualTo((1L, 1L, 2L)));
        Assert.That((await _world.StateAsync(ann), await _world.StateAsync(ben)), Is.EqualTo(("sending", "sent")));
        Assert.That(await _world.Payouts.BalancesAsync(ben.AmbassadorId), Is.EqualTo((0L, 0L, 7000L)));
    }

    [Test]
    public async Task What_is_settled_stays_and_a_result_that_says_otherwise_is_noted_once()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", "ben@example.com", "70.00", runId: run);
        await _world.ExportAsync(run, "csv");
        await _world.ResultsAsync(run, $"payoutId,status\n{ann.Id},paid\n{ben.Id},failed\n");
        var balances = (await _world.Payouts.BalancesAsync(ann.AmbassadorId), await _world.Payouts.BalancesAsync(ben.AmbassadorId));

        var other = $"payoutId,status,reason\n{ann.Id},returned,Closed\n{ben.Id},paid,\n";
        var answer = await _world.ResultsAsync(run, other);
        var dump = await DumpAsync();
        await _world.ResultsAsync(run, other);

        Assert.That(((long?)answer.Json!["paid"], (long?)answer.Json!["failed"], (long?)answer.Json!["contradictions"], (long?)answer.Json!["findingCount"]), Is.EqualTo((0L, 0L, 2L, 2L)));
        Assert.That((await _world.Payouts.BalancesAsync(ann.AmbassadorId), await _world.Payouts.BalancesAsync(ben.AmbassadorId)), Is.EqualTo(balances));
        Assert.That((await _world.Payouts.PayoutAsync(ann.Id)).Problem, Is.EqualTo(
            "It was told to have failed (Closed) although it is recorded as paid; the books are unchanged. Look at the account."));
        Assert.That((await _world.Payouts.PayoutAsync(ben.Id)).Problem, Does.StartWith("It was told to be paid although it is refused and its money is payable again"));
        Assert.That(await DumpAsync(), Is.EqualTo(dump));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task An_amount_that_is_not_the_payouts_settles_nothing()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        await _world.ExportAsync(payout.RunId, "wise-csv");

        var answer = await _world.ResultsAsync(
            payout.RunId, $"Reference,Status,Target amount (after fees),Target currency\n{PayoutReference.Of(payout.Id)},COMPLETED,49.99,EUR\n");

        Assert.That((string?)answer.Json!["findings"]![0]!["text"], Is.EqualTo("It tells of 49.99 EUR, and the payout is of 50.00 EUR."));
        Assert.That(await _world.StateAsync(payout), Is.EqualTo("sending"));
    }

    [Test]
    public async Task Money_that_was_not_paid_is_paid_in_another_run()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        await _world.ExportAsync(payout.RunId, "sepa-xml");
        await _world.ResultsAsync(payout.RunId, ResultFileTests.Report(ResultFileTests.Transfer(PayoutReference.Of(payout.Id), "RJCT")), "text/xml");
        var balances = await _world.Payouts.BalancesAsync(payout.AmbassadorId);
        var next = await _world.ReserveAsync(await _world.RunAsync(), payout.AmbassadorId, "20.00");
        var export = await _world.ExportAsync(next.RunId, "sepa-xml");

        Assert.That(balances, Is.EqualTo((5000L, 0L, 0L)));
        Assert.That((export.Status, export.Before), Is.EqualTo((200, (string?)null)));
        Assert.That((await _world.ExportAsync(payout.RunId, "sepa-xml")).Answer.Problem, Is.EqualTo("/problems/nothing-to-export"));
    }

    [Test]
    public async Task A_person_records_one_payout_even_one_that_was_never_exported()
    {
        var cash = await _world.OwedAsync("Ann", "Cash, at the counter", "50.00");
        var lost = await _world.OwedAsync("Ben", "ben@example.com", "70.00");
        await _world.ExportAsync(lost.RunId, "paypal-csv");

        var paid = await RecordAsync(cash.Id, """{"outcome":"paid","reference":"receipt 7"}""");
        var again = await RecordAsync(cash.Id, """{"outcome":"paid"}""");
        var other = await RecordAsync(cash.Id, """{"outcome":"failed","reason":"x"}""");
        var failed = await RecordAsync(lost.Id, """{"outcome":"failed","reason":"The mailbox is wrong."}""");

        Assert.That((paid.Status, paid.Text("state"), paid.Text("transferId"), paid.Text("provider")), Is.EqualTo((200, "sent", "receipt 7", "manual")));
        Assert.That((again.Status, other.Problem), Is.EqualTo((200, "/problems/payout-result-refused")));
        Assert.That((failed.Status, failed.Text("state")), Is.EqualTo((200, "refused")));
        Assert.That(await _world.Payouts.BalancesAsync(cash.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
        Assert.That(await _world.Payouts.BalancesAsync(lost.AmbassadorId), Is.EqualTo((7000L, 0L, 0L)));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_payout_of_Stripes_is_recorded_by_nobody()
    {
        var payout = await _world.Payouts.ReservedAsync();

        Assert.That((await RecordAsync(payout.Id, """{"outcome":"paid"}""")).Problem, Is.EqualTo("/problems/payout-not-manual"));
        Assert.That((await RecordAsync("po_none", """{"outcome":"paid"}""")).Status, Is.EqualTo(404));
    }

    [TestCase("""{"outcome":"sent"}""")]
    [TestCase("""{}""")]
    [TestCase("""{"outcome":"failed","reference":"x"}""")]
    [TestCase("""{"outcome":"paid","reference":""}""")]
    [TestCase("""{"outcome":"paid","amount":1}""")]
    public async Task A_record_that_is_wrong_is_refused(string body) => Assert.That((await RecordAsync("po_none", body)).Status, Is.EqualTo(400));

    [TestCase("text/plain", "payoutId,status", 415)]
    [TestCase("application/xml", "<a>", 400)]
    [TestCase("text/csv", "payoutId,status", 404)]
    public async Task A_file_that_cannot_be_read_is_refused_in_words(string type, string text, int status) =>
        Assert.That((await _world.ResultsAsync("run_none", text, type)).Status, Is.EqualTo(status));

    [Test]
    public async Task A_file_has_so_many_bytes_and_rows()
    {
        var run = await _world.RunAsync();
        var long_ = "payoutId,status\n" + string.Concat(Enumerable.Repeat("po_none,paid\n", ResultFile.RowsMax + 1));

        // As a client that asks first: else it may still be writing when the answer comes.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/api/v1/payout-runs/{run}/results", UriKind.Relative));
        request.Content = new StringContent("payoutId,status\n" + new string('x', 5 * 1024 * 1024), Encoding.UTF8, "text/csv");
        request.Headers.Authorization = new("Bearer", _world.Api.Key);
        request.Headers.ExpectContinue = true;
        using var patient = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = _world.App.Address };
        using var large = await patient.SendAsync(request);

        Assert.That((await _world.ResultsAsync(run, long_)).Problem, Is.EqualTo("/problems/rows-too-many"));
        Assert.That((int)large.StatusCode, Is.EqualTo(413));
        Assert.That((await _world.Api.Post($"payout-runs/{run}/results?dryRun=yes", "payoutId,status\n", "text/csv")).Status, Is.EqualTo(400));
    }

    // A bank names a whole file by one reference.
    [Test]
    public async Task Payouts_may_share_a_reference()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", ManualWorld.GermanIban, "70.00", runId: run);
        await _world.ExportAsync(run, "csv");

        await _world.ResultsAsync(run, $"payoutId,status,reference\n{ann.Id},paid,STATEMENT 7\n{ben.Id},paid,STATEMENT 7\n");

        Assert.That((await _world.StateAsync(ann), await _world.StateAsync(ben)), Is.EqualTo(("sent", "sent")));
        await _world.AssertBooksAsync();
    }

    private Task<ApiAnswer> RecordAsync(string payoutId, string body) => _world.Api.Post($"payouts/{payoutId}/result", JsonNode.Parse(body));

    private async Task<string> DumpAsync() => string.Join(
        '\n',
        (await _world.Db.ManyAsync<string>(
            "SELECT id || state || COALESCE(transfer_id, '') || COALESCE(problem, '') || updated_at FROM payouts ORDER BY id"))
        .Concat(await _world.Db.ManyAsync<string>("SELECT transaction_id || account || amount_minor FROM ledger_entries ORDER BY transaction_id, account"))
        .Concat(await _world.Db.ManyAsync<string>("SELECT order_id || revision || state FROM orders ORDER BY order_id")));
}
