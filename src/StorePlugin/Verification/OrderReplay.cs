// Replays the log of one order through the functions that decided it, and compares what comes of it with what stands. Pure.
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Verification;

/// <summary>What became of the comparison of one order.</summary>
/// <param name="IsLogged">Its log begins at its beginning; else nothing of it can be compared.</param>
/// <param name="Differences">Of the log, the ledger and the receipt.</param>
/// <param name="Row">What its row must be; null where the log cannot tell.</param>
/// <param name="Standings">What it must add to its ambassador's standing.</param>
internal sealed record OrderVerdict(
    OrderRecords Order, bool IsLogged, IReadOnlyList<Difference> Differences, OrderRow? Row, IReadOnlyList<StandingRow> Standings)
{
    /// <summary>What the order was last decided to be; null where nothing could be compared.</summary>
    public Receipt? Receipt { get; init; }

    /// <summary>Where its customer's rows differ from the log; null where they do not, or nothing could be compared.</summary>
    public CustomerComparison? Customers { get; init; }

    /// <summary>The log, the ledger and the receipt agree with each other: only then is anything replaced.</summary>
    public bool IsSound => IsLogged && Differences.Count == 0;

    public bool IsEqual => !IsLogged || (Differences.Count == 0 && Row == Order.Row && StandsRight && Customers is null);

    public bool StandsRight => Order.Standings.SequenceEqual(Standings);
}

internal sealed class OrderReplay
{
    public const string Incomplete = "log-incomplete";
    public const string Unreadable = "log-unreadable";
    public const string ReceiptDiffers = "receipt-differs";

    private readonly OrderRecords _order;
    private readonly Func<string, long, Terms> _termsOf;
    private readonly List<ExpectedTransaction> _postings = [];
    private OrderState _state = OrderState.Nothing;
    private OrderRow? _row;
    private IReadOnlyList<StandingRow> _standings = [];
    private IReadOnlyList<CustomerRow> _customers = [];
    private Receipt? _receipt;
    private string? _evidenceText;
    private Evidence _evidence = Evidence.None;
    private long _decidedAt;

    private OrderReplay(OrderRecords order, Func<string, long, Terms> termsOf) => (_order, _termsOf) = (order, termsOf);

    /// <param name="termsOf">The terms of a campaign's revision.</param>
    public static OrderVerdict Judge(OrderRecords order, Func<string, long, Terms> termsOf)
    {
        if (order.Events is [{ Kind: OrderLog.Unlogged }, ..])
        {
            return new OrderVerdict(order, IsLogged: false, [], null, []);
        }

        var replay = new OrderReplay(order, termsOf);
        if (replay.Run() is { } fault)
        {
            return new OrderVerdict(order, IsLogged: true, [fault], null, []);
        }

        List<Difference> differences = [.. LedgerComparison.Of(replay._postings, order.Transactions)];
        if (replay.ReceiptDifference() is { } text)
        {
            differences.Add(new Difference(ReceiptDiffers, order.OrderId, text));
        }

        // Whatever moved the order further, its row alone does not tell what it was.
        if (order.Row?.Revision > replay._state.Revision)
        {
            differences.Add(Lacks(order, replay._state.Revision + 1));
        }

        return new OrderVerdict(order, IsLogged: true, differences, replay._row, replay._standings)
        {
            Receipt = replay._receipt,
            Customers = CustomerComparison.Of(replay._customers, order.Customers),
        };
    }

    private Difference? Run()
    {
        foreach (var logged in _order.Events)
        {
            if (logged.Revision != _state.Revision + 1)
            {
                return Lacks(_order, _state.Revision + 1);
            }

            string? fault;
            try
            {
                fault = Apply(logged);
            }
            // Whatever the functions cannot make a decision of was not written by them: that is the finding.
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                fault = $"cannot be decided again: {e.Message}";
            }

            if (fault is not null)
            {
                return new Difference(Unreadable, _order.OrderId, string.Create(CultureInfo.InvariantCulture, $"revision {logged.Revision} ({logged.Kind}) {fault}"));
            }
        }

