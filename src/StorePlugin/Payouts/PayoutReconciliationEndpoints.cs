// The JSON API of the comparisons with Stripe: asking for one, its sums by day and currency, and what differs.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CsvHelper;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

internal static class PayoutReconciliationEndpoints
{
    private const int ReasonLengthMax = 200;

    private const string Csv = "text/csv";

    private static readonly string[] CsvHeader = ["day", "currency", "ours_minor", "stripe_minor", "difference_minor", "payouts", "transfers", "outside"];

    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapPayoutReconciliationApi(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/payout-reconciliations");
        group.MapGet("", List).WithName("listPayoutReconciliations").WithSummary("The comparisons of payouts with Stripe's transfers, without their sums, oldest first.");
        group.MapPost("", Begin).WithName("reconcilePayouts")
            .WithSummary("Compares the payouts of some days with Stripe's own list of transfers.")
            .WithDescription(
                "It is done every day by itself, for 35 days. One is under way at a time. The first one reads Stripe's whole list since the store's "
                + "first payout, up to 400 transfers a second; later ones read what is new.")
            .ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("/{id}", Show).WithName("getPayoutReconciliation")
            .WithSummary("One comparison with its sums by day and currency; as a file with the header Accept: text/csv.")
            .WithDescription(
                "A payout counts on the day on which Stripe made its transfer, in the store's time zone. What is not settled yet is in no sum. "
                + "Columns of the file: day, currency, ours_minor, stripe_minor, difference_minor, payouts, transfers, outside.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        var differences = api.MapGroup("/payout-differences");
        differences.MapGet("", ListDifferences).WithName("listPayoutDifferences")
            .WithSummary("What differs between payouts and Stripe's transfers: what is open first.");
        differences.MapPost("/{id}/clearance", Clear).WithName("clearPayoutDifference")
            .WithSummary("Lets payouts go on although a difference is there.")
            .WithDescription("Nothing is changed by it, neither in the books nor at Stripe. Where the sum becomes another, the difference is a new one.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private const string PageOfReconciliations =
        """
        SELECT id, state, from_day, to_day, asked_by, started_at, finished_at, transfers_read, problem FROM payout_reconciliations
        WHERE store_id = @storeId AND id > @after ORDER BY id
        """;

    private static async Task<Results<Ok<Listing<PayoutReconciliationSummary>>, ProblemHttpResult>> List(
        ApiCaller caller, Db db, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId("prc") is not { } after)
        {
            return Paging.BadAfter;
        }

        var rows = await db.ManyAsync<SummaryRow>($"{PageOfReconciliations} {db.Page}", new { storeId = caller.Store.Id, after, take = paging.Take }, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, PayoutReconciliationSummary.Of));
    }

    private static async Task<Results<Accepted<PayoutReconciliationSummary>, ProblemHttpResult>> Begin(
        ApiCaller caller, ApiBody<PayoutReconciliationRequest> body, ReconcilePayouts reconciliations, Db db, CancellationToken cancel)
    {
        var from = ReadDay(body.Fields, "from");
        var to = ReadDay(body.Fields, "to");
        body.Fields.RefuseOthersThan("from", "to");
        if (to < from)
        {
            body.Fields.Refuse("to", "must not lie before from");
        }
        else if (to?.DayNumber - from?.DayNumber >= ReconcilePayouts.DaysMax)
        {
            body.Fields.Refuse("to", $"must lie within {ReconcilePayouts.DaysMax} days of from, both included");
        }

        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        if (await reconciliations.BeginAsync(caller.Store, LocalDay.Number(from!.Value), LocalDay.Number(to!.Value), caller.Name, cancel) is not { } id)
        {
            return Problems.Conflict(
                "payout-reconciliation-running", "Payouts are being compared already.", "One comparison of a store is under way at a time; see GET /api/v1/payout-reconciliations.");
        }

        var row = (await db.OneAsync<SummaryRow>(ReadSummary, new { storeId = caller.Store.Id, id }, cancel))!;
        return TypedResults.Accepted($"/api/v1/payout-reconciliations/{id}", PayoutReconciliationSummary.Of(row));
    }

    private const string ReadSummary =
        """
        SELECT id, state, from_day, to_day, asked_by, started_at, finished_at, transfers_read, problem FROM payout_reconciliations
        WHERE store_id = @storeId AND id = @id
        """;

    private const string ReadResult = "SELECT result FROM payout_reconciliations WHERE store_id = @storeId AND id = @id";

    private static async Task<Results<Ok<PayoutReconciliationView>, FileContentHttpResult, ProblemHttpResult>> Show(
        ApiCaller caller, string id, Db db, HttpRequest request, CancellationToken cancel)
    {
        var args = new { storeId = caller.Store.Id, id };
        if (await db.OneAsync<SummaryRow>(ReadSummary, args, cancel) is not { } row)
        {
            return Problems.NotFound("payout-reconciliation-not-found", "There is no such comparison.", "The store has no comparison of payouts with this id.");
        }

        var result = await db.OneAsync<string>(ReadResult, args, cancel);
        var days = result is null ? [] : JsonSerializer.Deserialize(result, DaySumJson.Default.ListDaySum) ?? [];
        return request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(Csv, StringComparison.OrdinalIgnoreCase))
            ? TypedResults.Bytes(CsvOf(days), $"{Csv}; charset=utf-8", $"{id}.csv")
            : TypedResults.Ok(new PayoutReconciliationView(PayoutReconciliationSummary.Of(row), [.. days.Select(PayoutDayView.Of)]));
    }

