// Recomputes what an order earns from a receipt's text alone. It shares no code with the program.
using System.Numerics;

namespace StorePlugin.Tests.Orders;

/// <summary>What the lines, the refunds and the terms of a receipt come to (rules B1 to B9, K5, L3, L5).</summary>
internal sealed class SaidCommission
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(180);

    private readonly Said _terms;
    private readonly Said _standing;
    private readonly long _guard;
    private readonly long _whole;

    /// <param name="terms">The winner's; without them nobody earns.</param>
    public SaidCommission(Said receipt, Said terms, string? ambassador, string? group, long ownDiscount)
    {
        (_terms, _standing) = (terms, receipt["standing"]);
        Lines = receipt["lines"].Items.ConvertAll(line => LineOf(line, ambassador, group));

        // The guard goes by what the counted lines would have cost without discounts, whatever the base is (rule B8).
        var given = Lines.Where(line => line.ExcludedBy is null).Sum(line => line.Discount - line.TaxOf(line.Discount));
        _guard = !terms["maximumCostBp"].Is ? long.MaxValue
            : Math.Max(0, (long)(new BigInteger(terms["maximumCostBp"].Long) * (Lines.Sum(line => line.Net) + given) / 10_000) - given);
        CountBefore(terms["beforeOwnDiscount"].True ? ownDiscount : 0);
        CountLess(terms["programmeCreditLowersBase"].True ? Math.Min(receipt["storeCredit"]["paid"].Long, receipt["storeCredit"]["programme"].Long) : 0);
        _whole = Remaining;
        (Base, Original, Parts) = (Lines.Sum(line => line.Net + line.Own), Earned, TierParts.ToList());

        // Step by step, as the refunds came: what is refunded 180 days after the order or later the merchant bears.
        var at = receipt["at"].Time!.Value;
        (Commission, Last) = (Original, Original);
        var disputes = receipt["disputes"].Items.FindAll(dispute => dispute["state"].Word != "Won" && dispute["currency"].Word == receipt["currency"].Word && dispute["amount"].Long > 0);
        var takings = receipt["refunds"].Items.ConvertAll(refund => (At: refund["at"].Time!.Value, Id: refund["id"].Word!, Lines: refund["lines"].Items, Minor: refund["unallocated"].Long))
            .Concat(disputes.ConvertAll(dispute => (At: dispute["openedAt"].Time!.Value, Id: $"disputed:{dispute["id"].Word}", Lines: new List<Said>(), Minor: dispute["amount"].Long)))
            .OrderBy(taking => taking.At).ThenBy(taking => taking.Id, StringComparer.Ordinal).ToList();
        takings.ForEach(taking => Step(() => Take(taking.Lines, taking.Minor), taking.At, at));
        if (receipt["refundedInFull"].True || (!receipt["paid"].True && (receipt["cancelledAt"].Is || receipt["deletedAt"].Is)))
        {
            // What no refund names went with the last of them, or by the time at which the platform says so.
            var end = takings.Count > 0 ? takings[^1].At : receipt["goneAt"].Time ?? receipt["versionUpdatedAt"].Time!.Value;
            Step(() => Lines.ForEach(line => line.Take(line.Rest, line.Units)), Remaining > 0 ? end : DateTimeOffset.MaxValue, at);
        }
    }

    public List<SaidLine> Lines { get; }

    public long Base { get; }

    /// <summary>The base by the shares of the tiers, before refunds.</summary>
    public List<(long RateBp, long Base)> Parts { get; }

    public long Original { get; }

    /// <summary>What the ledger comes to.</summary>
    public long Commission { get; private set; }

    /// <summary>What all refunds have left, however late they came.</summary>
    public long Last { get; private set; }

    public long Remaining => Lines.Sum(line => line.Left);

    private long Position => _standing["position"].Long;

    // Lines with a share of their own take no part in the tiers.
    private long Tiered => Lines.Where(line => line.Rank == "Tier").Sum(line => line.Left);

    /// <summary>Minimum, shares or fixed amount, then the caps in their order; rounded once, half away from zero (rules B5 to B8, M2).</summary>
    private long Earned
    {
        get
        {
            BigInteger total = Remaining, flat = _terms["flat"]["amount"].Long;
            var shares = Lines.Where(line => line.Rank != "Tier").Select(line => (line.RateBp, Base: line.Left)).Concat(TierParts);
            var exact = !_terms["flat"].Is ? (shares.Aggregate(BigInteger.Zero, (sum, part) => sum + (new BigInteger(part.Base) * part.RateBp)) + 5_000) / 10_000
                : flat * (_terms["flat"]["perItem"].True ? Lines.Where(line => line.ExcludedBy is null).Aggregate(BigInteger.Zero, (sum, line) => sum + line.Units) : 1);
            var room = _terms["periodCap"].Is ? Math.Max(0, _terms["periodCap"]["maximum"].Long - _standing["used"].Long) : long.MaxValue;
            var guard = _guard == long.MaxValue || total == _whole ? _guard : _guard * total / _whole;
            BigInteger[] most = [exact, total, _terms["maximumCommission"].Whole ?? long.MaxValue, room, guard];
            return !_terms.Is || total < _terms["minimumOrder"].Long ? 0 : (long)most.Min();
        }
    }

    /// <summary>What earns by tiers stands from the position on, and each threshold parts it (rule L3).</summary>
    private IEnumerable<(long RateBp, long Base)> TierParts
    {
        get
        {
            var (tiers, from, end) = (_terms["tiers"], Position, Position + Tiered);
            if (tiers.Is && (tiers["wholeOrder"].True || tiers["metric"].Word != "NetSales"))
            {
                yield return (TierRateAt(from), Tiered);
                yield break;
            }

            while (tiers.Is && from < end)
            {
                var until = Math.Min(end, tiers["levels"].Items.Select(FromOf).Where(threshold => threshold > from).DefaultIfEmpty(end).Min());
                yield return (TierRateAt(from), until - from);
                from = until;
            }
        }
    }

    private static long FromOf(Said level) => level["from"].Whole ?? level["fromCount"].Long;

    // Thresholds are inclusive (rule L5); below the first the campaign's own share counts.
    private long TierRateAt(long position) =>
        _terms["tiers"]["levels"].Items.FindLast(level => FromOf(level) <= position)["rateBp"].Whole ?? _terms["commissionBp"].Long;

    /// <summary>What a line counts, and its share: the most specific, of equals the highest (rules B1 to B3, B6).</summary>
    private SaidLine LineOf(Said line, string? ambassador, string? group)
    {
        var product = line["productId"].Word;
        var collections = line["collections"].Items.ConvertAll(each => each.Word);
        var isLeftOut = line["kind"].Word == "Fee" || (product is not null && _terms["excludedProducts"].Items.Exists(each => each.Word == product))
            || _terms["excludedCollections"].Items.Exists(each => collections.Contains(each.Word));
        var excluded = line["kind"].Word == "GiftCard" ? "B3" : isLeftOut ? "B2" : null;
        var (_, rank, rateBp) = (_terms["flat"].Is ? [] : _terms["rates"].Items)
            .Where(rate => (!rate["collectionId"].Is || collections.Contains(rate["collectionId"].Word)) && (rate["productId"].Word ?? product) == product && (rate["ambassadorId"].Word ?? ambassador) == ambassador && (rate["group"].Word ?? group) == group)
            .Select(rate => (rate["productId"].Is, rate["collectionId"].Is, rate["ambassadorId"].Is) switch
            {
                (true, _, true) => (7, "AmbassadorAndProduct", rate["rateBp"].Long),
                (_, true, true) => (6, "AmbassadorAndCollection", rate["rateBp"].Long),
                (true, _, _) => (5, "Product", rate["rateBp"].Long),
                (_, true, _) => (4, "Collection", rate["rateBp"].Long),
                (_, _, true) => (3, "Ambassador", rate["rateBp"].Long),
                _ => (2, "Group", rate["rateBp"].Long),
            })
            .Append(_terms["tiers"].Is && !_terms["flat"].Is ? (1, "Tier", TierRateAt(Position)) : (0, "Campaign", _terms["flat"].Is ? 0 : _terms["commissionBp"].Long)).Max();
        return new SaidLine(line, line["id"].Word!, rateBp, rank, excluded);
    }

    /// <summary>Counts as if the own code had taken nothing off: it lay on the lines as all discounts lie on them (rule B1).</summary>
    private void CountBefore(long ownDiscount)
    {
        var weights = Lines.ConvertAll(line => line.ExcludedBy is null ? line.Discount : 0);
        var all = Lines.Sum(line => line.Discount);
        foreach (var (line, own) in Split(SaidLine.Share(Math.Min(ownDiscount, all), weights.Sum(), all), weights))
        {
            line.Own = own - line.TaxOf(own);
        }
    }

    /// <summary>What was paid with the programme's own credit counts for nothing (rule B4).</summary>
    private void CountLess(long credit)
    {
        var weights = Lines.ConvertAll(line => line.Net + line.Own);
        Split(Math.Min(credit, weights.Sum()), weights).ForEach(share => share.Line.Own -= share.Part);
    }

    private void Step(Action take, DateTimeOffset when, DateTimeOffset orderedAt)
    {
        take();
        (Last, Commission) = (Earned, when < orderedAt + Window ? Earned : Commission);
    }

    /// <summary>A refund takes from the lines that it names; what names none is spread by what remains (rule B9).</summary>
    private void Take(List<Said> parts, long amount)
    {
        foreach (var part in parts)
        {
            var line = Lines.Find(each => each.Id == part["lineId"].Word);
            line?.Take(part["base"].Long - (line.Tax > 0 ? part["possibleTax"].Long : 0), part["quantity"].Long);
        }

        var rests = Lines.ConvertAll(line => line.Rest);
        Split(Math.Min(amount, rests.Sum()), rests).ForEach(share => share.Line.Take(share.Part, 0));
    }

    /// <summary>By the largest remainder; of equals the lower line id, and a shorter one is lower (rule M3).</summary>
    private List<(SaidLine Line, long Part)> Split(long amount, List<long> weights)
    {
        BigInteger total = weights.Sum();
        if (amount <= 0 || total == 0)
        {
            return [];
        }

        var shares = Lines.Zip(weights, (line, weight) => (Line: line, Whole: (long)(weight * (BigInteger)amount / total), Remainder: weight * (BigInteger)amount % total)).ToList();
        var missing = amount - shares.Sum(share => share.Whole);
        return
        [
            .. shares.OrderByDescending(share => share.Remainder).ThenBy(share => share.Line.Id.Length).ThenBy(share => share.Line.Id, StringComparer.Ordinal)
                .Select((share, i) => (share.Line, share.Whole + (i < missing ? 1 : 0))),
        ];
    }
}

