// Prepares payout runs by the calendar: weekly or monthly, where the merchant has asked for it.
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

/// <summary>
/// Prepares, and leaves the approval to people unless the merchant has set a sum up to which none is needed. A day makes one run at
/// most, by its unique key, whatever dies and however many programs look.
/// </summary>
internal sealed class PayoutSchedule(Db db, StoreDirectory stores, PayoutRuns runs, TimeProvider clock)
{
    private const string Actor = "schedule";

    private const long StoresMax = 200;

    private const string ReadSchedules =
        """
        SELECT f.store_id, f.schedule, f.schedule_day, f.two_people_from_minor, f.approve_alone_to_minor, f.updated_at
        FROM payout_settings f
        JOIN stores s ON s.id = f.store_id
        WHERE f.schedule IS NOT NULL AND s.state = 'installed' AND f.store_id > @after
        ORDER BY f.store_id
        """;

    private const string HasRun =
        "SELECT CAST(COUNT(*) AS bigint) FROM payout_runs WHERE store_id = @storeId AND scheduled_day = @day";

    /// <summary>Looks at every store that has a schedule. Returns 0, so that the next look comes after a pause.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        for (var after = ""; ;)
        {
            var schedules = await db.ManyAsync<Row>($"{ReadSchedules} {db.Page}", new { after, take = StoresMax }, cancel);
            foreach (var schedule in schedules)
            {
                await PrepareAsync(await stores.GetAsync(schedule.StoreId, cancel), schedule, cancel);
            }

            if (schedules.Count < StoresMax)
            {
                return 0;
            }

            after = schedules[^1].StoreId;
        }
    }

    private async Task PrepareAsync(Store store, Row schedule, CancellationToken cancel)
    {
        var day = Due(LocalDay.Of(store, clock.GetUtcNow()), schedule.Schedule, (int)schedule.ScheduleDay);

        // What fell due before the schedule was set is not made up for.
        if (day < LocalDay.Of(store, schedule.UpdatedAt) || await db.OneAsync<long>(HasRun, new { storeId = store.Id, day = LocalDay.Number(day) }, cancel) > 0)
        {
            return;
        }

        PayoutRun run;
        try
        {
            run = await runs.PreviewAsync(store, Actor, cancel, LocalDay.Number(day));
        }
        catch (System.Data.Common.DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            // Another program was first.
            return;
        }

        if (schedule.ApproveAloneToMinor is { } ceiling && MayApprove(run, store, ceiling, schedule.TwoPeopleFromMinor))
        {
            await runs.ApproveAsync(store, run.Id, Actor, cancel);
        }
    }

    /// <summary>
    /// Whether a run needs no person: something is to be paid, in the store's own currency alone, not above the sum, with nothing odd
    /// about it and nothing missing. Where a sum takes two people, the schedule is neither of them.
    /// </summary>
    public static bool MayApprove(PayoutRun run, Store store, long ceilingMinor, long? twoPeopleFromMinor) =>
        RunSums.Totals(run.Lines) is [var total] && total.Currency.Code == store.Currency && total.Minor <= ceilingMinor && !(total.Minor >= twoPeopleFromMinor)
        && run.Lines.All(line => line.Warning is null) && !run.Funding.Any(funding => funding.IsShort);

    /// <summary>The day, today or before, on which the latest run of a schedule falls due.</summary>
    /// <param name="schedule"><c>weekly</c> or <c>monthly</c>.</param>
    /// <param name="scheduleDay">1, Monday, to 7; or 1 to 28.</param>
    public static DateOnly Due(DateOnly today, string schedule, int scheduleDay) => schedule switch
    {
        "weekly" => today.AddDays(-(((int)today.DayOfWeek + 7 - (scheduleDay % 7)) % 7)),
        "monthly" when today.Day >= scheduleDay => new DateOnly(today.Year, today.Month, scheduleDay),
        "monthly" => new DateOnly(today.Year, today.Month, scheduleDay).AddMonths(-1),
        _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule, "Runs are made weekly or monthly."),
    };

    private sealed record Row(string StoreId, string Schedule, long ScheduleDay, long? TwoPeopleFromMinor, long? ApproveAloneToMinor, DateTimeOffset UpdatedAt);
}
