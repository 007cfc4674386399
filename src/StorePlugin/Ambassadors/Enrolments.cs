// Customers who press the button on the store's own pages: made ambassadors, or applicants, as the campaign's terms say.
using System.Data.Common;
using System.Diagnostics;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Key">The keyed hash of the platform's number of the customer.</param>
/// <param name="Name">As the platform has it.</param>
/// <param name="Email">An address that the platform vouches for.</param>
internal sealed record EnrollingCustomer(string Key, string Name, string Email);

/// <summary>What came of a customer's wish.</summary>
internal abstract record EnrolResult
{
    /// <summary>They are an ambassador, now or since before.</summary>
    internal sealed record Joined(string AmbassadorId) : EnrolResult;

    /// <summary>A person decides.</summary>
    internal sealed record Applied : EnrolResult;

    /// <summary>As many as may wait for a decision wait for one.</summary>
    internal sealed record Full : EnrolResult;

    /// <summary>The campaign takes nobody in from the store's pages, or not this person.</summary>
    internal sealed record Closed : EnrolResult;
}

internal sealed class Enrolments(Db db, AmbassadorDb ambassadors, AmbassadorCustomers customers, StoreKeys keys, TimeProvider clock)
{
    private const int RaceTriesMax = 5;

    /// <summary>
    /// Does what the campaign's terms say, all of it or nothing. Whoever presses twice is an ambassador once, or has applied once.
    /// </summary>
    public async Task<EnrolResult> EnrolAsync(Store store, string campaignId, EnrollingCustomer customer, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(tx => EnrolAsync(tx, store, campaignId, customer), cancel: cancel);
            }
            // Somebody took the code or the slug, or the same customer pressed elsewhere, between the look and the write: the next look sees it.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private async Task<EnrolResult> EnrolAsync(Tx tx, Store store, string campaignId, EnrollingCustomer customer)
    {
        var now = clock.GetUtcNow();
        if (await Joining.HoldCampaignAsync(tx, store.Id, campaignId, now) is not { State: "live", Terms.Enrolment: { } term })
        {
            return new EnrolResult.Closed();
        }

        var emailKey = PersonKey.OfEmail(customer.Email);
        string?[] hashes = [await AmbassadorCustomers.FindPersonAsync(tx, store.Id, customer.Key), keys.Hash(store, "email", emailKey)];
        switch (JoinWay.Of(await customers.MembershipsAsync(tx, store.Id, hashes.OfType<string>().Distinct(StringComparer.Ordinal)), campaignId, term))
        {
            case JoinWay.Member member:
                await AmbassadorCustomers.LinkAsync(tx, store.Id, customer.Key, member.Membership.AmbassadorId, now);
                return new EnrolResult.Joined(member.Membership.AmbassadorId);

            case JoinWay.Open { Way: Enrolment.Application }:
                return await ApplyAsync(tx, store.Id, campaignId, customer, emailKey, now);

            case JoinWay.Open:
                return new EnrolResult.Joined(await AddAsync(tx, store, campaignId, customer, emailKey, now));

            default:
                return new EnrolResult.Closed();
        }
    }

    // The words of an application that waits stay: the button has none to put in their place.
    private static async Task<EnrolResult> ApplyAsync(
        Tx tx, string storeId, string campaignId, EnrollingCustomer customer, string emailKey, DateTimeOffset now) =>
        await Applications.FindWaitingAsync(tx, storeId, campaignId, emailKey) is null
        && await Applications.KeepAsync(tx, storeId, campaignId, new NewApplication(customer.Name, customer.Email, Message: null), now) == ApplyStep.Full
            ? new EnrolResult.Full()
            : new EnrolResult.Applied();

    private async Task<string> AddAsync(Tx tx, Store store, string campaignId, EnrollingCustomer customer, string emailKey, DateTimeOffset now)
    {
        var code = await Applications.ProposeAsync(tx, store.Id, customer.Name);
        var approval = new Approval(OrderState.Program, "By the campaign's terms customers take part at once.", WholeSecond.Of(now));
        var result = await ambassadors.AddAsync(tx, store, new NewAmbassador(customer.Name, customer.Email, campaignId, code, StripeAccount: null), approval);
        if (result is not AddResult.Added { Id: var id })
        {
            throw new UnreachableException($"A free code for somebody who takes no part in a live campaign was refused: {result.GetType().Name}.");
        }

        await Applications.SettleAsync(tx, store.Id, campaignId, emailKey, id, OrderState.Program, now);
        await AmbassadorCustomers.LinkAsync(tx, store.Id, customer.Key, id, now);
        return id;
    }
}
