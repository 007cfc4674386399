// Recomputes who is credited and what is earned from a receipt's text alone. It shares no code with the program.
using System.Numerics;
using System.Text.Json;

namespace StorePlugin.Tests.Orders;

/// <summary>Reads the form that the API shows. What is missing, what is of another form and what it does not know is a complaint.</summary>
internal sealed class ReceiptChecker
{
    private static readonly string[] NoRules = [];

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

        // Commission: what each line counts, what refunds have left of it, and one rounding over all.
        var (terms, ambassador) = winner is null ? (default, null) : (TermsOf(winner.Campaign), winner.Said["ambassadorId"].Word);
        var (paid, gone) = (r["paidAt"].Time, r["cancelledAt"].Is || r["deletedAt"].Is);
        var lines = r["lines"].Items.ConvertAll(line => LineOf(line, terms, ambassador));
        var (all, original) = (lines.Sum(line => line.Left), terms.Is ? Earned(terms, lines) : 0);
        lines.FindAll(_ => r["refundedInFull"].True || (gone && !r["paid"].True)).ForEach(line => line.Take(line.Left, line.Units));
        refunds.ForEach(refund => Take(refund, lines));
        var left = lines.Sum(line => line.Left);
        rule = !terms.Is ? rule : all == 0 ? "T13" : all < terms["minimumOrder"].Long ? "B7" : "T1";
        var (earns, settled) = (terms.Is && rule == "T1", !gone || left == 0);
        Expect("rule", r["rule"].Word, rule);
        Expect("credited", r["credited"].True, earns);
        Expect("ambassadorId", r["ambassadorId"].Word, earns ? ambassador : null);
        Expect("campaignId", r["campaignId"].Word, earns ? winner!.Campaign : null);
        Expect("termsRevision", r["termsRevision"].Whole, earns ? campaigns[winner!.Campaign]["revision"].Whole : null);
        Expect("whether terms stand in it", r["terms"].Is, earns);
        Expect("base", r["base"].Long, all);
        Expect("remainingBase", r["remainingBase"].Long, left);
        Expect("originalCommission", r["originalCommission"].Long, earns ? original : 0);
        Expect("commission", r["commission"].Long, earns && paid is not null ? Earned(terms, lines) : 0);
        Expect("holdUntil", r["holdUntil"].Time, earns && settled ? paid?.AddDays(terms["holdDays"].Long) : null);
        lines.ForEach(line => Expect(
            $"line {line.Id}",
            (line.Said["base"].Long, line.Said["remaining"].Long, line.Said["remainingQuantity"].Long, line.Said["rateBp"].Long, line.Said["rateRank"].Word, line.Said["excludedBy"].Word),
            (line.Base, line.Left, line.Units, line.RateBp, line.Rank, line.ExcludedBy)));
        // What a person has to look at, what nobody could evaluate, and what the receipt says of itself.
        long? AllowedBy(string of) => decisions.Find(decision => decision["kind"].Word == "Allow" && decision["rules"].Items.Exists(each => each.Word == of))["number"].Whole;
        List<string> reviews = [.. IsLate(winner, r) ? ["T4"] : NoRules, .. r["contradiction"].Is ? ["M2"] : NoRules];
        ExpectAll("reviews", r["reviews"].Items.Select(review => (review["rule"].Word!, review["allowedBy"].Whole)), earns ? reviews.Select(of => (of, AllowedBy(of))) : []);
        var ownUnknown = winner is { Kind: not "Override" } && !winner.Said["isOwn"].Is && !terms["selfPurchaseEarns"].True;
        ExpectAll(
            "notEvaluated", r["notEvaluated"].Items.Select(gap => gap["rule"].Word),
            [.. winner?.Kind == "Click" && !r["checkoutStartedAt"].Is ? ["T4"] : NoRules, .. ownUnknown ? ["F1"] : NoRules]);
        Expect("count of findings", r["findings"].Items.Count, settled ? 0 : 1);
        Expect("counts", (r["touchCount"].Long, r["codeCount"].Long, r["lineCount"].Long, r["refundCount"].Long), (touches.Count, codes.Count, lines.Count, refunds.Count));
        Expect("schema and rounding", (r["schema"].Long, r["rounding"].Word), (2, "half away from zero, once over all lines"));
        Expect("whether it is paid at no instant, or deleted before it changed", (r["paid"].True && paid is null, r["deletedAt"].Time < r["versionUpdatedAt"].Time), (false, false));
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
            var nobodys = termsOf(touch.Campaign)["rates"].Items.Exists(rate => !rate["productId"].Is && !rate["ambassadorId"].Is);
            Expect($"whether {touch.Proof} is of the order's instant, with shares for somebody", (touch.Kind == "Click" || touch.At == r["at"].Time, nobodys), (true, false));
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
        var byFirst = alive.TrueForAll(touch => touch.Kind == "Code" || termsOf(touch.Campaign)["firstTouch"].True);
        var winner = alive.OrderBy(touch => touch.Kind == "Code" ? 0 : 1).ThenByDescending(touch => touch.Discount).ThenBy(touch => touch.Position)
            .ThenBy(touch => byFirst ? touch.At.Ticks : -touch.At.Ticks).ThenBy(touch => touch.Kind == "Click" ? 0 : 1)
            .ThenBy(touch => touch.Proof, StringComparer.Ordinal).FirstOrDefault();
        alive.FindAll(touch => !ReferenceEquals(touch, winner)).ForEach(touch => touch.DroppedBy = touch.Kind == "Code" ? "T6" : winner!.Kind == "Code" ? "T1" : "T2");
        return winner is null ? (r["channel"].Word == "Renewal" ? "T14" : touches.Count == 0 ? "T1" : touches[0].DroppedBy, null)
            : winner.Said["isOwn"].True && !termsOf(winner.Campaign)["selfPurchaseEarns"].True ? ("F1", null)
            : IsForeign(termsOf(winner.Campaign), r) ? ("M1", null) : (null, winner);
    }

    /// <summary>The rule that drops a touch by itself, whatever else there is.</summary>
    private static string? Weigh(TouchSaid touch, Said r, Said campaign, Said terms, bool foreignCode)
    {
        var at = r["at"].Time!.Value;
        return !terms.Is || !(campaign["launchedAt"].Time <= at) || campaign["stopped"].Is || touch.Said["approvedAt"].Time > at || touch.Said["suspendedAt"].Time <= at ? "T10"
            : r["channel"].Word == "Renewal" ? "T14" : terms["channels"].Is && !terms["channels"].Items.Exists(channel => channel.Word == r["channel"].Word) ? "T13"
            : touch.Kind == "Code" ? touch.Said["assignedAt"].Time > at || touch.Said["endedAt"].Time <= at || (touch.Discount == 0 && terms["friendDiscountBp"].Long != 0) ? "T5" : null
            : foreignCode && terms["exclusiveCodes"].True ? "T7"
            : touch.At > at || touch.At.AddDays(terms["windowDays"].Long) <= at ? "T2" : null;
    }

    private static bool IsLate(TouchSaid? touch, Said r) =>
        touch?.Kind == "Click" && touch.At > r["checkoutStartedAt"].Time && touch.At < r["checkoutStartedAt"].Time!.Value.AddMinutes(30);

    private static (string?, string?, DateTimeOffset?, DateTimeOffset?, DateTimeOffset?, (long, long)) PartsOf(TouchSaid touch) =>
        (touch.Said["ambassadorId"].Word, touch.Campaign, touch.At, touch.Said["assignedAt"].Time, touch.Said["approvedAt"].Time, (touch.Discount, touch.Position));

    private static bool IsForeign(Said terms, Said r) => terms["currency"].Is && terms["currency"].Word != r["currency"].Word;

    /// <summary>What a line counts, and its share: the most specific, of equals the highest (rules B1 to B3, B5, B6).</summary>
    private static LineSaid LineOf(Said line, Said terms, string? ambassador)
    {
        var product = line["productId"].Word;
        var isLeftOut = line["kind"].Word == "Fee" || (product is not null && terms["excludedProducts"].Items.Exists(each => each.Word == product));
        var excluded = line["kind"].Word == "GiftCard" ? "B3" : isLeftOut ? "B2" : null;
        var (_, rank, rateBp) = (terms["flat"].Is ? [] : terms["rates"].Items)
            .Where(rate => (rate["productId"].Word ?? product) == product && (rate["ambassadorId"].Word ?? ambassador) == ambassador)
            .Select(rate => (rate["productId"].Is, rate["ambassadorId"].Is) switch
            {
                (true, true) => (7, "AmbassadorAndProduct", rate["rateBp"].Long),
                (true, false) => (5, "Product", rate["rateBp"].Long),
                _ => (3, "Ambassador", rate["rateBp"].Long),
            }).Append((0, "Campaign", terms["flat"].Is ? 0 : terms["commissionBp"].Long)).Max();
        var counted = excluded is null ? Math.Max(0, line["gross"].Long - line["discount"].Long - line["includedTax"].Long) : 0;
        return new LineSaid(line, line["id"].Word!, counted, rateBp, rank, excluded);
    }

    /// <summary>A refund takes from the lines that it names; what names none is spread by what remains, by the largest remainder (rules B9, M3).</summary>
    private static void Take(Said refund, List<LineSaid> lines)
    {
        foreach (var part in refund["lines"].Items)
        {
            var line = lines.Find(each => each.Id == part["lineId"].Word);
            line?.Take(part["base"].Long - (line.Said["includedTax"].Long > 0 ? part["possibleTax"].Long : 0), part["quantity"].Long);
        }

        BigInteger total = lines.Sum(line => line.Left), amount = BigInteger.Min(refund["unallocated"].Long, total);
        var shares = amount <= 0 ? [] : lines.ConvertAll(line => (Line: line, Whole: (long)(line.Left * amount / total), Remainder: line.Left * amount % total));
        var missing = (long)amount - shares.Sum(share => share.Whole);
        foreach (var (line, whole, _) in shares.OrderByDescending(share => share.Remainder).ThenBy(share => share.Line.Id.Length).ThenBy(share => share.Line.Id, StringComparer.Ordinal))
        {
            line.Take(whole + (missing-- > 0 ? 1 : 0), 0);
        }
    }

    /// <summary>Minimum, shares or fixed amount, cap, in this order; rounded once, half away from zero (rules B5 to B8, M2).</summary>
    private static long Earned(Said terms, List<LineSaid> lines)
    {
        BigInteger total = lines.Sum(line => line.Left), flat = terms["flat"]["amount"].Long;
        var exact = !terms["flat"].Is ? (lines.Aggregate(BigInteger.Zero, (sum, line) => sum + (new BigInteger(line.Left) * line.RateBp)) + 5_000) / 10_000
            : terms["flat"]["perItem"].True ? lines.Where(line => line.ExcludedBy is null).Aggregate(BigInteger.Zero, (sum, line) => sum + (flat * line.Units)) : flat;
        return total < terms["minimumOrder"].Long ? 0 : (long)BigInteger.Min(BigInteger.Min(exact, total), terms["maximumCommission"].Whole ?? long.MaxValue);
    }

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

        public static TouchSaid Of(Said said) => new(
            said, said["kind"].Word!, said["evidence"].Word!, said["campaignId"].Word!, said["at"].Time!.Value, said["discount"].Long, said["position"].Long);
    }

    private sealed record LineSaid(Said Said, string Id, long Base, long RateBp, string Rank, string? ExcludedBy)
    {
        public long Left { get; set; } = Base;

        public long Units { get; set; } = Said["quantity"].Long;

        public void Take(long minor, long units) => (Left, Units) = (Left - Math.Clamp(minor, 0, Left), Units - Math.Clamp(units, 0, Units));
    }
}
