// How the app is connected to the store at Shopify: what it may do there, what it lacks for the rest, and what is heard of it.
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Dashboard;

/// <param name="IsFramed">Whether the page stands in Shopify's admin, where more can be granted.</param>
/// <param name="CanSwitchPixelOn">Whether the store grants what the web pixel needs.</param>
/// <param name="PixelSeen">When the pixel was last heard of; null: never.</param>
/// <param name="AdminUrl">The app in the store's admin.</param>
/// <param name="TopicsAskedAt">When Shopify was last asked for the store's subscriptions; null: not yet.</param>
/// <param name="TopicsProblem">Why it did not tell them then; null where it did.</param>
public sealed record ConnectionModel(
    Frame Frame,
    string Shop,
    IReadOnlyList<AbilityRow> Abilities,
    bool IsFramed,
    bool CanSwitchPixelOn,
    Moment? PixelSeen,
    IReadOnlyList<TopicRow> Topics,
    Moment? TopicsAskedAt,
    string? TopicsProblem,
    string AdminUrl,
    string? Problem);

/// <param name="Missing">The scopes it lacks, separated by commas; null where it lacks none.</param>
/// <param name="Without">What is missing without them, as a sentence.</param>
/// <param name="State">In a word or two.</param>
/// <param name="CanAsk">Whether the merchant can grant them now, in the admin.</param>
/// <param name="IsLacking">Whether the app was to have them from the beginning.</param>
public sealed record AbilityRow(string What, string? Missing, string Without, string State, bool CanAsk, bool IsLacking);

/// <param name="Heard">When the last message came, as <c>3 hours ago</c>; null: none lately.</param>
/// <param name="Way">How it is subscribed.</param>
public sealed record TopicRow(string What, string Topic, Moment? Heard, string Way, IReadOnlyList<TopicFault> Faults);

/// <param name="Text">In sentences.</param>
/// <param name="SubscriptionId">Shopify's id of the subscription that is to be deleted; null where none is.</param>
public sealed record TopicFault(string Text, string? SubscriptionId);

internal sealed class ConnectionDetail(Settings settings, StorefrontHeartbeats heartbeats, TopicLooks topics, TimeProvider clock)
{
    /// <summary>Null where the store is not on Shopify.</summary>
    public async Task<ConnectionModel?> ReadAsync(Visitor visitor, bool isFramed, string? notice, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (settings.Shopify is not { } shopify || store is not { Platform: "shopify", IsLive: true })
        {
            return null;
        }

        var times = new StoreTime(store);
        var report = await topics.ReadAsync(store, cancel);
        return new ConnectionModel(
            Frame.OfDashboard(visitor, notice),
            store.Domain,
            [.. ShopifyAbility.All.Select(ability => RowOf(ability, store))],
            isFramed,
            ShopifyScopes.Missing(store.Scopes, ShopifyAbility.PixelScopes).Count == 0,
            times.At(await heartbeats.LastSeenAsync(store, StorefrontPart.Pixel, cancel)),
            [.. report.Verdicts.Select(verdict => RowOf(verdict, report.IsListed))],
            times.At(report.AskedAt),
            report.Problem,
            $"https://{store.Domain}/admin/apps/{Uri.EscapeDataString(shopify.ClientId)}",
            Problem: null);
    }

    // Shopify lists what was made for one store: what comes without being listed, the app's file holds.
    private TopicRow RowOf(TopicVerdict verdict, bool isListed) => new(
        verdict.Topic.What,
        verdict.Topic.Name,
        verdict.HeardAt is { } at ? new Moment(at, Words.Ago(clock.GetUtcNow() - at)) : null,
        verdict.IsOfStore ? "By this store" : isListed && verdict.HeardAt is not null ? "In the app's file" : "Not known yet",
        [.. verdict.Findings.Select(finding => new TopicFault(finding.Text, finding.SubscriptionId))]);

    private static AbilityRow RowOf(ShopifyAbility ability, Store store)
    {
        var missing = ability.MissingIn(store);
        var state = (missing.Count, ability.Consent) switch
        {
            (0, _) => "Granted",
            (_, ShopifyConsent.AtInstallation) => "Not granted",
            (_, ShopifyConsent.WhenWanted) => "Not granted; optional",
            _ => "Not granted; Shopify grants it to apps on request",
        };
        return new AbilityRow(
            ability.What,
            missing.Count == 0 ? null : string.Join(',', missing),
            ability.Without,
            state,
            ability.Consent == ShopifyConsent.WhenWanted,
            missing.Count > 0 && ability.Consent == ShopifyConsent.AtInstallation);
    }
}
