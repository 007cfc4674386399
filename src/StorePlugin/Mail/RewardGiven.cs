// The mail about a reward: a code that works from now on, a gift card or store credit, or a milestone's money.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class RewardGiven(Db db, StoreKeys keys, PublicAddress address, TimeProvider clock) : IMerchantMail
{
    private static readonly Placeholder Given = new("reward", "what was given, in words");

    private const string Read =
        """
        SELECT r.kind, r.state, r.percent_bp, r.amount_minor, r.minimum_minor, r.currency, r.code, r.ends_at, o.reference, r.order_id, r.id, r.form
        FROM rewards r
        LEFT JOIN orders o ON o.store_id = r.store_id AND o.order_id = r.order_id
        WHERE r.store_id = @storeId AND r.id = @rewardId
        """;

    public string Mail => MailNotice.RewardGiven;

    public string When => "A reward is approved and given: a code, a gift card, store credit, or a milestone's money.";

    public IReadOnlyList<Placeholder> Placeholders => [Placeholder.Reader, Placeholder.Shop, Placeholder.Campaign, Given];

    public Letter Sample(Store store) => Compose(
        store, Samples.Reader,
        new Row(
            RewardKind.Advocate, RewardState.Issued, 2000, null, null, null, "THANKS-EXAMPLE", clock.GetUtcNow().AddDays(180), "#1001", "1001", "rew_example", null));

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
        var what = reward is { Form: { } worth, AmountMinor: { } amount, Currency: { } currency }
            ? RewardList.ValueOf(worth, amount, currency)
            : RewardList.WhatOf(reward.PercentBp, reward.AmountMinor, reward.MinimumMinor, reward.Currency, isCode: reward.Code is not null);
        var isMilestone = reward.Kind == RewardKind.Milestone;
        var why = isMilestone
            ? $"You have reached a milestone of “{reader.Campaign}”."
            : $"The order {OneLine.Of(reward.Reference ?? reward.OrderId)}, which you brought, is approved.";
        var parts = new List<LetterPart> { new LetterPart.Opening($"Hello {reader.Name},"), new LetterPart.Opening($"{why} Thank you.") };
        if (reward.Form is { } form)
        {
            parts.AddRange(ValueParts(store, reward, form, what, isMilestone));
        }
        else if (reward is { Code: { } code, EndsAt: { } end })
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

        parts.AddRange(address.To(store, "All your rewards"));
        return new Letter(
            reader.Name,
            reader.Email,
            reward is { Code: null, Form: null } ? $"{what} more from {shop}" : $"A thank-you from {shop}: {what}",
            new LetterContent(
                shop, store.IsRehearsal, TitleOf(reward), parts,
                $"You get this mail because you are an ambassador of {shop}. A program sent it."))
        {
            Values = reader.ValuesAt(shop).Add(Given.Name, what),
        };
    }

    private static string TitleOf(Row reward) => (reward.Form, reward.Code) switch
    {
        (ValueForm.GiftCard, _) => "A gift card for you",
        (not null, _) => "Store credit for you",
        (null, null) => "A milestone is reached",
        _ => "A code for you",
    };

    private IEnumerable<LetterPart> ValueParts(Store store, Row reward, string form, string what, bool isMilestone)
    {
        var isCard = form == ValueForm.GiftCard;
        var until = reward.EndsAt is { } end ? $"Until {new StoreTime(store).Day(end)}." : "It does not expire.";
        yield return isCard ? new LetterPart.Figure("Your gift card's code", GiftCardCode.Shown(keys, store, reward.Id)) : new LetterPart.Figure("Yours", what);
        yield return new LetterPart.Facts(
        [
            isCard ? ("It is worth", Words.Of(reward.AmountMinor ?? 0, reward.Currency!)) : ("Where it is", "On your customer account at the store, which has your e-mail address."),
            ("It can be used", until),
        ]);
        yield return new LetterPart.Sentence(isCard ? "Whoever knows the code can pay with it: keep it to yourself." : "Sign in when you pay, and it is taken off.");
        yield return new LetterPart.Sentence(isMilestone
            ? "What you have reached is yours, whatever is sent back later."
            : "If all of the order is sent back, what you have not used by then is taken back.");
    }

    private sealed record Row(
        string Kind, string State, long? PercentBp, long? AmountMinor, long? MinimumMinor, string? Currency, string? Code, DateTimeOffset? EndsAt,
        string? Reference, string OrderId, string Id, string? Form);
}
