// Pays by store credit: to the store's customer who has the ambassador's address.
using StorePlugin.Data;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.InStore;

/// <summary>
/// No platform takes an idempotency key for store credit. What was asked for is known again by customer, amount and instant among the
/// movements of the account, and where that is not clear a person looks.
/// </summary>
internal sealed class StoreCreditPayout(Db db, Platforms platforms) : IPayoutProvider
{
    public string Name => PayoutProvider.StoreCredit;

    private const string ReadEmail = "SELECT email FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    public async Task<PayeeLook> FindPayeeAsync(Store store, Payout payout, CancellationToken cancel)
    {
        if (await db.OneAsync<string>(ReadEmail, new { storeId = store.Id, ambassadorId = payout.AmbassadorId }, cancel) is not { Length: > 0 } email)
        {
            return new PayeeLook.Missing("no_address", "The ambassador's e-mail address was erased, so that no customer can be found by it.");
        }

        var answer = await PlatformOf(store).FindCustomerAsync(store, email, cancel);
        return StoreAnswers.SilenceOf(answer) is var (why, wait) ? new PayeeLook.NotTold(why, wait)
            : answer is ValueAnswer<string?>.Given { Value: { } customer } ? new PayeeLook.Found(customer)
            : new PayeeLook.Missing("no_customer", "The store has no customer with the ambassador's e-mail address.");
    }

    public async Task<PayoutAnswer> SendAsync(Store store, Payout payout, PayoutAttempt attempt, CancellationToken cancel) =>
        StoreAnswers.AnswerOf(await PlatformOf(store).CreditAsync(store, attempt.HolderId!, payout.Amount, expiresAt: null, cancel));

    public async Task<PayoutLook> LookForAsync(Store store, Payout payout, PayoutAttempt attempt, CancellationToken cancel) => await LookAsync(
        store, attempt.HolderId, payout.Amount, attempt.FirstSentAt!.Value, attempt.UnclearAt is not null,
        "The answer to the store credit was lost", "whether it was given cannot be told from the customer's account", cancel);

    public async Task<PayoutAnswer> TakeBackAsync(Store store, Payout payout, PayoutAttempt attempt, PayoutReversal reversal, CancellationToken cancel)
    {
        if (attempt.HolderId is not { } holder)
        {
            return Gone;
        }

        var answer = await PlatformOf(store).ReadCreditAsync(store, holder, payout.Amount.Currency, cancel);
        if (StoreAnswers.SilenceOf(answer) is var (why, wait))
        {
            return new PayoutAnswer.NotDone(why, wait);
        }

        return ((ValueAnswer<CreditNow?>.Given)answer).Value is not { } credit ? Gone
            : credit.BalanceMinor < reversal.AmountMinor
                ? new PayoutAnswer.Refused(
                    "spent", $"Only {reversal.Amount with { Minor = credit.BalanceMinor }} are left of the customer's store credit; ask for no more than that.", IsCurable: false)
            : StoreAnswers.AnswerOf(await PlatformOf(store).DebitAsync(store, holder, reversal.Amount, cancel));
    }

    public async Task<PayoutLook> LookForReversalAsync(Store store, Payout payout, PayoutAttempt attempt, PayoutReversal reversal, CancellationToken cancel) => await LookAsync(
        store, reversal.HolderId, reversal.Amount with { Minor = -reversal.AmountMinor }, reversal.FirstSentAt!.Value, reversal.UnclearAt is not null,
        "The answer to taking the store credit back was lost", "what became of it cannot be told from the customer's account", cancel);

    private static PayoutAnswer.Refused Gone => new("customer_gone", "The customer who had the store credit is gone from the store.", IsCurable: false);

    /// <param name="amount">Below 0 where it was taken.</param>
    /// <param name="isLookedAt">Whether a person has looked since it was unclear: then what fits first is it.</param>
    private async Task<PayoutLook> LookAsync(
        Store store, string? holder, Money amount, DateTimeOffset sentAt, bool isLookedAt, string lost, string unclear, CancellationToken cancel)
    {
        if (holder is null)
        {
            return new PayoutLook.Unclear($"{lost}, and the customer's data were erased since.");
        }

        var answer = await PlatformOf(store).ReadCreditAsync(store, holder, amount.Currency, cancel);
        if (StoreAnswers.SilenceOf(answer) is var (why, wait))
        {
            return new PayoutLook.NotTold(why, wait);
        }

        if (((ValueAnswer<CreditNow?>.Given)answer).Value is not { } credit)
        {
            return new PayoutLook.Unclear($"{lost}, and the customer is gone from the store since.");
        }

        return CreditFound.Among(credit, amount.Minor, null, sentAt, await CreditMoves.KnownAsync(db, store, holder, cancel)) switch
        {
            CreditFound.One { Move: var move } => new PayoutLook.Found(move.Id),
            CreditFound.Nothing => new PayoutLook.Absent(),
            CreditFound.Unclear { First: { } first } when isLookedAt => new PayoutLook.Found(first.Id),
            CreditFound.Unclear when isLookedAt => new PayoutLook.Absent(),
            _ => new PayoutLook.Unclear(
                $"{lost}, and {unclear}. Please look there; replay the effect to have the first movement of this amount count, or, where there is none, to have it done."),
        };
    }

    private IStorePlatform PlatformOf(Store store) => platforms.Find(store) ?? throw new InvalidOperationException($"Nobody is asked in a store of {store.Platform}.");
}
