// The checks of a campaign before its launch, in the order of their page: facts in, findings out. Pure.
using StorePlugin.Abuse;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Rehearsals;
using StorePlugin.Stores.Shopify;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns.Launch;

/// <summary>
/// Red, and so refusing the launch, is what loses money or orders for certain; everything else is yellow: it is said, and the merchant
/// decides. A store that was installed a minute ago has no red finding once its campaign has an objective.
/// </summary>
internal static class LaunchChecks
{
    // What refuses a launch by itself already, in the words that callers know.
    private static readonly string[] RefusedElsewhere = ["objective", "plan", "history"];

    // Of an order, in basis points: from here on it is a question, and from the whole on a loss.
    private const long CostlyBp = 5_000;

    /// <summary>Most goods can be sent back for so long; what is released before that is paid and then owed.</summary>
    public const int HoldDaysMin = 14;

    /// <summary>So many orders of usual size should bring an ambassador to their first payout.</summary>
    public const int OrdersToPayout = 10;

    /// <summary>For how long a refused signature is told.</summary>
    public static readonly TimeSpan SignaturesTold = TimeSpan.FromDays(1);

    private const string ScopeOfOrders = "read_orders";
    private const int NamesMax = 5;

    public static IReadOnlyList<LaunchCheck> Of(LaunchFacts facts) =>
    [
        Objective(facts),
        Plan(facts),
        Currency(facts),
        TimeZone(facts),
        Cost(facts),
        Hold(facts),
        History(facts),
        Rules(facts),
        Rehearsed(facts),
        RehearsalPassed(facts),
        Spread(facts),
        OwnPeople(facts),
        SharedDestination(facts),
        Codes(facts),
        Joining(facts),
        OrdersScope(facts),
        Scopes(facts),
        Token(facts),
        Topics(facts),
        Signatures(facts),
        StorefrontScript(facts),
        Mail(facts),
        PayoutWay(facts),
        Stripe(facts),
        PayoutMinimum(facts),
        Reconciliation(facts),
        PublicAddress(facts),
    ];

    /// <summary>What refuses the launch and has no refusal of its own.</summary>
    public static IReadOnlyList<LaunchCheck> RefusalsOf(IEnumerable<LaunchCheck> checks)
    {
        var reds = checks.Where(check => check.Refuses).ToList();
        return reds.TrueForAll(check => RefusedElsewhere.Contains(check.Id, StringComparer.Ordinal)) ? [] : reds;
    }

    private static LaunchCheck Objective(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("objective", "An objective, and time to reach it", $"{PathOf(facts)}#objective");
        return facts.Campaign.Objective is not { } objective
            ? check.Failed("The campaign has no objective.", "Give it a metric, a target and a date.")
            : objective.By <= facts.Now
                ? check.Failed($"The objective's date, {Day(facts, objective.By)}, has passed.", "Give it a date in the future.")
                : check;
    }

    private static LaunchCheck Plan(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("plan", "The app's plan", "/dashboard/plan");
        return facts.PlanIsConfirmed is not { } isConfirmed ? check.NotEvaluated("The platform did not answer. It is asked again at the launch.")
            : isConfirmed ? check
            : check.Failed("The app's plan is not confirmed.", "An owner confirms it on the page of the app's plan. Campaigns that run already go on.");
    }

    private static LaunchCheck Currency(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("currency", "The store's currency, and the terms' amounts in it", "/dashboard/settings");
        return (facts.Store.Currency, facts.Campaign.Terms.Currency) switch
        {
            (null, _) when facts.FactsAreBeingRead => check.NotEvaluated("Your store has not told its currency yet; it is being asked."),
            (null, _) => check.Failed(
                "Your store has not told its currency, and nothing that is earned could be compared with it.",
                "See on the overview why it could not be asked, and have it tried again there."),
            (var store, { } terms) when terms.Code != store => check with
            {
                State = LaunchState.Failed,
                Finding = $"The terms state amounts in {terms.Code}, and your store sells in {store}: no order would ever come to them.",
                Fix = $"State the amounts of the terms in {store}.",
                Path = $"{PathOf(facts)}/revisions/new",
            },
            _ => check,
        };
    }

    // Days counted in UTC are no loss: they are a difference of hours.
    private static LaunchCheck TimeZone(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("time-zone", "The store's time zone", "/dashboard/settings");
        return facts.Store.TimeZone is not null ? check
            : facts.FactsAreBeingRead ? check.NotEvaluated("Your store has not told its time zone yet; it is being asked.")
            : check.Failed(
                "Your store has not told its time zone: days begin and end at midnight UTC.",
                "Set a time zone by the name of a city in your store's settings, then connect the store again.");
    }

