// Where an order stands, how an event moves it, and which entries follow: values in, values out.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>
/// What is known and booked of an order. Live processing and the replay of the event log go through the same functions, so
/// that the same events give the same receipts and the same entries.
/// </summary>
/// <param name="Revision">How many events have moved the order; 0: nothing is known of it.</param>
/// <param name="CommissionMinor">What is booked, in minor units of <paramref name="Currency"/>.</param>
/// <param name="Facts">Null while only refunds or deletions are known.</param>
/// <param name="LooseRefunds">Refunds that came on their own.</param>
internal sealed record OrderState(
    long Revision, string State, long CommissionMinor, Currency? Currency, string? AmbassadorId, DateTimeOffset? HoldUntil,
    OrderFacts? Facts, ImmutableArray<Refund> LooseRefunds, DateTimeOffset? DeletedAt)
{
    /// <summary>What is booked as the merchant's cost of late refunds (rule K5).</summary>
    public long MerchantCostMinor { get; init; }

    /// <summary>The store's day of the order's instant, as yyyymmdd, told when that instant was first written (rule M4).</summary>
    public long? LocalDay { get; init; }

    /// <summary>How the figures of its day count it; null while they do not.</summary>
    public CountedOrder? Counted { get; init; }

    /// <summary>The message that stands of each dispute that is known.</summary>
    public ImmutableArray<Dispute> Disputes { get; init; } = [];

    private const int ReasonLengthMax = 400;

    public static readonly OrderState Nothing = new(0, "parked", 0, null, null, null, null, [], null);

    /// <summary>Who acts where no person does (rule H6).</summary>
    public const string Program = "system";

    /// <summary>The same as its row gives it back: instants in whole milliseconds.</summary>
    public OrderState Kept => this with
    {
        HoldUntil = Instants.Kept(HoldUntil),
        DeletedAt = Instants.Kept(DeletedAt),
        Facts = Facts is null ? null : Facts with { PaidAt = Instants.Kept(Facts.PaidAt), DeletedAt = Instants.Kept(Facts.DeletedAt) },
    };

    /// <summary>The id of a deletion among the refunds: unique for the order and the instant, in the width of the column.</summary>
    public static string DeletionOf(OrderEvent.Deleted deleted) =>
        "deleted:" + Ids.HashOf($"{deleted.OrderId} {deleted.At.ToUnixTimeMilliseconds()}")[..40];

    /// <summary>Whether the order was decided in this currency; null while it was not decided.</summary>
    public bool? IsIn(Currency currency) => Currency is { } known ? known == currency : null;

    /// <summary>
    /// The facts with the event. Null while only refunds or deletions are known; the same facts where the event says nothing
    /// new.
    /// </summary>
    public OrderFacts? With(OrderEvent orderEvent) => (orderEvent, Facts) switch
    {
        (OrderEvent.Version version, null) =>
            new OrderFacts(version.Recorded, version.Hash, PaidAtOf(version.Recorded.Order), LooseRefunds, DeletedAt) { Disputes = Disputes },
        (OrderEvent.Version version, { } facts) => With(version, facts),
        (_, null) => null,
        (OrderEvent.Refunded refunded, { } facts) => facts with { LooseRefunds = facts.LooseRefunds.Add(refunded.Refund) },
        (OrderEvent.Disputed disputed, { } facts) => Orders.Disputes.With(facts.Disputes, disputed.Dispute) is var standing && standing == facts.Disputes
            ? facts
            : facts with { Disputes = standing },
        (OrderEvent.Deleted deleted, { } facts) => deleted.At <= facts.DeletedAt ? facts : facts with { DeletedAt = deleted.At },
        (OrderEvent.Reconsidered, { } facts) => facts,
        (OrderEvent.Flagged flagged, { } facts) => facts with { Flags = facts.Flags.AddRange(flagged.Findings) },
        (OrderEvent.Decided decided, { } facts) => facts with { Decisions = facts.Decisions.Add(decided.Decision) },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static OrderFacts With(OrderEvent.Version version, OrderFacts facts)
    {
        var paidAt = PaidAtOf(version.Recorded.Order);
        var newer = RecordedOrder.Compare((version.Recorded, version.Hash), (facts.Recorded, facts.ContentHash)) > 0;
        var (standing, other) = newer ? (version.Recorded, facts.Recorded) : (facts.Recorded, version.Recorded);
        var earlier = facts.Earlier.With(other, standing);
        var merged = newer ? facts with { Recorded = standing, ContentHash = version.Hash, Earlier = earlier }
            : earlier == facts.Earlier ? facts
            : facts with { Earlier = earlier };

        // An older version can still tell of an earlier payment (rule H2).
        return paidAt is not null && (facts.PaidAt is null || paidAt < facts.PaidAt) ? merged with { PaidAt = paidAt } : merged;
    }

    /// <summary>The anchor that this version gives (rule H2): the platform's own instant, else when the version was made.</summary>
    private static DateTimeOffset? PaidAtOf(Order order) => order.Paid ? order.PaidAt ?? order.UpdatedAt : null;

    /// <summary>Decides the order with these facts, and how its row and its entries follow.</summary>
    public SettledOrder Settle(OrderEvent orderEvent, OrderFacts? facts, Evidence evidence)
    {
        if (facts is null)
        {
            return new SettledOrder(this, orderEvent, null, null, null, "parked", CommissionMinor, null, null);
        }

        var decision = Decision.Make(facts, evidence);
        var receipt = decision.Write();
        var state = StateAfter(receipt);
        return new SettledOrder(
            this, orderEvent, facts, decision, receipt, state, receipt.CommissionMinor, state is "held" or "review" or "disputed" ? receipt.HoldUntil : HoldUntil,
            ReasonOf(state, facts, receipt));
    }

    /// <summary>Where the order stands after a decision. What has been approved or paid stays so; refunds post beside it (rule K1).</summary>
    private string StateAfter(Receipt receipt) => receipt switch
    {
        { Credited: false } => CommissionMinor == 0 && State is not ("reversed" or "disputed") ? "uncredited" : "reversed",
        { PaidAt: null } => "observed",
        { CommissionMinor: 0 } when (CommissionMinor != 0 && !receipt.IsPeriodUsedUp) || Rewards.RewardBase.IsTakenBack(receipt) =>
            receipt.IsDisputed ? "disputed" : "reversed",
        _ when StaysPayable(receipt) => State,
        { IsDisputed: true } => "disputed",
        _ => receipt.OpenRules.IsEmpty ? "held" : "review",
    };

    /// <summary>
    /// Whether what was approved stays so. Where a person has to look meanwhile, what is not reserved yet waits for them; and of
    /// what is in a payout or paid no more becomes payable unseen (rule H3).
    /// </summary>
    private bool StaysPayable(Receipt receipt) =>
        AmbassadorId == receipt.AmbassadorId && IsIn(receipt.Currency) is not false && State switch
        {
            "approved" => receipt.OpenRules.IsEmpty,
            "in_payout" or "paid" => receipt.OpenRules.IsEmpty || receipt.CommissionMinor <= CommissionMinor,
            _ => false,
        };

    /// <summary>
    /// Why an order stands so, in words. Who brought it is half of the answer; what became of it since is the other, and
    /// the whole one where nothing is left.
    /// </summary>
    private static string ReasonOf(string state, OrderFacts facts, Receipt receipt) => (state, receipt) switch
    {
        ("reversed", { Credited: false }) => $"The commission was taken back. {receipt.Reason}",
        ("reversed", _) => $"{FateOf(facts, receipt)}: the commission was taken back.",
        ("disputed", _) => "The shopper's bank disputes the payment: the commission waits for its decision.",
        ("observed", { RemainingBaseMinor: 0 }) => $"{FateOf(facts, receipt)} before it was paid: it earns nothing.",
        ("review", _) => Short(string.Join(' ', receipt.Reviews.Where(review => review.AllowedBy is null).Select(review => review.Why))),
        (_, { Credited: true, IsPeriodUsedUp: true }) => $"{receipt.Reason} The ambassador has earned the most that the terms allow in the period already.",
        ("held", { Findings: [_, ..] findings }) => string.Join(' ', findings),
        (_, { CommissionMinor: > 0 }) when receipt.CommissionMinor < receipt.OriginalCommissionMinor =>
            $"{receipt.Reason} {(receipt.Disputes.IsDefault ? "Refunds" : "Refunds or disputes")} have taken a part of its commission back.",
        _ => receipt.Reason,
    };

    // The receipt names them all; here there is room for so many words.
    private static string Short(string reason) => reason.Length <= ReasonLengthMax ? reason : reason[..(ReasonLengthMax - 1)] + "…";
    /// <summary>The entries of a release (rule H2). A commission that rounds to nothing has none to move.</summary>
    /// <param name="revision">The one that the order has afterwards.</param>
    public static LedgerTransaction? ReleaseOf(string orderId, long revision, string ambassadorId, Money commission, DateTimeOffset now) =>
        commission.Minor == 0
            ? null
            : new LedgerTransaction(
                LedgerKind.Release, $"{orderId}:{revision}", commission.Currency, now, Program, "The hold is over.",
                LedgerTransaction.Move(ambassadorId, orderId, Account.Held, Account.Approved, commission));

    private static string FateOf(OrderFacts facts, Receipt receipt) =>
        (receipt.CancelledAt is not null, facts.Recorded.Order.RefundedInFull || !receipt.Refunds.IsEmpty) switch
        {
            (true, true) => "Cancelled and refunded",
            (true, false) => "Cancelled",
            (false, true) => receipt.RemainingBaseMinor == 0 ? "Refunded in full" : "Refunded but for a rest that earns nothing",
            _ when facts.Disputes.Any(dispute => dispute.State == DisputeState.Lost) => "Charged back by the shopper's bank",
            _ => facts.Deleted ? "Deleted in the store" : "Changed so that it earns nothing any more",
        };
}

/// <summary>An order after an event, before it is written.</summary>
/// <param name="Facts">Null while only refunds or deletions are known; then there is no receipt.</param>
/// <param name="Reason">Why it stands so, in words.</param>
internal sealed record SettledOrder(
    OrderState Before, OrderEvent Event, OrderFacts? Facts, Decision? Decision, Receipt? Receipt, string State, long CommissionMinor,
    DateTimeOffset? HoldUntil, string? Reason)
{
    public long Revision => Before.Revision + 1;

    /// <summary>The store's day of the order's instant; null while only refunds or deletions are known.</summary>
    public long? LocalDay { get; init; }

    /// <summary>Who moves the money (rule H6): the person who decided, or the program.</summary>
    public string Actor => Event switch
    {
        OrderEvent.Decided { Decision.Actor: var actor } => actor,
        OrderEvent.Disputed { Actor: var actor } => actor,
        _ => OrderState.Program,
    };

    /// <summary>The hashes, between commas, of the customer whom the order binds to its ambassador when it is approved (rule T8); null where the terms bind nobody.</summary>
    public string? BindsKeys =>
        Receipt is { Credited: true, Terms.Binding: not null } && Customers.KeysOf(Facts!.Shopper) is { IsEmpty: false } keys ? string.Join(',', keys) : null;

    /// <summary>For how long it does (rule T8).</summary>
    public long? BindsDays => BindsKeys is null ? null : Receipt!.Terms!.Binding!.Days;

    /// <summary>What the order adds to its ambassador's standing.</summary>
    public ImmutableArray<StandingChange> StandingChanges => Receipt is null ? [] : StandingChange.Of(Receipt, Decision!.Commission);

    /// <summary>What brought the order, by one of the words of the column; null while nobody is credited.</summary>
    public string? CameBy
    {
        get
        {
            if (Receipt is not { Credited: true } receipt)
            {
                return null;
            }

            var winner = receipt.Touches.First(touch => touch.DroppedBy is null).Kind;
            return winner == TouchKind.Override ? "person"
                : Has(TouchKind.Click) ? "click"
                : Has(TouchKind.Link) ? "link"
                : winner == TouchKind.Code ? "code"
                : "other";

            bool Has(TouchKind kind) => receipt.Touches.Any(touch => touch.Kind == kind && touch.AmbassadorId == receipt.AmbassadorId);
        }
    }

    /// <summary>When something was first taken from its counted sales again; null while nothing was.</summary>
    public DateTimeOffset? RefundedAt => Receipt is { Credited: true } receipt && receipt.RemainingBaseMinor < receipt.BaseMinor
        ? Decision!.Commission.Steps.FirstOrDefault(step => step.BaseMinor < receipt.BaseMinor)?.At ?? receipt.VersionUpdatedAt
        : null;

    /// <summary>Whether it is its customer's first at the store (rule T9), by one of the words of the column; null where nobody knows, or nobody is credited.</summary>
    public string? CustomerKind => Receipt is { Credited: true, NewCustomer: { } isNew } ? isNew ? Orders.CustomerKind.New : Orders.CustomerKind.Returning : null;

    /// <summary>How the figures of its day count it; null where they do not.</summary>
    public CountedOrder? Counted => CountedOrder.Of(
        State, Receipt?.CampaignId, Receipt?.AmbassadorId, LocalDay, Receipt?.Currency.Code, Receipt?.RemainingBaseMinor ?? 0, CommissionMinor, CustomerKind);

    /// <summary>What became of it, in words.</summary>
    public string Outcome => Receipt switch
    {
        null => "A refund or deletion came before its order and waits for it.",
        { Credited: true } => $"{new Money(CommissionMinor, Receipt.Currency)} for {Receipt.AmbassadorId}: {State}.",
        _ => $"Nobody is credited: {Receipt.Reason}",
    };

    /// <summary>What the next event finds.</summary>
    public OrderState After => new(
        Revision, State, CommissionMinor, Receipt?.Currency, Receipt?.AmbassadorId, HoldUntil, Facts,
        Facts?.LooseRefunds ?? (Event is OrderEvent.Refunded { Refund: var refund } ? Before.LooseRefunds.Add(refund) : Before.LooseRefunds),
        Facts is not null ? Facts.DeletedAt : Event is OrderEvent.Deleted { At: var at } && !(at <= Before.DeletedAt) ? at : Before.DeletedAt)
    {
        MerchantCostMinor = MerchantCostMinor,
        LocalDay = LocalDay,
        Disputes = Facts?.Disputes ?? (Event is OrderEvent.Disputed { Dispute: var dispute } ? Disputes.With(Before.Disputes, dispute) : Before.Disputes),
    };

    /// <summary>What refunds after the window of reversal cost the merchant (rule K5).</summary>
    public long MerchantCostMinor => Receipt?.MerchantCostMinor ?? Before.MerchantCostMinor;

    /// <summary>The entries that bring the ledger to the receipt's target (rule B9); none when it is there already.</summary>
    public IEnumerable<LedgerTransaction> Postings(DateTimeOffset now)
    {
        if (Receipt is not { } receipt)
        {
            yield break;
        }

        var booked = Before.CommissionMinor;
        var source = $"{Event.OrderId}:{Revision}";
        if (booked != 0 && Before.IsIn(receipt.Currency) is false)
        {
            // What was booked in another currency is taken back in that currency: the two are never added (rule M1).
            yield return Post(
                $"{source}:currency", Before.AmbassadorId!, AccountOf(Before.State), new Money(-booked, Before.Currency!.Value), "The order's currency changed.");
            booked = 0;
        }
        else if (booked != 0 && receipt.AmbassadorId is not null && receipt.AmbassadorId != Before.AmbassadorId)
        {
            // An edit gave the order to another ambassador: the first one's commission is taken back whole.
            yield return Post($"{source}:reassigned", Before.AmbassadorId!, AccountOf(Before.State), Minor(-booked), "The order counts for another ambassador now.");
            booked = 0;
        }

        var (from, to) = (AccountOf(Before.State), AccountOf(State));
        var isGone = State == "reversed" || (State == "disputed" && CommissionMinor == 0);
        if (booked != 0 && from != to && !isGone)
        {
            // What a person must look at stands in an account of its own, and goes back when they have allowed it (rule H3).
            yield return new LedgerTransaction(
                LedgerKind.Review, source, receipt.Currency, now, Actor, to == Account.Review ? Reason! : WhyBack,
                LedgerTransaction.Move(receipt.AmbassadorId!, Event.OrderId, from, to, Minor(booked)));
        }

        if (CommissionMinor != booked)
        {
            // Reversed from wherever it stood: while in a payout and after it, a negative entry on approved (rule K1).
            var account = AccountOf(isGone ? Before.State : State);
            yield return Post(
                source, receipt.AmbassadorId ?? Before.AmbassadorId!, account, Minor(CommissionMinor - booked), booked == 0 ? receipt.Reason : WhyChanged);
        }

        if (Before.MerchantCostMinor != 0 && Before.IsIn(receipt.Currency) is false)
        {
            yield return Cost($"{source}:cost:currency", new Money(-Before.MerchantCostMinor, Before.Currency!.Value));
        }

        var cost = MerchantCostMinor - (Before.IsIn(receipt.Currency) is false ? 0 : Before.MerchantCostMinor);
        if (cost != 0)
        {
            yield return Cost($"{source}:cost", Minor(cost));
        }

        Money Minor(long minor) => new(minor, receipt.Currency);

        LedgerTransaction Cost(string cause, Money amount) => new(
            LedgerKind.MerchantCost, cause, amount.Currency, now, Actor, "Refunded after the window of reversal: the commission stands.",
            LedgerTransaction.MoveCost(Event.OrderId, amount));

        LedgerTransaction Post(string cause, string ambassadorId, string account, Money amount, string reason) => new(
            LedgerKind.Commission, cause, amount.Currency, now, Actor, reason,
            LedgerTransaction.Move(ambassadorId, Event.OrderId, Account.Expense, account, amount));
    }

    private string WhyChanged => Event is OrderEvent.Reconsidered ? "An earlier order of the ambassador came late or changed." : "The order changed.";

    private string WhyBack => Before.State == "disputed" ? "The bank has decided the dispute." : "A person has looked at it and allows it.";

    // What a bank has still to decide about stands where a person's decision is waited for.
    private static string AccountOf(string state) => state switch
    {
        "review" or "disputed" => Account.Review,
        "approved" or "in_payout" or "paid" => Account.Approved,
        _ => Account.Held,
    };
}
