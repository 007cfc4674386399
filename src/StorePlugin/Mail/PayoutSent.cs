// The mail about money that is on its way. It is owed to a suspended ambassador too, and after the store has left (rule U1).
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class PayoutSent(Db db, PublicAddress address, TimeProvider clock) : IMerchantMail
{
    public string Mail => MailNotice.PayoutSent;

    public string When => "The money has left for the ambassador, or was given in the store.";

    public IReadOnlyList<Placeholder> Placeholders => [Placeholder.Reader, Placeholder.Shop, Placeholder.Campaign, PayoutFacts.AmountPlaceholder];

    public Letter Sample(Store store) => Compose(store, Samples.Reader, PayoutFacts.Sample(store, PayoutState.Sent, 0, clock.GetUtcNow()));

    public async Task<Writing> WriteAsync(Store store, string payoutId, CancellationToken cancel)
    {
        if (await PayoutFacts.FindAsync(db, store, payoutId, cancel) is not { } facts)
        {
            return new Writing.Unneeded("There is no such payout.");
        }

        if (facts.Payout.ReversedMinor == facts.Payout.AmountMinor)
        {
            return new Writing.Unneeded("The transfer was taken back before the mail was sent.");
        }

        if (facts.Payout.BankState == BankState.Failed)
        {
            return new Writing.Unneeded("The bank sent the money back before the mail was sent, and another mail tells of that.");
        }

        return await Recipient.FindAsync(db, store.Id, facts.Payout.AmbassadorId, cancel) is { } reader
            ? new Writing.Written(Compose(store, reader, facts))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter Compose(Store store, Recipient reader, PayoutFacts facts)
    {
        var shop = OneLine.Of(store.DisplayName);
        var payout = facts.Payout;
        var lines = facts.Lines(store, reader);
        if (payout.ReversedMinor > 0)
        {
            lines.Add(("Taken back since", Words.Of(payout.ReversedMinor, payout.Currency)));
        }

        lines.Add(("Reference", payout.Id));
        var amount = Words.Of(payout.Amount);
        var isInStore = PayoutProvider.IsInStore(payout.Provider);
        return new Letter(
            reader.Name,
            reader.Email,
            isInStore ? $"{shop} has paid you {amount}" : $"{amount} is on its way to you from {shop}",
            new LetterContent(
                shop,
                store.IsRehearsal,
                isInStore ? "You were paid" : "Your payout is on its way",
                [
                    new LetterPart.Opening($"Hello {reader.Name},"),
                    new LetterPart.Opening(isInStore ? $"{shop} has paid what you earned, {WhereTo(facts)}." : $"{shop} has sent what you earned {WhereTo(facts)}."),
                    new LetterPart.Figure(isInStore ? "Paid to you" : "Sent to you", amount),
                    new LetterPart.Facts(lines),
                    new LetterPart.Sentence(ArrivalOf(facts, shop, new StoreTime(store))),
                    .. address.To(store, "Which orders it is for"),
                ],
                $"You get this mail because {shop} paid you as an ambassador. A program sent it. No payout mail asks for a password or for your bank's data."))
        {
            Values = reader.ValuesAt(shop).Add(PayoutFacts.AmountPlaceholder.Name, amount),
        };
    }

    private static string WhereTo(PayoutFacts facts) =>
        facts.IsStripe ? "to your account at Stripe"
        : facts.Payout.Provider == PayoutProvider.StoreCredit ? "as store credit on your customer account there"
        : facts.Payout.Provider == PayoutProvider.DiscountCode ? "as a discount code that takes the amount off one order"
        : facts.Method is { } method ? $"to {method}, the way that you have named for your payouts"
        : "by the way that you have named for your payouts";

    /// <summary>When it may be there: what is known, else what is usual and who decides it.</summary>
    private static string ArrivalOf(PayoutFacts facts, string shop, StoreTime time) => facts.Payout switch
    {
        { Provider: PayoutProvider.StoreCredit } => "It is there now. Sign in to the store with this e-mail address, and use it at checkout.",
        { Provider: PayoutProvider.DiscountCode } =>
            "The code works now, and is on your page after you have signed in: it is worth money to whoever has it, so it is in no mail.",
        { Provider: not PayoutProvider.Stripe } =>
            $"{shop} sends it outside of this program, so that nobody here can follow it: usually it is there within one to three working days after it was sent.",
        { BankState: BankState.Paid } => "Stripe says that it has reached your bank. Banks may take a day more to show it.",
        { ArrivesAt: { } day } => $"Stripe expects it at your bank on {time.Day(day)}. Banks may take a day more to show it.",
        _ =>
            "Stripe passes it on to your bank and decides when it arrives: usually two to five working days after Stripe has sent it on, " +
            "and longer for the first payout to a new account.",
    };
}
