// Connect at Stripe's counterpart for rehearsals: accounts over HTTP by Stripe's rules, and the page on which a payee confirms theirs.
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Stores.Rehearsal;

/// <summary><c>/rehearsal/stripe/{storeId}/v1/…</c> for what is no transfer, and <c>/rehearsal/stripe/{storeId}/payees/{id}/…</c>.</summary>
internal static class RehearsalPayeeEndpoints
{
    private const int UrlLengthMax = 1000;
    private const int AmbassadorLengthMax = 100;

    // Stripe refuses what it does not know. Of the rest nothing is kept: it is about people.
    private static readonly string[] Known =
        ["business_profile", "business_type", "capabilities", "controller", "country", "default_currency", "email", "individual", "metadata", "settings", "tos_acceptance"];

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static void MapRehearsalPayees(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/rehearsal/stripe/{storeId}/v1").AllowAnonymous().ExcludeFromDescription();
        api.MapGet("/account", (string storeId, HttpContext context, Counterpart of, CancellationToken cancel) =>
            of.AnswerAsync(storeId, context, () => of.Payees.OwnAsync(storeId, cancel), cancel));
        api.MapGet("/balance", (string storeId, HttpContext context, Counterpart of, CancellationToken cancel) =>
            of.AnswerAsync(storeId, context, () => of.Payees.BalanceAsync(storeId, cancel), cancel));
        api.MapGet("/balance_settings", (string storeId, HttpContext context, Counterpart of, CancellationToken cancel) =>
            of.AnswerAsync(storeId, context, () => Task.FromResult(of.Payees.BalanceSettings()), cancel));
        api.MapPost("/accounts", MakeAsync);
        api.MapGet("/accounts/{id}", FindAsync);
        api.MapPost("/accounts/{id}/login_links", OpenAsync);
        api.MapPost("/account_links", LinkAsync);
        var pages = routes.MapGroup("/rehearsal/stripe/{storeId}/payees/{id}/{token}").AllowAnonymous().ExcludeFromDescription();
        pages.MapGet("", ShowAsync);
        pages.MapPost("", ConfirmAsync);
    }

    private static Task MakeAsync(string storeId, HttpContext context, Counterpart of, CancellationToken cancel) => of.AnswerAsync(
        storeId,
        context,
        async () =>
        {
            if (!RehearsalStripeEndpoints.TryReadKey(context, out var key) || await RehearsalStripeEndpoints.ReadBodyAsync(context.Request, cancel) is not { } body)
            {
                return of.Account.Refusal(400, StripeError.Of(null, "The body is a form of at most 64 KiB, with one idempotency key at most."));
            }

            var form = QueryHelpers.ParseQuery(body);
            if (form.Keys.FirstOrDefault(name => !Known.Contains(name.Split('[')[0])) is { } unknown)
            {
                return of.Account.Refusal(400, StripeError.Of("parameter_unknown", $"Received unknown parameter: {unknown}", unknown));
            }

            var country = form.TryGetValue("country", out var given) ? given.ToString() : "DE";
            if (country.Length != 2 || !country.All(char.IsAsciiLetterUpper))
            {
                return of.Account.Refusal(400, StripeError.Of("country_unsupported", $"{country} is not supported.", "country"));
            }

            var ambassador = form.TryGetValue("metadata[ambassador_id]", out var id) && id.ToString() is { Length: > 0 and <= AmbassadorLengthMax } text ? text : null;
            return await of.Payees.MakeAsync(storeId, country, ambassador, key, RehearsalStripeEndpoints.HashOf(context.Request, body), cancel);
        },
        cancel);

    private static Task FindAsync(string storeId, string id, HttpContext context, Counterpart of, CancellationToken cancel) => of.AnswerAsync(
        storeId,
        context,
        async () => id.StartsWith("acct_", StringComparison.Ordinal)
            ? new StripeAnswer(200, await of.Payees.JsonAsync(storeId, id, cancel), of.Account.NewRequestId())
            : of.Account.Refusal(404, StripeError.Of("resource_missing", $"No such account: '{id}'", "account")),
        cancel);

    private static Task LinkAsync(string storeId, HttpContext context, Counterpart of, PublicAddress address, CancellationToken cancel) => of.AnswerAsync(
        storeId,
        context,
        async () =>
        {
            var form = QueryHelpers.ParseQuery(await RehearsalStripeEndpoints.ReadBodyAsync(context.Request, cancel) ?? "");
            var (id, back, again) = (form.GetValueOrDefault("account").ToString(), form.GetValueOrDefault("return_url").ToString(), form.GetValueOrDefault("refresh_url").ToString());
            if (form.GetValueOrDefault("type").ToString() != "account_onboarding" || !IsOurs(back, address) || !IsOurs(again, address))
            {
                return of.Account.Refusal(400, StripeError.Of("parameter_missing", "type is account_onboarding; return_url and refresh_url are addresses of this program."));
            }

            return await of.Payees.LinkAsync(storeId, id, back, again, cancel) is { } token
                ? of.Payees.Answer(new JsonObject
                {
                    ["object"] = "account_link",
                    ["created"] = of.Now.ToUnixTimeSeconds(),
                    ["expires_at"] = (of.Now + RehearsalPayees.LinkLifetime).ToUnixTimeSeconds(),
                    ["url"] = address.Of(PathOf(storeId, id, token)),
                })
                : of.Account.Refusal(400, StripeError.Of("account_invalid", $"No such account: '{id}'", "account"));
        },
        cancel);

