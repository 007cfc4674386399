// The mails about a change of an ambassador's address: two that ask, and one that tells the address of before.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class AddressLetters(Db db, AddressChanges changes, ChangeLinks links)
{
    private static readonly Writing.Unneeded Over = new("The change waits for nobody's word any more.");

    public async Task<Writing> WriteAsync(Store store, string mail, string changeId, CancellationToken cancel)
    {
        if (await changes.FindAsync(store, changeId, cancel) is not { Addresses: { } pair } change
            || await Recipient.FindAsync(db, store.Id, change.AmbassadorId, cancel) is not { } reader)
        {
            return Over;
        }

        return (mail, change.State) switch
        {
            (MailNotice.AddressChangeOld, "open") => new Writing.Written(ToOld(store, reader, change, pair, await TokenAsync(ChangeLinks.AddressOld))),
            (MailNotice.AddressChangeNew, "open") => new Writing.Written(ToNew(store, reader, change, pair, await TokenAsync(ChangeLinks.AddressNew))),
            (MailNotice.AddressChanged, "applied") => new Writing.Written(Changed(store, reader, change, pair, await TokenAsync(ChangeLinks.AddressOld))),
            _ => Over,
        };

        Task<string> TokenAsync(string purpose) => links.NewAsync(store, purpose, changeId, cancel);
    }

    private Letter ToOld(Store store, Recipient reader, AddressChange change, AddressPair pair, string token)
    {
        var shop = OneLine.Of(store.DisplayName);
        var no = new LetterPart.Link("No, this was not me", links.AddressOf(token, ChangeLinks.Refusal));
        return Letter(
            store, reader, pair.Old, $"Was it you? Your address at {shop} is to be changed", "Was it you?",
            [
                new LetterPart.Sentence($"{shop} was asked to write to you at another address from now on."),
                Facts(store, change, pair, change.AskedAt, "Asked for"),
                .. change.WaivedReason is null
                    ? (IEnumerable<LetterPart>)
                    [
                        new LetterPart.Sentence(
                            $"Nothing changes before both addresses have said yes, until {new StoreTime(store).Day(change.ExpiresAt)}. Either link leads to a page that asks once more."),
                        new LetterPart.Link("Yes, this was me", links.AddressOf(token, ChangeLinks.Confirmation)),
                        no,
                    ]
                    :
                    [
                        new LetterPart.Sentence(
                            $"The team of {shop} has been told that you cannot read this mailbox any more, and says yes for you. "
                            + "If you can, and did not ask for this, say no at once."),
                        no,
                    ],
            ]);
    }

    private Letter ToNew(Store store, Recipient reader, AddressChange change, AddressPair pair, string token)
    {
        var (shop, until) = (OneLine.Of(store.DisplayName), new StoreTime(store).Day(change.ExpiresAt));
        return Letter(
            store, reader, pair.New, $"Is this your address? {shop} asks", "Is this your address?",
            [
                new LetterPart.Sentence($"{shop} was asked to write to you here from now on."),
                Facts(store, change, pair, change.AskedAt, "Asked for"),
                new LetterPart.Sentence(change.WaivedReason is null
                    ? $"Nothing changes before both addresses have said yes, until {until}."
                    : $"Nothing changes before you have said yes, until {until}."),
                new LetterPart.Link("Yes, this is my address", links.AddressOf(token, ChangeLinks.Confirmation)),
                new LetterPart.Sentence("If you know nothing of this, you need not do anything."),
            ]);
    }

    private Letter Changed(Store store, Recipient reader, AddressChange change, AddressPair pair, string token)
    {
        var (shop, time) = (OneLine.Of(store.DisplayName), new StoreTime(store));
        var at = change.SettledAt ?? change.AskedAt;
        return Letter(
            store, reader, pair.Old, $"Your address at {shop} was changed", "Your address was changed",
            [
                new LetterPart.Sentence($"{shop} writes to you at another address from now on. This is the last mail to this one."),
                Facts(store, change, pair, at, "Changed"),
                new LetterPart.Sentence($"To protect you, nothing is paid before {time.Day(at + DestinationHold.Time)}. You sign in with the new address."),
                new LetterPart.Sentence($"If you did not want this, say so: nothing is paid then until somebody at {shop} has looked."),
                new LetterPart.Link("No, this was not me", links.AddressOf(token, ChangeLinks.Refusal)),
            ]);
    }

    private static LetterPart.Facts Facts(Store store, AddressChange change, AddressPair pair, DateTimeOffset at, string label)
    {
        var time = new StoreTime(store);
        return new LetterPart.Facts(
        [
            ("Before", OneLine.Of(AddressPair.Mask(pair.Old))),
            ("New", OneLine.Of(AddressPair.Mask(pair.New))),
            (label, $"{time.At(at).Text} ({time.ZoneName})"),
            ("By", DestinationChanged.By(change.AskedBy, OneLine.Of(store.DisplayName))),
        ]);
    }

    private static Letter Letter(Store store, Recipient reader, string email, string subject, string heading, IReadOnlyList<LetterPart> parts)
    {
        var shop = OneLine.Of(store.DisplayName);
        return new Letter(
            reader.Name,
            email,
            subject,
            new LetterContent(
                shop,
                store.IsRehearsal,
                heading,
                [new LetterPart.Sentence($"Hello {reader.Name},"), .. parts],
                $"You get this mail because this address was named as the one of an ambassador of {shop}. A program sent it. No mail about a change asks for a password or for your bank's data."));
    }
}
