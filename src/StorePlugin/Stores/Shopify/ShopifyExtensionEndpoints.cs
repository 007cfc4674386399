// What the app's extensions ask on a store's thank-you page and in its customer accounts: whose link this is, and who may join.
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Shopify;

/// <summary>What an extension shows.</summary>
/// <param name="Kind">
/// <c>ambassador</c>: their link; <c>offer</c>: they may join by the button; <c>form</c>: they may join by the page;
/// <c>applied</c>: a person decides; <c>nothing</c>.
/// </param>
internal sealed record ExtensionAnswer(string Kind)
{
    public static readonly ExtensionAnswer Nothing = new("nothing");

    public string? Store { get; init; }

    public string? Campaign { get; init; }

    /// <summary>What the button does: <c>application</c> or <c>instant</c>.</summary>
    public string? Way { get; init; }

    /// <summary>The ambassador's referral link.</summary>
    public string? Link { get; init; }

    /// <summary>The ambassador's code, where it takes something off.</summary>
    public string? Code { get; init; }

    /// <summary>What a friend gets; null where that is nothing, or not known for sure.</summary>
    public StorefrontDiscount? FriendDiscount { get; init; }

    public ExtensionEarning? Earning { get; init; }

    /// <summary>The same in sentences, and what else there is to know.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>The address of the rules.</summary>
    public string? RulesPage { get; init; }

    /// <summary>Which version of the rules that page shows.</summary>
    public long? RulesRevision { get; init; }

    /// <summary>The address of the form.</summary>
    public string? JoinPage { get; init; }
}

/// <summary>What an order earns by the terms: a share, or an amount, or neither where something else is given.</summary>
/// <param name="BasisPoints">1000 is 10 %.</param>
/// <param name="Amount">With a decimal point, as in <c>5.00</c>.</param>
/// <param name="Per"><c>order</c> or <c>item</c>, of an amount.</param>
internal sealed record ExtensionEarning(long? BasisPoints, string? Amount, string? Currency, string? Per);

/// <summary>
/// Every request bears a token that Shopify made for an extension of this app; its shop and its customer are the token's alone, and
/// nothing else of the program takes such a token. Extensions run in a sandbox without an origin, so that every origin may ask, and
/// nobody brings cookies. Nothing of earnings or payouts is ever told here.
/// </summary>
internal static class ShopifyExtensionEndpoints
{
    private const long BodyBytesMax = 4096;

