// The storefront of a rehearsal store: one plain page, so that a person who follows a link sees where it leads.
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Rehearsals;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Rehearsal;

/// <summary><c>GET /rehearsal/shop/{storeId}/…</c>. Text from outside is encoded, and the page runs no script.</summary>
internal static class RehearsalStorefront
{
    private const int ShownLengthMax = 200;

    // Letters of every script stay letters; what HTML could read as more does not.
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static void MapRehearsalStorefront(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/rehearsal/shop/{storeId}").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/discount/{code}", DiscountAsync);
        group.MapGet("/{**path}", PageAsync);
        TesterShop.MapTill(routes);
    }

    private static async Task<IResult> DiscountAsync(
        string storeId, string code, string? redirect, HttpContext context, RehearsalShopDb platform, TesterShop till, TimeProvider clock, CancellationToken cancel)
    {
        if (await platform.FindAsync(storeId, cancel) is not { } facts)
        {
            return TypedResults.NotFound();
        }

        var discount = await platform.FindDiscountAsync(storeId, code, cancel);
        var applied = discount is null
            ? $"There is no code {Encoded(code)} in this shop, so no discount is applied."
            : discount.WorksAt(clock.GetUtcNow())
                ? $"The code <strong>{Encoded(discount.Code)}</strong> is applied: {Off(discount, facts.Currency)} off at checkout{Limits(discount, facts.Currency)}."
                : $"The code {Encoded(discount.Code)} does not work any more, so no discount is applied.";
        var reference = redirect is null ? null : ReferenceIn(redirect);
        return Page(context, facts, applied, reference, await FormAsync(till, storeId, facts, discount?.Code, reference, null, cancel));
    }

    private static async Task<IResult> PageAsync(
        string storeId, string? path, string? @ref, string? told, HttpContext context, RehearsalShopDb platform, TesterShop till, CancellationToken cancel) =>
        await platform.FindAsync(storeId, cancel) is { } facts
            ? Page(context, facts, $"This is the page /{Encoded(path ?? "")}. No code is applied.", @ref, await FormAsync(till, storeId, facts, null, @ref, told, cancel))
            : TypedResults.NotFound();

    /// <summary>The till of a rehearsal's own store once its journey has ended; null elsewhere.</summary>
    private static async Task<string?> FormAsync(TesterShop till, string storeId, ShopFacts facts, string? code, string? reference, string? told, CancellationToken cancel)
    {
        if (await till.OpenSinceAsync(storeId, cancel) is null)
        {
            return null;
        }

        var says = told switch
        {
            "bought" => "Thank you: the order is paid. The rehearsal's page shows in a moment what it earns.",
            "full" => "Nothing was bought: this rehearsal takes no more orders.",
            "amount" => "Nothing was bought: the amount is not one that this shop takes.",
            "closed" => "Nothing was bought: the shop is closed.",
            _ => "You can buy here as a shopper would. No money moves.",
        };
        return $"""
            <p role="status">{says}</p>
            <form method="post" action="/rehearsal/shop/{Encoded(storeId)}/orders">
            <input type="hidden" name="ref" value="{Encoded(reference ?? "")}">
            <p><label>Amount in {Encoded(facts.Currency)} <input name="amount" inputmode="decimal" required></label></p>
            <p><label>Code <input name="code" value="{Encoded(code ?? "")}" autocomplete="off"></label></p>
            <p><button>Buy</button></p>
            </form>
            """;
    }

    private static ContentHttpResult Page(HttpContext context, ShopFacts facts, string applied, string? reference, string? form)
    {
        var action = form is null ? "'none'" : "'self'";
        context.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action {action}";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-store";
        var carried = reference is null ? "The visit carries no reference." : $"The visit carries the reference <code>{Encoded(reference)}</code>.";
        return TypedResults.Content(
            $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>{{Encoded(facts.Name)}}</title>
            <style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }</style>
            </head>
            <body>
            <main>
            <h1>{{Encoded(facts.Name)}}</h1>
            <p>You are in the rehearsal shop. Nothing is sold here.</p>
            <p>{{applied}}</p>
            <p>{{carried}}</p>
            {{form}}
            </main>
            </body>
            </html>
            """,
            "text/html; charset=utf-8");
    }

    private static string? ReferenceIn(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query >= 0 && QueryHelpers.ParseQuery(target[query..])["ref"] is [{ Length: > 0 } reference]
            ? reference
            : null;
    }

    private static string Off(ShopDiscount discount, string currency) =>
        discount.AmountMinor is { } amount ? Amount(amount, currency) : Percent(discount.PercentBp);

    private static string Limits(ShopDiscount discount, string currency) =>
        (discount.MinimumMinor is { } minimum ? $", on orders of {Amount(minimum, currency)} or more" : "")
        + (discount.CustomerUses is null ? "" : ", once for each customer");

    private static string Amount(long minor, string currency) => Encoded(new Money(minor, Currency.Parse(currency)).ToString());

    private static string Percent(long basisPoints) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{basisPoints / 100m:0.##} %");

    private static string Encoded(string text) =>
        Encoder.Encode(text.Length <= ShownLengthMax ? text : text[..ShownLengthMax] + "…");
}
