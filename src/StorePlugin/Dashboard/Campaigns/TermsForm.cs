// The form of a campaign's terms: their text in fields, and the fields as the JSON that the API takes, which is judged there.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Campaigns;

/// <summary>
/// Terms that exist are the ground on which the form is laid: what it does not show stays as it is there. What it shows does not
/// depend on what is typed, so that a field that is empty is always one that was emptied.
/// </summary>
internal static class TermsForm
{
    /// <summary>How many marks of rising shares, and how many milestones, the form has room for.</summary>
    private const int TierRows = 8;
    private const int MilestoneRows = 6;
    private const int EmptyRows = 3;

    // More of it would make the page too large; the API takes it.
    private const int IdsLengthMax = 8_000;

    private static readonly string[] Channels = ["online", "point_of_sale", "draft"];

    private static readonly (string Word, string Says)[] Periods =
        [("calendar_month", "a calendar month"), ("rolling", "a number of days"), ("lifetime", "all time")];

    private static readonly (string Word, string Says)[] Metrics = [("net_sales", "net sales"), ("orders", "orders"), ("new_customers", "new customers")];

    /// <summary>What a new campaign begins with.</summary>
    public static Terms Defaults { get; } = new(1000, 1000, Terms.HoldDaysDefault, Terms.WindowDaysDefault);

