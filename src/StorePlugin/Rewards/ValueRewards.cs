// The rows of rewards that are worth money in the store: each step of one, together with its ledger transaction.
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

/// <param name="HolderId">The customer whose account was, or is to be, credited; null before the first try.</param>
/// <param name="SentAt">The last try while its outcome is not known; null: there is none.</param>
/// <param name="BackMinor">What was asked back at <paramref name="BackSentAt"/>, of which the outcome is not known.</param>
internal sealed record ValueRow(
    string Id, string AmbassadorId, string Form, string State, long AmountMinor, string Currency, long? ValidDays, DateTimeOffset? EndsAt, string? DiscountId,
    string? HolderId, DateTimeOffset CreatedAt, DateTimeOffset? SentAt, DateTimeOffset? IssuedAt, DateTimeOffset? BackSentAt, long? BackMinor,
    DateTimeOffset? ReturnedAt, DateTimeOffset? UnclearAt, string Email)
{
    public Money Amount => new(AmountMinor, Webhooks.Currency.Parse(Currency));

    public bool IsCard => Form == ValueForm.GiftCard;

    public ValueStep Step(string kind, long minor, DateTimeOffset at) => new(kind, Id, AmbassadorId, Amount with { Minor = minor }, at);

    /// <summary>Without the address, so that no log line can hold it.</summary>
    public override string ToString() => $"{nameof(ValueRow)} {Id}";
}

/// <summary>What came of the note that is made before something is sent.</summary>
internal abstract record ValueTry
{
    /// <param name="EndsAt">When what is given ends; null: never.</param>
    internal sealed record May(DateTimeOffset? EndsAt) : ValueTry;

    /// <summary>The reward is no longer to be given, or taken back, or another worker has begun: it is to be looked at anew.</summary>
    internal sealed record Over : ValueTry;

    /// <summary>Of another reward of the same customer the outcome is not known yet: two at once could not be told apart.</summary>
    internal sealed record Busy : ValueTry;
}

internal sealed class ValueRewards(Db db, StoreKeys keys, TimeProvider clock)
{
    private const string Read =
        """
        SELECT r.id, r.ambassador_id, r.form, r.state, r.amount_minor, r.currency, r.valid_days, r.ends_at, r.discount_id, r.holder_id, r.created_at, r.sent_at,
            r.issued_at, r.back_sent_at, r.back_minor, r.returned_at, r.unclear_at, a.email
        FROM rewards r JOIN ambassadors a ON a.store_id = r.store_id AND a.id = r.ambassador_id
        WHERE r.store_id = @storeId AND r.id = @id AND r.form IS NOT NULL AND r.state <> 'refused'
        """;

    public Task<ValueRow?> FindAsync(Store store, string id, CancellationToken cancel) => db.OneAsync<ValueRow>(Read, new { storeId = store.Id, id }, cancel);

    // How long it is good for counts from when it is given, not from when it was earned: it may have waited. A further try keeps the
    // end of the one before, which may yet arrive.
    private const string NoteSent =
        """
        UPDATE rewards SET sent_at = @now, unclear_at = NULL, holder_id = @holder,
            ends_at = CASE WHEN sent_at IS NULL THEN @endsAt ELSE ends_at END
        WHERE store_id = @storeId AND id = @id AND state = 'pending_code' AND issued_at IS NULL
            AND (sent_at = @was OR (sent_at IS NULL AND @was IS NULL))
        """;

    private const string NoteBackSent =
        """
        UPDATE rewards SET back_sent_at = @now, unclear_at = NULL, back_minor = @minor
        WHERE store_id = @storeId AND id = @id AND state = 'revoked' AND issued_at IS NOT NULL AND returned_at IS NULL
            AND (back_sent_at = @was OR (back_sent_at IS NULL AND @was IS NULL))
        """;

