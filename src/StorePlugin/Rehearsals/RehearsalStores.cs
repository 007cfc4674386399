// The store that a rehearsal runs in: installed on the rehearsal platform as any other, with the campaign's terms and made-up ambassadors.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;

namespace StorePlugin.Rehearsals;

/// <summary>Every part looks for what an earlier try has made, so that all of it may be repeated from any point.</summary>
internal sealed class RehearsalStores(
    Db db, StoreDirectory stores, Installation installation, RehearsalShopDb platform, RehearsalPlatform client, RehearsalStripeAccount stripe, StoreKeys keys,
    CampaignDb campaigns, AmbassadorDb ambassadors, Groups groups, Backdate backdate, TimeProvider clock)
{
    /// <summary>Who acts in the books of such a store.</summary>
    public const string Actor = "rehearsal";

    private const int NameLengthMax = 180;

    private static readonly TimeSpan ObjectiveAhead = TimeSpan.FromDays(60);

    private const string MarkOwn =
        """
        UPDATE stores SET rehearses_store_id = @originId
        WHERE id = @storeId AND platform = 'rehearsal' AND mode = 'test' AND (rehearses_store_id IS NULL OR rehearses_store_id = @originId)
        """;

    private const string KeepOwn = "UPDATE rehearsals SET rehearsal_store_id = @ownId WHERE store_id = @storeId AND id = @id";

    /// <summary>The id of the campaign in the rehearsal's own store.</summary>
    public static string CampaignIdOf(Store origin, string rehearsalId) => $"cmp_{HashOf(origin, rehearsalId)}";

    /// <summary>The id of a made-up ambassador: one that the terms name, so that their share applies, or one of the rehearsal's own.</summary>
    public static string AmbassadorIdOf(Store origin, string rehearsalId, Terms terms, int index)
    {
        return NamedBy(terms, index) ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"amb_{HashOf(origin, rehearsalId)[..30]}{index:x2}");
    }

    /// <summary>The ambassador of the rehearsing store whose share a made-up one has; null where they have the share that everybody has, or a group's.</summary>
    public static string? StandsFor(string name, Terms terms) => PlanDraft.IndexOf(name) is { } index ? NamedBy(terms, index) : null;

    private static string? NamedBy(Terms terms, int index) =>
        (terms.Rates ?? []).Select(rate => rate.AmbassadorId).OfType<string>().Distinct(StringComparer.Ordinal).ElementAtOrDefault(index);

    /// <summary>The rehearsal's own store; null until it is made, and once it is gone.</summary>
    public async Task<Store?> FindAsync(Rehearsal rehearsal, CancellationToken cancel) =>
        rehearsal.RehearsalStoreId is { } id && await stores.FindAsync(id, cancel) is { IsInstalled: true } own ? own : null;

    /// <summary>Makes the store and all that the journey begins with, and dates it back to the beginning.</summary>
    /// <exception cref="RehearsalFailedException">The campaign cannot be launched.</exception>
    public async Task<Store> OpenAsync(Store origin, Rehearsal rehearsal, ScenarioPlan plan, Terms terms, CancellationToken cancel)
    {
        var own = await InstallAsync(origin, rehearsal, cancel);
        await backdate.BeginningAsync(own, plan.Start, cancel);
        var campaignId = CampaignIdOf(origin, rehearsal.Id);
        var name = (await campaigns.FindAsync(origin, rehearsal.CampaignId, cancel))?.Name ?? "Campaign";
        var objective = new Objective("orders", 100, WholeSecond.Of(clock.GetUtcNow() + ObjectiveAhead));
        await campaigns.CreateOnceAsync(own, campaignId, name, objective, terms, Actor, cancel);
        for (var index = 0; index < plan.People.Length; index++)
        {
            await AddAsync(own, campaignId, AmbassadorIdOf(origin, rehearsal.Id, terms, index), plan.People[index], cancel);
        }

        // The last ones first: the first have a share of their own where the terms name persons.
        var named = (terms.Rates ?? []).Select(rate => rate.Group).OfType<string>().Distinct(StringComparer.Ordinal).Take(plan.People.Length).ToList();
        for (var index = 0; index < named.Count; index++)
        {
            await groups.JoinAsync(own, AmbassadorIdOf(origin, rehearsal.Id, terms, plan.People.Length - 1 - index), named[index], Actor, cancel);
        }

        var known = await Orders.OrderHistory.HorizonAsync(db, own, cancel);
        if (await campaigns.LaunchAsync(own, campaignId, known.Since, Actor, cancel) is not (CampaignStep.Done or CampaignStep.NotDraft) and var step)
        {
            throw new RehearsalFailedException($"The campaign could not be launched in the rehearsal's store ({step}).");
        }

        await backdate.BeginningAsync(own, plan.Start, cancel);
        return own;
    }

    private async Task<Store> InstallAsync(Store origin, Rehearsal rehearsal, CancellationToken cancel)
    {
        var own = await installation.FindOrMakeAsync(RehearsalPlatform.PlatformName, "test", $"{HashOf(origin, rehearsal.Id)}.rehearsal.example", cancel);
        await db.InTransactionAsync(
            async tx =>
            {
                if (await tx.DoAsync(MarkOwn, new { storeId = own.Id, originId = origin.Id }) != 1)
                {
                    throw new InvalidOperationException($"The store {own.Id} is no rehearsal of {origin.Id}.");
                }

                await tx.DoAsync(KeepOwn, new { storeId = origin.Id, id = rehearsal.Id, ownId = own.Id });
            },
            cancel: cancel);
        if (own.IsInstalled)
        {
            return own;
        }

        if (await platform.FindAsync(own.Id, cancel) is null)
        {
            var name = origin.DisplayName.Length <= NameLengthMax ? origin.DisplayName : origin.DisplayName[..NameLengthMax];
            await platform.OpenAsync(own.Id, new ShopFacts($"{name} (rehearsal)", rehearsal.Currency, origin.TimeZone ?? "UTC"), cancel);
        }

        var grant = await client.ExchangeAsync(own.Domain, await platform.GrantAsync(own.Id, cancel), cancel);
        await stripe.ConnectAsync(own, cancel);
        return await installation.CompleteAsync(own, grant, cancel);
    }

    private async Task AddAsync(Store own, string campaignId, string id, PlannedPerson person, CancellationToken cancel)
    {
        if (await ambassadors.ExistsAsync(own, id, cancel))
        {
            return;
        }

        await db.InTransactionAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var at = WholeSecond.Of(now);
                var campaign = await Joining.HoldCampaignAsync(tx, own.Id, campaignId, now) ?? throw new InvalidOperationException("The campaign was not made.");
                var newcomer = new NewAmbassador(person.Name, person.Email, campaignId, person.Code, person.Account);
                var hash = keys.Hash(own, "email", PersonKey.OfEmail(person.Email));
                await Joining.WriteAsync(tx, own.Id, new Newcomer(id, newcomer, hash, at, new Approval(Actor)), now);
                var code = new NewCode(id, campaignId, person.Code, at, campaign.HasDiscount ? "pending" : "none");
                await Joining.WriteCodeAsync(tx, own.Id, code);
                await Joining.OrderAsync(tx, own.Id, campaign, code, now);
            },
            cancel: cancel);
    }

    // The rehearsing store is a part of it: an id that somebody makes up names no other store's rehearsal.
    private static string HashOf(Store origin, string rehearsalId) => Ids.HashOf($"{origin.Id}:{rehearsalId}")[..32];
}

/// <summary>A step did not go as it must; the message tells why, for the merchant.</summary>
internal sealed class RehearsalFailedException(string message) : Exception(message);
