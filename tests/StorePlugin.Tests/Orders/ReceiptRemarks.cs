// What a receipt says beside credit and commission, from its text alone. It shares no code with the program.
using System.Security.Cryptography;
using System.Text;

namespace StorePlugin.Tests.Orders;

/// <summary>What a person has to look at, what nobody could evaluate, and what the receipt says of itself.</summary>
internal sealed partial class ReceiptChecker
{
    private static readonly string[] NoRules = [];
    private static readonly (string?, string?)[] NoMarks = [];

    /// <summary>What holds the order until a person has looked, with who allowed it (rules T4, T9, M1, M2, F8).</summary>
    private void ExpectReviews(Said r, TouchSaid? winner, Said terms, bool earns)
    {
        long? AllowedBy((string? Rule, string? Mark) of) => r["decisions"].Items.Find(decision =>
            decision["kind"].Word == "Allow" && decision["rules"].Items.Exists(each => each.Word == of.Rule || each.Word == $"{of.Rule}:{of.Mark}"))["number"].Whole;
        var disputed = r["disputes"].Items.FindAll(of => of["state"].Word != "Won" && of["amount"].Long > 0).ConvertAll(of => (Id: $"disputed:{of["id"].Word}", Currency: of["currency"].Word));
        var takings = r["foreignRefunds"].Items.ConvertAll(refund => (Id: refund["id"].Word!, Currency: refund["currency"].Word)).Concat(disputed)
            .Where(taking => taking.Currency != r["currency"].Word).Select(taking => taking.Id).ToList();
        List<(string? Rule, string? Mark)> reviews =
        [
            .. IsLate(winner, r) ? [("T4", null)] : NoMarks, .. IsNewUnknown(r, terms) ? [("T9", null)] : NoMarks, .. r["contradiction"].Is ? [("M2", MarkOf(r["contradiction"].Word!))] : NoMarks,
            .. r["flags"].Items.FindAll(flag => flag["outcome"].Word == "review").ConvertAll(flag => (flag["rule"].Word, (string?)MarkOf($"{winner?.Said["ambassadorId"].Word} {flag["number"].Long}"))),
            .. takings.Count > 0 ? [("M1", MarkOf(string.Join(' ', takings)))] : NoMarks,
        ];
        ExpectAll(
            "reviews", r["reviews"].Items.Select(review => (review["rule"].Word, review["mark"].Word, review["allowedBy"].Whole)),
            earns ? reviews.Select(of => (of.Rule, of.Mark, AllowedBy(of))) : []);
    }

    /// <summary>The rules that nobody could evaluate, since the platform did not tell what they ask for.</summary>
    private void ExpectGaps(Said r, TouchSaid? winner, Said terms)
    {
        var (credit, isPaid) = (r["storeCredit"], r["paidAt"].Is);
        var isCreditUnknown = terms["programmeCreditLowersBase"].True && isPaid && credit.Is && !(credit["paid"].Whole == 0) && !credit["programme"].Is;
        Expect("whether the programme's credit is known of what is not", credit["programme"].Is && (!isPaid || r["test"].True || !(credit["paid"].Whole > 0)), false);
        var isOwnUnknown = winner is { Kind: not "Override" } && !winner.Said["isOwn"].Is && !terms["selfPurchaseEarns"].True;
        ExpectAll(
            "notEvaluated", r["notEvaluated"].Items.Select(gap => gap["rule"].Word),
            [.. winner?.Kind == "Click" && !r["checkoutStartedAt"].Is ? ["T4"] : NoRules, .. IsNewUnknown(r, terms) ? ["T9"] : NoRules, .. isCreditUnknown ? ["B4"] : NoRules, .. isOwnUnknown ? ["F1"] : NoRules]);
    }

    private void ExpectFlags(Said r, bool earns)
    {
        var flags = r["flags"].Items;
        ExpectAll(
            "flags", flags.Select(flag => $"{flag["severity"]} {flag["outcome"]} {earns}"),
            flags.Select(flag => $"{SeverityOf(flag)} {(flag["allowedWhy"].Is ? "allowed" : flag["severity"].Word == "review" ? "review" : "noted")} True"));
    }

    /// <summary>What the receipt states twice agrees, and its lists are whole and in their order.</summary>
    private void ExpectWhole(Said r, List<SaidLine> lines, Said terms)
    {
        var (refunds, disputes, decisions) = (r["refunds"].Items, r["disputes"].Items, r["decisions"].Items);
        Expect(
            "whether a foreign refund is none",
            r["foreignRefunds"].Items.Exists(of => of["currency"].Word is not { Length: 3 } || of["currency"].Word == r["currency"].Word || refunds.Exists(refund => refund["id"].Word == of["id"].Word)), false);
        Expect("whether an open dispute is closed", disputes.Exists(dispute => dispute["state"].Word == "Open" && dispute["closedAt"].Is), false);
        Expect(
            "whether lines of one product are in other collections, or one of none in any",
            lines.GroupBy(line => line.Said["productId"].Word ?? "").Any(alike => alike.Select(line => line.Said["collections"].ToString()).Distinct().Skip(alike.Key.Length > 0 ? 1 : 0).Any(of => of.Length > 0 || alike.Key.Length > 0)), false);
        Expect("whether collections stand where nobody asks", lines.Exists(line => line.Said["collections"].Is) && !AsksForCollections(terms), false);
        Expect("count of disputes", r["disputeCount"].Long, disputes.Count);
        Expect("counts", (r["touchCount"].Long, r["codeCount"].Long, r["lineCount"].Long, r["refundCount"].Long), (r["touches"].Items.Count, r["codes"].Items.Count, lines.Count, refunds.Count));
        Expect("schema and rounding", (r["schema"].Long, r["rounding"].Word), (2, "half away from zero, once over all lines"));
        Expect("whether it is paid at no instant, or deleted before it changed", (r["paid"].True && !r["paidAt"].Is, r["deletedAt"].Time < r["versionUpdatedAt"].Time), (false, false));
        Expect("order of refunds", refunds.SequenceEqual(refunds.OrderBy(refund => refund["at"].Time).ThenBy(refund => refund["id"].Word, StringComparer.Ordinal)), true);
        ExpectAll(
            "decisions", decisions.Select(decision => (decision["number"].Long, decision["ambassadorId"].Is, decision["campaignId"].Is)),
            decisions.Select((decision, i) => (i + 1L, decision["kind"].Word == "Credit", decision["kind"].Word == "Credit")));
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

    private static bool IsNewUnknown(Said r, Said terms) => terms["newCustomersOnly"].True && r["paidAt"].Is && !r["newCustomer"].Is;

    private static bool AsksForCollections(Said terms) => terms["excludedCollections"].Is || terms["rates"].Items.Exists(rate => rate["collectionId"].Is);

    private static string MarkOf(string subject) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject)))[..8];
}
