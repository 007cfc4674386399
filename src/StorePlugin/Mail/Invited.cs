// The mail that invites somebody who has not asked for it: who writes, what they say, what joining means, and how to hear no more.
using System.Collections.Immutable;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class Invited(Invitations invitations, PublicCampaigns campaigns, PublicAddress address) : IMerchantMail
{
    public string Mail => MailNotice.Invited;

    public string When => "The store invites somebody into a campaign.";

    public IReadOnlyList<Placeholder> Placeholders => [Placeholder.Reader, Placeholder.Shop, Placeholder.Campaign];

    public Letter Sample(Store store) => Compose(
        store,
        new Invitee(Samples.Reader.Email, Samples.Reader.Name, "You have told so many people of our candles that I would like to thank you for it."),
        Samples.Reader.CampaignId, Samples.Reader.Campaign, new Terms(1000, 1000, 30, 30));

    public async Task<Writing> WriteAsync(Store store, string invitationId, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await invitations.FindAsync(store, invitationId, cancel) is not { State: not "joined", Person: { } person } invitation)
        {
            return new Writing.Unneeded("The person has joined, or the invitation has had its time.");
        }

        return await campaigns.FindOpenAsync(invitation.CampaignId, cancel) is var (_, campaign)
            ? new Writing.Written(Compose(store, person, campaign.Id, campaign.Name, campaign.Terms))
            : new Writing.Unneeded("The campaign takes no applications any more.");
    }

    private Letter Compose(Store store, Invitee person, string campaignId, string campaignName, Terms terms)
    {
        var (shop, campaign, name) = (OneLine.Of(store.DisplayName), OneLine.Of(campaignName), OneLine.Of(person.Name ?? ""));
        return new Letter(
            name,
            person.Email,
            $"{shop} invites you to {campaign}",
            new LetterContent(
                shop,
                store.IsRehearsal,
                $"An invitation from {shop}",
                [
                    new LetterPart.Opening(name.Length > 0 ? $"Hello {name}," : "Hello,"),
                    new LetterPart.Opening($"{shop} invites you to become an ambassador in “{campaign}”: to recommend what you like, and to earn when somebody buys."),
                    new LetterPart.Sentence($"They write to you: “{person.Line}”"),
                    new LetterPart.Sentence("What joining means:"),
                    .. JoinEndpoints.FactsOf(terms).Select(fact => new LetterPart.Sentence($"• {fact}")),
                    new LetterPart.Sentence("It costs nothing, and you may leave at any time. If you do not want to, you need not do anything."),
                    new LetterPart.Link("Look at it, and apply", address.Of($"/join/{Uri.EscapeDataString(campaignId)}")),
                ],
                $"You get this mail because somebody at {shop} has named your address here to invite you, once. Name and address are kept for six months. A program sent it."))
        {
            Values = ImmutableDictionary.CreateRange(
                StringComparer.Ordinal,
                [
                    KeyValuePair.Create(Placeholder.Reader.Name, name.Length > 0 ? name : "you"),
                    KeyValuePair.Create(Placeholder.Shop.Name, shop),
                    KeyValuePair.Create(Placeholder.Campaign.Name, campaign),
                ]),
        };
    }
}
