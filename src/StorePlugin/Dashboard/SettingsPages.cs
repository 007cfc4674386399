// What a store is set to, at a glance, with the way to each room where that is changed.
using StorePlugin.Dashboard.Mails;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Dashboard;

/// <param name="Facts">What the store itself has told.</param>
/// <param name="Messages">How its messages arrive.</param>
public sealed record SettingsModel(Frame Frame, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<(string Name, string Value)> Messages, IReadOnlyList<SettingsRoom> Rooms);

/// <param name="State">How it stands, in a few words; empty where the name says it all.</param>
/// <param name="IsWrong">Something is to be done there.</param>
public sealed record SettingsRoom(string Name, string Path, string What, string State = "", bool IsWrong = false);

internal sealed class SettingsPages(
    Db db, Settings settings, Team team, StripeConnection stripe, TopicLooks topics, StoreContact contact, PayoutSettings payouts, MailSettings mails, TimeProvider clock)
{
    private static readonly TimeSpan MailsLookedAt = TimeSpan.FromDays(7);

    // Ids rise with time.
    private const string ReadLast = "SELECT received_at FROM deliveries WHERE store_id = @storeId ORDER BY id DESC";

    private const string CountDead = "SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @storeId AND state = 'dead'";

    // The kind and the state as literals: only then their index serves.
    private const string CountRooms =
        """
        SELECT
            (SELECT CAST(COUNT(*) AS bigint) FROM mail_texts WHERE store_id = @storeId) AS mail_texts,
            (SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @storeId AND kind = 'mail' AND state = 'dead' AND id > @since) AS dead_mails,
            (SELECT CAST(COUNT(*) AS bigint) FROM mail_suppressions WHERE store_id = @storeId AND lifted_at IS NULL) AS suppressed,
            (SELECT CAST(COUNT(*) AS bigint) FROM payout_routes WHERE store_id = @storeId) AS own_routes,
            (SELECT CAST(COUNT(*) AS bigint) FROM self_billing_settings WHERE store_id = @storeId) AS self_billing
        """;

    public async Task<SettingsModel> ReadAsync(Visitor visitor, CancellationToken cancel)
    {
        var store = visitor.Store;
        var last = await db.OneAsync<long?>($"{ReadLast} {db.Page}", new { storeId = store.Id, take = 1L }, cancel);
        var dead = await db.OneAsync<long>(CountDead, new { storeId = store.Id }, cancel);
        var isOnShopify = settings.Shopify is not null && store is { Platform: "shopify", IsLive: true };
        var wrong = isOnShopify ? (await topics.WrongAsync(store, cancel)).Count : 0;
        var connected = await stripe.FindAsync(store, cancel);
        var members = await team.ListAsync(store, cancel);
        var counts = (await db.OneAsync<Counts>(CountRooms, new { storeId = store.Id, since = Ids.Since("eff", clock.GetUtcNow() - MailsLookedAt) }, cancel))!;
        SettingsRoom?[] rooms =
        [
            new("Team", "/dashboard/team", "Who may see and change what, and whose sessions are open.", Words.Count(members.Count, "member", "members")),
            new("Who changed what", AuditList.Path, "Everything that was changed here or over the API, by whom, and what came of it."),
            new("Look", LookPages.Path, "The colour, words and logo of the pages that everybody sees."),
            new(
                "Words of mails", MailList.Path, "What mails to ambassadors say.",
                counts.MailTexts == 0 ? "All as delivered" : $"{Words.Count(counts.MailTexts, "mail has", "mails have")} words of yours"),
            new(
                "What became of each mail", MailLog.Path, "Which were sent, which wait, and which were given up.",
                $"{(counts.DeadMails == 0 ? "None" : Words.Of(counts.DeadMails))} given up in the last seven days", counts.DeadMails > 0),
            new(
                "Hours of mails", MailRulesRoom.Path, "When people are written to and how often, and the addresses that get no mail.",
                MailRulesRoom.StateOf(await mails.FindAsync(store, cancel))
                    + (counts.Suppressed == 0 ? "; no address gets none" : $"; {Words.Count(counts.Suppressed, "address gets none", "addresses get none")}")),
            isOnShopify
                ? new(
                    "Connection to Shopify", "/dashboard/connection", "What the app may do in your store, and whether its messages arrive.",
                    wrong == 0 ? "All messages are subscribed" : $"{Words.Count(wrong, "kind of message", "kinds of messages")} may not arrive", wrong > 0)
                : null,
            new(
                "Stripe", "/dashboard/payouts/stripe", "Pay ambassadors from your own Stripe account.",
                connected is null ? "Not connected" : connected.Findings.Count == 0 ? "Connected" : $"{Words.Count(connected.Findings.Count, "finding", "findings")}", connected?.Findings.Count > 0),
            new(
                "How you pay", PayoutSettingsPages.Path, "What ambassadors may choose, when runs are prepared, who approves them, and your bank account for files.",
                PayoutSettingsPages.StateOf(await payouts.FindAsync(store, cancel), store)),
            new(
                "Ways to countries", RoutePages.Path, "To which countries Stripe brings money, and by what agreement.",
                counts.OwnRoutes == 0 ? "All as delivered" : $"{Words.Count(counts.OwnRoutes, "way is", "ways are")} your own"),
            new(
                "Invoices in your payees' place", SelfBillingPages.Path, "Who you are on them, and from what yearly sum on payments are reported.",
                counts.SelfBilling == 0 ? "Off" : "On"),
            isOnShopify && settings.Billing is not null ? new("The app's plan", "/dashboard/plan", "What the app costs in your store.") : null,
            new("Requests about personal data", "/dashboard/privacy-requests", "What customers have asked your store to tell or to erase."),
        ];
        return new SettingsModel(
            Frame.OfDashboard(visitor),
            [
                ("Name", store.DisplayName), ("Platform", Words.Platform(store.Platform)), ("Domain", store.PrimaryDomain ?? store.Domain), ("Currency", store.Currency ?? "Not told yet"),
                ("Time zone", new StoreTime(store).ZoneName), ("Mails to you go to", await contact.FindAsync(store.Id, cancel) ?? "Nobody: the store has told no address"),
            ],
            [
                ("Last message", last is { } at ? Words.Ago(clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(at)) : "None has come yet"),
                ("Given up", dead == 0 ? "None" : Words.Of(dead)),
            ],
            [.. rooms.OfType<SettingsRoom>()]);
    }

    private sealed record Counts
    {
        public long MailTexts { get; init; }

        public long DeadMails { get; init; }

        public long Suppressed { get; init; }

        public long OwnRoutes { get; init; }

        public long SelfBilling { get; init; }
    }
}
