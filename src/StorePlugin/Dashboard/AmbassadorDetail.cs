// One ambassador as the merchant sees them.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="LeftAt">Since when they have left; null while they have not.</param>
/// <param name="SignInLink">A link that was just made for them; shown once.</param>
public sealed record AmbassadorModel(
    Frame Frame, AmbassadorRow Ambassador, string Email, string Campaign, Moment ApprovedAt, Moment? SuspendedAt, Moment? LeftAt, bool HasPayoutAccount,
    string Clicks, IReadOnlyList<Commission> Commissions, IReadOnlyList<OrderRow> Orders, IReadOnlyList<EntryRow> Entries,
    IReadOnlyList<RewardRow> Rewards, IReadOnlyList<SeriesRow> Series, string SignInLinkPath, string? SignInLink);

/// <summary>A series of codes that work once each.</summary>
/// <param name="What">As in <c>A series of 500 codes: 250 made, 3 used</c>.</param>
/// <param name="Problem">Why it is not as it should be; null where nothing is wrong.</param>
public sealed record SeriesRow(string What, Moment CreatedAt, string? Problem);

internal static class AmbassadorDetail
{
    private const long OrdersShown = 25;
    private const long EntriesShown = 30;
    private const long SeriesShown = 50;

    private const string ReadPerson =
        """
        SELECT a.email, a.stripe_account, a.approved_at, a.suspended_at, e.at AS left_at, c.name AS campaign
        FROM ambassadors a JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        LEFT JOIN ambassador_states e ON e.store_id = a.store_id AND e.ambassador_id = a.id AND a.state = 'ended'
            AND e.number = (SELECT MAX(n.number) FROM ambassador_states n WHERE n.store_id = a.store_id AND n.ambassador_id = a.id)
        WHERE a.store_id = @storeId AND a.id = @id
        """;

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private const string CountClicks = "SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @storeId AND ambassador_id = @id";

    private const string ReadBalances =
        "SELECT account, currency, amount_minor FROM balances WHERE store_id = @storeId AND ambassador_id = @id";

    public static async Task<bool> ExistsAsync(Db db, Visitor visitor, string id, CancellationToken cancel) =>
        id.Length > 0 && await db.OneAsync<long>(Count, new { storeId = visitor.Store.Id, id }, cancel) == 1;

    public static async Task<AmbassadorModel?> ReadAsync(
        Db db, StoreKeys keys, PublicAddress address, Visitor visitor, string id, string? signInLink, string? notice, CancellationToken cancel)
    {
        var args = new { storeId = visitor.Store.Id, id };
        if (await db.OneAsync<Person>(ReadPerson, args, cancel) is not { } person
            || await AmbassadorList.OneAsync(db, address, visitor.Store, id, cancel) is not { } row)
        {
            return null;
        }

        var time = new StoreTime(visitor.Store);
        return new AmbassadorModel(
            Frame.OfDashboard(visitor, notice),
            row,
            person.Email,
            person.Campaign,
            time.At(person.ApprovedAt),
            time.At(person.SuspendedAt),
            time.At(person.LeftAt),
            person.StripeAccount is not null,
            Words.Of(await db.OneAsync<long>(CountClicks, args, cancel)),
            Figures.Of(await db.ManyAsync<Balance>(ReadBalances, args, cancel)),
            await OrderList.OfAmbassadorAsync(db, visitor, id, OrdersShown, cancel),
            await OrderDetail.EntriesOfAmbassadorAsync(db, visitor, id, EntriesShown, cancel),
            await RewardList.ReadAsync(db, keys, visitor.Store, id, isMerchant: true, cancel),
            [.. (await Ambassadors.AmbassadorSeries.ListAsync(db, visitor.Store, id, "", SeriesShown, cancel)).Select(series => Show(series, time))],
            $"{row.Path}/sign-in-links",
            signInLink);
    }

    private static SeriesRow Show(Ambassadors.CodeSeries series, StoreTime time) => new(
        $"A series of {Words.Count(series.CodeCount, "code", "codes")}: {Words.Of(series.MadeCount)} made, {Words.Of(series.UsedCount)} used"
            + series.State switch { "ended" => "; ended", "refused" => "; refused by the store", _ => "" },
        time.At(series.CreatedAt),
        series.Problem);

    private sealed record Person(string Email, string? StripeAccount, DateTimeOffset ApprovedAt, DateTimeOffset? SuspendedAt, DateTimeOffset? LeftAt, string Campaign);
}