    // What is left out, and what is null, mean the same.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static void MapShopifyExtension(this IEndpointRouteBuilder routes, ShopifyOptions shopify)
    {
        var door = ActivatorUtilities.CreateInstance<Door>(routes.ServiceProvider, shopify);
        var desk = ActivatorUtilities.CreateInstance<Desk>(routes.ServiceProvider);
        var paths = routes.MapGroup("/shopify/extension").AllowAnonymous().ExcludeFromDescription().AddEndpointFilter(AllowAllAsync);
        paths.MapMethods("/{**path}", [HttpMethods.Options], Preflight);
        // The type of the results stands there so that they are answered: a bare task would be taken for an answer that is given.
        paths.MapGet("/referral", Task<IResult> (HttpContext context) => door.AnswerAsync(context, desk.Referral));
        paths.MapPost("/enrolment", Task<IResult> (HttpContext context) => door.AnswerAsync(context, desk.Enrol))
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax));
    }

    private static ValueTask<object?> AllowAllAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var headers = invocation.HttpContext.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.CacheControl = "no-store";
        return next(invocation);
    }

    private static NoContent Preflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = $"{HttpMethods.Get}, {HttpMethods.Post}";
        headers.AccessControlAllowHeaders = "Authorization, Content-Type";
        headers.AccessControlMaxAge = "7200";
        return TypedResults.NoContent();
    }

    private static JsonHttpResult<ExtensionAnswer> Show(ExtensionAnswer answer) => TypedResults.Json(answer, Json);

    /// <summary>Who stands in front of all that extensions reach.</summary>
    private sealed class Door(ShopifyOptions shopify, StoreDirectory stores, StorefrontLimit limit, CustomerLimit customers, TimeProvider clock)
    {
        public async Task<IResult> AnswerAsync(HttpContext context, Func<HttpContext, Store, string?, Task<IResult>> answer)
        {
            if (Api.BearerOf(context.Request.Headers.Authorization) is not { } token)
            {
                return Unauthorised(context, "token-missing", "Send the header Authorization: Bearer with the extension's session token.");
            }

            if (SessionToken.ReadExtension(token, shopify, clock.GetUtcNow(), out var why) is not { } session)
            {
                return Unauthorised(context, "session-token-invalid", $"The session token {why}.");
            }

            if (!limit.Admits(session.Shop, context.Connection.RemoteIpAddress)
                || (session.CustomerId is { } customerId && !customers.Admits(session.Shop, customerId)))
            {
                return Problems.Of(StatusCodes.Status429TooManyRequests, "too-many-requests", "Too many requests.", "Wait a minute, then try again.");
            }

            return await stores.FindByDomainAsync("shopify", session.Shop, context.RequestAborted) is { IsInstalled: true } store
                ? await answer(context, store, session.CustomerId)
                : Problems.Of(StatusCodes.Status404NotFound, "extension-path-unknown", "The request was not served.", "The app offers nothing in this store.");
        }

        private static ProblemHttpResult Unauthorised(HttpContext context, string slug, string detail)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Of(StatusCodes.Status401Unauthorized, slug, "The request was not served.", detail);
        }
    }

    /// <summary>What extensions ask. Nobody has signed in where the customer is null, or Shopify does not tell the app who it is.</summary>
    private sealed class Desk(
        RecogniseCustomer recognise,
        ShopifyCustomers shopify,
        AmbassadorDb ambassadors,
        Enrolments enrolments,
        Applications applications,
        CampaignDb campaigns,
        RulesAcceptances acceptances,
        Links links,
        StorefrontCodes codes,
        PublicAddress address)
    {
        public async Task<IResult> Referral(HttpContext context, Store store, string? customerId)
        {
            var cancel = context.RequestAborted;
            var campaign = await campaigns.FindEnrollingAsync(store, cancel);
            if (customerId is null)
            {
                return Show(await FormAsync(store, campaign, cancel));
            }

            if (await recognise.FindAsync(store, customerId, cancel) is not { } customer)
            {
                return Unavailable;
            }

            return Show(JoinWay.Of(customer.Memberships, campaign?.Id, campaign?.Terms.Enrolment) switch
            {
                JoinWay.Member member => await MemberAsync(store, member.Membership.AmbassadorId, cancel),
                JoinWay.Open open => await OpenAsync(store, campaign!, open.Way, customer, cancel),
                _ => ExtensionAnswer.Nothing,
            });
        }

        /// <summary>The wish to join. Whoever is an ambassador, or has applied, stays as they are and is told the same again.</summary>
        public async Task<IResult> Enrol(HttpContext context, Store store, string? customerId)
        {
            var (body, refusal) = await ApiBody.ReadAsync(context);
            if (refusal is not null)
            {
                return refusal;
            }

            var fields = Fields.Of(body!.Value);
            fields.RefuseOthersThan("acceptsRules", "rulesRevision");
            if (!fields.Flag("acceptsRules") && fields.Refusal is null)
            {
                fields.Refuse("acceptsRules", "must be true: nobody takes part without the rules");
            }

            var revision = fields.Has("rulesRevision") ? fields.Whole("rulesRevision", 1, long.MaxValue) : (long?)null;
            if (fields.Refusal is { } wrong)
            {
                return wrong;
            }

            return customerId is null
                ? Problems.Of(StatusCodes.Status403Forbidden, "customer-missing", "Nobody has signed in.", "Sign in to the store, then try again.")
                : await EnrolAsync(store, customerId, revision, context.RequestAborted);
        }

        private async Task<IResult> EnrolAsync(Store store, string customerId, long? revision, CancellationToken cancel)
        {
            var campaign = await campaigns.FindEnrollingAsync(store, cancel);
            if (await recognise.FindAsync(store, customerId, cancel) is not { } customer)
            {
                return Unavailable;
            }

            if (JoinWay.Of(customer.Memberships, campaign?.Id, campaign?.Terms.Enrolment) is JoinWay.Member { Membership: var member })
            {
                // An answer may have been lost on its way, and with it what follows the enrolment.
                await AcceptAsync(store, member.AmbassadorId, member.CampaignId == campaign?.Id ? campaign : null, revision);
                return Show(await MemberAsync(store, member.AmbassadorId, cancel));
            }

            if (campaign is null)
            {
                return Closed;
            }

            if (revision is { } shown && shown != campaign.Revision)
            {
                return Problems.Of(
                    StatusCodes.Status409Conflict, "rules-changed", "The rules have changed.", "They have changed since they were shown. Read them again, please.");
            }

            if ((customer.Account ?? await shopify.FindAsync(store, customerId, cancel)) is not { } account)
            {
                return Unavailable;
            }

            if (account is not { Name: { } name, Email: { } email })
            {
                return Show(await FormAsync(store, campaign, cancel));
            }

            // From here on it is done, whether or not the browser waits for it.
            switch (await enrolments.EnrolAsync(store, campaign.Id, new EnrollingCustomer(customer.Key, name, email), CancellationToken.None))
            {
                case EnrolResult.Joined { AmbassadorId: var id }:
                    await AcceptAsync(store, id, campaign, revision);
                    return Show(await MemberAsync(store, id, CancellationToken.None));
                case EnrolResult.Applied:
                    return Show(AppliedTo(store, campaign));
                case EnrolResult.Full:
                    return Problems.Of(
                        StatusCodes.Status409Conflict, "applications-full", "No more applications are taken.", "No more applications are taken at the moment. Try again in some days.");
                default:
                    return Closed;
            }
        }

        private static ProblemHttpResult Unavailable => Problems.Of(
            StatusCodes.Status503ServiceUnavailable, "store-unavailable", "The store's platform does not answer.", "The store's platform does not answer at present. Try again later.");

        private static ProblemHttpResult Closed => Problems.Of(
            StatusCodes.Status409Conflict, "enrolment-closed", "Nobody is taken in.", "The store takes in no ambassadors here at the moment.");

        /// <summary>Keeps that the rules were accepted, as the portal does. Where they have changed meanwhile nothing is kept, and the portal asks.</summary>
        /// <param name="campaign">Whose rules were shown; null: those of no campaign of theirs.</param>
        private async Task AcceptAsync(Store store, string ambassadorId, Campaign? campaign, long? revision)
        {
            if (campaign is not null
                && await acceptances.FindAsync(store, ambassadorId, CancellationToken.None) is { } standing
                && standing.Revision == (revision ?? campaign.Revision))
            {
                await acceptances.AcceptAsync(store, ambassadorId, standing.Rules.Hash, CancellationToken.None);
            }
        }

        private async Task<ExtensionAnswer> MemberAsync(Store store, string ambassadorId, CancellationToken cancel)
        {
            if (await ambassadors.FindAsync(store, ambassadorId, cancel) is not { } ambassador
                || await links.FindAsync(store, ambassador.Slug, cancel) is not { Counts: true } link
                || await campaigns.FindAsync(store, ambassador.CampaignId, cancel) is not { } campaign)
            {
                return ExtensionAnswer.Nothing;
            }

            var code = link.WorkingCode;
            // One that is being made will take off what the terms say now.
            var discount = code is null ? null
                : link.DiscountState == "pending" ? DiscountOf(campaign.Terms)
                : (await codes.FindAsync(store, code, cancel)).Discount;
            return About("ambassador", store, campaign, ambassadorId) with
            {
                Link = address.Of($"/r/{Uri.EscapeDataString(link.Slug)}"),
                Code = code,
                FriendDiscount = discount,
            };
        }

        private async Task<ExtensionAnswer> OpenAsync(Store store, Campaign campaign, Enrolment way, RecognisedCustomer customer, CancellationToken cancel)
        {
            // Somebody who is known was asked for their name when they joined; it is asked for again when they press.
            if (customer.Account is { Email: null } or { Name: null })
            {
                return await FormAsync(store, campaign, cancel);
            }

            var emailKey = customer.Account?.Email is { } email ? PersonKey.OfEmail(email) : customer.Memberships[0].EmailKey;
            if (way == Enrolment.Application && await applications.FindWaitingAsync(store, campaign.Id, emailKey, cancel) is not null)
            {
                return AppliedTo(store, campaign);
            }

            var offer = About("offer", store, campaign, ambassadorId: "");
            return offer with
            {
                Way = way == Enrolment.Instant ? "instant" : "application",
                FriendDiscount = DiscountOf(campaign.Terms),
                Words =
                [
                    .. offer.Words!,
                    $"{store.DisplayName} takes your name and your e-mail address from your customer account, " +
                        (way == Enrolment.Instant ? "to make you an ambassador and to write to you about it." : "and somebody there decides."),
                ],
            };
        }

        /// <summary>For whom nobody vouches: the offer with the page on which they say themselves who they are, where applications are open.</summary>
        private async Task<ExtensionAnswer> FormAsync(Store store, Campaign? campaign, CancellationToken cancel) =>
            campaign is not null && await applications.IsOpenAsync(store, campaign.Id, cancel) is true
                ? About("form", store, campaign, ambassadorId: "") with
                {
                    FriendDiscount = DiscountOf(campaign.Terms),
                    JoinPage = address.Of($"/join/{Uri.EscapeDataString(campaign.Id)}"),
                }
                : ExtensionAnswer.Nothing;

        private static ExtensionAnswer AppliedTo(Store store, Campaign campaign) => new("applied")
        {
            Store = store.DisplayName,
            Campaign = campaign.Name,
            Words = [$"{store.DisplayName} has your application, and somebody there reads it. If it is accepted, a mail with your code and your link reaches you."],
        };

        private ExtensionAnswer About(string kind, Store store, Campaign campaign, string ambassadorId) => new(kind)
        {
            Store = store.DisplayName,
            Campaign = campaign.Name,
            Earning = EarningOf(campaign.Terms, ambassadorId),
            Words = JoinEndpoints.FactsOf(campaign.Terms, ambassadorId),
            RulesPage = address.Of($"/rules/{Uri.EscapeDataString(campaign.Id)}"),
            RulesRevision = campaign.Revision,
        };

        private static StorefrontDiscount? DiscountOf(Terms terms) =>
            terms.FriendDiscountBp > 0 ? new StorefrontDiscount($"{Words.Percent(terms.FriendDiscountBp)} off", terms.FriendDiscountBp) : null;

        // What the first order earns, as the sentences say it; what rises or is left out stands in the rules.
        private static ExtensionEarning? EarningOf(Terms terms, string ambassadorId)
        {
            if (terms is { Flat: { } flat, Currency: { } currency })
            {
                return new ExtensionEarning(null, new Money(flat.AmountMinor, currency).ToDecimalString(), currency.Code, flat.PerItem ? "item" : "order");
            }

            var share = terms.RateOf(ambassadorId, productId: null);
            var basisPoints = share.Rank == RateRank.Campaign ? terms.Tiers?.RateAt(0, share.RateBp) ?? share.RateBp : share.RateBp;
            return TermsRewards.HaveCommission(terms) && basisPoints > 0 ? new ExtensionEarning(basisPoints, null, null, null) : null;
        }
    }
}
