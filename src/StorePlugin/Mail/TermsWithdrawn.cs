// The mail to those who were told of changed terms that do not come: the revision was withdrawn before its instant.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>Whoever was told is told, suspended or gone from the programme: they may have left because of it.</summary>
internal sealed class TermsWithdrawn(Db db, PublicAddress address)
{
    private const string ReadNotice = "SELECT state, outcome FROM effects WHERE store_id = @storeId AND kind = 'mail' AND subject = @subject";

    public async Task<Writing> WriteAsync(Store store, string ambassadorId, string campaignId, long number, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        var subject = new TermsAnnouncement(campaignId, number).NoticeTo(MailNotice.TermsChanged, ambassadorId).Subject;
        var notice = await db.OneAsync<Notice>(ReadNotice, new { storeId = store.Id, subject }, cancel);
        if (notice is { State: "pending" })
        {
            return new Writing.NotYet("The mail about the change may be on its way.");
        }

        if (notice is null || !MailSender.WasSent(notice.Outcome))
        {
            return new Writing.Unneeded("The ambassador was not told of the change.");
        }

        return await TermsRevision.FindAsync(db, store.Id, campaignId, number, cancel) is { WithdrawnAt: not null } revision
            && await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is { } reader
            ? new Writing.Written(Compose(store, reader, ambassadorId, revision))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter Compose(Store store, Recipient reader, string ambassadorId, TermsRevision revision)
    {
        var shop = OneLine.Of(store.DisplayName);
        return new Letter(
            reader.Name,
            reader.Email,
            $"A change of the terms of {reader.Campaign} does not come",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "A change of the terms does not come",
                [
                    new LetterPart.Sentence($"Hello {reader.Name},"),
                    new LetterPart.Sentence(
                        $"You were told that the terms of “{reader.Campaign}” would change on {new StoreTime(store).Day(revision.EffectiveAt)}. " +
                        $"{shop} has withdrawn that. This does not come:"),
                    TermsChanged.FactsOf(revision.ChangesFor(ambassadorId), ambassadorId),
                    new LetterPart.Sentence(reader.State == "ended"
                        ? $"If you have left because of it and would like to come back, tell {shop}."
                        : "Everything else stays as it is, and you need not do anything."),
                    new LetterPart.Link("The rules", address.Of($"/rules/{Uri.EscapeDataString(reader.CampaignId)}")),
                ],
                $"You get this mail because you were told of that change as an ambassador of {shop}. A program sent it."));
    }

    private sealed record Notice(string State, string? Outcome);
}
