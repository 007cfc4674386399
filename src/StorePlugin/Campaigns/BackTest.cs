// The back-test: past orders decided again, by the terms of their time and by new ones, with the functions that decide today's.
using System.Threading.Channels;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <summary>What is asked: what would these terms have come to?</summary>
/// <param name="Interval">Of the orders' own instants.</param>
internal sealed record BackTestQuestion(Campaign Campaign, Terms Terms, ComparedInterval Interval);

/// <summary>How far it is.</summary>
/// <param name="Decided">Orders so far.</param>
/// <param name="Reached">The instant of the last one.</param>
internal sealed record BackTestProgress(long Decided, DateTimeOffset Reached);

/// <summary>An order that is ready to be decided, under the terms of its time and under the new ones.</summary>
/// <param name="Counts">Whether its money has come and it is no test: only then it has net sales.</param>
/// <param name="NetMinor">What commission could be counted on if no product were excluded, without what was refunded.</param>
/// <param name="FriendDiscountMinor">What the campaign's codes took off.</param>
/// <param name="BookedMinor">The commission that the order's row holds.</param>
/// <param name="BookedFor">The ambassador that it names.</param>
internal sealed record PastOrder(
    OrderFacts Facts, Evidence Before, Evidence After, bool Counts, long NetMinor, long FriendDiscountMinor, long BookedMinor, string? BookedFor);

