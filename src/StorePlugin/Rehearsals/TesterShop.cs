// The till of a rehearsal's own store: whoever has its address buys as a shopper would, and the order comes as a platform's does.
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Webhooks;

namespace StorePlugin.Rehearsals;

internal enum TesterPurchase
{
    Done,

    /// <summary>The store is no rehearsal's own, or its journey has not ended.</summary>
    Closed,

    /// <summary><see cref="TesterShop.OrdersMax"/> were placed.</summary>
    TooMany,
}

/// <summary>An order that was placed since the journey has ended.</summary>
internal sealed record TesterOrder(string OrderId, string? Reference, string State, string? Currency, long NetMinor, long CommissionMinor, string? Name);

internal sealed class TesterShop(Db db, StoreDirectory stores, RehearsalShopDb platform, RehearsalShop shop, RehearsalLetters rehearsed, TimeProvider clock)
{
    /// <summary>How many orders are placed in one rehearsal after its end: everybody who has the address can.</summary>
    public const long OrdersMax = 50;

    private const int BodyBytesMax = 8 * 1024;
    private const int CodeLengthMax = 100;
    private const int ReferenceLengthMax = 100;
    private const long MajorMax = 100_000;

    private const string ReadEnd = "SELECT ended_at FROM rehearsals WHERE store_id = @storeId AND id = @id AND state = 'finished'";

    /// <summary>Since when a store takes orders of the team; null where it does not.</summary>
    public async Task<DateTimeOffset?> OpenSinceAsync(string storeId, CancellationToken cancel) =>
        await stores.FindAsync(storeId, cancel) is { IsInstalled: true } own && await rehearsed.FindAsync(own, cancel) is { } of
            ? await db.OneAsync<DateTimeOffset?>(ReadEnd, new { storeId = of.StoreId, id = of.RehearsalId }, cancel)
            : null;

    private const string CountOrders = "SELECT CAST(COUNT(*) AS bigint) FROM orders WHERE store_id = @storeId AND created_at >= @since";

    private const string ReadOrders =
        """
        SELECT o.order_id, o.reference, o.state, o.currency, o.net_minor, o.commission_minor, a.name FROM orders o
        LEFT JOIN ambassadors a ON a.store_id = o.store_id AND a.id = o.ambassador_id
        WHERE o.store_id = @storeId AND o.at >= @since ORDER BY o.at DESC, o.order_id DESC
        """;

    /// <summary>The newest orders that were placed since an instant.</summary>
    public Task<IReadOnlyList<TesterOrder>> ListAsync(Store own, DateTimeOffset since, long take, CancellationToken cancel) =>
        db.ManyAsync<TesterOrder>($"{ReadOrders} {db.Page}", new { storeId = own.Id, since = WholeSecond.Of(since), take }, cancel);

    /// <summary>Places a paid order at this moment, through the same signed delivery as the journey's.</summary>
    /// <param name="amount">Of one product with tax, before the discount.</param>
    /// <param name="reference">What the visit carries; null where it carries nothing.</param>
    public async Task<TesterPurchase> BuyAsync(string storeId, Money amount, string? code, string? reference, CancellationToken cancel)
    {
        if (await OpenSinceAsync(storeId, cancel) is not { } since)
        {
            return TesterPurchase.Closed;
        }

        if (await db.OneAsync<long>(CountOrders, new { storeId, since }, cancel) >= OrdersMax)
        {
            return TesterPurchase.TooMany;
        }

        var now = clock.GetUtcNow();
        var own = await stores.GetAsync(storeId, cancel);
        var discount = code is null ? null : await platform.FindDiscountAsync(storeId, code, cancel);
        var off = discount is null || !discount.WorksAt(now) ? 0
            : Math.Min(amount.Minor, discount.AmountMinor ?? (long)((Int128)amount.Minor * discount.PercentBp / BasisPoints.Whole));
        // Two who press at the same moment buy two things.
        var id = (now.ToUnixTimeMilliseconds() * 1000) + RandomNumberGenerator.GetInt32(1000);
        var order = new ShopOrder
        {
            Id = id,
            Number = id % 1_000_000,
            Currency = amount.Currency,
            Zone = own.Zone,
            CreatedAt = now,
            UpdatedAt = now,
            Customer = new ShopCustomer(id, "Shopper", "of the team", $"shopper{id}@shoppers.example"),
            Lines = [new ShopLine(id, id, "A product", 1, amount.Minor, off)],
            Code = code,
            LandingReference = reference,
        }.PaidAt(now);
        var status = await shop.SendAsync(storeId, ShopDelivery.Of("orders/paid", order.ToJson()), cancel);
        return status == StatusCodes.Status200OK ? TesterPurchase.Done : TesterPurchase.Closed;
    }

    public static void MapTill(IEndpointRouteBuilder routes) =>
        routes.MapPost("/rehearsal/shop/{storeId}/orders", Buy).AllowAnonymous().ExcludeFromDescription().DisableAntiforgery()
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax));

    // Nobody has signed in, so that there is nothing that another site's form could use; the limit is the store's.
    private static async Task<IResult> Buy(string storeId, HttpRequest request, RehearsalShopDb platform, TesterShop till, CancellationToken cancel)
    {
        if (!request.HasFormContentType || await platform.FindAsync(storeId, cancel) is not { } facts)
        {
            return TypedResults.NotFound();
        }

        var form = await request.ReadFormAsync(cancel);
        var (code, reference) = (form["code"].ToString().Trim(), form["ref"].ToString().Trim());
        var currency = Currency.Parse(facts.Currency);
        if (!Money.TryParse(form["amount"].ToString().Trim(), currency, out var amount) || amount.Minor <= 0 || amount.Minor > MajorMax * currency.MinorPerMajor
            || code.Length > CodeLengthMax || reference.Length > ReferenceLengthMax)
        {
            return Told(storeId, "amount");
        }

        var done = await till.BuyAsync(storeId, amount, code.Length == 0 ? null : code, reference.Length == 0 ? null : reference, cancel);
        return Told(storeId, done switch { TesterPurchase.Done => "bought", TesterPurchase.TooMany => "full", _ => "closed" });
    }

    private static RedirectHttpResult Told(string storeId, string word) =>
        TypedResults.LocalRedirect(string.Create(CultureInfo.InvariantCulture, $"~/rehearsal/shop/{Uri.EscapeDataString(storeId)}/?told={word}"));
}