    /// <summary>Terms as the form has them.</summary>
    public static Typed Of(Terms terms, Currency? currency)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["commission"] = terms.Flat is { } flat ? Amount(flat.AmountMinor) : Percent(terms.CommissionBp),
            ["commission-how"] = terms.Flat switch { null => "percent", { PerItem: true } => "item", _ => "order" },
            ["friend"] = Percent(terms.FriendDiscountBp),
            ["hold"] = Whole(terms.HoldDays),
            ["window"] = Whole(terms.WindowDays),
            ["minimum"] = Amount(terms.MinimumOrderMinor),
            ["maximum"] = Amount(terms.MaximumCommissionMinor),
            ["cap"] = Amount(terms.PeriodCap?.MaximumMinor),
            ["cap-period"] = PeriodOf(terms.PeriodCap?.Period),
            ["cap-days"] = Whole(terms.PeriodCap?.Period.Days),
            ["cost"] = Percent(terms.MaximumCostBp),
            ["customers"] = terms.NewCustomersOnly is true ? "new" : "all",
            ["self"] = terms.SelfPurchaseEarns is true ? "allow" : "discount_only",
            ["base"] = terms.BeforeOwnDiscount is true ? "before_own_discount" : "after_discounts",
            ["credit"] = terms.ProgrammeCreditLowersBase is true ? "programme_credit_deducted" : "counts",
            ["friend-uses"] = terms.FriendOncePerCustomer is true ? "once_per_customer" : "any",
            ["touch"] = terms.FirstTouch is true ? "first" : "last",
            ["codes"] = terms.ExclusiveCodes is true ? "exclusive" : "allow",
            ["products"] = Ids(terms.ExcludedProducts),
            ["collections"] = Ids(terms.ExcludedCollections),
            ["tier-metric"] = terms.Tiers is { } tiers ? TermsOverTimeRequest.WordOf(tiers.Metric) : "net_sales",
            ["tier-period"] = PeriodOf(terms.Tiers?.Period),
            ["tier-days"] = Whole(terms.Tiers?.Period.Days),
            ["tier-mode"] = terms.Tiers?.WholeOrder is true ? "whole_order" : "marginal",
            ["reward-as"] = RewardWord(terms.AdvocateReward?.Code),
            ["reward"] = terms.AdvocateReward?.Code is { } code ? code.PercentBp is { } percent ? Percent(percent) : Amount(code.AmountMinor) : "",
            ["reward-minimum"] = Amount(terms.AdvocateReward?.Code.MinimumOrderMinor),
            ["reward-days"] = Whole(terms.AdvocateReward?.Code.ValidDays),
            ["reward-most"] = Whole(terms.AdvocateReward?.Maximum?.Count),
            ["reward-period"] = PeriodOf(terms.AdvocateReward?.Maximum?.Period),
            ["reward-period-days"] = Whole(terms.AdvocateReward?.Maximum?.Period.Days),
            ["enrolment"] = terms.Enrolment switch { null => "none", Enrolment.Application => "application", _ => "instant" },
        };
        foreach (var channel in terms.Channels?.Select(TermsRequest.WordOf) ?? Channels)
        {
            values["channel-" + channel] = "on";
        }

        for (var i = 0; i < terms.Tiers?.Levels.Length; i++)
        {
            var level = terms.Tiers.Levels[i];
            values[Row("tier-from", i)] = level.From == 0 ? "" : level.FromMinor is { } minor ? Amount(minor) : Whole(level.FromCount);
            values[Row("tier-percent", i)] = Percent(level.RateBp);
        }

        for (var i = 0; ShowsMilestones(terms) && i < terms.Milestones?.Count; i++)
        {
            var milestone = terms.Milestones[i];
            values[Row("milestone-metric", i)] = TermsOverTimeRequest.WordOf(milestone.Metric);
            values[Row("milestone-from", i)] = milestone.FromMinor is { } minor ? Amount(minor) : Whole(milestone.FromCount);
            values[Row("milestone-bonus", i)] = Amount(milestone.BonusMinor);
        }

        return new Typed(values);

        // Amounts are typed in the store's currency alone.
        string Amount(long? minor) => minor is { } known && (terms.Currency ?? currency) is { } its ? new Money(known, its).ToDecimalString() : "";
    }

    /// <summary>What of some terms the form does not show, each as a part of a sentence.</summary>
    public static IReadOnlyList<string> Kept(Terms terms) =>
    [
        .. terms.Rates is { } rates ? [$"{Words.Count(rates.Length, "other share", "other shares")} for products, collections, ambassadors or groups"] : (string[])[],
        .. terms.Renewals is not null ? ["the renewals of subscriptions that earn"] : (string[])[],
        .. terms.Binding is not null ? ["how long customers stay bound to an ambassador"] : (string[])[],
        .. terms.Precedence is not null ? ["the order of codes, links and customers"] : (string[])[],
        .. ShowsTiers(terms) ? (string[])[] : ["the shares that rise, which are many"],
        .. ShowsMilestones(terms) ? (string[])[] : ["the milestones, which are many or bring something else than money"],
        .. ShowsIds(terms.ExcludedProducts) ? (string[])[] : [$"the {Words.Of(terms.ExcludedProducts!.Value.Length)} products that earn nothing"],
        .. ShowsIds(terms.ExcludedCollections) ? (string[])[] : [$"the {Words.Of(terms.ExcludedCollections!.Value.Length)} collections that earn nothing"],
    ];

    /// <summary>The terms as the API takes them: those of the ground with what is typed in place of what the form shows.</summary>
    public static JsonObject Read(FormReader form, Terms ground)
    {
        var json = JsonSerializer.SerializeToNode(TermsRequest.Of(ground), JsonSerializerOptions.Web)!.AsObject();
        var isShare = form["commission-how"] is "percent" or "";
        Set("commission", isShare
            ? form.Number("commission", isRequired: true) is { } share ? new JsonObject { ["percent"] = share } : null
            : form.Amount("commission", isRequired: true) is { } fixedAmount ? new JsonObject { ["flat"] = fixedAmount, ["per"] = form["commission-how"] } : null);
        Set("friendDiscount", PercentOf("friend"));
        Set("holdDays", form.Number("hold"));
        Set("windowDays", form.Number("window"));
        Set("minimumOrder", form.Amount("minimum"));
        Set("maximumCommission", form.Amount("maximum"));
        Set("periodCap", form.Amount("cap") is { } cap ? Period(new JsonObject { ["maximum"] = cap }, "cap-period", "cap-days") : null);
        Set("maximumCost", PercentOf("cost"));
        Set("customers", Word("customers"));
        Set("selfPurchase", Word("self"));
        Set("base", Word("base"));
        Set("storeCredit", Word("credit"));
        Set("friendUses", Word("friend-uses"));
        Set("touch", Word("touch"));
        Set("otherCodes", Word("codes"));
        Set("enrolment", form["enrolment"] is "none" ? null : Word("enrolment"));
        var channels = Channels.Where(channel => form["channel-" + channel] == "on").ToList();
        if (channels.Count == 0)
        {
            form.Refuse("channel-online", "or another way must be chosen: every order comes by one of them");
        }

        Set("channels", channels.Count is 0 || channels.Count == Channels.Length ? null : new JsonArray([.. channels.Select(channel => JsonValue.Create(channel))]));
        SetIds("excludedProducts", "products", ground.ExcludedProducts);
        SetIds("excludedCollections", "collections", ground.ExcludedCollections);
        if (ShowsTiers(ground))
        {
            Set("tiers", TiersOf(form));
        }

        if (ShowsMilestones(ground))
        {
            Set("milestones", MilestonesOf(form));
        }

        Set("advocateReward", RewardOf(form));
        return json;

        void Set(string name, JsonNode? value)
        {
            if (value is null)
            {
                json.Remove(name);
            }
            else
            {
                json[name] = value;
            }
        }

        JsonNode? Word(string name) => form.Has(name) ? JsonValue.Create(form[name]) : null;

        JsonObject? PercentOf(string name) => form.Number(name) is { } percent ? new JsonObject { ["percent"] = percent } : null;

        JsonObject Period(JsonObject of, string period, string days) => PeriodInto(form, of, period, days);

        void SetIds(string member, string name, IReadOnlyCollection<string>? grounds)
        {
            if (!ShowsIds(grounds))
            {
                return;
            }

            if (form[name].Length > IdsLengthMax)
            {
                form.Refuse(name, $"must have {Words.Of(IdsLengthMax)} characters at most in this form; the program's API takes more");
            }

            var ids = form[name].Split(['\n', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Set(member, ids.Length == 0 ? null : new JsonArray([.. ids.Select(id => JsonValue.Create(id))]));
        }
    }

    /// <summary>The field that shows a member of the terms, by the member's path; the member's own name where none does.</summary>
    public static string FieldOf(string path, FormReader form)
    {
        var parts = path.Split('.');
        var (member, row) = Member(parts[0]);
        var (under, level) = parts.Length > 1 ? Member(parts[1]) : ("", null);
        var last = parts[^1];
        return member switch
        {
            "commission" => "commission",
            "friendDiscount" => "friend",
            "holdDays" => "hold",
            "windowDays" => "window",
            "minimumOrder" => "minimum",
            "maximumCommission" => "maximum",
            "periodCap" => last switch { "days" => "cap-days", "period" => "cap-period", _ => "cap" },
            "maximumCost" => "cost",
            "customers" or "base" or "touch" or "enrolment" => member,
            "selfPurchase" => "self",
            "storeCredit" => "credit",
            "otherCodes" => "codes",
            "friendUses" => "friend-uses",
            "excludedProducts" => "products",
            "excludedCollections" => "collections",
            "channels" => "channel-online",
            "tiers" => under switch
            {
                "days" => "tier-days",
                "period" => "tier-period",
                "mode" => "tier-mode",
                "levels" when level is { } at => Row(last == "percent" ? "tier-percent" : "tier-from", RowAt(TierRowsOf(form), at)),
                "levels" => Row("tier-percent", TierRowsOf(form).Append(0).First()),
                _ => "tier-metric",
            },
            "advocateReward" => under switch
            {
                "percent" or "amount" => "reward",
                "minimumOrder" => "reward-minimum",
                "validDays" => "reward-days",
                "maximum" => last switch { "days" => "reward-period-days", "period" => "reward-period", _ => "reward-most" },
                _ => "reward-as",
            },
            "milestones" when row is { } at => Row(
                under switch { "metric" => "milestone-metric", "bonus" => "milestone-bonus", _ => "milestone-from" }, RowAt(MilestoneRowsOf(form), at)),
            "milestones" => Row("milestone-from", MilestoneRowsOf(form).Append(0).First()),
            _ => member,
        };
    }

    /// <summary>The fields in their parts.</summary>
    /// <param name="typed">What is shown in them.</param>
    /// <param name="ground">The terms under the form; those that a new campaign begins with for a new one.</param>
    public static IReadOnlyList<FormPart> Parts(FormLayout of, Typed typed, Terms ground, Currency? currency)
    {
        var money = currency is { } known ? $"In {known.Code}." : "Your store's currency is not known yet.";
        var (tiers, milestones) = (RowsShown("tier-percent", TierRows), RowsShown("milestone-bonus", MilestoneRows));
        return
        [
            FormLayout.Part(
                null,
                of.Decimal("commission", "Commission"),
                of.Choice("commission-how", "Commission is", ("percent", "% of an order"), ("order", $"{CodeOf(currency)} an order"), ("item", $"{CodeOf(currency)} an item")),
                of.Decimal("friend", "Friend's discount", "Percent; 0, and codes only track."),
                of.Decimal("hold", "Hold", "Days from payment to approval; 30 when left empty."),
                of.Decimal("window", "Window of a click", "Days that a click counts; 30 when left empty.")),
            FormLayout.Part(
                "Limits",
                IsSet("minimum", "maximum", "cap", "cost"),
                of.Decimal("minimum", "Minimum order", $"What counts must come to it, or nothing is earned. {money}"),
                of.Decimal("maximum", "Maximum commission", $"No order earns more. {money}"),
                of.Decimal("cost", "Maximum cost", "Percent that discounts and commission may come to together."),
                of.Decimal("cap", "Cap over a period", $"No ambassador earns more in it. {money}"),
                of.Choice("cap-period", "The cap's period is", Periods),
                of.Decimal("cap-days", "Days of the cap", "For a number of days only.")),
            FormLayout.Part(
                "What counts, and whose orders",
                ground.NewCustomersOnly is true || IsSet("products", "collections") || typed["customers"] == "new",
                [
                    of.Choice("customers", "Customers", ("all", "all customers"), ("new", "new customers only")),
                    of.Choice("friend-uses", "Uses of the friend's discount", ("any", "as often as they like"), ("once_per_customer", "once for each customer")),
                    of.Choice("self", "Ambassadors' own purchases", ("discount_only", "earn nothing"), ("allow", "earn like others")),
                    of.Choice("base", "Commission counts on", ("after_discounts", "all discounts off"), ("before_own_discount", "own code's not off")),
                    of.Choice("credit", "Store credit of this programme", ("counts", "counts as money"), ("programme_credit_deducted", "is taken off")),
                    of.Check("channel-online", "Web shop"),
                    of.Check("channel-point_of_sale", "Point of sale"),
                    of.Check("channel-draft", "Drafts that are paid"),
                    .. ShowsIds(ground.ExcludedProducts) ? [of.Lines("products", "Products that earn nothing", "Your store's ids, one a line.")] : (FormField[])[],
                    .. ShowsIds(ground.ExcludedCollections) ? [of.Lines("collections", "Collections that earn nothing", "Your store's ids, one a line.")] : (FormField[])[],
                ]),
            FormLayout.Part(
                "Clicks and codes",
                typed["touch"] == "first" || typed["codes"] == "exclusive",
                of.Choice("touch", "Of several clicks counts", ("last", "the last"), ("first", "the first")),
                of.Choice("codes", "Beside another code of the store", ("allow", "links count"), ("exclusive", "links do not count"))),
            .. ShowsTiers(ground)
                ? [
                    FormLayout.Part(
                        "Shares that rise",
                        tiers > EmptyRows,
                        [
                            of.Choice("tier-metric", "They rise with", Metrics),
                            of.Choice("tier-period", "Counted over", Periods),
                            of.Decimal("tier-days", "Days of the count", "For a number of days only."),
                            of.Choice("tier-mode", "Beyond a mark rises", ("marginal", "the part beyond it"), ("whole_order", "the whole order")),
                        ],
                        [
                            .. Enumerable.Range(0, tiers).Select(i => (FormField[])
                            [
                                of.Decimal(Row("tier-from", i), $"Mark {Whole(i + 1)}", i == 0 ? $"An amount for net sales, else a number. {money}" : null),
                                of.Decimal(Row("tier-percent", i), $"Share from mark {Whole(i + 1)}", i == 0 ? "Percent. Both rise from row to row." : null),
                            ]),
                        ]),
                ]
                : (FormPart[])[],
            FormLayout.Part(
                "What ambassadors get besides",
                milestones > EmptyRows || typed["reward-as"] is not ("none" or ""),
                [
                    of.Choice(
                        "reward-as", "For each approved order",
                        ("none", "nothing more"), ("percent", "a code, percent off"), ("amount", "a code, amount off"), ("giftCard", "a gift card"), ("storeCredit", "store credit")),
                    of.Decimal("reward", "Worth of the reward", $"Percent or an amount, as chosen. {money}"),
                    of.Decimal("reward-minimum", "Minimum order for the code", money),
                    of.Decimal("reward-days", "Days that the reward is good", "A code: 180 when left empty. A gift card or credit: without end."),
                    of.Decimal("reward-most", "Most rewards in a period", "One for each order when left empty."),
                    of.Choice("reward-period", "The rewards' period is", Periods),
                    of.Decimal("reward-period-days", "Days of the rewards' period", "For a number of days only."),
                ],
                [
                    .. Enumerable.Range(0, ShowsMilestones(ground) ? milestones : 0).Select(i => (FormField[])
                    [
                        of.Choice(Row("milestone-metric", i), $"Milestone {Whole(i + 1)} counts", Metrics),
                        of.Decimal(Row("milestone-from", i), $"Reached at ({Whole(i + 1)})", i == 0 ? "An amount for net sales, else a number." : null),
                        of.Decimal(Row("milestone-bonus", i), $"Money once ({Whole(i + 1)})", i == 0 ? $"Added to what is paid out. {money}" : null),
                    ]),
                ]),
            FormLayout.Part(
                "How customers join",
                typed["enrolment"] is "application" or "instant",
                of.Choice("enrolment", "On your store's pages", ("none", "they are not asked"), ("application", "they apply"), ("instant", "they join at once"))),
        ];

        bool IsSet(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (typed.Has(name))
                {
                    return true;
                }
            }

            return false;
        }

        // What is filled, and room for more.
        int RowsShown(string name, int max) =>
            Math.Min(max, EmptyRows + Enumerable.Range(0, max).LastOrDefault(i => typed.Has(Row(name, i)), -1) + 1);
    }

    private static bool ShowsTiers(Terms terms) => terms.Tiers is null || terms.Tiers.Levels.Length <= TierRows;

    private static bool ShowsMilestones(Terms terms) =>
        terms.Milestones is not { } milestones || (milestones.Count <= MilestoneRows && milestones.All(milestone => milestone.BonusMinor is not null));

    private static bool ShowsIds(IReadOnlyCollection<string>? ids) => ids is null || ids.Sum(id => id.Length + 1) <= IdsLengthMax;

    private static JsonObject? TiersOf(FormReader form)
    {
        var rows = TierRowsOf(form);
        if (rows.Count == 0)
        {
            return null;
        }

        var isAmount = form["tier-metric"] is "net_sales" or "";
        return PeriodInto(
            form,
            new JsonObject
            {
                ["metric"] = form.Has("tier-metric") ? form["tier-metric"] : "net_sales",
                ["mode"] = form.Has("tier-mode") ? form["tier-mode"] : "marginal",
                ["levels"] = new JsonArray([.. rows.Select(i => Level(form, i, isAmount))]),
            },
            "tier-period",
            "tier-days");
    }

    private static JsonObject Level(FormReader form, int row, bool isAmount)
    {
        var level = new JsonObject();
        if (form.Number(Row("tier-percent", row), isRequired: true) is { } percent)
        {
            level["percent"] = percent;
        }

        // From nothing on: the API leaves the mark out then.
        var mark = !isAmount ? form.Number(Row("tier-from", row)) : form.Minor(Row("tier-from", row)) is null or 0 ? null : form.Amount(Row("tier-from", row));
        if (mark is not null)
        {
            level[isAmount ? "from" : "fromCount"] = mark;
        }

        return level;
    }

    private static JsonArray? MilestonesOf(FormReader form)
    {
        var rows = MilestoneRowsOf(form);
        return rows.Count == 0 ? null : new JsonArray([.. rows.Select(JsonNode (i) =>
        {
            var milestone = new JsonObject { ["metric"] = form.Has(Row("milestone-metric", i)) ? form[Row("milestone-metric", i)] : "net_sales" };
            var isAmount = (string?)milestone["metric"] == "net_sales";
            var mark = isAmount ? form.Amount(Row("milestone-from", i), isRequired: true) : form.Number(Row("milestone-from", i), isRequired: true);
            if (mark is not null)
            {
                milestone[isAmount ? "from" : "fromCount"] = mark;
            }

            if (form.Amount(Row("milestone-bonus", i), isRequired: true) is { } bonus)
            {
                milestone["bonus"] = bonus;
            }

            return milestone;
        })]);
    }

    private static JsonObject? RewardOf(FormReader form)
    {
        var kind = form["reward-as"];
        if (kind is "none" or "")
        {
            return null;
        }

        var reward = new JsonObject();
        Add("as", kind is "percent" or "amount" ? null : JsonValue.Create(kind));
        Add(kind == "percent" ? "percent" : "amount", kind == "percent" ? form.Number("reward", isRequired: true) : form.Amount("reward", isRequired: true));
        Add("minimumOrder", form.Amount("reward-minimum"));
        Add("validDays", form.Number("reward-days"));
        if (form.Number("reward-most") is { } most)
        {
            reward["maximum"] = PeriodInto(form, new JsonObject { ["count"] = most }, "reward-period", "reward-period-days");
        }

        return reward;

        void Add(string name, JsonNode? value)
        {
            if (value is not null)
            {
                reward[name] = value;
            }
        }
    }

    private static JsonObject PeriodInto(FormReader form, JsonObject of, string period, string days)
    {
        of["period"] = form.Has(period) ? form[period] : "calendar_month";
        if (form.Number(days) is { } number)
        {
            of["days"] = number;
        }

        return of;
    }

    private static List<int> TierRowsOf(FormReader form) => RowsOf(form, TierRows, "tier-from", "tier-percent");

    private static List<int> MilestoneRowsOf(FormReader form) => RowsOf(form, MilestoneRows, "milestone-from", "milestone-bonus");

    private static List<int> RowsOf(FormReader form, int max, string one, string other) =>
        [.. Enumerable.Range(0, max).Where(i => form.Has(Row(one, i)) || form.Has(Row(other, i)))];

    private static int RowAt(List<int> rows, int index) => index < rows.Count ? rows[index] : 0;

    private static string Row(string name, int i) => string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");

    /// <summary><c>levels[2]</c> is a member with an index.</summary>
    private static (string Name, int? Index) Member(string part)
    {
        var at = part.IndexOf('[', StringComparison.Ordinal);
        return at < 0 ? (part, null) : (part[..at], int.Parse(part.AsSpan(at + 1, part.Length - at - 2), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static string RewardWord(RewardCode? code) => code switch
    {
        null => "none",
        { As: { } form } => TermsRewardsRequest.WordOf(form)!,
        { PercentBp: not null } => "percent",
        _ => "amount",
    };

    private static string PeriodOf(TermsPeriod? period) => period is null ? "calendar_month" : TermsOverTimeRequest.WordOf(period);

    private static string CodeOf(Currency? currency) => currency?.Code ?? "an amount";

    private static string Percent(long? basisPoints) =>
        basisPoints is { } known ? BasisPoints.ToPercent(known).ToString("0.##", CultureInfo.InvariantCulture) : "";

    private static string Whole(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Ids(IReadOnlyCollection<string>? ids) => ShowsIds(ids) ? string.Join('\n', ids ?? []) : "";
}
