// The mail about changed terms (rule U2): what changes, from when on, what to accept, and what one may do who does not want it.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Mail;

internal sealed class TermsChanged(Db db, PublicAddress address, TimeProvider clock)
{
    // A list may name hundreds of products; the page of the rules has all of it.
    private const int WordsLengthMax = 300;

    public async Task<Writing> WriteAsync(Store store, string ambassadorId, string campaignId, long number, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await TermsRevision.FindAsync(db, store.Id, campaignId, number, cancel) is not { WithdrawnAt: null } revision)
        {
            return new Writing.Unneeded("The revision was withdrawn before the mail was sent.");
        }

        if (await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is not { } reader)
        {
            return new Writing.Unneeded("The ambassador is gone.");
        }

        if (reader.Aside is { } aside)
        {
            return new Writing.Unneeded(aside);
        }

        return reader.CampaignState == "ended"
            ? new Writing.Unneeded("The campaign has ended: its terms change no more.")
            : new Writing.Written(Compose(store, reader, ambassadorId, revision));
    }

    /// <summary>The changes in words to the ambassador, whose id the terms name where a share is agreed with them.</summary>
    public static LetterPart.Facts FactsOf(ImmutableArray<TermChange> changes, string ambassadorId)
    {
        return new LetterPart.Facts([.. changes.Select(change => (Capital(change.Label), $"from {Short(change.From)} to {Short(change.To)}"))]);

        string Short(string words) => words.Replace(ambassadorId, "you", StringComparison.Ordinal) is var text && text.Length <= WordsLengthMax
            ? text
            : text[..WordsLengthMax] + "…";
    }

    private Letter Compose(Store store, Recipient reader, string ambassadorId, TermsRevision revision)
    {
        var shop = OneLine.Of(store.DisplayName);
        var time = new StoreTime(store);
        var changes = revision.ChangesFor(ambassadorId);
        var isAhead = revision.EffectiveAt > clock.GetUtcNow();
        var at = $"{time.At(revision.EffectiveAt).Text} ({time.ZoneName})";
        var parts = new List<LetterPart>
        {
            new LetterPart.Sentence($"Hello {reader.Name},"),
            new LetterPart.Sentence(
                $"{shop} {(isAhead ? "changes" : "has changed")} the terms of “{reader.Campaign}”. The new ones count for orders that are placed from {at} on; " +
                "earlier ones go by the terms before."),
            FactsOf(changes, ambassadorId),
            new LetterPart.Sentence(ForYou(changes)),
        };
        if (changes.Any(change => change.IsWorse))
        {
            var least = Currency.TryParse(store.Currency, out var currency)
                ? $", from {Words.Of(Minimum.FloorOf(currency))} on instead of the usual {Words.Of(Minimum.Of(currency))}"
                : "";
            parts.Add(new LetterPart.Sentence(
                $"You need not go on under the new terms: you may leave, and tell {shop} so. What you have earned until then stays yours and is paid out to you{least}."));
        }

        parts.Add(new LetterPart.Sentence($"{(isAhead ? "From then on your" : "Your")} page shows the new version of the rules. Please read it there and accept it."));
        parts.AddRange(address.To(store, "Your page"));
        parts.Add(new LetterPart.Link(
            isAhead ? "The rules until then, and what changes" : "The rules as they are now", address.Of($"/rules/{Uri.EscapeDataString(reader.CampaignId)}")));
        var heading = isAhead ? $"The terms of {reader.Campaign} change on {time.Day(revision.EffectiveAt)}" : $"The terms of {reader.Campaign} have changed";
        return new Letter(
            reader.Name,
            reader.Email,
            $"{heading} at {shop}",
            new LetterContent(
                shop, store.IsRehearsal, heading, parts,
                $"You get this mail because you are an ambassador of {shop}: everybody whom a change of the terms concerns is told of it. A program sent it."));
    }

    private static string ForYou(ImmutableArray<TermChange> changes)
    {
        var worse = changes.Where(change => change.IsWorse).Select(change => $"the {change.Label}").ToList();
        return worse.Count == 0 ? "This is to your advantage."
            : $"{(worse.Count == changes.Length ? "This is" : $"{Capital(ListOf(worse))} {(worse.Count == 1 ? "changes" : "change")}")} to your disadvantage. " +
                $"That takes effect {RevisionDecision.Notice.Days} days after it was decided at the earliest.";
    }

    private static string ListOf(List<string> items) => items is [.. [_, ..] head, var tail] ? $"{string.Join(", ", head)} and {tail}" : items[0];

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
