// Recomputes who is credited from a receipt's text alone, and all that follows from it. It shares no code with the program.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace StorePlugin.Tests.Orders;

/// <summary>Reads the form that the API shows. What is missing, what is of another form and what it does not know is a complaint.</summary>
internal sealed class ReceiptChecker
{
    private static readonly string[] NoRules = [];
    private static readonly (string?, string?)[] NoMarks = [];
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
        var (touches, codes, refunds, decisions) = (r["touches"].Items.ConvertAll(TouchSaid.Of), r["codes"].Items, r["refunds"].Items, r["decisions"].Items);
        var ruling = decisions.FindLast(decision => decision["kind"].Word != "Allow");
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

        // What a person has to look at, what nobody could evaluate, and what the receipt says of itself.
        long? AllowedBy((string? Rule, string? Mark) of) => decisions.Find(decision =>
            decision["kind"].Word == "Allow" && decision["rules"].Items.Exists(each => each.Word == of.Rule || each.Word == $"{of.Rule}:{of.Mark}"))["number"].Whole;
        var (flags, foreign) = (r["flags"].Items, r["foreignRefunds"].Items.ConvertAll(refund => (Id: refund["id"].Word!, Currency: refund["currency"].Word)));
        var takings = foreign.Concat(r["disputes"].Items.FindAll(of => of["state"].Word != "Won" && of["amount"].Long > 0).ConvertAll(of => (Id: $"disputed:{of["id"].Word}", Currency: of["currency"].Word)))
            .Where(taking => taking.Currency != r["currency"].Word).Select(taking => taking.Id).ToList();
        var isNewUnknown = terms["newCustomersOnly"].True && paidAt is not null && !r["newCustomer"].Is;
        List<(string? Rule, string? Mark)> reviews =
        [
            .. IsLate(winner, r) ? [("T4", null)] : NoMarks, .. isNewUnknown ? [("T9", null)] : NoMarks, .. r["contradiction"].Is ? [("M2", MarkOf(r["contradiction"].Word!))] : NoMarks,
            .. flags.FindAll(flag => flag["outcome"].Word == "review").ConvertAll(flag => (flag["rule"].Word, (string?)MarkOf($"{ambassador} {flag["number"].Long}"))),
            .. takings.Count > 0 ? [("M1", MarkOf(string.Join(' ', takings)))] : NoMarks,
        ];
        ExpectAll(
            "reviews", r["reviews"].Items.Select(review => (review["rule"].Word, review["mark"].Word, review["allowedBy"].Whole)),
            earns ? reviews.Select(of => (of.Rule, of.Mark, AllowedBy(of))) : []);
        var credit = r["storeCredit"];
        var isCreditUnknown = terms["programmeCreditLowersBase"].True && paidAt is not null && credit.Is && !(credit["paid"].Whole == 0) && !credit["programme"].Is;
        Expect("whether the programme's credit is known of what is not", credit["programme"].Is && (paidAt is null || r["test"].True || !(credit["paid"].Whole > 0)), false);
        var ownUnknown = winner is { Kind: not "Override" } && !winner.Said["isOwn"].Is && !terms["selfPurchaseEarns"].True;
        ExpectAll(
            "notEvaluated", r["notEvaluated"].Items.Select(gap => gap["rule"].Word),
            [.. winner?.Kind == "Click" && !r["checkoutStartedAt"].Is ? ["T4"] : NoRules, .. isNewUnknown ? ["T9"] : NoRules, .. isCreditUnknown ? ["B4"] : NoRules, .. ownUnknown ? ["F1"] : NoRules]);
        ExpectAll(
            "flags", flags.Select(flag => $"{flag["severity"]} {flag["outcome"]} {earns}"),
            flags.Select(flag => $"{SeverityOf(flag)} {(flag["allowedWhy"].Is ? "allowed" : flag["severity"].Word == "review" ? "review" : "noted")} True"));
        Expect(
            "whether a foreign refund is none",
            foreign.Exists(of => of.Currency is not { Length: 3 } || of.Currency == r["currency"].Word || refunds.Exists(refund => refund["id"].Word == of.Id)), false);
        Expect("whether an open dispute is closed", r["disputes"].Items.Exists(dispute => dispute["state"].Word == "Open" && dispute["closedAt"].Is), false);
        Expect(
            "whether lines of one product are in other collections, or one of none in any",
            money.Lines.GroupBy(line => line.Said["productId"].Word ?? "").Any(lines => lines.Select(line => line.Said["collections"].ToString()).Distinct().Skip(lines.Key.Length > 0 ? 1 : 0).Any(of => of.Length > 0 || lines.Key.Length > 0)), false);
        Expect("whether collections stand where nobody asks", money.Lines.Exists(line => line.Said["collections"].Is) && !AsksForCollections(terms), false);
        Expect("count of disputes", r["disputeCount"].Long, r["disputes"].Items.Count);
        Expect("historySince", r["historySince"].Is, paidAt is not null && !r["test"].True && campaigns.Keys.Any(id => AsksForNewCustomers(TermsOf(id))));
        Expect("whether who has not paid is a customer", r["newCustomer"].Is && (paidAt is null || r["test"].True), false);
        Expect("count of findings", r["findings"].Items.Count, settled ? 0 : 1);
        Expect("counts", (r["touchCount"].Long, r["codeCount"].Long, r["lineCount"].Long, r["refundCount"].Long), (touches.Count, codes.Count, money.Lines.Count, refunds.Count));
        Expect("schema and rounding", (r["schema"].Long, r["rounding"].Word), (2, "half away from zero, once over all lines"));
        Expect("whether it is paid at no instant, or deleted before it changed", (r["paid"].True && paidAt is null, r["deletedAt"].Time < r["versionUpdatedAt"].Time), (false, false));
        Expect("order of refunds", refunds.SequenceEqual(refunds.OrderBy(refund => refund["at"].Time).ThenBy(refund => refund["id"].Word, StringComparer.Ordinal)), true);
        ExpectAll(
            "decisions", decisions.Select(decision => (decision["number"].Long, decision["ambassadorId"].Is, decision["campaignId"].Is)),
            decisions.Select((decision, i) => (i + 1L, decision["kind"].Word == "Credit", decision["kind"].Word == "Credit")));
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
        var winner = alive.OrderBy(touch => classes.IndexOf(touch.Class)).ThenByDescending(touch => touch.Discount).ThenBy(touch => touch.Position)
            .ThenBy(touch => touch.Kind == "Code" ? 0 : byFirst || touch.Kind == "Customer" ? touch.At.Ticks : -touch.At.Ticks).ThenBy(touch => Array.IndexOf(Kinds, touch.Kind))
            .ThenBy(touch => touch.Kind == "Code" ? "" : touch.Proof, StringComparer.Ordinal).FirstOrDefault();
        alive.FindAll(touch => !ReferenceEquals(touch, winner)).ForEach(touch => touch.DroppedBy = touch.Class != winner!.Class ? "T1" : touch.Kind == "Code" ? "T6" : "T2");
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
            : touch.Kind == "Code" ? touch.Said["assignedAt"].Time > at || touch.Said["endedAt"].Time <= at || (touch.Discount == 0 && terms["friendDiscountBp"].Long != 0) ? "T5" : null
            : touch.Kind == "Customer" ? !binding.Is || touch.Said["endedAt"].Time <= at || touch.At.AddDays(binding["days"].Long) <= at || touch.Number > binding["orders"].Whole ? "T8" : null
            : foreignCode && terms["exclusiveCodes"].True ? "T7"
            : touch.At > at || touch.At.AddDays(terms["windowDays"].Long) <= at ? "T2" : null;
    }

    /// <summary>How grave a finding is by its own inputs; null where it is none (rules F2, F4 to F6).</summary>
    private static string? SeverityOf(Said flag)
    {
        long? Of(string name) => flag["inputs"].Items.Find(input => input["name"].Word == name)["number"].Whole;
        var (day, month, orders) = (Of("ordersIn24Hours"), Of("ordersIn28DaysBefore"), Of("orders"));
        return flag["rule"].Word switch
        {
            "F2" => Of("othersPaidThere") > 0 || (Of("accountDays").HasValue && flag["inputs"].Items.Exists(input => input["name"].Word == "disposableDomain" && input["word"].Is)) ? "review" : null,
            "F4" => !(day >= 25 && day * 28 >= 6 * month) ? null : Of("accountDays") >= 7 ? flag["severity"].Word : "review",
            "F5" => !(month > 0 && Of("withoutClickIn24Hours") >= 3 && Of("withoutClickIn24Hours") * month >= 3 * Of("withoutClickIn28DaysBefore") * day) ? null
                : Of("couponSiteClicks") is { } clicks ? clicks > 0 || Of("publishedLeaks") > 0 ? "review" : "notice" : null,
            _ => orders >= 8 && Of("refundedOrders") * 4 >= orders ? "review" : null,
        };
    }

    private static bool IsLate(TouchSaid? touch, Said r) =>
        touch?.Kind == "Click" && touch.At > r["checkoutStartedAt"].Time && touch.At < r["checkoutStartedAt"].Time!.Value.AddMinutes(30);

    private static (string?, string?, DateTimeOffset?, DateTimeOffset?, DateTimeOffset?, (long, long)) PartsOf(TouchSaid touch) =>
        (touch.Said["ambassadorId"].Word, touch.Campaign, touch.At, touch.Said["assignedAt"].Time, touch.Said["approvedAt"].Time, (touch.Discount, touch.Position));

    private static bool AsksForNewCustomers(Said terms) =>
        terms["newCustomersOnly"].True || terms["tiers"]["metric"].Word == "NewCustomers" || terms["milestones"].Items.Exists(milestone => milestone["metric"].Word == "NewCustomers");

    private static bool AsksForCollections(Said terms) => terms["excludedCollections"].Is || terms["rates"].Items.Exists(rate => rate["collectionId"].Is);

    private static string MarkOf(string subject) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject)))[..8];

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

        /// <summary>The how manieth renewal it is, or order of a bound customer.</summary>
        public long? Number => Said["number"].Whole;

        public static TouchSaid Of(Said said) => new(
            said, said["kind"].Word!, said["evidence"].Word!, said["campaignId"].Word!, said["at"].Time!.Value, said["discount"].Long, said["position"].Long);
    }
}
