// The mail that asks a payee whether a change of where their money goes was theirs.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>Every way to another destination ends here: a payee who did not want it must learn of it, whoever made it.</summary>
internal sealed class DestinationChanged(Db db, PayoutChanges changes, ChangeLinks links)
{
    private const string Nothing = "nothing";

    public async Task<Writing> WriteAsync(Store store, string ambassadorId, string changeId, CancellationToken cancel)
    {
        if (await changes.FindAsync(store, changeId, cancel) is not { State: PayoutChangeState.Asked } change)
        {
            return new Writing.Unneeded("The change waits for nobody's word any more.");
        }

        return await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is { Email.Length: > 0 } reader
            ? new Writing.Written(Compose(store, reader, change, await links.NewAsync(store, ChangeLinks.Payout, changeId, cancel)))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter Compose(Store store, Recipient reader, PayoutChange change, string token)
    {
        var (shop, time) = (OneLine.Of(store.DisplayName), new StoreTime(store));
        return new Letter(
            reader.Name,
            reader.Email,
            $"Was it you? Where {shop} sends your money was changed",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "Was it you?",
                [
                    new LetterPart.Sentence($"Hello {reader.Name},"),
                    new LetterPart.Sentence($"where {shop} sends what you earn was changed."),
                    new LetterPart.Facts(
                    [
                        ("What", What(change.Kind)),
                        ("Before", OneLine.Of(change.BeforeMasked ?? Nothing)),
                        ("Now", OneLine.Of(change.AfterMasked ?? Nothing)),
                        ("When", $"{time.At(change.At).Text} ({time.ZoneName})"),
                        ("By", By(change.Actor, shop)),
                    ]),
                    new LetterPart.Sentence(
                        $"To protect you, nothing is paid before {time.Day(change.At + DestinationHold.Time)}, and not before you have said that it was you. "
                        + "Either link leads to a page that asks once more, and needs no sign-in."),
                    new LetterPart.Link("Yes, this was me", links.AddressOf(token, ChangeLinks.Confirmation)),
                    new LetterPart.Link("No, this was not me", links.AddressOf(token, ChangeLinks.Refusal)),
                    new LetterPart.Sentence($"If you say no, nothing is paid until somebody at {shop} has looked. What you earned stays yours."),
                ],
                $"You get this mail because {shop} pays you as an ambassador. A program sent it. No mail about a change asks for a password or for your bank's data."));
    }

    private static string What(string kind) => kind switch
    {
        PayoutChangeKind.StripeAccount => "Your account at Stripe",
        PayoutChangeKind.BankAccount => "The bank account behind your account at Stripe",
        _ => "The way that you are paid",
    };

    /// <summary>Who made a change, as the payee is told: no name of a key or of a member of staff.</summary>
    public static string By(string actor, string shop) => actor switch
    {
        PayoutChanges.Payee => "you, signed in to your page",
        PayoutChanges.Stripe => "you or somebody else at Stripe, who told us",
        _ => $"the team of {shop}",
    };
}
