// Loads what the launch checks rest on. It reads only, and asks nobody outside but the platform for the app's plan.
using StorePlugin.Billing;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns.Launch;

internal sealed class LaunchFactsReader(
    Db db, Settings settings, PublicAddress address, LaunchGate gate, SignatureFailures signatures, StorefrontHeartbeats heartbeats, TopicLooks topics,
    StripeConnection stripe, PayoutSettings payouts, PayoutDifferences differences, FunnelWarnings funnel, RehearsalResults rehearsals, TimeProvider clock)
{
    // A finding names a few of them.
    private const long NamedMax = 50;

    // SQL Server takes no more than 2100 parameters.
    private const int IdsMax = 1000;

    private static readonly TimeSpan PlanPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MailsLookedAt = TimeSpan.FromDays(7);

    private const string CountReading =
        "SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @storeId AND kind = 'read_store' AND state = 'pending'";

    private const string CountAcknowledged =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM history_acknowledgements
        WHERE store_id = @storeId AND campaign_id = @campaignId AND since_at >= @since
        """;

    private const string ReadLastDelivery =
        """
        SELECT received_at FROM deliveries
        WHERE store_id = @storeId AND source = @source AND delivery_key NOT LIKE 'read-%'
        ORDER BY id DESC
        """;

    private const string ReadDeadMails =
        """
        SELECT COALESCE(outcome, '') FROM effects
        WHERE store_id = @storeId AND kind = 'mail' AND state = 'dead' AND id > @since
        ORDER BY id DESC
        """;

    private const string CountPeople =
        "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND campaign_id = @campaignId AND state <> 'ended'";

    private const string CountWaysIn =
        """
        SELECT (SELECT CAST(COUNT(*) AS bigint) FROM campaigns WHERE store_id = @storeId AND id = @campaignId AND applications = 'open')
            + (SELECT CAST(COUNT(*) AS bigint) FROM invitations WHERE store_id = @storeId AND campaign_id = @campaignId AND state IN ('waiting', 'sent'))
        """;

    private const string ReadPeople =
        "SELECT id, name FROM ambassadors WHERE store_id = @storeId AND campaign_id = @campaignId AND id IN @ids AND state <> 'ended' ORDER BY id";

    private const string ReadPaidToMerchant =
        """
        SELECT id, name FROM ambassadors
        WHERE store_id = @storeId AND campaign_id = @campaignId AND state <> 'ended'
            AND stripe_account = (SELECT account_id FROM stripe_accounts WHERE store_id = @storeId)
        ORDER BY id
        """;

    // One that has ended since, with its ambassador or by the merchant's will, is past; one that never began is not.
    private const string ReadRefusedCodes =
        """
        SELECT code, ambassador_id, discount_problem AS problem FROM codes
        WHERE store_id = @storeId AND campaign_id = @campaignId AND discount_state = 'refused' AND adopted_at IS NULL
            AND (ended_at IS NULL OR ended_at = assigned_at)
        ORDER BY code_key
        """;

    public async Task<LaunchFacts> ReadAsync(Store store, Campaign campaign, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var ids = new { storeId = store.Id, campaignId = campaign.Id, now, take = NamedMax };
        var known = await funnel.ReadAsync(store, cancel);
        var rehearsed = await rehearsals.OfCampaignAsync(store, campaign.Id, cancel);
        var connected = await stripe.FindAsync(store, cancel);
        var isOnShopify = settings.Shopify is not null && store is { Platform: "shopify", IsLive: true, IsInstalled: true };
        var facts = new LaunchFacts
        {
            Store = store,
            Campaign = campaign,
            Now = now,
            PlanIsConfirmed = await PlanIsConfirmedAsync(store, cancel),
            FactsAreBeingRead = await db.OneAsync<long>(CountReading, ids, cancel) > 0,
            Typical = await TypicalOrder.ReadAsync(db, store, now, cancel),
            UnknownHistory = campaign.Terms.AsksForNewCustomers ? await UnknownHistoryAsync(store, campaign, cancel) : null,
            IsOnShopify = isOnShopify,
            LockedOutSince = isOnShopify && await ShopifyTokenRow.FindAsync(db, store.Id, cancel) is { NeedsMerchant: true, FaultAt: { } since } ? since : null,
            TopicFindings = isOnShopify ? await TopicFindingsAsync(store, cancel) : [],
            SignatureRefusedAt = signatures.LastOf(store),
            LastDeliveryAt = await db.OneAsync<DateTimeOffset?>(
                $"{ReadLastDelivery} {db.Page}", new { storeId = store.Id, source = store.Platform, take = 1L }, cancel),
            MailLeaves = settings.Mail.Host is not null,
            DeadMails = await db.ManyAsync<string>(
                $"{ReadDeadMails} {db.Page}", new { storeId = store.Id, since = Ids.Since("eff", now - MailsLookedAt), take = NamedMax }, cancel),
            StripeIsConnected = connected is not null,
            StripeFindings = connected is null ? [] : [.. connected.Findings.Where(finding => finding.Severity != StripeFinding.Unknown).Select(finding => finding.Message)],
            PayoutMethods = (await payouts.FindAsync(store, cancel)).Methods,
            StoppingDifferences = await differences.CountStoppingAsync(store, cancel),
            People = await db.OneAsync<long>(CountPeople, ids, cancel),
            HasWayIn = campaign.Terms.Enrolment is not null || await db.OneAsync<long>(CountWaysIn, ids, cancel) > 0,
            OwnPeople = await PeopleAsync(store, campaign, known.OwnPeople.Where(id => !known.Acknowledged.Contains((id, FunnelWarnings.Team))), cancel),
            PaidToMerchant = await db.ManyAsync<LaunchPerson>($"{ReadPaidToMerchant} {db.Page}", ids, cancel),
            Sharing = [.. (await funnel.SharingAsync(store, NamedMax, cancel)).Select(one => new LaunchPerson(one.Id, one.Name))],
            MayGetMost = await PeopleAsync(
                store, campaign, known.Acknowledged.Where(one => one.Rule == FunnelWarnings.Share).Select(one => one.AmbassadorId), cancel),
            Rehearsals = rehearsed,
            GetsMost = Concentration.Of(rehearsed, campaign)?.AmbassadorId is { } most && await PeopleAsync(store, campaign, [most], cancel) is [var meant] ? meant : null,
            RefusedCodes = await db.ManyAsync<LaunchCode>($"{ReadRefusedCodes} {db.Page}", ids, cancel),
            EmbedWasHeard = isOnShopify && await heartbeats.LastSeenAsync(store, StorefrontPart.Embed, cancel) is not null,
            PublicUrl = address.Base,
        };
        return Reckoned(facts);
    }

    /// <summary>The same with what the engine makes of the terms: a typical order, and the examples of the rules page.</summary>
    internal static LaunchFacts Reckoned(LaunchFacts facts)
    {
        var (terms, currency) = (facts.Campaign.Terms, Currency.TryParse(facts.Store.Currency, out var known) ? known : (Currency?)null);
        // Whatever keeps the engine from deciding made-up orders would keep it from deciding the store's: it is the finding.
        try
        {
            return facts with
            {
                Cost = facts.Typical is { } typical ? RulesExamples.CostOf(terms, typical.Amount.Currency, typical.Amount.Minor) : null,
                WorkedExamples = currency is null ? null : RulesText.Of(terms, currency, ambassadorId: null).Examples.Length,
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return facts with { RulesProblem = e.Message };
        }
    }

    // Pages show the checks, and wait for no platform that hangs.
    private async Task<bool?> PlanIsConfirmedAsync(Store store, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(PlanPatience);
        try
        {
            return await gate.IsOpenAsync(store, patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<HistoryHorizon?> UnknownHistoryAsync(Store store, Campaign campaign, CancellationToken cancel)
    {
        var horizon = await OrderHistory.HorizonAsync(db, store, cancel);
        return horizon.IsImported
            || await db.OneAsync<long>(CountAcknowledged, new { storeId = store.Id, campaignId = campaign.Id, since = horizon.Since }, cancel) > 0 ? null : horizon;
    }

    private async Task<IReadOnlyList<string>> TopicFindingsAsync(Store store, CancellationToken cancel) =>
    [
        .. (await topics.ReadAsync(store, cancel)).Verdicts
            .SelectMany(verdict => verdict.Findings.Select(finding => $"{verdict.Topic.Name}: {finding.Text}")),
    ];

    private async Task<IReadOnlyList<LaunchPerson>> PeopleAsync(Store store, Campaign campaign, IEnumerable<string> ids, CancellationToken cancel) =>
        ids.Distinct(StringComparer.Ordinal).Take(IdsMax).ToArray() is { Length: > 0 } some
            ? await db.ManyAsync<LaunchPerson>(ReadPeople, new { storeId = store.Id, campaignId = campaign.Id, ids = some }, cancel)
            : [];
}