        return _order.Events.Count == 0 ? Lacks(_order, 1) : null;
    }

    private static Difference Lacks(OrderRecords order, long revision) =>
        new(Incomplete, order.OrderId, string.Create(CultureInfo.InvariantCulture, $"the log lacks revision {revision} of the order"));

    /// <summary>Applies an event. Returns what is wrong with it, or null.</summary>
    private string? Apply(LoggedEvent logged) => logged.Kind switch
    {
        OrderLog.Release => Release(logged),
        OrderLog.Reserved => Move(logged, "in_payout", row => row with { PayoutId = logged.Subject }, "approved"),
        OrderLog.Paid => Move(logged, "paid", row => row, "in_payout"),
        OrderLog.Returned => Move(logged, "approved", row => row with { PayoutId = null, ApprovedAt = logged.At }, "in_payout", "paid"),
        _ => EventOf(logged) is { } orderEvent ? Decide(logged, orderEvent) : "names nothing that is known of the order",
    };

    private OrderEvent? EventOf(LoggedEvent logged) => logged.Kind switch
    {
        OrderLog.Version => _order.Versions.Find(version => version.Subject == logged.Subject) is { } version
            ? new OrderEvent.Version(RecordedOrder.FromJson(version.Content), version.Content, version.Hash)
            : null,
        OrderLog.Refund => _order.Refunds.Find(refund => refund.Id == logged.Subject) is { Content.Length: > 0 } refund
            ? new OrderEvent.Refunded(LooseFacts.RefundOf(refund.Content))
            : null,
        OrderLog.Dispute => _order.Refunds.Find(refund => refund.Id == logged.Subject) is { } dispute
            ? new OrderEvent.Disputed(Disputes.FromJson(dispute.Content), logged.Actor)
            : null,
        OrderLog.Deletion => _order.Refunds.Find(refund => refund.Id == logged.Subject) is { Content.Length: 0 } deletion
            ? new OrderEvent.Deleted(_order.OrderId, DateTimeOffset.FromUnixTimeMilliseconds(deletion.At))
            : null,
        OrderLog.Decision => _order.Decisions.Find(decision => decision.Number.ToString(CultureInfo.InvariantCulture) == logged.Subject) is { } decided
            ? new OrderEvent.Decided(_order.OrderId, Of(decided))
            : null,
        OrderLog.Reconsidered => new OrderEvent.Reconsidered(_order.OrderId),
        OrderLog.Flagged => _order.Findings.FindAll(finding => finding.Number.ToString(CultureInfo.InvariantCulture) == logged.Subject) is [{ Number: var number }, ..] findings
            ? new OrderEvent.Flagged(_order.OrderId, number, [.. findings])
            : null,
        _ => null,
    };

    private static OrderDecision Of(LoggedDecision row) => new(
        row.Number, ReceiveOrders.KindOf(row.Kind), row.AmbassadorId, row.CampaignId, [.. row.Rules.Split(',', StringSplitOptions.RemoveEmptyEntries)],
        row.Reason, row.Actor, DateTimeOffset.FromUnixTimeMilliseconds(row.At));

    private string? Decide(LoggedEvent logged, OrderEvent orderEvent)
    {
        var facts = _state.With(orderEvent);
        if (facts is not null && logged.Evidence is null)
        {
            return "has lost its evidence";
        }

        _customers = facts is null ? _customers : CustomerRow.Of(_state.Facts, facts, _customers);
        var order = _state.Settle(orderEvent, facts, facts is null ? Evidence.None : EvidenceOf(logged.Evidence!)) with { LocalDay = logged.LocalDay };
        _postings.AddRange(order.Postings(InstantOf(logged)).Select(posting => new ExpectedTransaction(posting, logged.BookedDay)));
        var receipt = order.Receipt;
        if (receipt is not null)
        {
            (_receipt, _decidedAt) = (receipt, logged.At);
            _standings = Standings.RowsOf(order, _standings);
        }

        _row = new OrderRow(
            order.Revision, receipt?.Reference, order.State, Kept(receipt?.At), logged.LocalDay, Kept(receipt?.VersionUpdatedAt), receipt?.VersionHash,
            receipt?.Currency.Code, Kept(receipt?.PaidAt), receipt?.RemainingBaseMinor ?? 0, receipt?.CampaignId, receipt?.AmbassadorId,
            order.CommissionMinor, Kept(order.HoldUntil), _row?.PayoutId, _row?.ApprovedAt, order.Reason, _row?.CreatedAt ?? logged.At, logged.At,
            order.MerchantCostMinor, order.BindsKeys, order.BindsDays, order.CameBy, Kept(order.RefundedAt), order.Facts?.Earlier.ToJson(),
            order.State != "review" ? null : _row is { State: "review" } ? _row.ReviewAt : logged.At, order.CustomerKind);
        _state = order.After.Kept;
        return null;
    }

    // Most versions of an order bring the same evidence.
    private Evidence EvidenceOf(string text)
    {
        if (_evidenceText != text)
        {
            (_evidenceText, _evidence) = (text, Evidence.FromJson(text, _termsOf));
        }

        return _evidence;
    }

    private string? Release(LoggedEvent logged)
    {
        if (_state is { AmbassadorId: { } ambassador, Currency: { } currency }
            && OrderState.ReleaseOf(_order.OrderId, logged.Revision, ambassador, new Money(_state.CommissionMinor, currency), InstantOf(logged)) is { } posting)
        {
            _postings.Add(new ExpectedTransaction(posting, logged.BookedDay));
        }

        return Move(logged, "approved", row => row with { ApprovedAt = logged.At }, "held");
    }

    private string? Move(LoggedEvent logged, string state, Func<OrderRow, OrderRow> change, params ReadOnlySpan<string> from)
    {
        if (_row is null || !from.Contains(_state.State))
        {
            return $"finds the order {_state.State}";
        }

        _row = change(_row) with { Revision = logged.Revision, State = state, UpdatedAt = logged.At };
        _state = _state with { Revision = logged.Revision, State = state };
        return null;
    }

    private string? ReceiptDifference()
    {
        if (_receipt is null)
        {
            return _order.Receipt is null ? null : "a receipt stands and nothing was decided";
        }

        if (_order.Receipt is not { } standing)
        {
            return "the receipt is missing";
        }

        var expected = _receipt.ToJson();
        return expected != standing.Content
            ? string.Create(CultureInfo.InvariantCulture, $"the receipt is another one from its character {expected.AsSpan().CommonPrefixLength(standing.Content)} on")
            : standing.DecidedAt == _decidedAt ? null : "the receipt was decided at another instant";
    }

    private static DateTimeOffset InstantOf(LoggedEvent logged) => DateTimeOffset.FromUnixTimeMilliseconds(logged.At);

    private static long? Kept(DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds();
}