/// <summary>Reads only: nothing is written, and what is written meanwhile is not seen.</summary>
internal sealed class BackTest(Db db, TimeProvider clock)
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(3);

    // Together they bound the memory: at most so many batches of rows or orders wait for the decisions.
    private const int BatchSize = 250;
    private const int BatchesAheadMax = 8;

    private const string ReadTerms = "SELECT campaign_id, revision, terms FROM campaign_revisions WHERE store_id = @storeId";

    private const string ReadNames = "SELECT id, name FROM ambassadors WHERE store_id = @storeId AND id IN @ids";

    /// <summary>How many orders the store has in an interval; a back-test takes the longer for them.</summary>
    public async Task<long> CountAsync(Store store, ComparedInterval interval, CancellationToken cancel)
    {
        await using var reader = await BackTestReader.OpenAsync(db, cancel);
        return await reader.CountAsync(store, interval, cancel);
    }

    /// <param name="tell">Hears every few seconds how far it is.</param>
    public async Task<BackTestResult> RunAsync(Store store, BackTestQuestion question, Action<BackTestProgress>? tell, CancellationToken cancel)
    {
        var terms = await LoadTermsAsync(store, cancel);
        var collections = question.Terms.NamesCollections ? await Collections.LoadAsync(db, store, cancel) : CollectionBook.Empty;
        await using var reader = await BackTestReader.OpenAsync(db, cancel);
        var tally = new BackTestTally(await reader.CountAsync(store, question.Interval, cancel));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ahead = Channel.CreateBounded<Task<PastOrder[]>>(BatchesAheadMax);
        var reading = Task.Run(() => ReadAheadAsync(reader, store, question, terms, collections, tally, ahead.Writer, stop.Token), CancellationToken.None);
        try
        {
            await DecideAsync(ahead.Reader, new StandingBook(question.Terms, store), question, tally, tell, cancel);
        }
        finally
        {
            // The connection is the reader's: it is closed when nobody reads from it any more.
            await stop.CancelAsync();
            await reading;
        }

        var names = await db.ManyAsync<NameRow>(ReadNames, new { storeId = store.Id, ids = tally.NamedAmbassadors() }, cancel);
        return tally.ToResult(names.ToDictionary(row => row.Id, row => row.Name, StringComparer.Ordinal));
    }

    /// <summary>
    /// Decides one order after the other, in the order of (instant, id): whatever the terms make depend on earlier orders is
    /// asked for before a decision and told after it, once for each of the two sides.
    /// </summary>
    private async Task DecideAsync(
        ChannelReader<Task<PastOrder[]>> ahead, StandingBook book, BackTestQuestion question, BackTestTally tally, Action<BackTestProgress>? tell, CancellationToken cancel)
    {
        var told = clock.GetTimestamp();
        var different = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var batch in ahead.ReadAllAsync(cancel))
        {
            var orders = await batch;
            foreach (var order in orders)
            {
                var before = Decision.Make(order.Facts, order.Before);
                var isAsked = order.Facts.Recorded.Order.At >= question.Interval.From;
                var after = isAsked && IsToBeAsked(order, before, different) ? Decision.Make(order.Facts, Standing(order, before, question, book)) : before;
                var (stood, stands) = (before.Write(), after.Write());
                if ((stood.AmbassadorId, stood.OriginalCommissionMinor, stood.BaseMinor) != (stands.AmbassadorId, stands.OriginalCommissionMinor, stands.BaseMinor))
                {
                    different.UnionWith(new[] { stood.AmbassadorId, stands.AmbassadorId }.OfType<string>());
                }

                if (question.Terms.LooksBack && stands.CampaignId == question.Campaign.Id)
                {
                    book.Add(stands.AmbassadorId!, order.Facts.Recorded.Order, StandingChange.Of(stands, after.Commission));
                }

                if (isAsked)
                {
                    tally.Add(order, BackTestOutcome.Of(stood), BackTestOutcome.Of(stands));
                }
            }

            if (tell is not null && orders.Length > 0 && clock.GetElapsedTime(told) >= ProgressEvery)
            {
                told = clock.GetTimestamp();
                tell(new BackTestProgress(tally.LookedAt, orders[^1].Facts.Recorded.Order.At));
            }
        }
    }

    /// <summary>
    /// Whether an order has to be decided anew: its terms are other ones, or it rests on earlier orders of which one has come to
    /// something else. Until then what was known of them then is what they come to now.
    /// </summary>
    private static bool IsToBeAsked(PastOrder order, Decision before, HashSet<string> different) =>
        !ReferenceEquals(order.After, order.Before)
        || (before.Attribution is Attribution.Credited { Terms.LooksBack: true } credited && different.Contains(credited.Winner.AmbassadorId));

    /// <summary>The evidence under the new terms, with what the winner's earlier orders would have come to.</summary>
    private static Evidence Standing(PastOrder order, Decision before, BackTestQuestion question, StandingBook book)
    {
        var of = order.Facts.Recorded.Order;
        if (Attribution.Decide(of, order.After, order.Facts.Override) is not Attribution.Credited { Terms.LooksBack: true } credited)
        {
            return order.After;
        }

        if (credited.Campaign.Id == question.Campaign.Id)
        {
            return order.After with { Standing = book.At(credited.Winner.AmbassadorId, of) };
        }

        // Another campaign's orders are not all read: what was known then of the same winner is the best there is.
        var known = before.Attribution is Attribution.Credited { Winner: var winner } && (winner.AmbassadorId, winner.CampaignId) == (credited.Winner.AmbassadorId, credited.Winner.CampaignId)
            ? order.Before.Standing
            : null;
        return order.After with { Standing = known ?? new Standing(0, 0) };
    }

    /// <summary>Reads rows ahead of the decisions. Their JSON is read by other threads meanwhile; the batches keep their order.</summary>
    private static async Task ReadAheadAsync(
        BackTestReader reader, Store store, BackTestQuestion question, StoredTerms terms, CollectionBook collections, BackTestTally tally, ChannelWriter<Task<PastOrder[]>> ahead,
        CancellationToken stop)
    {
        try
        {
            var rows = new List<BackTestRow>(BatchSize);
            await foreach (var row in reader.ReadAsync(store, question.Campaign.Id, ReadInterval(question), stop))
            {
                if (row.Evidence is null)
                {
                    if (row.At >= question.Interval.From)
                    {
                        tally.AddWithoutEvidence();
                    }
                }
                else if (row.Content is not null)
                {
                    rows.Add(row);
                }

                if (rows.Count == BatchSize)
                {
                    await SendAsync(rows);
                    rows = new List<BackTestRow>(BatchSize);
                }
            }

            await SendAsync(rows);
            ahead.Complete();
        }
        // Whoever takes the batches is told, and throws it; a task that nobody waits for would hide it.
        catch (Exception e)
        {
            ahead.Complete(e);
        }

        ValueTask SendAsync(List<BackTestRow> rows) => ahead.WriteAsync(
            Task.Run(() => rows.Select(row => Parse(row, question, terms, collections)).ToArray(), CancellationToken.None), stop);
    }

    /// <summary>Terms that look back need what came before the interval too.</summary>
    private static ComparedInterval ReadInterval(BackTestQuestion question) => !question.Terms.LooksBack
        ? question.Interval
        : question.Interval with { From = StandingBook.ReachOf(question.Terms) is { } reach ? question.Interval.From - reach : DateTimeOffset.UnixEpoch };

    private static PastOrder Parse(BackTestRow row, BackTestQuestion question, StoredTerms terms, CollectionBook collections)
    {
        var loose = LooseFacts.Of(row.Refunds);
        var facts = new OrderFacts(
            RecordedOrder.FromJson(row.Content!),
            row.VersionHash,
            row.PaidAt,
            loose.Refunds,
            loose.DeletedAt)
        {
            Disputes = loose.Disputes,
            Earlier = EarlierFacts.FromJson(row.Earlier),
            Decisions = [.. row.Decisions.OrderBy(decision => decision.Number)],
            Flags = [.. row.Findings.OrderBy(finding => finding.Number).ThenBy(finding => finding.Rule, StringComparer.Ordinal)],
        };
        var before = Evidence.FromJson(row.Evidence!, terms.Of);
        var counts = facts.PaidAt is not null && !facts.Recorded.Order.Test;
        return new PastOrder(
            facts,
            before,
            Under(question, before, collections, facts.Recorded.Order),
            counts,
            counts ? Commission.OfNobody(facts).RemainingBaseMinor : 0,
            counts ? before.Touches.Sum(touch => touch.CampaignId == question.Campaign.Id ? touch.DiscountMinor : 0) : 0,
            row.BookedMinor,
            row.BookedFor);
    }

    /// <summary>The evidence as it would have been: the campaign's launch, pauses and end stay, and its terms are the new ones.</summary>
    private static Evidence Under(BackTestQuestion question, Evidence evidence, CollectionBook collections, Webhooks.Order order)
    {
        var campaign = evidence.CampaignOf(question.Campaign.Id);
        return campaign.Terms is not { } terms || TermsDifference.Between(terms, question.Terms).IsEmpty
            ? evidence
            : evidence with
            {
                Campaigns = evidence.Campaigns.Replace(campaign, campaign with { Terms = question.Terms }),
                Collections = question.Terms.NamesCollections && evidence.Collections.IsDefault ? collections.At(order) : evidence.Collections,
            };
    }

    private async Task<StoredTerms> LoadTermsAsync(Store store, CancellationToken cancel) =>
        new((await db.ManyAsync<TermsRow>(ReadTerms, new { storeId = store.Id }, cancel))
            .ToDictionary(row => (row.CampaignId, row.Revision), row => new Lazy<Terms>(() => Terms.FromJson(row.Terms))));

    /// <summary>Every revision of the store; each is read when the first order names it.</summary>
    private sealed record StoredTerms(Dictionary<(string CampaignId, long Revision), Lazy<Terms>> Revisions)
    {
        public Terms Of(string campaignId, long revision) => Revisions.TryGetValue((campaignId, revision), out var terms)
            ? terms.Value
            : throw new System.Diagnostics.UnreachableException($"An order was decided by revision {revision} of {campaignId}, which is not there.");
    }

    private sealed record TermsRow(string CampaignId, long Revision, string Terms);

    private sealed record NameRow(string Id, string Name);
}
