// What people decide about single orders: to allow what stands in review, to reject it, or to credit an ambassador.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>What a person decided.</summary>
internal enum DecisionKind
{
    /// <summary>What was found is no reason against the commission (rule H3).</summary>
    Allow,

    /// <summary>Nobody earns on the order.</summary>
    Reject,

    /// <summary>An ambassador is credited, whatever the evidence says (rule T1, class 1).</summary>
    Credit,
}

/// <summary>A decision as it is kept.</summary>
/// <param name="Number">1 and rising for each order; the newest counts.</param>
/// <param name="AmbassadorId">Who is credited, with their campaign; null for the other kinds.</param>
/// <param name="Rules">The rules whose findings it settles, each with the mark of what it was found in.</param>
/// <param name="Actor">Who decided (rule H6).</param>
internal sealed record OrderDecision(
    long Number, DecisionKind Kind, string? AmbassadorId, string? CampaignId, ImmutableArray<string> Rules, string Reason, string Actor, DateTimeOffset At)
{
    public const char MarkSeparator = ':';

    // As long as chance must not make two findings of one order and rule alike.
    private const int MarkLength = 8;

    public static string MarkOf(string subject) => Ids.HashOf(subject)[..MarkLength];

    /// <summary>Whether it settles a finding. Decisions of before there were marks settle whatever their rules find.</summary>
    public bool Allows(ReceiptReview review) => Kind == DecisionKind.Allow && (Rules.Contains(review.Key) || Rules.Contains(review.Rule));
}

/// <summary>What came of a decision.</summary>
internal enum DecisionStep
{
    Done,
    OrderUnknown,
    AmbassadorUnknown,

    /// <summary>There is nothing in review that could be allowed.</summary>
    NothingOpen,

    /// <summary>The campaign had no terms at the order's instant, so that nothing could be counted.</summary>
    NoTerms,

    /// <summary>Somebody has decided since whoever decides now has looked.</summary>
    DecidedMeanwhile,
}

/// <summary>Writes a decision and decides the order anew with it, in one transaction.</summary>
internal sealed class DecideOrder(Db db, ReceiveOrders orders, TimeProvider clock)
{
    private const int RaceTriesMax = 5;

    private const string ReadReceipt = "SELECT content FROM receipts WHERE store_id = @storeId AND order_id = @orderId";

    private const string LastNumber =
        "SELECT COALESCE(MAX(number), 0) AS number FROM order_decisions WHERE store_id = @storeId AND order_id = @orderId";

    private const string ReadAmbassador = "SELECT campaign_id FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string CountTerms =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @campaignId AND effective_at <= @at
        """;

    /// <param name="seen">The number of the newest decision that whoever decides has seen, 0 for none: a form that is sent twice decides once. Null decides whatever was decided.</param>
    public Task<DecisionStep> DecideAsync(
        Store store, string orderId, DecisionKind kind, string? ambassadorId, string reason, string actor, CancellationToken cancel, long? seen = null) =>
        InTriesAsync(tx => DecideAsync(tx, store, orderId, kind, ambassadorId, reason, actor, seen), cancel);

    /// <summary>Runs a transaction that decides an order, and again where somebody else has decided the same one at the same moment.</summary>
    public async Task<T> InTriesAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(work, cancel: cancel);
            }
            // A worker decided the order at the same moment, or somebody else did: the decision is made on what stands now.
            catch (Exception e) when (tries < RaceTriesMax
                && (e is StaleOrderException || (e is System.Data.Common.DbException fault && db.Dialect.IsUniqueViolation(fault))))
            {
            }
        }
    }

    /// <summary>As the other, within a transaction of <see cref="InTriesAsync"/>.</summary>
    public async Task<DecisionStep> DecideAsync(
        Tx tx, Store store, string orderId, DecisionKind kind, string? ambassadorId, string reason, string actor, long? seen)
    {
        if (await tx.OneAsync<string>(ReadReceipt, new { storeId = store.Id, orderId }) is not { } content)
        {
            return DecisionStep.OrderUnknown;
        }

        var number = await tx.OneAsync<long>(LastNumber, new { storeId = store.Id, orderId }) + 1;
        if (seen is not null && seen != number - 1)
        {
            return DecisionStep.DecidedMeanwhile;
        }

        var receipt = Receipt.FromJson(content);
        var rules = receipt.OpenKeys;
        if (kind == DecisionKind.Allow && rules.IsEmpty)
        {
            return DecisionStep.NothingOpen;
        }

        string? campaignId = null;
        if (kind == DecisionKind.Credit)
        {
            campaignId = await tx.OneAsync<string>(ReadAmbassador, new { storeId = store.Id, ambassadorId });
            if (campaignId is null)
            {
                return DecisionStep.AmbassadorUnknown;
            }

            if (await tx.OneAsync<long>(CountTerms, new { storeId = store.Id, campaignId, at = receipt.At }) == 0)
            {
                return DecisionStep.NoTerms;
            }
        }

        var decision = new OrderDecision(
            number, kind, kind == DecisionKind.Credit ? ambassadorId : null, campaignId, rules, reason, actor, Instants.Kept(clock.GetUtcNow()));
        await orders.ApplyAsync(tx, store, [new OrderEvent.Decided(orderId, decision)]);
        return DecisionStep.Done;
    }
}
