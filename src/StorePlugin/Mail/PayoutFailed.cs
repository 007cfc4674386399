// The mail about a payout that did not reach its payee: refused at once, or sent back by the bank. What it was for is not lost (rule P4).
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class PayoutFailed(Db db, PublicAddress address, TimeProvider clock) : IMerchantMail
{
    // What a payee cannot mend: money, permissions or settings on the store's side.
    private static readonly string[] StoresCauses = ["balance_insufficient", "livemode_mismatch", "platform_account_required", "api_key_expired"];

    public string Mail => MailNotice.PayoutFailed;

    public string When => "A payout was refused for good, or the bank sent the money back.";

    public IReadOnlyList<Placeholder> Placeholders => [Placeholder.Reader, Placeholder.Shop, Placeholder.Campaign, PayoutFacts.AmountPlaceholder];

    public Letter Sample(Store store) => Compose(
        store, Samples.Reader, PayoutFacts.Sample(store, PayoutState.Refused, 0, clock.GetUtcNow()) with { SentAt = null, ErrorCode = "transfers_not_allowed" });

    public async Task<Writing> WriteAsync(Store store, string payoutId, CancellationToken cancel)
    {
        if (await PayoutFacts.FindAsync(db, store, payoutId, cancel) is not { } facts)
        {
            return new Writing.Unneeded("There is no such payout.");
        }

        if (facts.Payout.State != PayoutState.Refused && facts.Payout.BankState != BankState.Failed)
        {
            return new Writing.Unneeded("The payout has not failed, or goes on by now.");
        }

        return await Recipient.FindAsync(db, store.Id, facts.Payout.AmbassadorId, cancel) is { } reader
            ? new Writing.Written(Compose(store, reader, facts))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter Compose(Store store, Recipient reader, PayoutFacts facts)
    {
        var shop = OneLine.Of(store.DisplayName);
        var amount = Words.Of(facts.Payout.Amount);
        var isBank = facts.Payout.BankState == BankState.Failed;
        var lines = facts.Lines(store, reader);
        lines.Add(("Reference", facts.Payout.Id));
        return new Letter(
            reader.Name,
            reader.Email,
            isBank ? $"Your bank has sent {amount} from {shop} back" : $"A payout of {amount} from {shop} did not go through",
            new LetterContent(
                shop,
                store.IsRehearsal,
                isBank ? "Your payout came back" : "Your payout did not go through",
                [
                    new LetterPart.Opening($"Hello {reader.Name},"),
                    new LetterPart.Opening(WhatHappened(facts, shop, isBank)),
                    new LetterPart.Figure(isBank ? "Came back" : "Not paid", amount),
                    new LetterPart.Facts(lines),
                    new LetterPart.Sentence(isBank
                        ? "Nothing is lost: the money lies in your account at Stripe."
                        : "Nothing is lost: what you earned stays yours, stands as approved again and goes out with a later payout."),
                    new LetterPart.Sentence(WhatToDo(facts, shop, isBank)),
                    .. address.To(store, "Where it stands"),
                ],
                $"You get this mail because {shop} wanted to pay you as an ambassador. A program sent it. No payout mail asks for a password or for your bank's data."))
        {
            Values = reader.ValuesAt(shop).Add(PayoutFacts.AmountPlaceholder.Name, amount),
        };
    }

    private static string WhatHappened(PayoutFacts facts, string shop, bool isBank) =>
        isBank ? $"{shop} has paid you, and Stripe passed it on to your bank. Your bank did not take it."
        : facts.IsStripe ? $"{shop} wanted to send what you earned to your account at Stripe. Stripe refused the payment."
        : PayoutProvider.IsInStore(facts.Payout.Provider) ? $"{shop} wanted to give you what you earned in the store. That was not possible."
        : $"{shop} wanted to send what you earned. It could not be sent.";

    private static string WhatToDo(PayoutFacts facts, string shop, bool isBank) =>
        isBank ? "Sign in at Stripe and look whether the bank account there is right and open. Stripe sends the money on again once it is."
        : facts.Payout.Provider == PayoutProvider.StoreCredit
            ? $"Store credit needs a customer account at {shop} with this e-mail address: open one there, or choose another way to be paid."
        : facts.Payout.Provider == PayoutProvider.DiscountCode ? $"Choose another way to be paid, or ask {shop}."
        : !facts.IsStripe ? $"Look whether what you have named for your payouts is still right, and tell {shop} if it is not."
        : IsStoresCause(facts) ? $"The cause lies on the side of {shop}, who sees it as well. You need not do anything."
        : $"Sign in at Stripe and look whether it waits for something from you, such as a proof of who you are or a bank account. If nothing is missing there, ask {shop}.";

    private static bool IsStoresCause(PayoutFacts facts) => facts.ErrorCode is { } code && StoresCauses.Contains(code);
}
