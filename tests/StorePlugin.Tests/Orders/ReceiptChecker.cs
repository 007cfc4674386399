// Recomputes who is credited, and with how much, from a receipt's text alone. It shares no code with the program.
using System.Text.Json;

namespace StorePlugin.Tests.Orders;

/// <summary>Reads the form that the API shows. What is missing, what is of another form and what it does not know is a complaint.</summary>
internal sealed partial class ReceiptChecker
{
    private static readonly string[] Kinds = ["Code", "Click", "Link", "Customer", "Renewal"];
    private static readonly string[] UsualClasses = ["Code", "Link", "Customer"];

    private readonly List<string> _complaints = [];

    /// <summary>What does not hold; empty where everything follows from what the receipt itself states.</summary>
    public static IReadOnlyList<string> Check(string json)
    {
        var checker = new ReceiptChecker();
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            checker._complaints.AddRange(ReceiptShape.Complaints(document.RootElement));
            if (checker._complaints.Count == 0)
            {
                checker.Recompute(new Said(document.RootElement));
            }
        }
        // No JSON, or figures beyond what the program itself can hold.
        catch (Exception e) when (e is JsonException or OverflowException or ArgumentException)
        {
            checker._complaints.Add(e.Message);
        }

        return checker._complaints;
    }

    private void Recompute(Said r)
    {
        // Attribution. The credited campaign's terms stand in the receipt itself, and not beside the campaign.
        var (touches, codes) = (r["touches"].Items.ConvertAll(TouchSaid.Of), r["codes"].Items);
        var ruling = r["decisions"].Items.FindLast(decision => decision["kind"].Word != "Allow");
        var named = touches.Select(touch => touch.Campaign).Append(ruling["campaignId"].Word).OfType<string>().Distinct();
        ExpectAll("campaigns", r["campaigns"].Items.Select(campaign => campaign["id"].Word).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        if (_complaints.Count > 0)
        {
            return;
        }

        var campaigns = r["campaigns"].Items.ToDictionary(campaign => campaign["id"].Word!);
        Said TermsOf(string id) => id == r["campaignId"].Word ? r["terms"] : campaigns.GetValueOrDefault(id)["terms"];
        foreach (var (id, campaign) in campaigns)
        {
            Expect($"whether terms of {id} are stated", TermsOf(id).Is, campaign["revision"].Is);
            Expect($"whether terms of {id} stand beside it", campaign["terms"].Is && id == r["campaignId"].Word, false);
        }

        var (rule, winner) = Attribute(r, touches, codes, campaigns, TermsOf, ruling);
        touches.ForEach(touch => Expect($"what dropped {touch.Proof}", (touch.Said["droppedBy"].Word, touch.Said["why"].Is), (touch.DroppedBy, touch.DroppedBy is not null)));

        // Commission, where the terms look back by what the receipt says of the orders before.
        var (terms, ambassador) = winner is null ? (default, null) : (TermsOf(winner.Campaign), winner.Said["ambassadorId"].Word);
        var (standing, tiered, capped) = (r["standing"], terms["tiers"].Is, terms["periodCap"].Is);
        Expect("standing", (standing.Is, standing["position"].Is, standing["used"].Is), (tiered || capped, tiered, capped));
        if (_complaints.Count > 0)
        {
            return;
        }

        var ownDiscount = touches.Where(touch => touch.Kind == "Code" && touch.Said["ambassadorId"].Word == ambassador).Sum(touch => touch.Discount);
        var money = new SaidCommission(r, terms, ambassador, r["group"].Word, ownDiscount);
        var (paidAt, gone) = (r["paidAt"].Time, r["cancelledAt"].Is || r["deletedAt"].Is);
        rule = !terms.Is ? rule : money.Base == 0 ? "T13" : money.Base < terms["minimumOrder"].Long ? "B7" : "T1";
        var (earns, settled) = (terms.Is && rule == "T1", !gone || money.Remaining == 0);
        Expect("rule", r["rule"].Word, rule);
        Expect("credited", r["credited"].True, earns);
        Expect("ambassadorId", r["ambassadorId"].Word, earns ? ambassador : null);
        Expect("campaignId", r["campaignId"].Word, earns ? winner!.Campaign : null);
        Expect("termsRevision", r["termsRevision"].Whole, earns ? campaigns[winner!.Campaign]["revision"].Whole : null);
        Expect("whether terms stand in it", r["terms"].Is, earns);
        Expect("whether a group stands without anybody in it", r["group"].Is && !terms.Is, false);
        Expect("base", r["base"].Long, money.Base);
        Expect("remainingBase", r["remainingBase"].Long, money.Remaining);
        Expect("originalCommission", r["originalCommission"].Long, earns ? money.Original : 0);
        Expect("commission", r["commission"].Long, earns && paidAt is not null ? money.Commission : 0);
        Expect("merchantCost", r["merchantCost"].Long, earns && paidAt is not null ? money.Commission - money.Last : 0);
        ExpectAll("tierParts", r["tierParts"].Items.Select(part => (part["rateBp"].Long, part["base"].Long)), earns ? money.Parts : []);
        Expect("holdUntil", r["holdUntil"].Time, earns && settled ? paidAt?.AddDays(terms["holdDays"].Long) : null);
        money.Lines.ForEach(line => Expect(
            $"line {line.Id}",
            (line.Said["base"].Long, line.Said["remaining"].Long, line.Said["remainingQuantity"].Long, line.Said["rateBp"].Long, line.Said["rateRank"].Word, line.Said["excludedBy"].Word),
            (line.Net + line.Own, line.Left, line.Units, line.RateBp, line.Rank, line.ExcludedBy)));

        Expect("historySince", r["historySince"].Is, paidAt is not null && !r["test"].True && campaigns.Keys.Any(id => AsksForNewCustomers(TermsOf(id))));
        Expect("whether who has not paid is a customer", r["newCustomer"].Is && (paidAt is null || r["test"].True), false);

        ExpectReviews(r, winner, terms, earns);
        ExpectGaps(r, winner, terms);
        ExpectFlags(r, earns);
        ExpectWhole(r, money.Lines, terms);
        Expect("count of findings", r["findings"].Items.Count, settled ? 0 : 1);
    }

    /// <summary>The winner and the rule (rules T1 to T14, F1, M1); each touch learns which rule dropped it.</summary>
    private (string? Rule, TouchSaid? Winner) Attribute(
        Said r, List<TouchSaid> all, List<Said> codes, Dictionary<string, Said> campaigns, Func<string, Said> termsOf, Said ruling)
    {
        var touches = all.FindAll(touch => touch.Kind != "Override");
        var foreign = codes.Exists(code => code["amount"].Long > 0 && !touches.Exists(touch => touch.Kind == "Code" && touch.Proof == code["code"].Word));
        foreach (var touch in touches)
        {
            touch.DroppedBy = Weigh(touch, r, campaigns[touch.Campaign], termsOf(touch.Campaign), foreign);
            var code = codes.ElementAtOrDefault((int)touch.Position);
            Expect(
                $"what {touch.Proof} took off", (touch.Proof, touch.Discount, touch.Position),
                touch.Kind == "Code" ? (code["code"].Word, code["amount"].Long, touch.Position) : (touch.Proof, 0, 0));
            var nobodys = termsOf(touch.Campaign)["rates"].Items.Exists(rate => !rate["productId"].Is && !rate["collectionId"].Is && !rate["ambassadorId"].Is && !rate["group"].Is);
            Expect($"whether {touch.Proof} is of the order's instant, with shares for somebody", (touch.Kind is not ("Code" or "Link") || touch.At == r["at"].Time, nobodys), (true, false));
        }

        // Test orders and a person's word go before all evidence (rules T13, T1).
        var before = r["test"].True ? "T13" : ruling["kind"].Word == "Reject" ? "H3" : null;
        var chosen = before is null && ruling["kind"].Word == "Credit" ? ruling : default;
        var chosenTerms = chosen.Is ? termsOf(chosen["campaignId"].Word ?? "") : default;
        var bar = chosen.Is && !chosenTerms.Is ? "T1" : IsForeign(chosenTerms, r) ? "M1" : null;
        Expect("touches of a person", all.Count - touches.Count, chosen.Is && bar is null ? 1 : 0);
        if (before is not null || _complaints.Count > 0)
        {
            return (before, null);
        }

        var alive = touches.FindAll(touch => touch.DroppedBy is null);
        if (chosen.Is)
        {
            alive.ForEach(touch => touch.DroppedBy = "T1");
            var first = bar is null ? all[0] : null;
            var made = (chosen["ambassadorId"].Word, chosen["campaignId"].Word, chosen["at"].Time, r["at"].Time, r["at"].Time, (0L, 0L));
            Expect("the name of a person's touch", first?.Proof ?? "", bar is null ? $"decision {chosen["number"].Long}" : "");
            Expect("the touch of a person", first is null ? made : PartsOf(first), made);
            return (bar, first);
        }

        // A click that came when the checkout had begun displaces nobody (rule T4).
        alive.FindAll(touch => IsLate(touch, r) && alive.Exists(other => !IsLate(other, r))).ForEach(touch => touch.DroppedBy = "T4");
        alive.RemoveAll(touch => touch.DroppedBy is not null);
        // The classes stand as the campaigns of what is left have them, where they agree (rule T1).
        var orders = alive.ConvertAll(touch => termsOf(touch.Campaign)["precedence"] is { Is: true } own ? own.Items.ConvertAll(each => each.Word!) : [.. UsualClasses]);
        var classes = orders.Count > 0 && orders.TrueForAll(order => order.SequenceEqual(orders[0])) ? orders[0] : [.. UsualClasses];
        var byFirst = alive.TrueForAll(touch => touch.Class != "Link" || termsOf(touch.Campaign)["firstTouch"].True);
        var winner = alive.OrderBy(touch => classes.IndexOf(touch.Class)).ThenByDescending(touch => touch.IsSingle).ThenByDescending(touch => touch.Discount).ThenBy(touch => touch.Position)
            .ThenBy(touch => touch.Kind == "Code" ? 0 : byFirst || touch.Kind == "Customer" ? touch.At.Ticks : -touch.At.Ticks).ThenBy(touch => Array.IndexOf(Kinds, touch.Kind))
            .ThenBy(touch => touch.Kind == "Code" ? "" : touch.Proof, StringComparer.Ordinal).FirstOrDefault();
        alive.FindAll(touch => !ReferenceEquals(touch, winner)).ForEach(touch => touch.DroppedBy = touch.Class != winner!.Class || touch.IsSingle != winner.IsSingle ? "T1" : touch.Kind == "Code" ? "T6" : "T2");
        var telling = touches.Find(touch => touch.Kind == "Renewal") ?? (r["channel"].Word == "Renewal" ? null : touches.FirstOrDefault());
        return winner is null ? (telling is not null ? telling.DroppedBy : r["channel"].Word == "Renewal" ? "T14" : "T1", null)
            : winner.Said["isOwn"].True && !termsOf(winner.Campaign)["selfPurchaseEarns"].True ? ("F1", null)
            : termsOf(winner.Campaign)["newCustomersOnly"].True && r["newCustomer"].Json.ValueKind == JsonValueKind.False ? ("T9", null)
            : IsForeign(termsOf(winner.Campaign), r) ? ("M1", null) : (null, winner);
    }

    /// <summary>The rule that drops a touch by itself, whatever else there is.</summary>
    private static string? Weigh(TouchSaid touch, Said r, Said campaign, Said terms, bool foreignCode)
    {
        var at = r["at"].Time!.Value;
        var (isRenewal, renewals, binding) = (r["channel"].Word == "Renewal", terms["renewals"], terms["binding"]);
        return !terms.Is || !(campaign["launchedAt"].Time <= at) || campaign["stopped"].Is || touch.Said["approvedAt"].Time > at
                || touch.Said["suspendedAt"].Time <= at || touch.Said["leftAt"].Time <= at ? "T10"
            : isRenewal != (touch.Kind == "Renewal") ? "T14"
            : isRenewal ? !renewals.Is || touch.Number > renewals["count"].Whole || (renewals["months"].Is && at >= touch.At.AddMonths((int)renewals["months"].Long)) ? "T14" : null
            : terms["channels"].Is && !terms["channels"].Items.Exists(channel => channel.Word == r["channel"].Word) ? "T13"
            : touch.Kind == "Code" ? touch.Said["assignedAt"].Time > at || touch.Said["endedAt"].Time <= at || touch.Said["usedBy"].Is || (touch.Discount == 0 && terms["friendDiscountBp"].Long != 0) ? "T5" : null
            : touch.Kind == "Customer" ? !binding.Is || touch.Said["endedAt"].Time <= at || touch.At.AddDays(binding["days"].Long) <= at || touch.Number > binding["orders"].Whole ? "T8" : null
            : foreignCode && terms["exclusiveCodes"].True ? "T7"
            : touch.At > at || touch.At.AddDays(terms["windowDays"].Long) <= at ? "T2" : null;
    }

    private static bool IsLate(TouchSaid? touch, Said r) =>
        touch?.Kind == "Click" && touch.At > r["checkoutStartedAt"].Time && touch.At < r["checkoutStartedAt"].Time!.Value.AddMinutes(30);

    private static (string?, string?, DateTimeOffset?, DateTimeOffset?, DateTimeOffset?, (long, long)) PartsOf(TouchSaid touch) =>
        (touch.Said["ambassadorId"].Word, touch.Campaign, touch.At, touch.Said["assignedAt"].Time, touch.Said["approvedAt"].Time, (touch.Discount, touch.Position));

    private static bool AsksForNewCustomers(Said terms) =>
        terms["newCustomersOnly"].True || terms["tiers"]["metric"].Word == "NewCustomers" || terms["milestones"].Items.Exists(milestone => milestone["metric"].Word == "NewCustomers");

    private static bool IsForeign(Said terms, Said r) => terms["currency"].Is && terms["currency"].Word != r["currency"].Word;

    private void Expect<T>(string what, T said, T computed)
    {
        if (!EqualityComparer<T>.Default.Equals(said, computed))
        {
            _complaints.Add($"{what}: the receipt says {said}, its inputs say {computed}");
        }
    }

    private void ExpectAll<T>(string what, IEnumerable<T> said, IEnumerable<T> computed)
    {
        if (!said.SequenceEqual(computed))
        {
            _complaints.Add($"{what}: the receipt says {string.Join(", ", said)}, its inputs say {string.Join(", ", computed)}");
        }
    }

    private sealed record TouchSaid(Said Said, string Kind, string Proof, string Campaign, DateTimeOffset At, long Discount, long Position)
    {
        public string? DroppedBy { get; set; }

        public string Class => Kind is "Code" or "Customer" ? Kind : "Link";

        /// <summary>Whether it is a code that was made for one use.</summary>
        public bool IsSingle => Said["singleUse"].True;

        /// <summary>The how manieth renewal it is, or order of a bound customer.</summary>
        public long? Number => Said["number"].Whole;

        public static TouchSaid Of(Said said) => new(
            said, said["kind"].Word!, said["evidence"].Word!, said["campaignId"].Word!, said["at"].Time!.Value, said["discount"].Long, said["position"].Long);
    }
}
