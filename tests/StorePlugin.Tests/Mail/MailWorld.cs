// One of each mail that the program sends, sent for real over a mail server on loopback.
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MimeKit;
using StorePlugin.Ambassadors;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Mail;

internal sealed class MailWorld : IAsyncDisposable
{
    public const string ShopName = "Kerzenmanufaktur Donaudampfschifffahrtsgesellschaft & Söhne";

    /// <summary>Every mail, by the word of its notice.</summary>
    public static readonly string[] Kinds =
    [
        MailNotice.AddressChanged, MailNotice.AddressChangeNew, MailNotice.AddressChangeOld, MailNotice.DestinationChanged, MailNotice.SignIn,
        MailNotice.Invited, MailNotice.OrderDigest, MailNotice.PayoutFailed, MailNotice.PayoutReversed, MailNotice.PayoutSent, MailNotice.PrivacyFile,
        MailNotice.ReviewReminder, MailNotice.RewardGiven, MailNotice.RunWaiting, MailNotice.TermsChanged, MailNotice.TermsWithdrawn, MailNotice.Welcome,
        MailNotice.ClaimDecided, MailNotice.MessageWaits, MailNotice.QuestionWaits,
    ];

    private readonly FakeSmtp _smtp;
    private readonly StoreApp _app;

    private MailWorld(FakeSmtp smtp, StoreApp app) => (_smtp, _app) = (smtp, app);

    /// <summary>The mails as the server got them, by kind.</summary>
    public Dictionary<string, MimeMessage> Mails { get; } = new(StringComparer.Ordinal);

    public static async Task<MailWorld> StartAsync()
    {
        var smtp = FakeSmtp.Start();
        var app = await StoreApp.StartAsync([.. smtp.Settings, new("PublicUrl", "https://refer.example")]);
        var world = new MailWorld(smtp, app);
        await world.SendAllAsync(await Shop.OpenAsync(app));
        return world;
    }

