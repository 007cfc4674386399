// One ambassador as the merchant sees them.
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Portal;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="LeftAt">Since when they have left; null while they have not.</param>
/// <param name="LinkCode">The link as a QR code, an SVG of our own making; null where there is no link.</param>
/// <param name="EndedCodes">Codes that counted once, the one that ended last first.</param>
/// <param name="Clicks">All that are kept.</param>
/// <param name="Days">Clicks of the last days, oldest first.</param>
/// <param name="States">What they were from when on, newest first.</param>
/// <param name="SignInLink">A link that was just made for them; shown once.</param>
/// <param name="Problem">Why what was sent could not be done.</param>
public sealed record AmbassadorModel(
    Frame Frame, AmbassadorRow Ambassador, string Email, string Campaign, Moment ApprovedAt, Moment? SuspendedAt, Moment? LeftAt, bool HasPayoutAccount,
    string? LinkCode, IReadOnlyList<EndedCodeRow> EndedCodes, string Clicks, Plot Days, IReadOnlyList<Commission> Commissions, IReadOnlyList<OrderRow> Orders,
    IReadOnlyList<EntryRow> Entries, IReadOnlyList<RewardRow> Rewards, IReadOnlyList<SeriesRow> Series, IReadOnlyList<PayoutRow> Payouts, IReadOnlyList<StateRow> States,
    NotesGlance Notes, Acknowledgements Acknowledgements, IReadOnlyList<Choice> Groups, SaidOfSelf Said, string? SignInLink, string? Problem)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(AmbassadorModel);
}

/// <summary>What they have said of themselves in the portal, as sentences.</summary>
/// <param name="Waits">How long ago their question came that nobody has answered; null where none waits.</param>
public sealed record SaidOfSelf(string Named, string Adult, string? Waits);

public sealed record EndedCodeRow(string Code, Moment EndedAt);

/// <summary>A series of codes that work once each.</summary>
/// <param name="What">As in <c>A series of 500 codes: 250 made, 3 used</c>.</param>
/// <param name="Problem">Why it is not as it should be; null where nothing is wrong.</param>
public sealed record SeriesRow(string What, Moment CreatedAt, string? Problem);

/// <param name="RunPath">The run that it is part of.</param>
/// <param name="Problem">What a person should know of it, in words; null where there is nothing.</param>
public sealed record PayoutRow(string RunPath, Moment At, Badge State, string Way, string Amount, string? Problem);

/// <param name="What">What they were from then on, in words.</param>
public sealed record StateRow(Moment At, string What, string? Reason, string Who);

/// <summary>The newest notes, shortened.</summary>
/// <param name="Count">How many there are in all.</param>
public sealed record NotesGlance(string Count, IReadOnlyList<NoteRow> Newest);

/// <summary>What of an ambassador's page is asked for besides themselves.</summary>
/// <param name="Notice">A word of <see cref="Frame"/>.</param>
/// <param name="Acknowledging">An acknowledgement that could not be taken.</param>
internal sealed record PersonView(string? Notice = null, string? SignInLink = null, string? Problem = null, FormReader? Acknowledging = null);

internal static class AmbassadorDetail
{
    private const long OrdersShown = 15;
    private const long EntriesShown = 15;
    private const long SeriesShown = 20;
    private const long PayoutsShown = 25;
    private const long StatesShown = 10;
    private const long EndedCodesShown = 20;
    private const int NotesShown = 3;
    private const int NoteGlanceLength = 200;
    private const int DaysShown = 30;

    private const string ReadPerson =
        """
        SELECT a.email, a.stripe_account, a.approved_at, a.suspended_at, e.at AS left_at, c.name AS campaign
        FROM ambassadors a JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        LEFT JOIN ambassador_states e ON e.store_id = a.store_id AND e.ambassador_id = a.id AND a.state = 'ended'
            AND e.number = (SELECT MAX(n.number) FROM ambassador_states n WHERE n.store_id = a.store_id AND n.ambassador_id = a.id)
        WHERE a.store_id = @storeId AND a.id = @id
        """;

    private const string CountClicks = "SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @storeId AND ambassador_id = @id";

    private const string CountClicksOfDay =
        "SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @storeId AND ambassador_id = @id AND at >= @from AND at < @before";

    private const string ReadBalances =
        "SELECT account, currency, amount_minor FROM balances WHERE store_id = @storeId AND ambassador_id = @id";

    private const string ReadEndedCodes =
        """
        SELECT code, ended_at FROM codes
        WHERE store_id = @storeId AND ambassador_id = @id AND ended_at > assigned_at ORDER BY ended_at DESC, code_key
        """;

    private const string ReadPayouts = Payout.Columns + " WHERE store_id = @storeId AND ambassador_id = @id ORDER BY id DESC";

    private const string ReadStates =
        "SELECT number, state, at, actor, reason FROM ambassador_states WHERE store_id = @storeId AND ambassador_id = @id ORDER BY number DESC";

    private const string ReadLink = "SELECT slug FROM link_slugs WHERE store_id = @storeId AND ambassador_id = @id ORDER BY created_at, slug_key ";

    /// <summary>The ambassador's link to share; null where the store has no such ambassador.</summary>
    public static async Task<string?> FindLinkAsync(PeopleSources sources, Store store, string id, CancellationToken cancel) =>
        await sources.Db.OneAsync<string>(ReadLink + sources.Db.Page, new { storeId = store.Id, id, take = 1L }, cancel) is { } slug
            ? sources.Address.Of($"/r/{Uri.EscapeDataString(slug)}")
            : null;

