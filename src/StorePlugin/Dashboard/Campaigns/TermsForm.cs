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
    private const int IdsLengthMax = 4_000;

    private static readonly string[] Channels = ["online", "point_of_sale", "draft"];

    private static readonly (string Word, string Says)[] Periods =
        [("calendar_month", "a calendar month"), ("rolling", "a number of days"), ("lifetime", "all time")];

    private static readonly (string Word, string Says)[] Metrics = [("net_sales", "net sales"), ("orders", "orders"), ("new_customers", "new customers")];

    /// <summary>What a milestone brings: money, or what an approved order may bring as well.</summary>
    private const string MoneyWord = "bonus";

    private static readonly (string Word, string Says)[] Rewards =
        [("percent", "a code, percent off"), ("amount", "a code, amount off"), ("giftCard", "a gift card"), ("storeCredit", "store credit")];

    // Every order of the three that there is, in so few letters that a closed field shows all of it.
    private static readonly (string Word, string Says)[] Orders =
    [
        ("code-link-customer", "code, click, bond"),
        ("code-customer-link", "code, bond, click"),
        ("link-code-customer", "click, code, bond"),
        ("link-customer-code", "click, bond, code"),
        ("customer-code-link", "bond, code, click"),
        ("customer-link-code", "bond, click, code"),
    ];

    /// <summary>What a new campaign begins with.</summary>
    public static Terms Defaults { get; } = new(1000, 1000, Terms.HoldDaysDefault, Terms.WindowDaysDefault);

    /// <summary>Terms as the form has them.</summary>
    /// <param name="people">How the form calls those who have a share of their own; null: by their ids.</param>
    public static Typed Of(Terms terms, Currency? currency, RatePeople? people = null)
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
            ["reward"] = WorthOf(terms.AdvocateReward?.Code),
            ["reward-minimum"] = Amount(terms.AdvocateReward?.Code.MinimumOrderMinor),
            ["reward-days"] = Whole(terms.AdvocateReward?.Code.ValidDays),
            ["reward-most"] = Whole(terms.AdvocateReward?.Maximum?.Count),
            ["reward-period"] = PeriodOf(terms.AdvocateReward?.Maximum?.Period),
            ["reward-period-days"] = Whole(terms.AdvocateReward?.Maximum?.Period.Days),
            ["precedence"] = string.Join('-', (terms.Precedence ?? [TouchClass.Code, TouchClass.Link, TouchClass.Customer]).Select(TermsOverTimeRequest.WordOf)),
            ["renewals"] = terms.Renewals switch { null => "none", { Count: not null } => "count", _ => "months" },
            ["renewals-number"] = Whole(terms.Renewals?.Count ?? terms.Renewals?.Months),
            ["binding"] = terms.Binding is null ? "none" : "bound",
            ["binding-days"] = Whole(terms.Binding?.Days),
            ["binding-orders"] = Whole(terms.Binding?.Orders),
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
            values[Row("milestone-as", i)] = milestone.Code is { } its ? RewardWord(its) : MoneyWord;
            values[Row("milestone-bonus", i)] = milestone.BonusMinor is { } bonus ? Amount(bonus) : WorthOf(milestone.Code);
            values[Row("milestone-minimum", i)] = Amount(milestone.Code?.MinimumOrderMinor);
            values[Row("milestone-days", i)] = Whole(milestone.Code?.ValidDays);
        }

        RatesForm.Into(values, terms, people ?? RatePeople.ById(terms));

        return new Typed(values);

        string WorthOf(RewardCode? code) => code?.PercentBp is { } percent ? Percent(percent) : Amount(code?.AmountMinor);

        // Amounts are typed in the store's currency alone.
        string Amount(long? minor) => minor is { } known && (terms.Currency ?? currency) is { } its ? new Money(known, its).ToDecimalString() : "";
    }

    /// <summary>What of some terms the form does not show, each as a part of a sentence.</summary>
    public static IReadOnlyList<string> Kept(Terms terms) =>
    [
        .. RatesForm.Shows(terms) ? (string[])[] : [$"the {Words.Of(terms.Rates!.Value.Length)} other shares for products, collections, ambassadors or groups"],
        .. ShowsTiers(terms) ? (string[])[] : ["the shares that rise, which are many"],
        .. ShowsMilestones(terms) ? (string[])[] : ["the milestones, which are many"],
        .. ShowsIds(terms.ExcludedProducts) ? (string[])[] : [$"the {Words.Of(terms.ExcludedProducts!.Value.Length)} products that earn nothing"],
        .. ShowsIds(terms.ExcludedCollections) ? (string[])[] : [$"the {Words.Of(terms.ExcludedCollections!.Value.Length)} collections that earn nothing"],
    ];

    /// <summary>The terms as the API takes them: those of the ground with what is typed in place of what the form shows.</summary>
    /// <param name="people">Who is meant by what is typed for ambassadors; null: those of the ground, by their ids.</param>
    public static JsonObject Read(FormReader form, Terms ground, RatePeople? people = null)
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

        if (RatesForm.Shows(ground))
        {
            Set("rates", RatesForm.Read(form, people ?? RatePeople.ById(ground)));
        }

        Set("advocateReward", RewardOf(form));
        Set("precedence", form.Has("precedence") ? new JsonArray([.. form["precedence"].Split('-').Select(word => JsonValue.Create(word))]) : null);
        Set("renewals", RenewalsOf(form, ground));
        Set("binding", BindingOf(form, ground));
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
            "customers" or "base" or "touch" or "enrolment" or "precedence" => member,
            "renewals" => last is "count" or "months" ? "renewals-number" : "renewals",
            "binding" => last switch { "days" => "binding-days", "orders" => "binding-orders", _ => "binding" },
            "rates" => RatesForm.FieldOf(under, row, form),
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
                (under, parts.ElementAtOrDefault(2)) switch
                {
                    ("metric", _) => "milestone-metric",
                    ("code", "as") => "milestone-as",
                    ("code", "minimumOrder") => "milestone-minimum",
                    ("code", "validDays") => "milestone-days",
                    ("bonus" or "code", _) => "milestone-bonus",
                    _ => "milestone-from",
                },
                RowAt(MilestoneRowsOf(form), at)),
            "milestones" => Row("milestone-from", MilestoneRowsOf(form).Append(0).First()),
            _ => member,
        };
    }

    /// <summary>The fields in their parts.</summary>
    /// <param name="typed">What is shown in them.</param>
    /// <param name="ground">The terms under the form; those that a new campaign begins with for a new one.</param>
    /// <param name="people">Who is meant by what is typed for ambassadors; null for a new campaign, which has none yet.</param>
    public static IReadOnlyList<FormPart> Parts(FormLayout of, Typed typed, Terms ground, Currency? currency, RatePeople? people)
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
                typed["touch"] == "first" || typed["codes"] == "exclusive" || (typed.Has("precedence") && typed["precedence"] != Orders[0].Word),
                of.Choice("touch", "Of several clicks counts", ("last", "the last"), ("first", "the first")),
                of.Choice("codes", "Beside another code of the store", ("allow", "links count"), ("exclusive", "links do not count")),
                of.Choice("precedence", "What counts first, second and third", Orders)),
            FormLayout.Part(
                "Later orders of a customer",
                IsChosen("renewals") || IsChosen("binding"),
                of.Choice(
                    "renewals", "Renewals of a subscription",
                    ("none", "earn nothing"), ("count", "earn, so many"), ("months", "earn for months")),
                of.Decimal("renewals-number", "How many renewals or months", "1 to 120, where renewals earn."),
                of.Choice("binding", "Customers of an ambassador", ("none", "are not bound"), ("bound", "stay theirs")),
                of.Decimal("binding-days", "Days that the bond lasts", "365 when left empty."),
                of.Decimal("binding-orders", "Most orders of the bond", "As many as there are when left empty.")),
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
            .. RatesForm.Shows(ground) ? [RatesForm.Part(of, typed, people)] : (FormPart[])[],
            FormLayout.Part(
                "What ambassadors get besides",
                milestones > EmptyRows || IsChosen("reward-as"),
                [
                    of.Choice("reward-as", "For each approved order", [("none", "nothing more"), .. Rewards]),
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
                        of.Choice(Row("milestone-as", i), $"It brings once ({Whole(i + 1)})", [(MoneyWord, "money"), .. Rewards]),
                        of.Decimal(Row("milestone-bonus", i), $"Worth ({Whole(i + 1)})", i == 0 ? $"Percent or an amount, as chosen. {money} Money is added to what is paid out." : null),
                        of.Decimal(Row("milestone-minimum", i), $"Minimum order ({Whole(i + 1)})", i == 0 ? "For a code only." : null),
                        of.Decimal(Row("milestone-days", i), $"Days that it is good ({Whole(i + 1)})", i == 0 ? "Not for money. A code: 180 when left empty." : null),
                    ]),
                ]),
            FormLayout.Part(
                "How customers join",
                typed["enrolment"] is "application" or "instant",
                of.Choice("enrolment", "On your store's pages", ("none", "they are not asked"), ("application", "they apply"), ("instant", "they join at once"))),
        ];

        bool IsChosen(string name) => typed[name] is not ("none" or "");

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

    private static bool ShowsMilestones(Terms terms) => terms.Milestones is not { Count: > MilestoneRows };

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

            var (kind, worth, minimum, days) = (form[Row("milestone-as", i)], Row("milestone-bonus", i), Row("milestone-minimum", i), Row("milestone-days", i));
            if (kind is not (MoneyWord or ""))
            {
                milestone["code"] = CodeOf(form, kind, worth, minimum, days);
                return milestone;
            }

            foreach (var name in new[] { minimum, days }.Where(form.Has))
            {
                form.Refuse(name, "does not go with money: choose what the milestone brings, or leave it empty");
            }

            if (form.Amount(worth, isRequired: true) is { } bonus)
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

        var reward = CodeOf(form, kind, "reward", "reward-minimum", "reward-days");
        if (form.Number("reward-most") is { } most)
        {
            reward["maximum"] = PeriodInto(form, new JsonObject { ["count"] = most }, "reward-period", "reward-period-days");
        }

        return reward;
    }

    /// <summary>A code, a gift card or store credit, from the fields of these names.</summary>
    private static JsonObject CodeOf(FormReader form, string kind, string worth, string minimum, string days)
    {
        var code = new JsonObject();
        Add("as", kind is "percent" or "amount" ? null : JsonValue.Create(kind));
        Add(kind == "percent" ? "percent" : "amount", kind == "percent" ? form.Number(worth, isRequired: true) : form.Amount(worth, isRequired: true));
        Add("minimumOrder", form.Amount(minimum));
        Add("validDays", form.Number(days));
        return code;

        void Add(string name, JsonNode? value)
        {
            if (value is not null)
            {
                code[name] = value;
            }
        }
    }

    private static JsonObject? RenewalsOf(FormReader form, Terms ground)
    {
        if (form["renewals"] is not ("none" or "") and var what)
        {
            return new JsonObject { [what] = form.Number("renewals-number", isRequired: true) };
        }

        RefuseUnlessEmptied(form, ground.Renewals is not null, "is for renewals that earn: choose that they do, or leave it empty", "renewals-number");
        return null;
    }

    private static JsonObject? BindingOf(FormReader form, Terms ground)
    {
        if (form["binding"] is "none" or "")
        {
            RefuseUnlessEmptied(form, ground.Binding is not null, "is for customers who stay bound: choose that they do, or leave it empty", "binding-days", "binding-orders");
            return null;
        }

        var binding = new JsonObject();
        foreach (var name in new[] { "days", "orders" })
        {
            if (form.Number("binding-" + name) is { } number)
            {
                binding[name] = number;
            }
        }

        return binding;
    }

    // Whoever types a number means it, and whoever ends what was so until now need not empty its fields.
    private static void RefuseUnlessEmptied(FormReader form, bool stoodThere, string why, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!stoodThere && form.Has(name))
            {
                form.Refuse(name, why);
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

    private static List<int> MilestoneRowsOf(FormReader form) => RowsOf(form, MilestoneRows, "milestone-from", "milestone-bonus", "milestone-minimum", "milestone-days");

    private static List<int> RowsOf(FormReader form, int max, params IReadOnlyList<string> names) =>
        [.. Enumerable.Range(0, max).Where(i => names.Any(name => form.Has(Row(name, i))))];

    internal static int RowAt(List<int> rows, int index) => index < rows.Count ? rows[index] : 0;

    internal static string Row(string name, int i) => string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");

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

    internal static string Percent(long? basisPoints) =>
        basisPoints is { } known ? BasisPoints.ToPercent(known).ToString("0.##", CultureInfo.InvariantCulture) : "";

    internal static string Whole(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Ids(IReadOnlyCollection<string>? ids) => ShowsIds(ids) ? string.Join('\n', ids ?? []) : "";
}
