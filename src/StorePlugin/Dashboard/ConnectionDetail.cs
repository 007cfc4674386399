// How the app is connected to the store at Shopify: what it may do there, what it lacks for the rest, and what is heard of it.
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Dashboard;

/// <param name="IsFramed">Whether the page stands in Shopify's admin, where more can be granted.</param>
/// <param name="CanSwitchPixelOn">Whether the store grants what the web pixel needs.</param>
/// <param name="PixelSeen">When the pixel was last heard of; null: never.</param>
/// <param name="AdminUrl">The app in the store's admin.</param>
public sealed record ConnectionModel(
    Frame Frame, string Shop, IReadOnlyList<AbilityRow> Abilities, bool IsFramed, bool CanSwitchPixelOn, Moment? PixelSeen, string AdminUrl, string? Problem);

/// <param name="Missing">The scopes it lacks, separated by commas; null where it lacks none.</param>
/// <param name="Without">What is missing without them, as a sentence.</param>
/// <param name="State">In a word or two.</param>
/// <param name="CanAsk">Whether the merchant can grant them now, in the admin.</param>
/// <param name="IsLacking">Whether the app was to have them from the beginning.</param>
public sealed record AbilityRow(string What, string? Missing, string Without, string State, bool CanAsk, bool IsLacking);

internal static class ConnectionDetail
{
    /// <param name="problem">Why what was asked for did not happen, in words of the platform; null where nothing was.</param>
    public static async Task<ConnectionModel?> ReadAsync(
        ShopifyOptions? shopify, StorefrontHeartbeats heartbeats, Visitor visitor, bool isFramed, string? notice, string? problem, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (shopify is null || store is not { Platform: "shopify", IsLive: true })
        {
            return null;
        }

        return new ConnectionModel(
            Frame.OfDashboard(visitor, notice),
            store.Domain,
            [.. ShopifyAbility.All.Select(ability => RowOf(ability, store))],
            isFramed,
            ShopifyScopes.Missing(store.Scopes, ShopifyAbility.PixelScopes).Count == 0,
            new StoreTime(store).At(await heartbeats.LastSeenAsync(store, StorefrontPart.Pixel, cancel)),
            $"https://{store.Domain}/admin/apps/{Uri.EscapeDataString(shopify.ClientId)}",
            problem);
    }

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
