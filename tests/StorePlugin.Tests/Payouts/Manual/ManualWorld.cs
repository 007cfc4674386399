// A store that pays by files: its settings, its payees' methods, and payouts that are reserved for them.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class ManualWorld : IAsyncDisposable
{
    public const string DutchIban = "NL91ABNA0417164300";
    public const string GermanIban = "DE89370400440532013000";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private int _runs;
    private int _payouts;

    private ManualWorld(PayoutWorld world, ApiClient api) => (Payouts, Api) = (world, api);

    public PayoutWorld Payouts { get; }

    public ApiClient Api { get; }

    public StoreApp App => Payouts.App;

    public Db Db => Payouts.Db;

    /// <param name="debtor">Whether the store has named the account that a bank pays from.</param>
    public static async Task<ManualWorld> StartAsync(bool debtor = true) => await OfAsync(await PayoutWorld.StartAsync(), debtor);

    public static async Task<ManualWorld> OfAsync(PayoutWorld world, bool debtor = true)
    {
        var api = await ApiClient.OfAsync(world.App, world.Store);
        var manual = new ManualWorld(world, api);
        await manual.SettleAsync(debtor ? new JsonObject { ["name"] = "Lux", ["iban"] = GermanIban } : null);
        return manual;
    }

    public async Task SettleAsync(JsonObject? debtor, params string[] methods)
    {
        var body = new JsonObject { ["methods"] = new JsonArray([.. (methods.Length > 0 ? methods : [.. PayoutKind.All]).Select(kind => (JsonNode)kind)]), ["debtor"] = debtor };
        Assert.That((await Api.Put("payout-settings", body)).Status, Is.EqualTo(200));
    }

    /// <summary>An ambassador with a method of the kind of the recipient.</summary>
    public async Task<string> PayeeAsync(string name, string recipient)
    {
        var id = await Payouts.AmbassadorAsync(name, account: null);
        Assert.That((await NameAsync(id, recipient, name)).Status, Is.EqualTo(200));
        return id;
    }

    public Task<ApiAnswer> NameAsync(string ambassadorId, string recipient, string holder = "Ann Example") => Api.Put(
        $"ambassadors/{ambassadorId}/payout-method",
        recipient.Contains('@', StringComparison.Ordinal) ? new JsonObject { ["kind"] = "paypal", ["email"] = recipient }
        : Iban.Refusal(Iban.Normal(recipient)) is null ? new JsonObject { ["kind"] = "iban", ["iban"] = recipient, ["holder"] = holder }
        : new JsonObject { ["kind"] = "other", ["text"] = recipient });

    /// <summary>An approved run without payouts yet.</summary>
    public async Task<string> RunAsync()
    {
        var id = $"run_{++_runs}";
        await Db.DoAsync(
            "INSERT INTO payout_runs (store_id, id, state, preview, created_at, created_by) VALUES (@s, @id, 'approved', '[]', @now, 'ann')",
            new { s = Payouts.Store.Id, id, now = Payouts.Clock.GetUtcNow() });
        return id;
    }

    /// <summary>Books what an ambassador has earned, and reserves it for their method.</summary>
    public async Task<Payout> ReserveAsync(string runId, string ambassadorId, string amount, string currency = "EUR")
    {
        var method = (await Db.OneAsync<string>(
            "SELECT id FROM payout_methods WHERE store_id = @s AND ambassador_id = @ambassadorId AND ended_at IS NULL", new { s = Payouts.Store.Id, ambassadorId }))!;
        await Payouts.EarnsAsync(ambassadorId, amount, currency);
        var now = Payouts.Clock.GetUtcNow();
        var payout = new Payout(
            Payouts.Store.Id, $"po_0195522f4b4070008{(++_payouts).ToString("d16", System.Globalization.CultureInfo.InvariantCulture)}", runId, ambassadorId, currency,
            Money.Parse(amount, Currency.Parse(currency)).Minor, ReversedMinor: 0, method, Payouts.Store.Mode, PayoutState.Approved, TransferId: null, Problem: null, now, now,
            PayoutProvider.Manual);
        await Db.InTransactionAsync(tx => PayoutBook.ReserveAsync(tx, Payouts.Store, [payout], now, "ann"));
        await Payouts.AssertBooksAsync();
        return payout;
    }

    /// <summary>A payee and their payout, in a run of its own or in a given one.</summary>
    public async Task<Payout> OwedAsync(string name, string recipient, string amount, string currency = "EUR", string? runId = null) =>
        await ReserveAsync(runId ?? await RunAsync(), await PayeeAsync(name, recipient), amount, currency);

    public async Task<Export> ExportAsync(string runId, string format, string? currency = null)
    {
        var body = new JsonObject { ["format"] = format };
        if (currency is not null)
        {
            body["currency"] = currency;
        }

        return await Export.OfAsync(await Api.Post($"payout-runs/{runId}/exports", body));
    }

    public async Task<Export> FileAsync(string runId, string exportId) => await Export.OfAsync(await Api.Get($"payout-runs/{runId}/exports/{exportId}/file"));

    public Task<ApiAnswer> ResultsAsync(string runId, string text, string type = "text/csv", bool dry = false) =>
        Api.Post($"payout-runs/{runId}/results{(dry ? "?dryRun=true" : "")}", text, type);

    public async Task<string> StateAsync(Payout payout) => (await Payouts.PayoutAsync(payout.Id)).State;

    /// <summary>The books hold by every check; the world's orders and campaign are planted without receipts and terms, and its orders without a log.</summary>
    public async Task AssertBooksAsync()
    {
        await Payouts.AssertBooksAsync();
        var found = await App.Get<Verify>().RunAsync(Payouts.Store.Id, default);
        Assert.That(found.Where(finding => finding.Check is not ("receipt-missing" or "campaign-revision")), Is.Empty);
        var rebuilt = (await App.Get<Rebuild>().RunAsync(Payouts.Store.Id, _ => { }, default)).Findings;
        Assert.That(rebuilt.Select(finding => finding.Check).Distinct(), Is.SubsetOf(["log-incomplete"]));
    }

    /// <summary>JSON as it means, with its letters.</summary>
    public static string Plain(JsonNode? json) => json!.ToJsonString(Relaxed);

    public async ValueTask DisposeAsync() => await Payouts.DisposeAsync();
}

/// <summary>An answer that is a file, or a problem.</summary>
internal sealed record Export(ApiAnswer Answer, string Text, string? Name, string? Id, string? Before, string? LeftOut, string? Settled)
{
    public int Status => Answer.Status;

    public IReadOnlyList<string> Lines => Text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    public static async Task<Export> OfAsync(ApiAnswer answer) => new(
        answer, await answer.Response.Content.ReadAsStringAsync(), answer.Response.Content.Headers.ContentDisposition?.FileName,
        Header(answer, PayoutExportEndpoints.IdHeader), Header(answer, PayoutExportEndpoints.BeforeHeader), Header(answer, PayoutExportEndpoints.LeftOutHeader),
        Header(answer, PayoutExportEndpoints.SettledHeader));

    private static string? Header(ApiAnswer answer, string name) => answer.Response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
