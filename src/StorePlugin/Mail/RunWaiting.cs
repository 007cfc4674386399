// The mail that tells a store's people that a payout run of the schedule waits for their approval: how much, for how many, and what to look at.
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class RunWaiting(PayoutRuns runs, StoreContact contact, PublicAddress address)
{
    public async Task<Writing> WriteAsync(Store store, string runId, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await runs.FindAsync(store, runId, cancel) is not { State: RunState.Preview } run)
        {
            return new Writing.Unneeded("The run waits for nobody any more.");
        }

        return await contact.FindAsync(store.Id, cancel) is { } email
            ? new Writing.Written(Compose(store, email, run))
            : new Writing.Unneeded("The store has no address.");
    }

    private Letter Compose(Store store, string email, PayoutRun run)
    {
        var shop = OneLine.Of(store.DisplayName);
        var (paid, held) = (run.Lines.Count(line => line.WillPay), run.Lines.Count(line => !line.WillPay));
        var sum = string.Join(" and ", RunSums.Totals(run.Lines).Select(total => Words.Of(total)));
        var facts = new List<(string Label, string Value)>
        {
            ("Payees", paid == 0 ? "none" : Words.Of(paid)),
            ("Not paid this time", held == 0 ? "none" : Words.Of(held)),
            ("Prepared on", new StoreTime(store).Day(run.CreatedAt)),
            ("Run", run.Id),
        };
        var parts = new List<LetterPart>
        {
            new LetterPart.Sentence("Hello,"),
            new LetterPart.Sentence("the payout run of your schedule is prepared. Nobody is paid until somebody of your store has looked at it and approved it."),
            new LetterPart.Figure("To be paid", sum),
            new LetterPart.Facts(facts),
        };
        if (run.Lines.Count(line => line.Warning is not null) is > 0 and var warned)
        {
            parts.Add(new LetterPart.Sentence($"{Words.Count(warned, "payee", "payees")} should be looked at first; the run says why."));
        }

        parts.AddRange(run.Funding.Select(funding => funding.Words).OfType<string>().Select(words => new LetterPart.Sentence(words)));
        parts.Add(new LetterPart.Link("Look at it, and approve it", address.Of($"/dashboard/payouts/{Uri.EscapeDataString(run.Id)}")));
        return new Letter(
            shop,
            email,
            $"A payout run of {sum} waits for your approval",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "A payout run waits for your approval",
                parts,
                $"You get this mail because this is the address that {shop} has here for its own people, once for each run of the schedule. A program sent it. " +
                "To change or clear the address: PUT /api/v1/store/contact."));
    }
}