    private static LaunchCheck Cost(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("cost", "What a typical order costs", $"{PathOf(facts)}#cost");
        if (facts.Cost is not { } cost)
        {
            return check.NotEvaluated("The store's currency is not known yet.");
        }

        var reward = RewardMinor(facts.Campaign.Terms, cost.Order);
        var share = Money.Share(BasisPoints.Whole, cost.DiscountMinor + cost.CommissionMinor + reward, cost.Order.Minor);
        var finding = $"Of a typical order of {Words.Of(cost.Order)} the friend saves {Say(cost.DiscountMinor)}, the ambassador earns {Say(cost.CommissionMinor)}"
            + (reward == 0 ? "" : $" and gets a reward of {Say(reward)}") + $": together {Words.Percent(share)} of it.";
        return share >= BasisPoints.Whole
            ? check.Failed($"{finding} Every order costs more than it brings.", "Lower the commission, the discount or the reward.") with { Severity = LaunchCheck.Blocks }
            : share >= CostlyBp ? check.Failed(finding, "Compare it with what you earn on an order, or set a most that an order may cost in the terms.")
            : check;

        string Say(long minor) => Words.Of(new Money(minor, cost.Order.Currency));
    }

    // A share is of the order that the reward is used on, which is taken to be of usual size.
    private static long RewardMinor(Terms terms, Money order) => terms.AdvocateReward?.Code switch
    {
        { AmountMinor: { } amount } => amount,
        { PercentBp: { } share } => BasisPoints.Round((Int128)order.Minor * share),
        _ => 0,
    };

    private static LaunchCheck Hold(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("hold", "Time for returns before money is released", $"{PathOf(facts)}/revisions/new");
        return facts.Campaign.Terms.HoldDays >= HoldDaysMin
            ? check
            : check.Failed(
                $"Commission is released {Words.Count(facts.Campaign.Terms.HoldDays, "day", "days")} after payment, and most goods can be sent back for {HoldDaysMin} days: "
                    + "it may be paid out by then.",
                $"Hold it for {HoldDaysMin} days at least; {Terms.HoldDaysDefault} are usual.");
    }

    private static LaunchCheck History(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("history", "What is known of earlier orders", $"{PathOf(facts)}#launch");
        return !facts.Campaign.Terms.AsksForNewCustomers ? check.NotEvaluated("The terms do not ask who is a new customer.")
            : facts.UnknownHistory is not { } horizon ? check
            : check.Failed(
                $"The terms ask for new customers, and paid orders are known from {Day(facts, horizon.Since)} on only: whoever bought before seems new.",
                "Import the earlier orders, or tick the box beside the launch that says you know it.");
    }

    private static LaunchCheck Rules(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("rules", "The rules page with worked examples", $"{PathOf(facts)}#terms");
        return facts.RulesProblem is { } problem
                ? check.Failed($"The rules page cannot be made of these terms: {problem}", "Change the terms; if it stays so, tell whoever runs this program.")
            : facts.WorkedExamples is not { } examples ? check.NotEvaluated("The store's currency is not known yet, and without it there are no examples.")
            : examples < LaunchFacts.RulesExamplesMin
                ? check.Failed(
                    $"The rules page has {Words.Count(examples, "worked example", "worked examples")}, and {LaunchFacts.RulesExamplesMin} are the least that people can judge it by.",
                    "Change the terms so that an order earns something; if it stays so, tell whoever runs this program.")
            : check;
    }

    private static LaunchCheck Rehearsed(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("rehearsed", "A rehearsal of these terms", $"{PathOf(facts)}/rehearsals");
        return OfTheseTerms(facts).Any()
            ? check
            : check.Failed(
                facts.Rehearsals.Count == 0 ? "The campaign was never rehearsed." : "The terms have changed since the campaign was last rehearsed.",
                "Rehearse it: a month of made-up orders is decided by these terms, and no money moves.");
    }

    private static LaunchCheck RehearsalPassed(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("rehearsal", "What the rehearsals of these terms came to", $"{PathOf(facts)}/rehearsals");
        var failed = OfTheseTerms(facts).Where(rehearsal => rehearsal.State == "failed").ToList();
        return !OfTheseTerms(facts).Any() ? check.NotEvaluated("These terms were not rehearsed.")
            : failed.Count == 0 ? check
            : check.Failed(
                string.Join(' ', failed.Select(rehearsal => $"The rehearsal “{rehearsal.Scenario.Replace('_', ' ')}” failed: {rehearsal.Failure}")),
                "Change what it names, then rehearse it again.");
    }

