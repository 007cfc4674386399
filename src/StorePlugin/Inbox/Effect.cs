// The outbox: what must happen outside is written beside the facts that cause it, and performed afterwards.
using StorePlugin.Data;

namespace StorePlugin.Inbox;

/// <summary>Something to do in the outside world. Its id is the idempotency key unless a rule names another (rule I7).</summary>
/// <param name="Subject">What it is about, unique for its store and kind: the same cause never makes two effects.</param>
/// <param name="Attempts">How many tries have failed so far.</param>
internal sealed record Effect(string StoreId, string Id, string Kind, string Subject, string Payload, long Attempts)
{
    /// <summary>The kinds; each has one <see cref="IEffectHandler"/>.</summary>
    public static class Kinds
    {
        /// <summary>Create an ambassador's discount code in the store; the subject is the code's key.</summary>
        public const string CreateDiscount = "create_discount";

        /// <summary>Bring the discount of an ambassador's code to where it should be, and look what became of it; the subject is the code's key and the cause.</summary>
        public const string KeepDiscount = "keep_discount";

        /// <summary>Have the discounts of a campaign follow changed terms; the subject is the campaign and the revision.</summary>
        public const string FollowTerms = "follow_terms";

        /// <summary>Create a reward's discount code in the store; the subject is the reward.</summary>
        public const string CreateReward = "create_reward";

        /// <summary>End a reward's discount code in the store; the subject is the reward, or the reward once more when its code was made late.</summary>
        public const string RevokeReward = "revoke_reward";

        /// <summary>Make the codes of a series in the store; the subject is the series.</summary>
        public const string MakeCodeSeries = "make_code_series";

        /// <summary>Bring the discount of a series to where it should be, and look what became of it; the subject is the series and the cause.</summary>
        public const string KeepCodeSeries = "keep_code_series";

        /// <summary>Give a reward that is a gift card or store credit; the subject is the reward.</summary>
        public const string GiveValue = "give_value";

        /// <summary>Take back what of such a reward was not used; the subject is the reward.</summary>
        public const string TakeValueBack = "take_value_back";

        /// <summary>Send a frozen transfer; the subject is <c>{payout}-a{attempt}</c>.</summary>
        public const string SendTransfer = "send_transfer";

        /// <summary>Give a frozen payout in the store; the subject is <c>{payout}-a{attempt}</c>.</summary>
        public const string SendPayout = "send_payout";

        /// <summary>Take such a payout back; the subject is <c>{payout}-r{number}</c>.</summary>
        public const string TakePayoutBack = "take_payout_back";

        /// <summary>Ask Stripe what became of a payout; the subject is the event or attempt that raised the question.</summary>
        public const string LookUpTransfer = "look_up_transfer";

        /// <summary>Take a transfer back; the subject is <c>{payout}-r{number}</c>.</summary>
        public const string ReverseTransfer = "reverse_transfer";

        /// <summary>Read a payee's account at Stripe again; the subject is the event that asks for it.</summary>
        public const string ReadPayeeAccount = "read_payee_account";

        /// <summary>Read what has become of a payout from a payee's account at Stripe to their bank; the subject is the event that asks for it.</summary>
        public const string ReadBankPayout = "read_bank_payout";

        /// <summary>Read the store's name, currency and time zone from its platform.</summary>
        public const string ReadStore = "read_store";

        /// <summary>Send a mail; the subject names which, to whom and about what.</summary>
        public const string Mail = "mail";

        /// <summary>Tell a campaign's ambassadors of changed terms; the subject is the campaign and the revision, and whether it was withdrawn.</summary>
        public const string AnnounceTerms = "announce_terms";

        /// <summary>Carry a rehearsal on by a step; the subject is the rehearsal.</summary>
        public const string Rehearse = "rehearse";
    }
}

/// <summary>What came of an effect. The worker writes it in one transaction with <see cref="Write"/>.</summary>
/// <param name="Text">The outcome or reason in words; it is kept with the row and shown.</param>
/// <param name="Write">What the handler wants written in the same transaction.</param>
internal abstract record EffectResult(string Text, Func<Tx, Task>? Write)
{
    /// <summary>It happened, or had happened before.</summary>
    internal sealed record Done(string Text, Func<Tx, Task>? Write = null) : EffectResult(Text, Write);

    /// <summary>It failed for now and is tried again on the common schedule.</summary>
    internal sealed record Failed(string Text, Func<Tx, Task>? Write = null) : EffectResult(Text, Write);

    /// <summary>
    /// It is put off: a provider's throttling or outage, which counts as no attempt, or a schedule of its own such as a
    /// transfer's (rule P2).
    /// </summary>
    internal sealed record PutOff(string Text, TimeSpan Wait, Func<Tx, Task>? Write = null) : EffectResult(Text, Write)
    {
        /// <summary>Its hour has not come: it is no pending work until then, and the row says nothing of a try.</summary>
        public bool IsScheduled { get; init; }
    }

    /// <summary>No retry can mend it; the row is dead, listed and replayable.</summary>
    internal sealed record Refused(string Text, Func<Tx, Task>? Write = null) : EffectResult(Text, Write);
}

/// <summary>
/// Performs effects of one kind. It may be called again for an effect that was performed before, since a process may die
/// between the deed and the mark; it must then find the deed done. Exceptions count as failed attempts.
/// </summary>
internal interface IEffectHandler
{
    string Kind { get; }

    Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel);
}

/// <summary>Writes effects into the outbox, within the transaction that causes them.</summary>
internal static class Outbox
{
    /// <summary>The statement, for callers that write many effects through one <see cref="Prepared"/>.</summary>
    public const string Insert =
        """
        INSERT INTO effects (store_id, id, kind, subject, payload, state, attempts, due_at, created_at)
        SELECT @storeId, @id, @kind, @subject, @payload, 'pending', 0, @dueAt, @now
        WHERE NOT EXISTS (SELECT 1 FROM effects WHERE store_id = @storeId AND kind = @kind AND subject = @subject)
        """;

    /// <summary>Adds an effect unless one with the same kind and subject exists. Returns whether it was added.</summary>
    public static async Task<bool> AddAsync(
        Tx tx, string storeId, string kind, string subject, string payload, DateTimeOffset now, DateTimeOffset? dueAt = null) =>
        await tx.DoAsync(Insert, new { storeId, id = Ids.New("eff", now), kind, subject, payload, dueAt = dueAt ?? now, now }) == 1;

    /// <summary>As above, through a statement that was prepared from <see cref="Insert"/>.</summary>
    public static async Task<bool> AddAsync(
        Prepared insert, string storeId, string kind, string subject, string payload, DateTimeOffset now, DateTimeOffset dueAt) =>
        await insert.DoAsync(
            ("storeId", storeId), ("id", Ids.New("eff", now)), ("kind", kind), ("subject", subject), ("payload", payload),
            ("dueAt", dueAt), ("now", now)) == 1;
}
