// The files of a run: what leaves counts as sent, what is out is said to be, and the same facts make the same file.
using StorePlugin.Payouts.Manual;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class PayoutExportTests
{
    private ManualWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await ManualWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task What_is_exported_counts_as_sent_and_the_same_once_more_is_the_same_file()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", "FR1420041010050500013M02606", "70.00", runId: run);
        var cleo = await _world.OwedAsync("Cleo", "cleo@example.com", "30.00", runId: run);

        var first = await _world.ExportAsync(run, "sepa-xml");
        _world.Payouts.Clock.Advance(TimeSpan.FromDays(3));
        var second = await _world.ExportAsync(run, "sepa-xml");
        var third = await _world.FileAsync(run, first.Id!);

        Assert.That((first.Status, first.Name, first.Before, first.LeftOut), Is.EqualTo((200, $"{run}-sepa-xml.xml", (string?)null, "1")));
        Assert.That(first.Text, Does.Contain(PayoutReference.Of(ann.Id)).And.Contain(PayoutReference.Of(ben.Id)).And.Not.Contain(PayoutReference.Of(cleo.Id)));
        Assert.That((second.Text, second.Id, second.Before), Is.EqualTo((first.Text, first.Id, "2026-03-01T10:00:00Z")));
        Assert.That((third.Text, third.Before), Is.EqualTo((first.Text, "2026-03-01T10:00:00Z")));
        Assert.That(first.Answer.Response.Headers.CacheControl!.NoStore, Is.True);
        Assert.That((await _world.StateAsync(ann), await _world.StateAsync(ben), await _world.StateAsync(cleo)), Is.EqualTo(("sending", "sending", "approved")));
        var attempt = (await _world.Payouts.AttemptsAsync(ann.Id)).Single();
        Assert.That((attempt.Outcome, attempt.Sends, attempt.SentWith), Is.EqualTo(("unknown", 1L, first.Id)));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_run_pays_by_the_method_that_was_named()
    {
        var ann = await _world.PayeeAsync("Ann", ManualWorld.DutchIban);
        var cleo = await _world.PayeeAsync("Cleo", "cleo@example.com");
        await _world.Payouts.EarnsAsync(ann, "50.00");
        await _world.Payouts.EarnsAsync(cleo, "7.124", "KWD");

        var run = await _world.Payouts.PayAsync();
        var sepa = await _world.ExportAsync(run.Id, "sepa-xml");
        var all = await _world.ExportAsync(run.Id, "csv");

        Assert.That(run.Payouts.Select(payout => (payout.AmbassadorId, payout.AmountMinor)), Is.EquivalentTo([(ann, 5000L), (cleo, 7124L)]));
        Assert.That((sepa.Status, sepa.LeftOut, all.Lines.Count), Is.EqualTo((200, "1", 2)));
        Assert.That(all.Lines[1], Does.Contain("cleo@example.com,,,7.124,KWD"));
        await _world.Payouts.WorkForAsync(TimeSpan.FromDays(2));
        Assert.That(_world.Payouts.Stripe.Transfers, Is.Empty);
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task What_is_cancelled_before_an_export_is_in_none_and_what_is_out_cannot_be()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", "ben@example.com", "70.00", runId: run);
        var taken = await _world.Api.Post($"payouts/{ben.Id}/cancellation");
        var export = await _world.ExportAsync(run, "csv");
        var late = await _world.Api.Post($"payouts/{ann.Id}/cancellation");

        Assert.That((taken.Status, export.Lines.Count, late.Status), Is.EqualTo((200, 2, 409)));
        Assert.That((await _world.StateAsync(ann), await _world.StateAsync(ben)), Is.EqualTo(("sending", "cancelled")));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task Whoever_had_a_file_is_on_record_and_the_file_itself_is_not_kept()
    {
        var run = await _world.RunAsync();
        await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        await _world.OwedAsync("Ben", "FR1420041010050500013M02606", "70.00", runId: run);

        var export = await _world.ExportAsync(run, "wise-csv");
        await _world.FileAsync(run, export.Id!);
        var listed = (await _world.Api.Get($"payout-runs/{run}/exports")).Json!["items"]!.AsArray().Single()!;
        var downloads = (await _world.Api.Get($"payout-runs/{run}/exports/{export.Id}/downloads")).Json!["items"]!.AsArray();

        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(export.Text)));
        Assert.That(
            ((string?)listed["id"], (string?)listed["format"], (long?)listed["rows"], listed["sums"]!.ToJsonString(), (string?)listed["fileHash"], (long?)listed["settled"]),
            Is.EqualTo((export.Id, "wise-csv", 2L, """[{"minor":12000,"currency":"EUR"}]""", hash, 0L)));
        Assert.That((string?)listed["madeBy"], Does.StartWith("API key"));
        Assert.That(downloads.Select(download => (string?)download!["who"]), Is.EqualTo([(string?)listed["madeBy"], (string?)listed["madeBy"]]));
    }

    [Test]
    public async Task A_run_of_which_nothing_was_exported_lists_no_export()
    {
        var listed = await _world.Api.Get($"payout-runs/{await _world.RunAsync()}/exports");

        Assert.That((listed.Status, listed.Json?["items"]?.AsArray().Count), Is.EqualTo((200, 0)));
    }

    [Test]
    public async Task A_key_that_may_only_read_lists_exports_and_has_no_file()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        var export = await _world.ExportAsync(payout.RunId, "csv");
        var reader = await ApiClient.OfAsync(_world.App, _world.Payouts.Store, canWrite: false);

        Assert.That((await reader.Get($"payout-runs/{payout.RunId}/exports")).Status, Is.EqualTo(200));
        Assert.That((await reader.Get($"payout-runs/{payout.RunId}/exports/{export.Id}/file")).Problem, Is.EqualTo("/problems/api-key-read-only"));
        Assert.That((await reader.Post($"payout-runs/{payout.RunId}/exports", """{"format":"csv"}""")).Status, Is.EqualTo(403));
        Assert.That((await reader.Get($"ambassadors/{payout.AmbassadorId}/payout-method")).Json!["masked"]!.ToString(), Does.Contain("NL·· ···· 4300").And.Not.Contain("ABNA"));
    }

    [Test]
    public async Task What_came_since_is_a_file_of_its_own_and_what_is_out_is_not_in_it()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var first = await _world.ExportAsync(run, "wise-csv");
        var ben = await _world.OwedAsync("Ben", "FR1420041010050500013M02606", "70.00", runId: run);
        var second = await _world.ExportAsync(run, "wise-csv");

        Assert.That((first.Lines.Count, second.Lines.Count, second.Before), Is.EqualTo((2, 2, (string?)null)));
        Assert.That(second.Text, Does.Contain(PayoutReference.Of(ben.Id)).And.Not.Contain(PayoutReference.Of(ann.Id)));
    }

    [Test]
    public async Task What_is_settled_comes_in_no_file_again_and_the_old_file_says_so()
    {
        var run = await _world.RunAsync();
        var ann = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await _world.OwedAsync("Ben", "FR1420041010050500013M02606", "70.00", runId: run);
        var first = await _world.ExportAsync(run, "wise-csv");
        await _world.ResultsAsync(run, $"payoutId,status\n{ann.Id},paid\n");

        var rest = await _world.ExportAsync(run, "wise-csv");
        var old = await _world.FileAsync(run, first.Id!);
        await _world.ResultsAsync(run, $"payoutId,status\n{ben.Id},failed\n");
        var nothing = await _world.ExportAsync(run, "wise-csv");

        Assert.That(rest.Text, Does.Contain(PayoutReference.Of(ben.Id)).And.Not.Contain(PayoutReference.Of(ann.Id)));
        Assert.That((rest.Before, rest.Id == first.Id), Is.EqualTo(("2026-03-01T10:00:00Z", false)));
        Assert.That((old.Text, old.Settled), Is.EqualTo((first.Text, "1")));
        Assert.That(nothing.Answer.Problem, Is.EqualTo("/problems/nothing-to-export"));
    }

    [Test]
    public async Task The_same_payouts_in_another_format_are_said_to_be_out()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        await _world.ExportAsync(payout.RunId, "wise-csv");
        _world.Payouts.Clock.Advance(TimeSpan.FromHours(2));

        var other = await _world.ExportAsync(payout.RunId, "sepa-xml");

        Assert.That((other.Status, other.Before), Is.EqualTo((200, "2026-03-01T10:00:00Z")));
        Assert.That((await _world.Payouts.AttemptsAsync(payout.Id)).Single().Sends, Is.EqualTo(1));
    }

    [Test]
    public async Task An_account_that_was_corrected_makes_another_file()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        var first = await _world.ExportAsync(payout.RunId, "sepa-xml");
        await _world.SettleAsync(new System.Text.Json.Nodes.JsonObject { ["name"] = "Lux", ["iban"] = "AT611904300234573201" });

        var second = await _world.ExportAsync(payout.RunId, "sepa-xml");
        var old = await _world.FileAsync(payout.RunId, first.Id!);

        Assert.That(second.Text, Does.Contain("AT611904300234573201"));
        Assert.That((second.Id == first.Id, second.Before), Is.EqualTo((false, "2026-03-01T10:00:00Z")));
        Assert.That(old.Text, Is.EqualTo(first.Text), "frozen with the export");
    }

    [Test]
    public async Task A_file_whose_names_have_changed_is_not_made_again_and_a_new_one_is()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        var first = await _world.ExportAsync(payout.RunId, "csv");
        await _world.Db.DoAsync("UPDATE ambassadors SET name = 'Anna' WHERE id = @id", new { id = payout.AmbassadorId });

        var old = await _world.FileAsync(payout.RunId, first.Id!);
        var second = await _world.ExportAsync(payout.RunId, "csv");

        Assert.That(old.Answer.Problem, Is.EqualTo("/problems/export-not-repeatable"));
        Assert.That((second.Status, second.Before), Is.EqualTo((200, "2026-03-01T10:00:00Z")));
        Assert.That(second.Text, Does.Contain("Anna"));
    }

    [Test]
    public async Task PayPals_file_holds_one_currency()
    {
        var run = await _world.RunAsync();
        await _world.OwedAsync("Cleo", "cleo@example.com", "30.00", runId: run);
        await _world.OwedAsync("Dan", "dan@example.com", "40.00", "USD", run);

        var both = await _world.ExportAsync(run, "paypal-csv");
        var dollars = await _world.ExportAsync(run, "paypal-csv", "USD");
        var euros = await _world.ExportAsync(run, "paypal-csv");

        Assert.That((both.Status, (string?)both.Answer.Json!["errors"]!["currency"]![0]), Is.EqualTo((400, "must be one of EUR, USD: such a file holds one currency")));
        Assert.That((dollars.Lines.Single(), dollars.LeftOut), Is.EqualTo((dollars.Lines[0], "1")));
        Assert.That(dollars.Lines[0], Does.StartWith("dan@example.com,40.00,USD,"));
        Assert.That(euros.Lines.Single(), Does.StartWith("cleo@example.com,30.00,EUR,"), "what is out already is not asked about");
    }

    [Test]
    public async Task A_file_of_Wise_has_a_thousand_payouts_and_the_next_one_the_rest()
    {
        var run = await _world.RunAsync();
        var first = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        await _world.Db.InTransactionAsync(async tx =>
        {
            for (var i = 0; i < PayoutFile.Wise.RowsMax; i++)
            {
                await tx.DoAsync(
                    """
                    INSERT INTO payouts (store_id, id, run_id, ambassador_id, currency, amount_minor, reversed_minor, destination, mode, state, created_at, updated_at, provider)
                    SELECT store_id, 'po_' || @number, run_id, 'amc_' || @number, currency, amount_minor, 0, destination, mode, 'approved', created_at, updated_at, provider
                    FROM payouts WHERE id = @id
                    """,
                    new { id = first.Id, number = i.ToString("d32", System.Globalization.CultureInfo.InvariantCulture) });
                await tx.DoAsync(
                    """
                    INSERT INTO payout_attempts (store_id, payout_id, attempt, idempotency_key, method, path, body, api_version, mode, outcome, created_at, sends)
                    SELECT store_id, 'po_' || @number, 1, 'k' || @number, method, path, body, api_version, mode, 'frozen', created_at, 0 FROM payout_attempts WHERE payout_id = @id
                    """,
                    new { id = first.Id, number = i.ToString("d32", System.Globalization.CultureInfo.InvariantCulture) });
                await tx.DoAsync(
                    """
                    INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, approved_at, created_at)
                    SELECT store_id, 'amc_' || @number, campaign_id, name, email, @number, person_hash, state, approved_at, created_at FROM ambassadors WHERE id = @ann
                    """,
                    new { ann = first.AmbassadorId, number = i.ToString("d32", System.Globalization.CultureInfo.InvariantCulture) });
            }
        });

        var one = await _world.ExportAsync(run, "wise-csv");
        var two = await _world.ExportAsync(run, "wise-csv");
        var again = await _world.ExportAsync(run, "wise-csv");

        Assert.That((one.Lines.Count, one.LeftOut, two.Lines.Count, two.LeftOut), Is.EqualTo((1001, "1", 2, (string?)null)));
        Assert.That(one.Lines.Skip(1).Concat(two.Lines.Skip(1)), Is.Unique);
        Assert.That((again.Id, again.Text == one.Text), Is.EqualTo((one.Id, true)));
        Assert.That(await _world.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM payouts WHERE state <> 'sending'"), Is.Zero);
    }

    [TestCase("paypal-csv", "The payee has named no PayPal address.")]
    [TestCase("sepa-xml", "A SEPA credit transfer is in EUR.")]
    public async Task Where_nothing_fits_the_answer_says_why(string format, string why)
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", "USD");

        var answer = await _world.ExportAsync(payout.RunId, format);

        Assert.That((answer.Status, (string?)answer.Answer.Json!["detail"]), Is.EqualTo((409, why)));
        Assert.That(await _world.StateAsync(payout), Is.EqualTo("approved"));
    }

    [Test]
    public async Task Nothing_leaves_a_run_that_was_stopped_or_a_store_without_an_account()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        await _world.Api.Post($"payout-runs/{payout.RunId}/stop", """{"reason":"Wait"}""");
        var stopped = await _world.ExportAsync(payout.RunId, "csv");
        await _world.Api.Post($"payout-runs/{payout.RunId}/resumption");
        await _world.SettleAsync(null);
        var nobody = await _world.ExportAsync(payout.RunId, "sepa-xml");

        Assert.That((stopped.Answer.Problem, nobody.Answer.Problem), Is.EqualTo(("/problems/payout-run-stopped", "/problems/debtor-missing")));
        Assert.That(await _world.StateAsync(payout), Is.EqualTo("approved"));
        Assert.That((await _world.ExportAsync("run_none", "csv")).Answer.Problem, Is.EqualTo("/problems/payout-run-not-found"));
        Assert.That((await _world.FileAsync(payout.RunId, "pex_none")).Answer.Problem, Is.EqualTo("/problems/payout-export-not-found"));
    }

    [TestCase("""{"format":"xls"}""")]
    [TestCase("""{}""")]
    [TestCase("""{"format":"csv","currency":"EURO"}""")]
    [TestCase("""{"format":"csv","force":true}""")]
    public async Task A_request_that_is_wrong_is_refused(string body)
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");

        Assert.That((await _world.Api.Post($"payout-runs/{payout.RunId}/exports", body)).Status, Is.EqualTo(400));
        Assert.That(await _world.StateAsync(payout), Is.EqualTo("approved"));
    }

    [Test]
    public async Task Two_who_export_at_once_have_one_file()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");

        var exports = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _world.ExportAsync(payout.RunId, "wise-csv")));

        Assert.That(exports.Select(export => (export.Status, export.Text)).Distinct().Count(), Is.EqualTo(1));
        Assert.That(exports.Count(export => export.Before is null), Is.EqualTo(1), "the others are told that it is out");
        Assert.That((await _world.Payouts.AttemptsAsync(payout.Id)).Single().Sends, Is.EqualTo(1));
        await _world.AssertBooksAsync();
    }
}