    /// <summary>Notes in a transaction of its own that something is about to be given.</summary>
    /// <param name="holder">The customer, for store credit.</param>
    public Task<ValueTry> TryAsync(Store store, ValueRow reward, string? holder, CancellationToken cancel)
    {
        var now = Instants.Kept(clock.GetUtcNow());
        var endsAt = reward.SentAt is not null ? reward.EndsAt
            : reward.ValidDays is { } days ? Campaigns.WholeSecond.Of(now).AddDays(days)
            : null;
        return NoteAsync(store, reward, NoteSent, new { storeId = store.Id, id = reward.Id, holder, was = reward.SentAt, now, endsAt }, holder, endsAt, cancel);
    }

    /// <summary>The same of so much store credit that is about to be taken back.</summary>
    public Task<ValueTry> TryBackAsync(Store store, ValueRow reward, long minor, CancellationToken cancel) => NoteAsync(
        store, reward, NoteBackSent,
        new { storeId = store.Id, id = reward.Id, holder = reward.HolderId, was = reward.BackSentAt, now = clock.GetUtcNow(), minor },
        reward.HolderId, null, cancel);

    private Task<ValueTry> NoteAsync(
        Store store, ValueRow reward, string note, object args, string? holder, DateTimeOffset? endsAt, CancellationToken cancel) => db.InTransactionAsync<ValueTry>(
        async tx =>
        {
            if (holder is not null && await CreditMoves.IsBusyAsync(tx, store.Id, holder, reward.Id))
            {
                return new ValueTry.Busy();
            }

            return await tx.DoAsync(note, args) == 1 ? new ValueTry.May(endsAt) : new ValueTry.Over();
        },
        cancel: cancel);

    private const string NoteGiven =
        """
        UPDATE rewards SET discount_id = @givenId, issued_at = @now, issued_day = @day, problem = NULL, unclear_at = NULL
        WHERE store_id = @storeId AND id = @id AND issued_at IS NULL AND returned_at IS NULL
        """;

    private const string Issue = "UPDATE rewards SET state = 'issued' WHERE store_id = @storeId AND id = @id AND state = 'pending_code'";

    private const string IsGiven = "SELECT CAST(COUNT(*) AS bigint) FROM rewards WHERE store_id = @storeId AND id = @id AND issued_at IS NOT NULL";

