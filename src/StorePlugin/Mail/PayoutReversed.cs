// The mail about a payout of which something was taken back; each further reversal is told by a mail of its own (rule P4).
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class PayoutReversed(Db db, PublicAddress address, TimeProvider clock) : IMerchantMail
{
    private static readonly Placeholder TakenBack = new("reversed", "how much was taken back in all");

    public string Mail => MailNotice.PayoutReversed;

    public string When => "A payout was taken back, in part or whole.";

    public IReadOnlyList<Placeholder> Placeholders => [Placeholder.Reader, Placeholder.Shop, Placeholder.Campaign, PayoutFacts.AmountPlaceholder, TakenBack];

    public Letter Sample(Store store) => Compose(store, Samples.Reader, PayoutFacts.Sample(store, PayoutState.Reversed, 2000, clock.GetUtcNow()), 2000);

    /// <param name="reversedMinor">How much had been taken back in all when the mail was caused.</param>
    public async Task<Writing> WriteAsync(Store store, string payoutId, long reversedMinor, CancellationToken cancel)
    {
        if (await PayoutFacts.FindAsync(db, store, payoutId, cancel) is not { } facts)
        {
            return new Writing.Unneeded("There is no such payout.");
        }

        if (facts.Payout.ReversedMinor > reversedMinor)
        {
            return new Writing.Unneeded("More was taken back since, and the mail about that tells of the whole.");
        }

        return await Recipient.FindAsync(db, store.Id, facts.Payout.AmbassadorId, cancel) is { } reader
            ? new Writing.Written(Compose(store, reader, facts, reversedMinor))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter Compose(Store store, Recipient reader, PayoutFacts facts, long reversedMinor)
    {
        var shop = OneLine.Of(store.DisplayName);
        var payout = facts.Payout;
        var (amount, reversed) = (Words.Of(payout.Amount), Words.Of(reversedMinor, payout.Currency));
        var isWhole = reversedMinor == payout.AmountMinor;
        var lines = facts.Lines(store, reader);
        lines.Add(("Payout", amount));
        lines.Add(("Reference", payout.Id));
        return new Letter(
            reader.Name,
            reader.Email,
            $"{reversed} of a payout from {shop} was taken back",
            new LetterContent(
                shop,
                store.IsRehearsal,
                isWhole ? "A payout was taken back" : "A part of a payout was taken back",
                [
                    new LetterPart.Opening($"Hello {reader.Name},"),
                    new LetterPart.Opening(
                        $"{(isWhole ? "A payout" : "A part of a payout")} that {shop} had sent you was taken back{Where(payout)}{(isWhole ? ", the whole of it" : "")}."),
                    new LetterPart.Figure("Taken back", reversed),
                    new LetterPart.Facts(lines),
                    new LetterPart.Sentence("What was taken back stands as approved again in your earnings here, and goes out with a later payout unless an order of it is reversed."),
                    new LetterPart.Sentence($"Only {shop} knows why: ask them if you do not."),
                    .. address.To(store, "Where it stands"),
                ],
                $"You get this mail because {shop} paid you as an ambassador. A program sent it. No payout mail asks for a password or for your bank's data."))
        {
            Values = reader.ValuesAt(shop).Add(PayoutFacts.AmountPlaceholder.Name, amount).Add(TakenBack.Name, reversed),
        };
    }

    private static string Where(Payout payout) =>
        payout.Provider == PayoutProvider.Stripe ? " at Stripe" : PayoutProvider.IsInStore(payout.Provider) ? " in the store" : "";
}