    private static Task OpenAsync(string storeId, string id, HttpContext context, Counterpart of, PublicAddress address, CancellationToken cancel) => of.AnswerAsync(
        storeId,
        context,
        async () => await of.Payees.LinkAsync(storeId, id, address.Of("/portal"), address.Of("/portal"), cancel) is { } token
            ? of.Payees.Answer(new JsonObject { ["object"] = "login_link", ["created"] = of.Now.ToUnixTimeSeconds(), ["url"] = address.Of(PathOf(storeId, id, token)) })
            : of.Account.Refusal(400, StripeError.Of("account_invalid", $"No such account: '{id}'", "account")),
        cancel);

    private static async Task<IResult> ShowAsync(string storeId, string id, string token, HttpContext context, Counterpart of, CancellationToken cancel)
    {
        if (await of.Payees.FindLinkAsync(storeId, id, token, cancel) is not { } link)
        {
            return TypedResults.NotFound();
        }

        if (link.ExpiresAt <= of.Now)
        {
            return TypedResults.Redirect(link.RefreshUrl ?? "/portal");
        }

        var payee = await of.Payees.FindAsync(storeId, id, cancel);
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-store";
        var (state, button) = payee.Bank is { } bank
            ? ($"Your payouts go to the bank account …{bank}.", "Use another bank account")
            : ("Stripe would ask who you are and where your bank is. Here you need tell nothing.", "Confirm, and be ready");
        return TypedResults.Content(
            $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>Stripe, rehearsed</title>
            <style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }</style>
            </head>
            <body>
            <main>
            <h1>Stripe, rehearsed</h1>
            <p>This page stands where Stripe's own would be. No money moves. Country: {{Encoder.Encode(payee.Country)}}.</p>
            <p>{{Encoder.Encode(state)}}</p>
            <form method="post" action=""><button>{{button}}</button></form>
            <p><a href="{{Encoder.Encode(link.ReturnUrl ?? "/portal")}}">Go back without it</a></p>
            </main>
            </body>
            </html>
            """,
            "text/html; charset=utf-8");
    }

    // Who has the link may confirm: it is a secret of one person, and works once.
    private static async Task<IResult> ConfirmAsync(
        string storeId, string id, string token, Counterpart of, RehearsalStripeEvents events, CancellationToken cancel)
    {
        if (await of.Payees.FindLinkAsync(storeId, id, token, cancel) is not { } link)
        {
            return TypedResults.NotFound();
        }

        if (link.ExpiresAt <= of.Now)
        {
            return TypedResults.Redirect(link.RefreshUrl ?? "/portal");
        }

        var before = await of.Payees.FindAsync(storeId, id, cancel);
        if (await of.Payees.ConfirmAsync(storeId, id, token, cancel))
        {
            var json = JsonNode.Parse(await of.Payees.JsonAsync(storeId, id, cancel))!;
            await (before.Bank is null
                ? events.TellConnectedAsync(storeId, "account.updated", id, json.ToJsonString(), cancel)
                : events.TellConnectedAsync(storeId, "account.external_account.updated", id, json["external_accounts"]!["data"]![0]!.ToJsonString(), cancel));
        }

        return TypedResults.Redirect(link.ReturnUrl ?? "/portal");
    }

    private static string PathOf(string storeId, string id, string token) => $"/rehearsal/stripe/{storeId}/payees/{id}/{token}";

    // The page sends the browser back there.
    private static bool IsOurs(string url, PublicAddress address) => url.Length <= UrlLengthMax && url.StartsWith(address.Base + "/", StringComparison.Ordinal);

    /// <summary>What the calls have in common.</summary>
    internal sealed class Counterpart(RehearsalShopDb shops, RehearsalStripeAccount account, RehearsalPayees payees, TimeProvider clock)
    {
        public RehearsalStripeAccount Account => account;

        public RehearsalPayees Payees => payees;

        public DateTimeOffset Now => clock.GetUtcNow();

        /// <summary>Answers whoever has the account's key.</summary>
        public async Task AnswerAsync(string storeId, HttpContext context, Func<Task<StripeAnswer>> answer, CancellationToken cancel) =>
            await RehearsalStripeEndpoints.AnswerAsync(
                context, await RehearsalStripeEndpoints.RefuseKeyAsync(storeId, context, shops, account, cancel) ?? await answer());
    }
}