    // Whoever gets most is made up. Where the terms give them the share of somebody of the store's, that person is meant, and what was
    // acknowledged of them stands here too; else it is the terms alone that can be changed.
    private static LaunchCheck Spread(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("concentration", "Commission that goes to many", $"{PathOf(facts)}/rehearsals");
        if (Concentration.Of(facts.Rehearsals, facts.Campaign) is not { } found)
        {
            return check.NotEvaluated("No typical month was rehearsed with these terms.");
        }

        if (!found.IsTooMuch || facts.MayGetMost.Any(person => person.Id == facts.GetsMost?.Id))
        {
            return check;
        }

        var (month, share) = (found.Month, Words.Percent(found.Month.TopShareBp!.Value));
        return facts.GetsMost is { } meant
            ? check.Failed(
                $"In the rehearsal of a typical month {month.TopPayee}, who has the share of {Words.ShortName(meant.Name)}, got {share} of the commission of {Words.Of(month.Payees)} ambassadors.",
                "Set a most that one ambassador earns over a month. If it is meant so, an owner acknowledges it on this person's page, under the warnings.") with
            {
                Path = WarningsOf(meant),
            }
            : check.Failed(
                $"In the rehearsal of a typical month {month.TopPayee ?? "one ambassador"} got {share} of the commission of {Words.Of(month.Payees)} ambassadors.",
                "Set a most that one ambassador earns over a month, or shares that lie closer together.") with
            {
                Path = $"{PathOf(facts)}/revisions/new",
            };
    }

    private static LaunchCheck OwnPeople(LaunchFacts facts)
    {
        var campaign = Uri.EscapeDataString(facts.Campaign.Id);
        var check = LaunchCheck.Red("own-people", "Payees who are not the store's own", $"/dashboard/ambassadors?campaign={campaign}");
        return facts.PaidToMerchant.Count > 0
            ? check.Failed(
                $"The money of {NamesOf(facts.PaidToMerchant)} would go into your own account at Stripe, and is paid to nobody.",
                "Have them connect an account of their own, or take it away on their page.") with
            {
                Path = facts.PaidToMerchant is [var only] ? PathOf(only) : check.Path,
            }
            : facts.OwnPeople.Count > 0
                ? check.Failed(
                    $"{NamesOf(facts.OwnPeople)} {(facts.OwnPeople.Count == 1 ? "has" : "have")} the address of somebody on your own team.",
                    "End them on their page. If they are meant to earn, an owner acknowledges it there for each, under the warnings.") with
                {
                    Path = facts.OwnPeople is [var one] ? WarningsOf(one) : $"/dashboard/ambassadors?campaign={campaign}&warning={FunnelWarnings.Team}",
                }
            : check;
    }

    private static LaunchCheck SharedDestination(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("shared-destination", "A payout destination for each person", "/dashboard/ambassadors");
        return facts.Sharing.Count == 0
            ? check
            : check.Failed(
                $"{NamesOf(facts.Sharing)} {(facts.Sharing.Count == 1 ? "is" : "are")} paid to the same account as another person.",
                "Have each name an account of their own. If it is meant so, an owner acknowledges it on the page of each, under the warnings.") with
            {
                Path = facts.Sharing is [var only] ? WarningsOf(only) : $"/dashboard/ambassadors?warning={Patterns.Destination}",
            };
    }

    private static string PathOf(LaunchPerson person) => $"/dashboard/ambassadors/{Uri.EscapeDataString(person.Id)}";

    // Where it is acknowledged. Of several the list shows who they are, and each has a page of their own.
    private static string WarningsOf(LaunchPerson person) => $"{PathOf(person)}#warnings";

    private static LaunchCheck Codes(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("codes", "Codes that work in the store", $"/dashboard/ambassadors?campaign={Uri.EscapeDataString(facts.Campaign.Id)}");
        return facts.RefusedCodes is not [var first, ..]
            ? check
            : check.Failed(
                $"Your store refused the discount of {Listed([.. facts.RefusedCodes.Select(code => code.Code)])}"
                    + $"{(first.Problem is { } why ? $": {why.TrimEnd('.')}" : "")}. Orders with it do not count.",
                "Adopt the discount that your store has, give another code, or end it.") with
            {
                Path = $"/dashboard/ambassadors/{Uri.EscapeDataString(first.AmbassadorId)}/codes/{Uri.EscapeDataString(first.Code)}",
            };
    }

