// Terms as the API and a file of terms state them.
using System.Collections.Immutable;
using System.ComponentModel;
using StorePlugin.Ambassadors;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

internal sealed record Share([property: Description("Percent of the amount, with two decimals at most.")] decimal Percent);

internal sealed record CommissionRequest(
    [property: Description("Percent of the net sale, with two decimals at most: more than 0, at most 100; 0 where an advocateReward stands in its place. This or flat.")] decimal? Percent = null,
    [property: Description("A fixed amount in the store's currency in place of a percentage; never more than the net sale.")] Amount? Flat = null,
    [property: Description("What the fixed amount is for: order (when absent) or item.")] string? Per = null);

internal sealed record RateRequest(
    [property: Description("Percent of the net sale, with two decimals at most: 0 to 100.")] decimal Percent,
    [property: Description("The platform's id of the product; this or a collection, the ambassador, or both.")] string? Product = null,
    [property: Description("The ambassador's id, amb_…")] string? Ambassador = null,
    [property: Description("A group of ambassadors; stands without product, collection and ambassador.")] string? Group = null,
    [property: Description("The platform's id of a collection; the share of a product goes before it.")] string? Collection = null);

internal sealed record TermsRequest(
    [property: Description("What an ambassador earns.")] CommissionRequest Commission,
    [property: Description("What the shopper saves: 0 to 100; absent means 0, and then codes only track.")] Share? FriendDiscount = null,
    [property: Description("Days from payment to release, 0 to 365; 30 when absent.")] int? HoldDays = null,
    [property: Description("Days that a click counts, 1 to 365; 30 when absent.")] int? WindowDays = null,
    [property: Description("Other percentages for a product or collection, an ambassador, both, or a group; the most specific counts. 200 at most.")]
    IReadOnlyList<RateRequest>? Rates = null,
    [property: Description("The platform's ids of products that earn nothing, 500 at most.")] IReadOnlyList<string>? ExcludedProducts = null,
    [property: Description("The platform's ids of collections whose products earn nothing, 100 at most.")] IReadOnlyList<string>? ExcludedCollections = null,
    [property: Description("An order whose net sale is below it earns nothing.")] Amount? MinimumOrder = null,
    [property: Description("No order earns more.")] Amount? MaximumCommission = null,
    [property: Description("Which of several clicks counts: last (when absent) or first.")] string? Touch = null,
    [property: Description("Beside a code that is no ambassador's: allow (when absent), links count; exclusive, they do not.")] string? OtherCodes = null,
    [property: Description("An ambassador's own purchase: discount_only (when absent) or allow, which earns as well.")] string? SelfPurchase = null,
    [property: Description("The channels whose orders count, of online, point_of_sale and draft; all when absent.")] IReadOnlyList<string>? Channels = null,
    [property: Description("Shares that rise with what the ambassador has brought; in place of the commission's percent.")] TiersRequest? Tiers = null,
    [property: Description("The most that one ambassador earns over a period.")] PeriodCapRequest? PeriodCap = null,
    [property: Description("The most that discounts and commission may come to together, as a share of what the counted products cost without discounts.")]
    Share? MaximumCost = null,
    [property: Description("What the commission is counted on: after_discounts (when absent), or before_own_discount, which leaves the own code's discount out.")]
    string? Base = null,
    [property: Description("Whose orders earn: all (when absent), or new: only a customer's first order.")] string? Customers = null,
    [property: Description("Renewals of a subscription that earn; absent: its first order only.")] RenewalsRequest? Renewals = null,
    [property: Description("Customers who stay the ambassador's after their first order; absent: they do not.")] BindingRequest? Binding = null,
    [property: Description("The order of the classes of evidence: code, link, customer when absent.")] IReadOnlyList<string>? Precedence = null,
    [property: Description("How often the friend's discount works: any (when absent), or once_per_customer. It binds discounts that are created from then on.")]
    string? FriendUses = null,
    [property: Description("A discount code, gift card or store credit for the ambassador, once for each approved order; beside the commission, or in its place.")]
    AdvocateRewardRequest? AdvocateReward = null,
    [property: Description("What an ambassador gets once, when what they have brought comes to a threshold. 20 at most.")] IReadOnlyList<MilestoneRequest>? Milestones = null,
    [property: Description("What the customer pays with store credit: counts (when absent), or programme_credit_deducted, which takes off what they had left of this programme's.")]
    string? StoreCredit = null,
    [property: Description("What the wish of a customer to take part becomes, on the store's own pages: application, or instant, which makes them an ambassador; absent: they are not asked.")]
    string? Enrolment = null)
{
    private const long AmountMax = 1_000_000_000_000;
    private const int ProductLengthMax = 50;
    private const int GroupLengthMax = 60;

    /// <summary>Reads terms and notes on the fields what is wrong; a term that this version does not know is refused.</summary>
    /// <param name="currencyCode">The store's currency, which every amount must be in; null while nobody knows it.</param>
    public static Terms Read(Fields fields, string? currencyCode)
    {
        fields.RefuseOthersThan(
            "commission", "friendDiscount", "holdDays", "windowDays", "rates", "excludedProducts", "excludedCollections", "minimumOrder", "maximumCommission", "touch", "otherCodes",
            "selfPurchase", "channels", "tiers", "periodCap", "maximumCost", "base", "customers", "renewals", "binding", "precedence",
            "friendUses", "advocateReward", "milestones", "storeCredit", "enrolment");
        var (share, flat) = ReadCommission(fields.Object("commission"), currencyCode, mayBeNothing: fields.Has("advocateReward"));
        var discount = fields.OptionalObject("friendDiscount") is { } friend ? ReadShare(friend, exclusiveOfZero: false) : 0;
        var terms = new Terms(
            share,
            discount,
            fields.Whole("holdDays", 0, Terms.HoldDaysMax, Terms.HoldDaysDefault),
            fields.Whole("windowDays", Terms.WindowDaysMin, Terms.WindowDaysMax, Terms.WindowDaysDefault))
        {
            Flat = flat,
            Rates = ReadRates(fields, flat),
            ExcludedProducts = ReadIds(fields, "excludedProducts", Terms.ExcludedProductsMax),
            ExcludedCollections = ReadIds(fields, "excludedCollections", Terms.ExcludedCollectionsMax),
            MinimumOrderMinor = fields.OptionalAmount("minimumOrder", currencyCode, AmountMax),
            MaximumCommissionMinor = fields.OptionalAmount("maximumCommission", currencyCode, AmountMax),
            FirstTouch = fields.OptionalChoice("touch", "last", "first") is "first" ? true : null,
            ExclusiveCodes = fields.OptionalChoice("otherCodes", "allow", "exclusive") is "exclusive" ? true : null,
            SelfPurchaseEarns = fields.OptionalChoice("selfPurchase", "discount_only", "allow") is "allow" ? true : null,
            Channels = ReadChannels(fields),
            Tiers = TermsOverTimeRequest.ReadTiers(fields.OptionalObject("tiers"), currencyCode, share, flat),
            PeriodCap = TermsOverTimeRequest.ReadCap(fields.OptionalObject("periodCap"), currencyCode),
            MaximumCostBp = fields.OptionalObject("maximumCost") is { } cost ? ReadShare(cost, exclusiveOfZero: true) : null,
            BeforeOwnDiscount = fields.OptionalChoice("base", "after_discounts", "before_own_discount") is "before_own_discount" ? true : null,
            ProgrammeCreditLowersBase = fields.OptionalChoice("storeCredit", "counts", "programme_credit_deducted") is "programme_credit_deducted" ? true : null,
            NewCustomersOnly = fields.OptionalChoice("customers", "all", "new") is "new" ? true : null,
            Renewals = TermsOverTimeRequest.ReadRenewals(fields.OptionalObject("renewals")),
            Binding = TermsOverTimeRequest.ReadBinding(fields.OptionalObject("binding")),
            Precedence = TermsOverTimeRequest.ReadPrecedence(fields),
            FriendOncePerCustomer = fields.OptionalChoice("friendUses", "any", "once_per_customer") is "once_per_customer" ? true : null,
            AdvocateReward = TermsRewardsRequest.ReadReward(fields.OptionalObject("advocateReward"), currencyCode),
            Milestones = TermsRewardsRequest.ReadMilestones(fields, currencyCode),
            Enrolment = fields.OptionalChoice("enrolment", "application", "instant") switch
            {
                "application" => Campaigns.Enrolment.Application,
                "instant" => Campaigns.Enrolment.Instant,
                _ => null,
            },
        };
        RefuseContradictions(fields, terms);

        return terms.Flat is null && terms.MinimumOrderMinor is null && terms.MaximumCommissionMinor is null && terms.PeriodCap is null
                && terms.Tiers is not { Metric: TierMetric.NetSales } && !TermsRewards.StateAmount(terms)
            ? terms
            : terms with { Currency = Currency.TryParse(currencyCode, out var currency) ? currency : null };
    }

    /// <summary>Notes what no single field shows: terms that could never be met together.</summary>
    private static void RefuseContradictions(Fields fields, Terms terms)
    {
        if (terms.MaximumCommissionMinor < terms.Flat?.AmountMinor)
        {
            fields.Refuse("maximumCommission", "must not be below the fixed commission, which could never be earned");
        }

        // With the least order and the share at its lowest, each order would earn the cap and none its share.
        if (terms is { MaximumCommissionMinor: { } cap, MinimumOrderMinor: { } minimum, CommissionBp: > 0 }
            && (Int128)cap * BasisPoints.Whole < (Int128)minimum * terms.CommissionBp)
        {
            fields.Refuse("maximumCommission", "must not be below what the least order earns: no order would earn its share");
        }

        if (terms.PeriodCap?.MaximumMinor < (terms.MaximumCommissionMinor ?? terms.Flat?.AmountMinor))
        {
            fields.Refuse("periodCap", "must not be below what a single order may earn");
        }

        if (terms.MaximumCostBp <= terms.FriendDiscountBp)
        {
            fields.Refuse("maximumCost", "must be above the friend's discount, or no order earns anything");
        }

        if (terms is { NewCustomersOnly: true, Binding: not null })
        {
            fields.Refuse("binding", "counts later orders of a customer, and does not go with customers: new");
        }

        if (terms is { FriendOncePerCustomer: true, FriendDiscountBp: 0 })
        {
            fields.Refuse("friendUses", "limits a discount, and the friend gets none");
        }
    }

    /// <summary>The same form back.</summary>
    public static TermsRequest Of(Terms terms)
    {
        return new TermsRequest(
            terms.Flat is { } flat
                ? new CommissionRequest(Flat: AmountOf(flat.AmountMinor), Per: flat.PerItem ? "item" : "order")
                : new CommissionRequest(BasisPoints.ToPercent(terms.CommissionBp)),
            new Share(BasisPoints.ToPercent(terms.FriendDiscountBp)),
            (int)terms.HoldDays,
            (int)terms.WindowDays,
            terms.Rates?.Select(rate => new RateRequest(BasisPoints.ToPercent(rate.RateBp), rate.ProductId, rate.AmbassadorId, rate.Group, rate.CollectionId)).ToList(),
            terms.ExcludedProducts?.ToList(),
            terms.ExcludedCollections?.ToList(),
            AmountOf(terms.MinimumOrderMinor),
            AmountOf(terms.MaximumCommissionMinor),
            terms.FirstTouch is true ? "first" : "last",
            terms.ExclusiveCodes is true ? "exclusive" : "allow",
            terms.SelfPurchaseEarns is true ? "allow" : "discount_only",
            terms.Channels?.Select(WordOf).ToList(),
            TermsOverTimeRequest.Of(terms.Tiers, AmountOf),
            TermsOverTimeRequest.Of(terms.PeriodCap, AmountOf),
            terms.MaximumCostBp is { } cost ? new Share(BasisPoints.ToPercent(cost)) : null,
            terms.BeforeOwnDiscount is true ? "before_own_discount" : "after_discounts",
            terms.NewCustomersOnly is true ? "new" : "all",
            terms.Renewals is { } renewals ? new RenewalsRequest((int?)renewals.Count, (int?)renewals.Months) : null,
            terms.Binding is { } binding ? new BindingRequest((int)binding.Days, (int?)binding.Orders) : null,
            terms.Precedence?.Select(TermsOverTimeRequest.WordOf).ToList(),
            terms.FriendOncePerCustomer is true ? "once_per_customer" : "any",
            TermsRewardsRequest.Of(terms.AdvocateReward, AmountOf),
            TermsRewardsRequest.Of(terms.Milestones, AmountOf),
            terms.ProgrammeCreditLowersBase is true ? "programme_credit_deducted" : "counts",
            terms.Enrolment switch
            {
                Campaigns.Enrolment.Application => "application",
                Campaigns.Enrolment.Instant => "instant",
                _ => null,
            });

        Amount? AmountOf(long? minor) => minor is { } known ? new Amount(known, terms.Currency!.Value.Code) : null;
    }

    private static (long ShareBp, FlatCommission? Flat) ReadCommission(Fields? commission, string? currencyCode, bool mayBeNothing)
    {
        if (commission is null)
        {
            return (0, null);
        }

        commission.RefuseOthersThan("percent", "flat", "per");
        var per = commission.OptionalChoice("per", "order", "item");
        if (commission.Has("percent") == commission.Has("flat"))
        {
            commission.Refuse("percent", "or flat must be given, and not both");
            return (0, null);
        }

        if (commission.Has("percent"))
        {
            if (per is not null)
            {
                commission.Refuse("per", "belongs to a fixed amount");
            }

            return (ReadPercent(commission, exclusiveOfZero: !mayBeNothing), null);
        }

        var minor = commission.OptionalAmount("flat", currencyCode, AmountMax);
        return (0, minor is { } known ? new FlatCommission(known, per is "item") : null);
    }

    private static ImmutableArray<RateRule>? ReadRates(Fields fields, FlatCommission? flat)
    {
        var rates = fields.OptionalObjects("rates", Terms.RatesMax);
        if (rates.Count > 0 && flat is not null)
        {
            fields.Refuse("rates", "are shares, and do not go with a fixed commission");
        }

        var rules = rates.Select(rate =>
        {
            rate.RefuseOthersThan("percent", "product", "collection", "ambassador", "group");
            var product = rate.OptionalText("product", 1, ProductLengthMax);
            var collection = rate.OptionalText("collection", 1, ProductLengthMax);
            var ambassador = rate.OptionalText("ambassador", 1, 40);
            var group = rate.OptionalText("group", 1, GroupLengthMax);
            if (product is null && collection is null && ambassador is null && group is null)
            {
                rate.Refuse("product", "or collection or ambassador or group must be given: a share for all is the commission itself");
            }

            if (product is not null && collection is not null)
            {
                rate.Refuse("collection", "stands without product");
            }

            if (group is not null && (product is not null || collection is not null || ambassador is not null))
            {
                rate.Refuse("group", "stands without product, collection and ambassador");
            }

            return new RateRule(product, ambassador, ReadPercent(rate, exclusiveOfZero: false))
            {
                CollectionId = collection,
                Group = group is null ? null : CodeKey.Of(group),
            };
        }).ToImmutableArray();
        if (rules.GroupBy(rule => (rule.ProductId, rule.CollectionId, rule.AmbassadorId, rule.Group)).Any(group => group.Count() > 1))
        {
            fields.Refuse("rates", "must not state two shares for the same product, collection, ambassador or group");
        }

        return rules.IsEmpty ? null : rules;
    }

    private static ImmutableArray<string>? ReadIds(Fields fields, string name, int max)
    {
        var ids = fields.OptionalTexts(name);
        if (ids.Count > max || ids.Any(id => id is not { Length: > 0 and <= ProductLengthMax }))
        {
            fields.Refuse(name, $"must be {max} ids at most, of 1 to {ProductLengthMax} characters each");
            return null;
        }

        return ids.Count == 0 ? null : [.. ids.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static ImmutableArray<OrderChannel>? ReadChannels(Fields fields)
    {
        if (!fields.Has("channels"))
        {
            return null;
        }

        var channels = fields.OptionalTexts("channels").Select(ChannelOf).ToList();
        if (channels.Count == 0 || channels.Contains(null))
        {
            fields.Refuse("channels", "must name one or more of online, point_of_sale and draft");
            return null;
        }

        return [.. channels.OfType<OrderChannel>().Distinct().Order()];
    }

    private static OrderChannel? ChannelOf(string? word) => word switch
    {
        "online" => OrderChannel.Online,
        "point_of_sale" => OrderChannel.PointOfSale,
        "draft" => OrderChannel.Draft,
        _ => null,
    };

    public static string WordOf(OrderChannel channel) => channel switch
    {
        OrderChannel.Online => "online",
        OrderChannel.PointOfSale => "point_of_sale",
        OrderChannel.Draft => "draft",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static long ReadShare(Fields share, bool exclusiveOfZero)
    {
        share.RefuseOthersThan("percent");
        return ReadPercent(share, exclusiveOfZero);
    }

    /// <summary>Reads the member <c>percent</c> in basis points; 0 where it is wrong.</summary>
    public static long ReadPercent(Fields share, bool exclusiveOfZero)
    {
        if (share.Decimal("percent") is not { } percent)
        {
            return 0;
        }

        if (BasisPoints.OfPercent(percent) is not { } basisPoints || (exclusiveOfZero && basisPoints == 0))
        {
            share.Refuse("percent", $"must be {(exclusiveOfZero ? "more than 0 and at most 100" : "from 0 to 100")}, with two decimals at most");
            return 0;
        }

        return basisPoints;
    }
}