/// <summary>A line as the receipt states it, with what is left of it.</summary>
internal sealed record SaidLine(Said Said, string Id, long RateBp, string Rank, string? ExcludedBy)
{
    private long _taken;

    public long Discount { get; } = Said["discount"].Long;

    public long Tax { get; } = Said["includedTax"].Long;

    /// <summary>After all discounts and without tax (rules B1, B2).</summary>
    public long Net { get; } = ExcludedBy is null ? Math.Max(0, Said["gross"].Long - Said["discount"].Long - Said["includedTax"].Long) : 0;

    /// <summary>What the own code took off, where it is counted all the same, less what the programme's credit paid.</summary>
    public long Own { get; set; }

    /// <summary>What refunds have left of the net.</summary>
    public long Rest => Net - _taken;

    public long Units { get; private set; } = Said["quantity"].Long;

    /// <summary>What refunds have left of the base: in proportion to the net, and where that was nothing, to the units.</summary>
    public long Left => Own == 0 || (Rest == 0 && Net > 0) ? Rest
        : Net == 0 ? Share(Own, Units, Said["quantity"].Long)
        : Rest == Net ? Net + Own : (long)((BigInteger)(Net + Own) * Rest / Net);

    /// <summary>The tax inside a part of the discount, which bore it as the price does.</summary>
    public long TaxOf(long discount) => Share(discount, Tax, Said["gross"].Long - Discount);

    public void Take(long minor, long units) => (_taken, Units) = (_taken + Math.Clamp(minor, 0, Rest), Units - Math.Clamp(units, 0, Units));

    /// <summary>A part of a sum, rounded once, half away from zero; 0 where there is no whole (rule M2).</summary>
    public static long Share(long sum, long part, long whole) =>
        part <= 0 || whole <= 0 ? 0 : (long)(((new BigInteger(sum) * part * 2) + whole) / (new BigInteger(whole) * 2));
}
