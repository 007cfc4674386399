// Ambassadors as the API shows them: with link, counts and balances.
using StorePlugin.Ledger;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed class AmbassadorViews(AmbassadorDb ambassadors, LedgerQueries ledger, PublicAddress address)
{
    /// <summary>Null when the store has no such ambassador.</summary>
    public async Task<AmbassadorView?> OneAsync(Store store, string id, CancellationToken cancel) =>
        await ambassadors.FindAsync(store, id, cancel) is { } ambassador ? (await ManyAsync(store, [ambassador], cancel))[0] : null;

    public async Task<IReadOnlyList<AmbassadorView>> ManyAsync(Store store, IReadOnlyList<Ambassador> people, CancellationToken cancel)
    {
        if (people.Count == 0)
        {
            return [];
        }

        var ids = people.Select(ambassador => ambassador.Id).ToArray();
        var counts = await ambassadors.CountAsync(store, ids, cancel);
        var balances = (await ledger.BalancesOfAsync(store, ids, cancel)).ToLookup(balance => balance.AmbassadorId);
        var writtenOff = (await ledger.WrittenOffOfAsync(store, ids, cancel)).ToLookup(total => total.AmbassadorId);
        return [.. people.Select(ambassador => new AmbassadorView(
            ambassador.Id,
            ambassador.Name,
            ambassador.Email,
            ambassador.CampaignId,
            ambassador.State,
            ambassador.GroupName,
            ambassador.Code,
            new DiscountView(ambassador.DiscountState, ambassador.DiscountProblem),
            ambassador.Slug,
            address.Of($"/r/{Uri.EscapeDataString(ambassador.Slug)}"),
            ambassador.StripeAccount,
            ambassador.ApprovedAt,
            ambassador.SuspendedAt,
            ambassador.EndedAt,
            ambassador.CreatedAt,
            counts[ambassador.Id].Clicks,
            counts[ambassador.Id].UniqueClicks,
            counts[ambassador.Id].Orders,
            Show(balances[ambassador.Id], store),
            [.. writtenOff[ambassador.Id].Select(total => new Amount(total.AmountMinor, total.Currency))]))];
    }

    /// <summary>All five accounts in the store's currency and in every other that has a balance, so that nobody has to guess a zero.</summary>
    private static List<BalanceView> Show(IEnumerable<Balance> balances, Store store)
    {
        var known = balances.ToDictionary(balance => (balance.Currency, balance.Account), balance => balance.AmountMinor);
        var currencies = known.Keys.Select(key => key.Currency).Concat(store.Currency is { } own ? [own] : []).Distinct().Order(StringComparer.Ordinal);
        return [.. currencies.SelectMany(currency => Account.OfAmbassador.Select(account =>
            new BalanceView(account, new Amount(known.GetValueOrDefault((currency, account)), currency))))];
    }
}