    private static LaunchCheck Joining(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("joining", "People who take part", $"{PathOf(facts)}#joining");
        return facts.People > 0 || facts.HasWayIn
            ? check
            : check.Failed("Nobody takes part yet, and nobody can come in by themselves.", "Add or import ambassadors, invite people, or open the campaign to applications.");
    }

    private static LaunchCheck OrdersScope(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("orders-scope", "Leave to see orders", "/dashboard/connection");
        return !facts.IsOnShopify || facts.Store.Scopes is null ? NotOfShopify(check)
            : ShopifyScopes.Missing(facts.Store.Scopes, ScopeOfOrders).Count == 0 ? check
            : check.Failed($"Your store does not grant {ScopeOfOrders}: no order is credited.", "Open the app in your store's admin at Shopify and grant it.");
    }

    private static LaunchCheck Scopes(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("scopes", "What the store grants the app", "/dashboard/connection");
        if (!facts.IsOnShopify || facts.Store.Scopes is null)
        {
            return NotOfShopify(check);
        }

        var lacking = ShopifyAbility.All
            .Where(ability => ability.Consent == ShopifyConsent.AtInstallation && ability.Scopes != ScopeOfOrders)
            .Select(ability => (ability.Without, Missing: ability.MissingIn(facts.Store))).Where(lack => lack.Missing.Count > 0).ToList();
        return lacking.Count == 0
            ? check
            : check.Failed(
                $"Your store does not grant {Listed([.. lacking.SelectMany(lack => lack.Missing)])}. {string.Join(' ', lacking.Select(lack => lack.Without))}",
                "Open the app in your store's admin at Shopify and grant what it asks for; where it does not ask, whoever runs this program adds them to the registration.");
    }

    private static LaunchCheck Token(LaunchFacts facts)
    {
        var check = LaunchCheck.Red("token", "The app's way into the store", "/dashboard/connection");
        return !facts.IsOnShopify ? NotOfShopify(check)
            : facts.LockedOutSince is not { } since ? check
            : check.Failed(
                $"Since {Day(facts, since)} Shopify no longer lets the app into your store: no discount code would be made.",
                "Open the app once in your store's admin at Shopify: that lets it in again.");
    }

    private static LaunchCheck Topics(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("topics", "Messages of the store", "/dashboard/connection#topics");
        return !facts.IsOnShopify ? NotOfShopify(check)
            : facts.TopicFindings.Count == 0 ? check
            : check.Failed(string.Join(' ', facts.TopicFindings.Take(NamesMax)), "Whoever runs this program deploys the app's file again; the page says what stands in the way.");
    }

    private static LaunchCheck Signatures(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("signatures", "Messages that are signed rightly", "/dashboard/connection");
        return facts.SignatureRefusedAt is not { } refused || facts.Now - refused >= SignaturesTold || facts.LastDeliveryAt > refused
            ? check
            : check.Failed(
                $"A message of {(facts.IsOnShopify ? "Shopify's" : "your store")} was refused on {At(facts, refused)} since its signature was wrong, and none of your store has come since.",
                facts.IsOnShopify
                    ? "If orders go missing, whoever runs this program compares the client secret with the app's registration (Shopify:ClientSecret)."
                    : "Connect the store again: that makes the secret of its webhooks anew.");
    }

    private static LaunchCheck StorefrontScript(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("storefront-script", "Links without a discount are followed", "/dashboard/connection");
        return facts.Campaign.Terms.FriendDiscountBp > 0 ? check.NotEvaluated("The links carry a discount, which names the ambassador on the order without a script.")
            : !facts.IsOnShopify ? NotOfShopify(check)
            : facts.EmbedWasHeard ? check
            : check.Failed(
                "The links give no discount, so that nothing but the app embed carries them to the order, and it was never heard of.",
                "Switch the app embed on in your theme, or give friends a discount.");
    }

    private static LaunchCheck Mail(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("mail", "Mail that arrives", "/dashboard");
        return facts.DeadMails is [var newest, ..]
                ? check.Failed(
                    $"{Words.Count(facts.DeadMails.Count, "mail was", "mails were")} given up in the last week, the newest of them because: {newest}",
                    "Mend what it names and have them tried again on the overview.")
            : facts.MailLeaves || facts.Store.IsRehearsal ? check
            : check.Failed(
                "No mail leaves this program: it has no mail server, and ambassadors would hear of nothing.",
                "Whoever runs this program names one (Mail:Smtp:Host and Mail:Smtp:From).");
    }

