// The mails that tell one side of a thread that the other has written, at most one a thread and day. Nothing of what was written is in them.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class MessageMails(Db db, Messages messages, StoreContact contact, PublicAddress address)
{
    /// <summary>To the store's people: a question of an ambassador waits.</summary>
    public async Task<Writing> WriteToStoreAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await messages.FindThreadAsync(store, ambassadorId, cancel) is not { WaitingSince: { } since })
        {
            return new Writing.Unneeded("The question was answered meanwhile.");
        }

        return await contact.FindAsync(store.Id, cancel) is { } email
            ? new Writing.Written(ToStore(store, email, ambassadorId, since))
            : new Writing.Unneeded("The store has no address.");
    }

    /// <summary>To the ambassador: a message of the store waits for them.</summary>
    public async Task<Writing> WriteToAmbassadorAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await messages.FindThreadAsync(store, ambassadorId, cancel) is not { UnreadSince: not null })
        {
            return new Writing.Unneeded("The message was read meanwhile.");
        }

        return await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is { Email.Length: > 0 } reader
            ? new Writing.Written(ToAmbassador(store, reader))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter ToStore(Store store, string email, string ambassadorId, DateTimeOffset since)
    {
        var (shop, time) = (OneLine.Of(store.DisplayName), new StoreTime(store));
        return new Letter(
            shop,
            email,
            "An ambassador waits for your answer",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "An ambassador waits for your answer",
                [
                    new LetterPart.Sentence("Hello,"),
                    new LetterPart.Sentence("one of your ambassadors has written to you. What they wrote stands on your dashboard, and nowhere in this mail."),
                    new LetterPart.Facts([("Waits since", $"{time.At(since).Text} ({time.ZoneName})")]),
                    new LetterPart.Link("Read it, and answer", address.Of($"/dashboard/ambassadors/{Uri.EscapeDataString(ambassadorId)}/messages")),
                ],
                $"You get this mail because this is the address that {shop} has here for its own people, at most once a day for each ambassador who waits. A program sent it. " +
                "To change or clear the address: PUT /api/v1/store/contact."));
    }

    private Letter ToAmbassador(Store store, Recipient reader)
    {
        var shop = OneLine.Of(store.DisplayName);
        return new Letter(
            reader.Name,
            reader.Email,
            $"A message of {shop} waits for you",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "A message waits for you",
                [
                    new LetterPart.Sentence($"Hello {reader.Name},"),
                    new LetterPart.Sentence($"{shop} has written to you. What it says stands on your page under Messages, and nowhere in this mail."),
                    .. address.To(store, "Read it on your page"),
                ],
                $"You get this mail because you take part in the programme of {shop}, at most once a day. A program sent it."));
    }
}