    private static async Task<Results<Ok<Listing<PayoutDifferenceView>>, ProblemHttpResult>> ListDifferences(
        ApiCaller caller, PayoutDifferences differences, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterNumber() is not { } after)
        {
            return Paging.BadAfter;
        }

        var rows = await differences.ListAsync(caller.Store, after.Number, after.Text, paging.Take, cancel);
        return TypedResults.Ok(paging.Show(rows, row => $"{(row.IsOpen ? 0 : 1)}.{row.Id}", PayoutDifferenceView.Of));
    }

    private static async Task<Results<Ok<PayoutDifferenceView>, ProblemHttpResult>> Clear(
        ApiCaller caller, string id, ApiBody<PayoutClearanceRequest> body, PayoutDifferences differences, CancellationToken cancel)
    {
        var reason = body.Fields.Text("reason", 1, ReasonLengthMax);
        body.Fields.RefuseOthersThan("reason");
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await differences.ClearAsync(caller.Store, id, caller.Name, reason, cancel) switch
        {
            Clearance.Done => TypedResults.Ok(PayoutDifferenceView.Of((await differences.FindAsync(caller.Store, id, cancel))!)),
            Clearance.Gone => Problems.Conflict("payout-difference-gone", "The difference is gone.", "A later comparison did not find it any more, so there is nothing to clear."),
            Clearance.NoSuchDifference => Problems.NotFound("payout-difference-not-found", "There is no such difference.", "The store has no difference with this id."),
            _ => throw new UnreachableException(),
        };
    }

    private static DateOnly? ReadDay(Fields fields, string name)
    {
        var text = fields.Text(name, 10, 10);
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 9000)
        {
            return day;
        }

        if (text.Length > 0)
        {
            fields.Refuse(name, "must be a day such as 2026-11-30");
        }

        return null;
    }

    private static byte[] CsvOf(IEnumerable<DaySum> days)
    {
        using var file = new MemoryStream();
        using (var csv = CsvWriter.Create(file, leaveOpen: true))
        {
            csv.WriteRecord(CsvHeader);
            foreach (var day in days)
            {
                csv.WriteRecord(
                [
                    DayText(day.Day),
                    day.Currency,
                    .. new[] { day.OursMinor, day.TheirsMinor, day.OursMinor - day.TheirsMinor, day.Payouts, day.Transfers, day.Outside }
                        .Select(number => number.ToString(CultureInfo.InvariantCulture)),
                ]);
            }
        }

        return file.ToArray();
    }

    private static string DayText(long day) => string.Create(CultureInfo.InvariantCulture, $"{day / 10_000:d4}-{day / 100 % 100:d2}-{day % 100:d2}");

    internal sealed record SummaryRow(
        string Id, string State, long FromDay, long ToDay, string AskedBy, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, long TransfersRead, string? Problem);

    internal sealed record PayoutReconciliationRequest(
        [property: Description("The first day, in the store's time zone, as in 2026-11-01.")] string From,
        [property: Description("The last day; 400 days at most, both included.")] string To);

    internal sealed record PayoutReconciliationSummary(
        string Id,
        [property: Description("reading: Stripe's list is being read. comparing, done or failed.")] string State,
        [property: Description("The first day, in the store's time zone.")] string From,
        [property: Description("The last day.")] string To,
        [property: Description("Who asked; schedule: the daily one.")] string AskedBy,
        DateTimeOffset StartedAt,
        DateTimeOffset? FinishedAt,
        [property: Description("How many transfers of Stripe's list it has read so far.")] long TransfersRead,
        [property: Description("Why it waits, failed or is not whole, in words.")] string? Problem)
    {
        public static PayoutReconciliationSummary Of(SummaryRow row) => new(
            row.Id, row.State, DayText(row.FromDay), DayText(row.ToDay), row.AskedBy, row.StartedAt, row.FinishedAt, row.TransfersRead, row.Problem);
    }

    internal sealed record PayoutDayView(
        string Day,
        [property: Description("What payouts sent, less what came back.")] Amount Ours,
        [property: Description("The same of Stripe's transfers of these payouts.")] Amount Stripe,
        Amount Difference,
        long Payouts,
        long Transfers,
        [property: Description("How many transfers of the account were made outside this store's payouts; they are in no sum.")] long Outside)
    {
        public static PayoutDayView Of(DaySum day) => new(
            DayText(day.Day),
            new Amount(day.OursMinor, day.Currency),
            new Amount(day.TheirsMinor, day.Currency),
            new Amount(day.OursMinor - day.TheirsMinor, day.Currency),
            day.Payouts,
            day.Transfers,
            day.Outside);
    }

    internal sealed record PayoutReconciliationView(PayoutReconciliationSummary Reconciliation, IReadOnlyList<PayoutDayView> Days);

    internal sealed record PayoutClearanceRequest([property: Description("Why payouts may go on, 1 to 200 characters.")] string Reason);

    internal sealed record PayoutDifferenceView(
        string Id,
        [property: Description("missing_at_stripe, missing_here, differs, unknown or clearing, which stop payouts; no_bank_payout or outside, which do not.")] string Kind,
        [property: Description("Whether no run is approved until it is gone or cleared.")] bool Stops,
        [property: Description("The payout, the transfer, or the day and currency that it is about.")] string Subject,
        string? Day,
        [property: Description("What the books hold; null where that says nothing.")] Amount? Ours,
        [property: Description("What Stripe holds; null where that says nothing.")] Amount? Stripe,
        string Words,
        DateTimeOffset FoundAt,
        DateTimeOffset LastSeenAt,
        [property: Description("Since when a comparison no longer finds it; null while it is there.")] DateTimeOffset? GoneAt,
        DateTimeOffset? ClearedAt,
        string? ClearedBy,
        string? Reason)
    {
        public static PayoutDifferenceView Of(PayoutDifference difference) => new(
            difference.Id,
            difference.Kind,
            difference.IsOpen && DifferenceKind.Stops(difference.Kind),
            difference.Subject,
            difference.Day is { } day ? DayText(day) : null,
            AmountOf(difference.OursMinor, difference.Currency),
            AmountOf(difference.TheirsMinor, difference.Currency),
            difference.Words,
            difference.FoundAt,
            difference.LastSeenAt,
            difference.GoneAt,
            difference.ClearedAt,
            difference.ClearedBy,
            difference.Reason);

        private static Amount? AmountOf(long? minor, string? currency) => minor is { } known && currency is not null ? new Amount(known, currency) : null;
    }
}