    private static LaunchCheck PayoutWay(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("payout-way", "A way by which money reaches ambassadors", "/dashboard/payouts/stripe");
        return !TermsRewards.HaveCommission(facts.Campaign.Terms) ? check.NotEvaluated("The terms give no commission in money.")
            : facts.StripeIsConnected || facts.PayoutMethods.Any(PayoutProvider.IsInStore) ? check
            : facts.PayoutMethods.Count == 0
                ? check.Failed("Stripe is not connected and no other way is allowed: what is earned can be paid to nobody.", "Connect Stripe, or allow another way in the settings of payouts.")
            : check.Failed(
                $"Stripe is not connected: payouts go by {Listed([.. facts.PayoutMethods.Select(WordsOf)])} alone, in files that you hand to your bank or to PayPal yourself.",
                "Connect Stripe to have them sent by themselves, or leave it so.");
    }

    private static string WordsOf(string method) => method switch
    {
        PayoutKind.PayPal => "PayPal",
        PayoutKind.Iban => "bank transfer",
        _ => method,
    };

    private static LaunchCheck Stripe(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("stripe", "The store's account at Stripe", "/dashboard/payouts/stripe");
        return !facts.StripeIsConnected ? check.NotEvaluated("Stripe is not connected.")
            : facts.StripeFindings.Count == 0 ? check
            : check.Failed(string.Join(' ', facts.StripeFindings), "The page says for each what is to be done, and asks Stripe again.");
    }

    private static LaunchCheck PayoutMinimum(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("payout-minimum", "A first payout within reach", $"{PathOf(facts)}/revisions/new");
        if (facts.Cost is not { CommissionMinor: > 0 } cost)
        {
            return check.NotEvaluated("A typical order earns no commission in money.");
        }

        var least = Minimum.Of(cost.Order.Currency);
        var earned = new Money(cost.CommissionMinor, cost.Order.Currency);
        return earned.Minor >= (least.Minor + OrdersToPayout - 1) / OrdersToPayout
            ? check
            : check.Failed(
                $"A typical order earns {Words.Of(earned)}, and the least that is paid out is {Words.Of(least)}: {OrdersToPayout} orders do not reach it.",
                "Give a higher commission, or tell ambassadors beforehand; what is earned stays theirs.");
    }

    private static LaunchCheck Reconciliation(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("reconciliation", "Books that agree with Stripe", "/dashboard/payouts/differences");
        return facts.StoppingDifferences == 0
            ? check
            : check.Failed(
                $"{Words.Count(facts.StoppingDifferences, "difference", "differences")} between your books and Stripe's transfers {(facts.StoppingDifferences == 1 ? "stops" : "stop")} every payout.",
                "Look at each: it has to go, or be cleared with a reason.");
    }

    private static LaunchCheck PublicAddress(LaunchFacts facts)
    {
        var check = LaunchCheck.Yellow("public-address", "An address that everybody reaches", "/dashboard/settings");
        return facts.Store.IsRehearsal ? check.NotEvaluated("Nobody follows the links of a rehearsal.")
            : Uri.TryCreate(facts.PublicUrl, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps && !address.IsLoopback ? check
            : check.Failed(
                $"Links begin with {facts.PublicUrl}, which {(address is { IsLoopback: false } ? "is not encrypted" : "nobody outside of this machine reaches")}.",
                "Whoever runs this program gives it an https address (PublicUrl).");
    }

    private static LaunchCheck NotOfShopify(LaunchCheck check) => check.NotEvaluated("It is asked of stores on Shopify alone.");

    private static IEnumerable<RehearsalResult> OfTheseTerms(LaunchFacts facts) => facts.Rehearsals.Where(rehearsal => rehearsal.Revision == facts.Campaign.Revision);

    private static string PathOf(LaunchFacts facts) => $"/dashboard/campaigns/{Uri.EscapeDataString(facts.Campaign.Id)}";

    private static string NamesOf(IReadOnlyList<LaunchPerson> people) => Listed([.. people.Select(person => Words.ShortName(person.Name))]);

    private static string Listed(IReadOnlyList<string> names) => names.Count > NamesMax
        ? $"{string.Join(", ", names.Take(NamesMax))} and {Words.Of(names.Count - NamesMax)} more"
        : names.Count < 2 ? string.Concat(names)
        : $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]}";

    private static string Day(LaunchFacts facts, DateTimeOffset instant) =>
        Words.Day(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, facts.Store.Zone).DateTime));

    private static string At(LaunchFacts facts, DateTimeOffset instant) => new StoreTime(facts.Store).At(instant).Text;
}