    public static async Task<AmbassadorModel?> ReadAsync(PeopleSources sources, Visitor visitor, string id, PersonView view, CancellationToken cancel)
    {
        var (db, store) = (sources.Db, visitor.Store);
        var args = new { storeId = store.Id, id };
        if (await db.OneAsync<Person>(ReadPerson, args, cancel) is not { } person
            || await AmbassadorList.OneAsync(db, sources.Address, store, id, cancel) is not { } row)
        {
            return null;
        }

        var time = new StoreTime(store);
        var reader = new RunReader(visitor.Actor, await sources.Team.NamesAsync(store, cancel));
        return new AmbassadorModel(
            Frame.OfDashboard(visitor, view.Notice),
            row,
            person.Email,
            person.Campaign,
            time.At(person.ApprovedAt),
            time.At(person.SuspendedAt),
            time.At(person.LeftAt),
            person.StripeAccount is not null,
            row.Link is null ? null : LinkCode.Svg(row.Link),
            [
                .. (await db.ManyAsync<EndedCode>($"{ReadEndedCodes} {db.Page}", new { storeId = store.Id, id, take = EndedCodesShown }, cancel))
                    .Select(code => new EndedCodeRow(code.Code, time.At(code.EndedAt))),
            ],
            Words.Of(await db.OneAsync<long>(CountClicks, args, cancel)),
            await DaysAsync(db, store, id, sources.Clock.GetUtcNow(), cancel),
            Figures.Of(await db.ManyAsync<Balance>(ReadBalances, args, cancel)),
            await OrderList.OfAmbassadorAsync(db, visitor, id, OrdersShown, cancel),
            await OrderDetail.EntriesOfAmbassadorAsync(db, visitor, id, EntriesShown, cancel),
            await RewardList.ReadAsync(db, sources.Keys, store, id, isMerchant: true, cancel),
            [.. (await AmbassadorSeries.ListAsync(db, store, id, "", SeriesShown, cancel)).Select(series => Show(series, time))],
            [
                .. (await db.ManyAsync<Payout>($"{ReadPayouts} {db.Page}", new { storeId = store.Id, id, take = PayoutsShown }, cancel))
                    .Select(payout => Show(payout, time)),
            ],
            [
                .. (await db.ManyAsync<AmbassadorState>($"{ReadStates} {db.Page}", new { storeId = store.Id, id, take = StatesShown }, cancel))
                    .Select(state => new StateRow(time.At(state.At), Words.AmbassadorState(state.State), state.Reason, RunWords.Who(state.Actor, reader))),
            ],
            new NotesGlance(
                Words.Of(await sources.Notes.CountAsync(store, id, cancel)),
                [
                    .. (await sources.Notes.ListAsync(store, id, AmbassadorNotes.Newest, NotesShown, cancel))
                        .Select(note => NoteList.Show(note, row.Path, time, reader, NoteGlanceLength)),
                ]),
            await AcknowledgementForm.ReadAsync(sources, visitor, id, view.Acknowledging, time, reader, cancel),
            await PeopleChoices.GroupsAsync(db, store, row.Group ?? "", cancel),
            await SaidAsync(sources, store, id, time, cancel),
            view.SignInLink,
            view.Problem);
    }

    private static async Task<SaidOfSelf> SaidAsync(PeopleSources sources, Store store, string id, StoreTime time, CancellationToken cancel) => new(
        ProfilePages.SentenceOf(await sources.Profiles.ConsentAsync(store, id, cancel), time),
        await sources.Profiles.AdultAsync(store, id, cancel) is { } adult ? $"Yes, said on {time.At(adult.ConfirmedAt).Text}." : "They have not said so yet.",
        (await sources.Messages.FindThreadAsync(store, id, cancel))?.WaitingSince is { } since ? Words.Ago(sources.Clock.GetUtcNow() - since) : null);

    /// <summary>Counted day by day by the index of clicks, in the days of the store's time zone (rule M4).</summary>
    private static async Task<Plot> DaysAsync(Db db, Store store, string id, DateTimeOffset now, CancellationToken cancel)
    {
        var points = new List<PlotPoint>(DaysShown);
        foreach (var part in Period.Last(DaysShown, store, now).Parts())
        {
            var (from, before) = part.InstantsIn(store);
            var clicks = await db.OneAsync<long>(CountClicksOfDay, new { storeId = store.Id, id, from, before }, cancel);
            points.Add(new PlotPoint(part.Label, clicks, Words.Of(clicks), null, null));
        }

        return new Plot($"Clicks in the last {DaysShown} days", Words.Of(points.Sum(point => point.Value)), null, points);
    }

    private static SeriesRow Show(CodeSeries series, StoreTime time) => new(
        $"A series of {Words.Count(series.CodeCount, "code", "codes")}: {Words.Of(series.MadeCount)} made, {Words.Of(series.UsedCount)} used"
            + series.State switch { "ended" => "; ended", "refused" => "; refused by the store", _ => "" },
        time.At(series.CreatedAt),
        series.Problem);

    private static PayoutRow Show(Payout payout, StoreTime time) => new(
        RunList.PathOf(payout.RunId),
        time.At(payout.CreatedAt),
        RunWords.OfPayout(payout.ShownState, payout.Provider),
        RunWords.Way(payout.Provider),
        Words.Of(payout.Amount),
        payout.BankProblem ?? payout.Problem);

    private sealed record Person(string Email, string? StripeAccount, DateTimeOffset ApprovedAt, DateTimeOffset? SuspendedAt, DateTimeOffset? LeftAt, string Campaign)
    {
        public override string ToString() => nameof(Person);
    }

    private sealed record EndedCode(string Code, DateTimeOffset EndedAt);
}