    /// <summary>The store has given it: it is paid, and where it is still wanted its ambassador is told.</summary>
    /// <param name="givenId">The platform's id of the card or the movement.</param>
    /// <param name="at">When, as the platform has it; null: now.</param>
    public async Task GivenAsync(Tx tx, Store store, ValueRow reward, string givenId, DateTimeOffset? at)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = store.Id, id = reward.Id, givenId, now, day = store.LocalDay(now) };
        if (await tx.DoAsync(NoteGiven, args) == 0)
        {
            // Whoever takes it back has found it first. What was released was looked for long after its last try.
            if (await tx.OneAsync<long>(IsGiven, args) == 0)
            {
                throw new UnreachableException($"The reward {reward.Id} was given after its money had been released.");
            }

            return;
        }

        await LedgerBook.PostAsync(tx, store, [reward.Step(LedgerKind.RewardGiven, reward.AmountMinor, now).Posting]);
        await NoteCreditAsync(tx, store, reward, reward.Id, reward.Amount, at ?? now);
        if (await tx.DoAsync(Issue, args) == 1)
        {
            await new MailNotice(MailNotice.RewardGiven, reward.AmbassadorId, Reward: reward.Id).AddAsync(tx, store.Id, now);
        }
    }

    private const string NoteReleased =
        """
        UPDATE rewards SET returned_at = @now, returned_day = @day, returned_minor = amount_minor, problem = NULL, unclear_at = NULL
        WHERE store_id = @storeId AND id = @id AND state = 'revoked' AND issued_at IS NULL AND returned_at IS NULL
        """;

    /// <summary>It was never given, and never will be.</summary>
    public async Task ReleaseAsync(Tx tx, Store store, ValueRow reward)
    {
        var now = clock.GetUtcNow();
        if (await tx.DoAsync(NoteReleased, new { storeId = store.Id, id = reward.Id, now, day = store.LocalDay(now) }) == 1)
        {
            await LedgerBook.PostAsync(tx, store, [reward.Step(LedgerKind.RewardReleased, reward.AmountMinor, now).Posting]);
        }
    }

    private const string NoteReturned =
        """
        UPDATE rewards SET state = CASE WHEN amount_minor = @minor THEN 'revoked' ELSE 'cost' END, returned_at = @now, returned_day = @day, returned_minor = @minor,
            back_id = @backId, back_sent_at = NULL, problem = NULL, unclear_at = NULL
        WHERE store_id = @storeId AND id = @id AND state = 'revoked' AND issued_at IS NOT NULL AND returned_at IS NULL
        """;

    /// <summary>So much of it has come back; what was used stays the merchant's cost (rule W4).</summary>
    /// <param name="backId">The platform's id of the movement; null: none was needed.</param>
    public async Task ReturnAsync(Tx tx, Store store, ValueRow reward, long minor, string? backId)
    {
        var now = clock.GetUtcNow();
        if (await tx.DoAsync(NoteReturned, new { storeId = store.Id, id = reward.Id, minor, backId, now, day = store.LocalDay(now) }) == 1 && minor > 0)
        {
            await LedgerBook.PostAsync(tx, store, [reward.Step(LedgerKind.RewardReturned, minor, now).Posting]);
            await NoteCreditAsync(tx, store, reward, $"{reward.Id}:back", reward.Amount with { Minor = -minor }, now);
        }
    }

    private Task NoteCreditAsync(Tx tx, Store store, ValueRow reward, string id, Money amount, DateTimeOffset at) => reward.IsCard
        ? Task.CompletedTask
        : CreditMoves.NoteAsync(tx, store, keys, reward.HolderId, reward.Email, id, amount, "A reward of the programme.", at, clock.GetUtcNow());

    // What was refused, or may not be asked, was not done: the next try need not look for it.
    private const string NoteProblem =
        """
        UPDATE rewards SET problem = @problem, sent_at = CASE WHEN @isUndone = 1 THEN NULL ELSE sent_at END,
            back_sent_at = CASE WHEN @isUndone = 1 THEN NULL ELSE back_sent_at END, unclear_at = COALESCE(@unclearAt, unclear_at)
        WHERE store_id = @storeId AND id = @id AND returned_at IS NULL AND (issued_at IS NULL OR state = 'revoked')
        """;

    /// <summary>Why the reward waits, in words for the merchant.</summary>
    /// <param name="isUndone">Whether what was just asked for has certainly not been done.</param>
    /// <param name="isUnclear">Whether a person must look what has become of it.</param>
    public Task<int> NoteAsync(Tx tx, Store store, ValueRow reward, string problem, bool isUndone = false, bool isUnclear = false) => tx.DoAsync(
        NoteProblem,
        new
        {
            storeId = store.Id,
            id = reward.Id,
            problem = Retry.Fit(problem),
            isUndone = isUndone ? 1L : 0L,
            unclearAt = isUnclear ? clock.GetUtcNow() : (DateTimeOffset?)null,
        });

    /// <summary>What a question that gave nothing means for the effect that asked it.</summary>
    /// <param name="isDeed">Whether it asked for something to be done, and not only what there is.</param>
    public EffectResult Without<T>(Store store, ValueRow reward, ValueAnswer<T> answer, bool isDeed) => answer switch
    {
        ValueAnswer<T>.Refused refused => new EffectResult.Refused(refused.Reason, tx => NoteAsync(tx, store, reward, refused.Reason, isUndone: isDeed)),
        ValueAnswer<T>.Unavailable { WaitsForMerchant: true } unavailable => new EffectResult.PutOff(
            unavailable.Reason, unavailable.Wait, tx => NoteAsync(tx, store, reward, unavailable.Reason, isUndone: isDeed)),
        ValueAnswer<T>.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
        ValueAnswer<T>.Failed failed => new EffectResult.Failed(failed.Reason, tx => NoteAsync(tx, store, reward, failed.Reason)),
        _ => throw new UnreachableException("Something was given."),
    };

    /// <summary>A person must look; when they have the effect tried again, they have.</summary>
    public EffectResult Unclear(Store store, ValueRow reward, string reason) =>
        new EffectResult.Refused(reason, tx => NoteAsync(tx, store, reward, reason, isUnclear: true));
}
