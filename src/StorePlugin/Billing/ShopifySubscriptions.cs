// A price for the app in stores on Shopify, charged with the store's own bill there.
using System.Globalization;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Billing;

/// <summary>
/// Shopify is where it stands who pays, and nothing of it is kept here: an uninstallation ends the subscription there, and whoever
/// comes back is asked anew. Stores of other platforms and rehearsals pay nothing.
/// </summary>
internal sealed class ShopifySubscriptions(ShopifyAdminClient admin, Settings settings, BillingOptions offer) : IBilling
{
    private const string Active = "ACTIVE";

    public async Task<Plan> LookAsync(Store store, CancellationToken cancel)
    {
        if (!Pays(store))
        {
            return new Plan.Free();
        }

        var installation = (await admin.DataAsync(store, BillingQuestions.Look, new NoVariables(), cancel)).CurrentAppInstallation
            ?? throw new PlatformException("Shopify's answer does not hold the app's subscriptions.");
        return installation.ActiveSubscriptions?.FirstOrDefault(subscription => subscription.Status == Active) is { } active
            ? new Plan.Active(active.Name, active.Price, active.CurrentPeriodEnd, active.Test)
            : new Plan.Open(offer);
    }

    public async Task<Uri> OfferAsync(Store store, CancellationToken cancel)
    {
        if (!Pays(store))
        {
            throw new PlatformException("The app costs nothing in this store.");
        }

        var payload = (await admin.DataAsync(store, BillingQuestions.Create, VariablesFor(store), cancel)).AppSubscriptionCreate;
        if (payload?.UserErrors is { Count: > 0 } errors)
        {
            throw new PlatformException($"Shopify does not offer the plan: {UserError.WordsOf(errors)}");
        }

        // The merchant is sent there, so nobody but Shopify may name the place.
        return Uri.TryCreate(payload?.ConfirmationUrl, UriKind.Absolute, out var url) && IsShopifys(url, store)
            ? url
            : throw new PlatformException("Shopify's answer does not hold the page on which the plan is confirmed.");
    }

    private static bool Pays(Store store) => store is { Platform: "shopify", IsLive: true };

    private bool IsShopifys(Uri url, Store store) =>
        (url.Scheme == Uri.UriSchemeHttps && (url.Host == store.Domain || url.Host == "admin.shopify.com"))
        || settings.Shopify?.FixedAdmin?.Authority == url.Authority;

    private CreateSubscriptionVariables VariablesFor(Store store) => new(
        offer.Name,
        $"https://{store.Domain}/admin/apps/{Uri.EscapeDataString(settings.Shopify!.ClientId)}/dashboard/plan",
        offer.TrialDays,
        offer.IsTest,
        [new SubscriptionLine(new SubscriptionPlan(new RecurringPrice(new PriceInput(offer.Price.ToDecimalString(), offer.Price.Currency.Code), RecurringPrice.Monthly)))]);

    /// <summary>As in <c>9.00 USD every 30 days</c>.</summary>
    public static string WordsOf(string? amount, string? currency, string? interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{amount} {currency} {(interval == "ANNUAL" ? "a year" : "every 30 days")}");
}