    private async Task SendAllAsync(Shop shop)
    {
        var api = await ApiClient.OfAsync(_app, shop.Store);
        var ann = await shop.AmbassadorAsync("ANN10", "ann@example.com");
        await _app.Db.DoAsync("UPDATE ambassadors SET name = 'Annegret Langename-Bindestrichberg'");
        await shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await shop.PaysAsync(new TestOrder("1002", StoreApp.Start).With("ANN10", "5.00"));
        await _app.Db.DoAsync("UPDATE stores SET mode = 'live', platform = 'shopify', name = @ShopName", new { ShopName });
        _app.Get<StoreDirectory>().Forget(shop.Store);
        var store = await _app.Get<StoreDirectory>().GetAsync(shop.Store.Id);
        await api.Put("mail-settings", new JsonObject { ["weeklyCap"] = 50, ["quietHours"] = null });
        await api.Put($"campaigns/{shop.CampaignId}/applications", new JsonObject { ["open"] = true });
        await api.Post($"campaigns/{shop.CampaignId}/invitations", new JsonObject
        {
            ["invitations"] = new JsonArray(new JsonObject { ["email"] = "eve@example.com", ["name"] = "Eve", ["personalLine"] = "You have told so many people of our candles." }),
        });
        await _app.Get<StoreContact>().SetAsync(store, "owner@lux.example", default);
        await _app.Db.InTransactionAsync(tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(tx, store, new PrivacyRequested("customers/data_request") { RequestId = "9999" }));
        await PlantAsync(store, ann);
        await WriteAsync(store, ann);
        foreach (var notice in new MailNotice[]
        {
            new(MailNotice.Welcome, ann), new(MailNotice.RewardGiven, ann, Reward: "rew_1"), new(MailNotice.PayoutSent, ann, Payout: "po_sent"),
            new(MailNotice.PayoutFailed, ann, Payout: "po_refused"), new(MailNotice.PayoutReversed, ann, Payout: "po_reversed", ReversedMinor: 2000),
            new(MailNotice.RunWaiting, null, Run: "run_2"),
        })
        {
            await _app.Db.InTransactionAsync(tx => notice.AddAsync(tx, store.Id, _app.Clock.GetUtcNow()));
        }

        await AskAboutChangesAsync(store, ann, api);
        await api.Post($"campaigns/{shop.CampaignId}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(5)["terms"]!.DeepClone() });
        await _app.DrainAsync();
        Assert.That((await api.Delete($"campaigns/{shop.CampaignId}/revisions/2")).Status, Is.EqualTo(200));
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.DrainAsync();
        await KeepAsync();
    }

    private async Task WriteAsync(Store store, string ann)
    {
        await _app.Get<Messages>().AnswerAsync(store, ann, "A new candle is out.", "test", default);
        await _app.DrainAsync();
        await _app.Get<Messages>().WriteAsync(store, ann, "When do you pay?", default);
        var claims = _app.Get<OrderClaims>();
        await claims.TellAsync(store, ann, new NewClaim("#1001", new DateOnly(2026, 2, 28), "A friend of mine."), default);
        var claim = (await claims.ListWaitingAsync(store, "", 1, default)).Single();
        await claims.DeclineAsync(store, claim.Id, "It was paid with a voucher of another programme.", "test", default);
    }

    private async Task AskAboutChangesAsync(Store store, string ann, ApiClient api)
    {
        await api.Put($"ambassadors/{ann}/payout-method", new JsonObject { ["kind"] = "iban", ["iban"] = "NL91ABNA0417164300", ["holder"] = "Annegret Langename" });
        await api.Put($"ambassadors/{ann}/payout-method", new JsonObject { ["kind"] = "paypal", ["email"] = "annegret.langename@example.com" });
        await api.Post($"ambassadors/{ann}/address-changes", new JsonObject { ["email"] = "ann.new@example.com" });
        await _app.Get<SignInRequests>().AskAsync(store, "ann@example.com", default);
        await _app.DrainAsync();

        // One that was made tells the address of before, which is still hers for the mails that follow.
        var change = await _app.Db.OneAsync<string>("SELECT id FROM address_changes");
        await _app.Db.DoAsync("UPDATE address_changes SET state = 'applied', settled_at = asked_at");
        await _app.Db.InTransactionAsync(tx => new MailNotice(MailNotice.AddressChanged, ann, Change: change).AddAsync(tx, store.Id, _app.Clock.GetUtcNow()));
    }

    private async Task PlantAsync(Store store, string ann)
    {
        await Plant.RowAsync(
            _app.Db, "orders", ("store_id", store.Id), ("order_id", "1003"), ("reference", "#1003"), ("revision", 1L), ("state", "review"), ("currency", "EUR"),
            ("commission_minor", 900L), ("review_at", StoreApp.Start.AddDays(-4)), ("reason", "The address is a disposable one."));
        await Plant.RowAsync(
            _app.Db, "rewards", ("store_id", store.Id), ("id", "rew_1"), ("ambassador_id", ann), ("kind", "advocate"), ("state", "issued"), ("order_id", "1001"),
            ("percent_bp", 2000L), ("code", "THANKS-7F3K9QX2"), ("ends_at", StoreApp.Start.AddDays(180)));
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        var line = new RunLine(ann, 123_450, "EUR", WillPay: true, null, "acct_ann", PayoutProvider.Stripe, Warning: "More than half of what this run pays in EUR goes to this payee.");
        await Plant.RowAsync(
            _app.Db, "payout_runs", ("store_id", store.Id), ("id", "run_2"), ("state", "preview"), ("created_at", StoreApp.Start),
            ("preview", JsonSerializer.Serialize([line], RunJson.Default.ListRunLine)),
            ("funding", JsonSerializer.Serialize([new RunFunding("EUR", 123_450, 100_000)], RunJson.Default.ListRunFunding)));
        foreach (var (state, reversed) in new[] { ("sent", 0L), ("refused", 0L), ("reversed", 2000L) })
        {
            await Plant.RowAsync(
                _app.Db, "payouts", ("store_id", store.Id), ("id", "po_" + state), ("run_id", "run_1"), ("ambassador_id", ann), ("currency", "EUR"),
                ("amount_minor", 123_450L), ("reversed_minor", reversed), ("mode", "live"), ("state", state), ("provider", "stripe"));
        }
    }

    private async Task KeepAsync()
    {
        var kinds = (await _app.Db.ManyAsync<(string Id, string Kind)>("SELECT id, substr(subject, 1, instr(subject, ':') - 1) FROM effects WHERE kind = 'mail'"))
            .ToDictionary(row => row.Id, row => row.Kind);
        foreach (var raw in _smtp.Mails)
        {
            using var stream = new MemoryStream(Encoding.Latin1.GetBytes(raw));
            var message = await MimeMessage.LoadAsync(stream);
            Mails[kinds[message.MessageId!.Split('@')[0]]] = message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var mail in Mails.Values)
        {
            mail.Dispose();
        }

        await _app.DisposeAsync();
        await _smtp.DisposeAsync();
    }
}
