// The pages of statements: for the ambassador in the portal, and the same for the merchant.
using StorePlugin.Pages;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Statements;

/// <param name="Name">The ambassador's.</param>
/// <param name="Path">Of all their statements; a month's path goes on from it.</param>
/// <param name="BackPath">Where the reader came from.</param>
public sealed record StatementListModel(Frame Frame, string Name, string Path, string BackPath, IReadOnlyList<StatementMonth> Months, IReadOnlyList<BillLink> Bills);

public sealed record StatementMonth(string Path, string Text);

public sealed record StatementModel(
    Frame Frame, string Name, string Store, string Title, bool IsFinal, string Path, string ListPath, bool IsTooLong, IReadOnlyList<StatementTable> Parts);

public sealed record StatementTable(string Currency, string Opening, IReadOnlyList<StatementRow> Rows, string Earned, string PaidOut, string Closing);

/// <param name="Vat">What went with a payout beside the amount, without a sign; null where there is none.</param>
public sealed record StatementRow(string Day, string What, string? Order, string Amount, string Balance, string? Vat);

internal static class StatementPages
{
    /// <summary>Adds the pages to the portal, whose policy has let an ambassador in.</summary>
    public static void MapOwnStatements(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/statements", (Visitor visitor, StatementReader reader, SelfBills bills, CancellationToken cancel) =>
            ListAsync(Frame.OfPortal(visitor), visitor.Store, visitor.AmbassadorId!, "/portal/statements", "/portal", "/portal/self-bills", reader, bills, cancel));
        rooms.MapGet("/statements/{month}", (Visitor visitor, string month, StatementReader reader, CancellationToken cancel) =>
            ShowAsync(Frame.OfPortal(visitor), visitor.Store, visitor.AmbassadorId!, "/portal/statements", month, reader, cancel));
    }

    /// <summary>Adds the pages to the dashboard, whose policy has let a merchant in.</summary>
    public static void MapStatements(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/ambassadors/{ambassadorId}/statements", (Visitor visitor, string ambassadorId, StatementReader reader, SelfBills bills, CancellationToken cancel) =>
            ListAsync(
                Frame.OfDashboard(visitor), visitor.Store, ambassadorId, PathOf(ambassadorId), BackOf(ambassadorId), "/dashboard/self-bills", reader, bills, cancel));
        rooms.MapGet("/ambassadors/{ambassadorId}/statements/{month}", (Visitor visitor, string ambassadorId, string month, StatementReader reader, CancellationToken cancel) =>
            ShowAsync(Frame.OfDashboard(visitor), visitor.Store, ambassadorId, PathOf(ambassadorId), month, reader, cancel));
    }

    private static string BackOf(string ambassadorId) => $"/dashboard/ambassadors/{Uri.EscapeDataString(ambassadorId)}";

    private static string PathOf(string ambassadorId) => $"{BackOf(ambassadorId)}/statements";

    private static async Task<IResult> ListAsync(
        Frame frame, Store store, string ambassadorId, string path, string backPath, string billsPath, StatementReader reader, SelfBills bills,
        CancellationToken cancel) =>
        await reader.NameAsync(store, ambassadorId, cancel) is { } name
            ? Page.Of<StatementListPage>(new StatementListModel(
                frame, name, path, backPath,
                [.. (await reader.MonthsAsync(store, ambassadorId, cancel)).Select(month => new StatementMonth($"{path}/{month}", month.Text))],
                await SelfBillPages.LinksAsync(bills, store, ambassadorId, billsPath, cancel)))
            : TypedResults.NotFound();

    // A month with the ending of a file is the file.
    private static async Task<IResult> ShowAsync(
        Frame frame, Store store, string ambassadorId, string path, string text, StatementReader reader, CancellationToken cancel)
    {
        const string FileEnding = ".csv";
        var isFile = text.EndsWith(FileEnding, StringComparison.Ordinal);
        if (Month.Parse(isFile ? text[..^FileEnding.Length] : text) is not { } month || await reader.NameAsync(store, ambassadorId, cancel) is not { } name)
        {
            return TypedResults.NotFound();
        }

        var statement = await reader.ReadAsync(store, ambassadorId, month, cancel);
        return isFile && statement is not null
            ? TypedResults.Bytes(StatementFile.CsvOf(statement), StatementFile.ContentType, $"statement-{month}.csv")
            : Page.Of<StatementPage>(new StatementModel(
                frame, name, store.DisplayName, $"Statement for {month.Text}", statement?.IsFinal ?? true, $"{path}/{month}", path, statement is null,
                [.. (statement?.Parts ?? []).Select(TableOf)]));
    }

    private static StatementTable TableOf(StatementPart part) => new(
        part.Opening.Currency.Code,
        Words.Of(part.Opening),
        [.. part.Lines.Select(line => new StatementRow(
            Words.Day(line.Day), line.What, line.Order, Words.Signed(line.Amount.Minor, line.Amount.Currency.Code), Words.Of(line.Balance),
            line.Vat is { } vat ? Words.Of(vat.Minor < 0 ? -vat : vat) : null))],
        Words.Of(part.Earned),
        Words.Of(part.PaidOut),
        Words.Of(part.Closing));
}
