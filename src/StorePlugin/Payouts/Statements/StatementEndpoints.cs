// The JSON API of statements, and of what each payee got in a year.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Statements;

internal static class StatementEndpoints
{
    private const int YearMin = 2000;
    private const int YearMax = 2200;
    private const string UnitedStates = "US";

    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapStatementApi(this RouteGroupBuilder api)
    {
        var statements = api.MapGroup("").WithTags("Statements");
        statements.MapGet("/ambassadors/{id}/statements", Months).WithName("listStatements")
            .WithSummary("The months of which an ambassador has a statement, newest first.").ProducesProblem(StatusCodes.Status404NotFound);
        statements.MapGet("/ambassadors/{id}/statements/{month}", Show).WithName("getStatement")
            .WithSummary("What an ambassador was owed before a month, what came and went in it, and what was owed after it.")
            .WithDescription("The month as in 2026-03, in the store's time zone. Sums are the ledger's. What is held or in review is not owed yet and not on it.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        statements.MapGet("/ambassadors/{id}/statements/{month}.csv", Csv).WithName("downloadStatement")
            .WithSummary("The same as a file.").Produces<string>(contentType: StatementFile.MediaType)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        statements.MapTaxThresholds();
        statements.MapGet("/payee-years/{year}", Years).WithName("listPayeeYear")
            .WithSummary("What each payee got in a calendar year, in money and in kind, by currency.")
            .WithDescription(
                "For tax returns. A threshold that is known for the payee's country is named, and whether the sum reaches it; it is no advice. A W-9 or W-8 is due " +
                "of a payee outside of Stripe where they or the store are in the United States and no form counts today.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<StatementMonths>, ProblemHttpResult>> Months(ApiCaller caller, string id, StatementReader reader, CancellationToken cancel) =>
        await reader.NameAsync(caller.Store, id, cancel) is null
            ? NoSuchAmbassador
            : TypedResults.Ok(new StatementMonths([.. (await reader.MonthsAsync(caller.Store, id, cancel)).Select(month => month.ToString())]));

    private static async Task<Results<Ok<StatementView>, ProblemHttpResult>> Show(
        ApiCaller caller, string id, string month, StatementReader reader, CancellationToken cancel)
    {
        var (statement, problem) = await FindAsync(caller, id, month, reader, cancel);
        return statement is null ? problem! : TypedResults.Ok(StatementView.Of(statement));
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Csv(
        ApiCaller caller, string id, string month, StatementReader reader, CancellationToken cancel)
    {
        var (statement, problem) = await FindAsync(caller, id, month, reader, cancel);
        return statement is null ? problem! : TypedResults.Bytes(StatementFile.CsvOf(statement), StatementFile.ContentType, $"statement-{statement.Month}.csv");
    }

    private static async Task<(Statement? Statement, ProblemHttpResult? Problem)> FindAsync(
        ApiCaller caller, string id, string text, StatementReader reader, CancellationToken cancel)
    {
        if (Month.Parse(text) is not { } month)
        {
            return (null, NoSuchMonth);
        }

        if (await reader.NameAsync(caller.Store, id, cancel) is null)
        {
            return (null, NoSuchAmbassador);
        }

        return await reader.ReadAsync(caller.Store, id, month, cancel) is { } statement
            ? (statement, null)
            : (null, Problems.Unprocessable(
                "statement-too-long", "The month is too long for a statement.", $"It has more than {StatementReader.MovementsMax} movements. Read them from /ledger/entries."));
    }

    private static async Task<Results<Ok<Listing<YearView>>, ProblemHttpResult>> Years(
        ApiCaller caller, string year, YearTotals totals, TaxThresholds thresholds, TimeProvider clock, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (!int.TryParse(year, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < YearMin or > YearMax)
        {
            return Problems.NotFound("year-unknown", "There is no such year.", "A year is named as in 2026.");
        }

        if (AfterOf(paging.After) is not { } after)
        {
            return Paging.BadAfter;
        }

        var rows = await totals.ReadAsync(caller.Store, number, after, paging.Take, cancel);
        var own = await thresholds.OwnAsync(caller.Store, cancel);
        var isAmerican = await totals.CountryAsync(caller.Store, cancel) == UnitedStates;
        var today = caller.Store.LocalDay(clock.GetUtcNow());
        return TypedResults.Ok(paging.Show(rows, row => $"{row.AmbassadorId}.{row.Currency}", row => YearView.Of(row, number, own, isAmerican, today)));
    }

    private static (string AmbassadorId, string Currency)? AfterOf(string? after)
    {
        if (after is null)
        {
            return ("", "");
        }

        var dot = after.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && after.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.') ? (after[..dot], after[(dot + 1)..]) : null;
    }

    private static ProblemHttpResult NoSuchAmbassador =>
        Problems.NotFound("ambassador-not-found", "There is no such ambassador.", "The store has no ambassador with this id.");

    private static ProblemHttpResult NoSuchMonth => Problems.NotFound("month-unknown", "There is no such month.", "A month is named as in 2026-03.");

    internal sealed record StatementMonths([property: Description("As in 2026-03, newest first.")] IReadOnlyList<string> Months);

    internal sealed record StatementLineView(
        DateOnly Day,
        string What,
        [property: Description("The order's reference; null where it is about none.")] string? Order,
        [property: Description("The payout, where it is one.")] string? PayoutId,
        [property: Description("Without VAT.")] Amount Amount,
        [property: Description("The VAT that went with a payout, or came back; null where there is none.")] Amount? Vat,
        [property: Description("What is owed after it.")] Amount Balance);

    internal sealed record StatementPartView(
        Amount Opening,
        IReadOnlyList<StatementLineView> Lines,
        [property: Description("What came, less what was taken back.")] Amount Earned,
        [property: Description("What was paid out, less what came back.")] Amount PaidOut,
        Amount Closing);

    internal sealed record StatementView(
        string AmbassadorId,
        string Month,
        [property: Description("Whether the month is over.")] bool IsFinal,
        [property: Description("One for each currency.")] IReadOnlyList<StatementPartView> Parts)
    {
        public static StatementView Of(Statement statement) => new(
            statement.AmbassadorId,
            statement.Month.ToString(),
            statement.IsFinal,
            [.. statement.Parts.Select(part => new StatementPartView(
                Amount.Of(part.Opening),
                [.. part.Lines.Select(line => new StatementLineView(
                    line.Day, line.What, line.Order, line.PayoutId, Amount.Of(line.Amount), line.Vat is { } vat ? Amount.Of(vat) : null, Amount.Of(line.Balance)))],
                Amount.Of(part.Earned),
                Amount.Of(part.PaidOut),
                Amount.Of(part.Closing)))]);
    }

    internal sealed record YearView(
        string AmbassadorId,
        [property: Description("Null where the ambassador is gone.")] string? Name,
        [property: Description("The country of the payee's account at Stripe, else as they said for taxes; null where it is not known.")] string? Country,
        [property: Description("What was sent, less what came back, without VAT.")] Amount Paid,
        [property: Description("The VAT that was sent with it, less what came back.")] Amount Vat,
        [property: Description("Gift cards and store credit, less what was taken back, and codes at what they took off an order.")] Amount InKind,
        [property: Description("In money and in kind, without VAT.")] Amount Total,
        [property: Description("The form that may be due, where a threshold is known.")] string? Form,
        Amount? Threshold,
        bool ReachesThreshold,
        [property: Description("w9, w8ben or none, as it was noted; null while nobody has said.")] string? TaxForm,
        [property: Description("The last day on which it counts; null: it does not expire.")] DateOnly? TaxFormExpiresOn,
        [property: Description("Whether a W-9 or W-8 has to be asked for.")] bool TaxFormDue)
    {
        /// <param name="isAmerican">Whether the store is in the United States.</param>
        /// <param name="today">In the store's time zone, yyyymmdd.</param>
        public static YearView Of(YearTotal total, int year, IReadOnlyList<TaxThreshold> own, bool isAmerican, long today)
        {
            var sum = checked(total.PaidMinor + total.InKindMinor);
            var threshold = TaxThresholds.Of(total.Country, year, total.Currency, own);
            return new YearView(
                total.AmbassadorId,
                total.Name,
                total.Country,
                new Amount(total.PaidMinor, total.Currency),
                new Amount(total.VatMinor, total.Currency),
                new Amount(total.InKindMinor, total.Currency),
                new Amount(sum, total.Currency),
                threshold?.Form,
                threshold is null ? null : new Amount(threshold.Minor, threshold.Currency),
                threshold is not null && sum >= threshold.Minor,
                total.WForm,
                SelfBillDay.OrNull(total.WExpiresDay),
                (isAmerican || total.Country == UnitedStates) && total.AtStripe == 0 && (total.WForm is null || total.WExpiresDay < today));
        }
    }
}
