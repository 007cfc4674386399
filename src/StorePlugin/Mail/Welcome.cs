// The mail that an ambassador begins with: code, link, and what an order is worth, in the words of the terms in force.
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Mail;

internal sealed class Welcome(Db db, PublicAddress address, TimeProvider clock) : IMerchantMail
{
    private static readonly Placeholder Code = new("code", "the ambassador's code");

    // Of several codes the oldest that works, since the mail says that it does.
    private const string ReadShare =
        """
        SELECT c.code, l.slug FROM codes c
        JOIN link_slugs l ON l.store_id = c.store_id AND l.ambassador_id = c.ambassador_id
        WHERE c.store_id = @storeId AND c.ambassador_id = @ambassadorId AND c.ended_at IS NULL
        ORDER BY CASE WHEN c.discount_state IN ('created', 'none') THEN 0 ELSE 1 END, c.assigned_at, c.code_key, l.created_at, l.slug_key
        """;

    private const string ReadTerms =
        """
        SELECT terms FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @campaignId AND effective_at <= @now AND withdrawn_at IS NULL
        ORDER BY revision DESC
        """;

    public string Mail => MailNotice.Welcome;

    public string When => "The ambassador is approved and the code works.";

    public IReadOnlyList<Placeholder> Placeholders => [Placeholder.Reader, Placeholder.Shop, Placeholder.Campaign, Code];

    public Letter Sample(Store store) => Compose(store, Samples.Reader, new Share("ANN10", "ANN10"), new Terms(1000, 1000, 30, 30), "");

    public async Task<Writing> WriteAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is not { } reader)
        {
            return new Writing.Unneeded("The ambassador is gone.");
        }

        if (reader.Aside is { } aside)
        {
            return new Writing.Unneeded(aside);
        }

        if (reader.CampaignState != "live")
        {
            return new Writing.Unneeded($"The campaign is {reader.CampaignState}: there is nothing to begin with.");
        }

        var args = new { storeId = store.Id, ambassadorId, campaignId = reader.CampaignId, now = clock.GetUtcNow(), take = 1L };
        var terms = Terms.FromJson(
            await db.OneAsync<string>($"{ReadTerms} {db.Page}", args, cancel)
            ?? throw new InvalidOperationException($"The campaign {reader.CampaignId} is live and has no terms in force."));
        return await db.OneAsync<Share>($"{ReadShare} {db.Page}", args, cancel) is { } share
            ? new Writing.Written(Compose(store, reader, share, terms, ambassadorId))
            : new Writing.Unneeded("The ambassador has no code any more.");
    }

    private Letter Compose(Store store, Recipient reader, Share share, Terms terms, string ambassadorId)
    {
        var shop = OneLine.Of(store.DisplayName);
        var parts = new List<LetterPart>
        {
            new LetterPart.Opening($"Hello {reader.Name},"),
            new LetterPart.Opening($"You are an ambassador of {shop} now, in “{reader.Campaign}”. Share your code or your link: you earn when someone buys with it."),
            new LetterPart.Figure("Your code", share.Code),
            new LetterPart.Link("Your link", address.Of($"/r/{Uri.EscapeDataString(share.Slug)}")),
            new LetterPart.Facts(FactsOf(store, terms, ambassadorId)),
        };
        if (reader.StripeAccount is null)
        {
            parts.Add(new LetterPart.Sentence($"{shop} does not know yet where to send your money. You can say it on your page."));
        }

        parts.Add(new LetterPart.Sentence("When you recommend, say that you earn from it."));
        parts.AddRange(address.To(store, "What you have earned, and why each order counted"));
        return new Letter(
            reader.Name,
            reader.Email,
            $"Your code {share.Code} for {shop}",
            new LetterContent(
                shop, store.IsRehearsal, $"Welcome to {reader.Campaign}", parts, $"You get this mail because {shop} made you an ambassador. A program sent it."))
        {
            Values = reader.ValuesAt(shop).Add(Code.Name, share.Code),
        };
    }

    private static List<(string Label, string Value)> FactsOf(Store store, Terms terms, string ambassadorId)
    {
        var facts = new List<(string Label, string Value)>
        {
            ("You earn", TermsText.EarningOf(terms, ambassadorId)),
            ("Your friend gets", terms.FriendDiscountBp > 0
                ? $"{Words.Percent(terms.FriendDiscountBp)} off."
                : "No discount: the code tells the store that they come from you."),
            ("Your link counts", $"For {Words.Count(terms.WindowDays, "day", "days")} after someone has followed it."),
            ("The hold", terms.HoldDays > 0
                ? $"Each commission is held for {Words.Count(terms.HoldDays, "day", "days")} after payment, in case the order is returned. After that it is approved."
                : "Each commission is approved as soon as the order is paid."),
        };
        if (store.Currency is not null)
        {
            facts.Add(("Payouts", $"Start at {Words.Of(Minimum.Of(Currency.Parse(store.Currency)))}. What is less waits and does not lapse."));
        }

        return facts;
    }

    private sealed record Share(string Code, string Slug);
}
