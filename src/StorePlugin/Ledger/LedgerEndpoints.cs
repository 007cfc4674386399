// The API's calls about the books.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;

namespace StorePlugin.Ledger;

/// <param name="Id">The transaction's id; its entries share it and sum to zero.</param>
internal sealed record LedgerEntryView(
    string Id,
    [property: Description("The place within the transaction.")] long Position,
    [property: Description(
        "Why it was posted: commission, release, review, payout_reserved, payout_sent, payout_returned, payout_reversed, opening, " +
        "merchant_cost, write_off, revival, bonus, reward_reserved, reward_given, reward_released, reward_returned.")]
    string Kind,
    [property: Description("What caused it; unique with the kind.")] string Source,
    [property: Description("held, review, approved, in_payout, paid, expense, written_off or vat.")] string Account,
    [property: Description("Null on the merchant's accounts.")] string? AmbassadorId,
    string? Order,
    [property: Description("Positive: owed to the ambassador.")] Amount Amount,
    DateTimeOffset BookedAt,
    string Actor,
    string Reason);

internal sealed record LedgerBalanceView(
    [property: Description("Null on the merchant's accounts.")] string? AmbassadorId, string Account, Amount Amount);

internal sealed record AccountTotalView(string Account, Amount Amount);

/// <param name="Totals">Over all ambassadors, or of the one asked for; the same on each page.</param>
internal sealed record LedgerBalancesView(IReadOnlyList<AccountTotalView> Totals, IReadOnlyList<LedgerBalanceView> Items, string? Next);

internal static class LedgerEndpoints
{
    public static void MapLedger(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ledger").WithTags("Ledger");
        group.MapGet("/entries", ListEntries).WithName("listLedgerEntries").WithSummary("The entries of the ledger, in the order of booking.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/balances", ListBalances).WithName("listBalances").WithSummary("Balances by ambassador, account and currency, with totals by account and currency.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<Listing<LedgerEntryView>>, ProblemHttpResult>> ListEntries(
        ApiCaller caller,
        LedgerQueries ledger,
        AmbassadorDb ambassadors,
        [AsParameters] Paging paging,
        [Description("Only the entries of this ambassador.")] string? ambassador,
        CancellationToken cancel)
    {
        if (AfterEntry(paging) is not { } after)
        {
            return Paging.BadAfter;
        }

        if (ambassador is not null && !await ambassadors.ExistsAsync(caller.Store, ambassador, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var rows = await ledger.EntriesAsync(caller.Store, ambassador, after.TransactionId, after.Position, paging.Take, cancel);
        return TypedResults.Ok(paging.Show(rows, row => $"{row.TransactionId}.{row.Position}", Show));
    }

    private static async Task<Results<Ok<LedgerBalancesView>, ProblemHttpResult>> ListBalances(
        ApiCaller caller,
        LedgerQueries ledger,
        AmbassadorDb ambassadors,
        [AsParameters] Paging paging,
        [Description("Only the balances of this ambassador.")] string? ambassador,
        CancellationToken cancel)
    {
        if (AfterBalance(paging) is not { } after)
        {
            return Paging.BadAfter;
        }

        if (ambassador is not null && !await ambassadors.ExistsAsync(caller.Store, ambassador, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var totals = await ledger.TotalsAsync(caller.Store, ambassador, cancel);
        var page = paging.Show(
            await ledger.BalancesAsync(caller.Store, ambassador, after, paging.Take, cancel),
            row => $"{row.AmbassadorId}.{row.Account}.{row.Currency}",
            row => new LedgerBalanceView(OrNull(row.AmbassadorId), row.Account, new Amount(row.AmountMinor, row.Currency)));
        return TypedResults.Ok(new LedgerBalancesView(
            [.. totals.Select(total => new AccountTotalView(total.Account, new Amount(total.AmountMinor, total.Currency)))], page.Items, page.Next));
    }

    private static LedgerEntryView Show(LedgerEntryRow row) => new(
        row.TransactionId,
        row.Position,
        row.Kind,
        row.Source,
        row.Account,
        OrNull(row.AmbassadorId),
        row.OrderId,
        new Amount(row.AmountMinor, row.Currency),
        row.BookedAt,
        row.Actor,
        row.Reason);

    private static string? OrNull(string ambassadorId) => ambassadorId == Account.Merchant ? null : ambassadorId;

    private static (string TransactionId, long Position)? AfterEntry(Paging paging) => paging.After?.Split('.') switch
    {
        null => ("", -1),
        [var id, var text] when id.StartsWith("ltx_", StringComparison.Ordinal)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) => (id, position),
        _ => null,
    };

    private static (string AmbassadorId, string Account, string Currency)? AfterBalance(Paging paging) => paging.After?.Split('.') switch
    {
        null => ("", "", ""),
        [var id, var account, var currency] when id.Length == 0 || id.StartsWith("amb_", StringComparison.Ordinal) => (id, account, currency),
        _ => null,
    };
}
