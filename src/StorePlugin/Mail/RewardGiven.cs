// The mail about a reward: a code that works from now on, or a milestone's money.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class RewardGiven(Db db, PublicAddress address)
{
    private const string Read =
        """
        SELECT r.kind, r.state, r.percent_bp, r.amount_minor, r.minimum_minor, r.currency, r.code, r.ends_at, o.reference, r.order_id
        FROM rewards r
        LEFT JOIN orders o ON o.store_id = r.store_id AND o.order_id = r.order_id
        WHERE r.store_id = @storeId AND r.id = @rewardId
        """;

    public async Task<Writing> WriteAsync(Store store, string ambassadorId, string rewardId, CancellationToken cancel)
    {
        if (await db.OneAsync<Row>(Read, new { storeId = store.Id, rewardId }, cancel) is not { } reward)
        {
            return new Writing.Unneeded("There is no such reward.");
        }

        if (reward.State != RewardState.Issued)
        {
            return new Writing.Unneeded($"The reward is {reward.State}: there is nothing to tell.");
        }

        return await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is { } reader
            ? new Writing.Written(Compose(store, reader, reward))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter Compose(Store store, Recipient reader, Row reward)
    {
        var shop = OneLine.Of(store.DisplayName);
        var what = RewardList.WhatOf(reward.PercentBp, reward.AmountMinor, reward.MinimumMinor, reward.Currency, isCode: reward.Code is not null);
        var isMilestone = reward.Kind == RewardKind.Milestone;
        var why = isMilestone
            ? $"You have reached a milestone of “{reader.Campaign}”."
            : $"The order {OneLine.Of(reward.Reference ?? reward.OrderId)}, which you brought, is approved.";
        var parts = new List<LetterPart> { new LetterPart.Sentence($"Hello {reader.Name},"), new LetterPart.Sentence($"{why} Thank you.") };
        if (reward is { Code: { } code, EndsAt: { } end })
        {
            parts.Add(new LetterPart.Figure("Your code", code));
            parts.Add(new LetterPart.Facts([("It takes off", what), ("It works", $"Once, until {new StoreTime(store).Day(end)}. It is meant for you.")]));
            parts.Add(new LetterPart.Sentence(isMilestone
                ? "What you have reached is yours, whatever is sent back later."
                : "If all of the order is sent back before you have used the code, the code ends."));
        }
        else
        {
            parts.Add(new LetterPart.Figure("Yours", what));
            parts.Add(new LetterPart.Sentence("It goes out with your next payout."));
        }

        parts.Add(new LetterPart.Link("All your rewards", address.Of("/portal")));
        parts.Add(new LetterPart.Sentence($"There is no password: ask {shop} for a sign-in link when you want to look."));
        return new Letter(
            reader.Name,
            reader.Email,
            reward.Code is null ? $"{what} more from {shop}" : $"A thank-you from {shop}: {what}",
            new LetterContent(
                shop, store.IsRehearsal, reward.Code is null ? "A milestone is reached" : "A code for you", parts,
                $"You get this mail because you are an ambassador of {shop}. A program sent it."));
    }

    private sealed record Row(
        string Kind, string State, long? PercentBp, long? AmountMinor, long? MinimumMinor, string? Currency, string? Code, DateTimeOffset? EndsAt,
        string? Reference, string OrderId);
}
