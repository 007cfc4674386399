// A document as a page that prints: for the merchant, and for the payee whom it is about.
using System.Globalization;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.SelfBilling;

/// <param name="Title">What the document is, with its number.</param>
/// <param name="Corrects">The number of the document that it corrects; null for a document.</param>
/// <param name="What">What was supplied, in a sentence.</param>
/// <param name="Rate">Of the VAT, where it is added.</param>
public sealed record SelfBillModel(
    Frame Frame, string BackPath, string Title, string Number, string? Corrects, string IssuedOn, BillSide Issuer, BillSide Supplier, string What, string Net, string? Rate,
    string Vat, string Gross, string Note, string PayoutId, bool IsRehearsal);

/// <summary>One side, as it stands on the document.</summary>
public sealed record BillSide(string Name, IReadOnlyList<string> Address, string Country, string? VatId, string? TaxNumber)
{
    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(BillSide);
}

/// <summary>A line of a list of documents.</summary>
public sealed record BillLink(string Path, string Text, string IssuedOn, string Gross);

internal static class SelfBillPages
{
    /// <summary>Of a payee's documents no list shows more.</summary>
    public const long ShownMax = 60;

    /// <summary>The page of a document, for the merchant.</summary>
    public static string PathOf(long number) => string.Create(CultureInfo.InvariantCulture, $"/dashboard/self-bills/{number}");

    /// <summary>Adds the page to the dashboard, whose policy has let a merchant in.</summary>
    public static void MapSelfBillPages(this RouteGroupBuilder rooms) => rooms.MapGet(
        "/self-bills/{number}",
        (Visitor visitor, string number, SelfBills bills, BillParties parties, CancellationToken cancel) =>
            ShowAsync(Frame.OfDashboard(visitor), visitor.Store, ambassadorId: null, number, bills, parties, cancel));

    /// <summary>Adds the page to the portal, whose policy has let an ambassador in.</summary>
    public static void MapOwnSelfBills(this RouteGroupBuilder rooms) => rooms.MapGet(
        "/self-bills/{number}",
        (Visitor visitor, string number, SelfBills bills, BillParties parties, CancellationToken cancel) =>
            ShowAsync(Frame.OfPortal(visitor), visitor.Store, visitor.AmbassadorId, number, bills, parties, cancel));

    /// <summary>The newest documents of a payee, for a list.</summary>
    /// <param name="path">Of one's own documents, or of the merchant's.</param>
    public static async Task<IReadOnlyList<BillLink>> LinksAsync(SelfBills bills, Store store, string ambassadorId, string path, CancellationToken cancel) =>
    [
        .. (await bills.NewestAsync(store, ambassadorId, ShownMax, cancel)).Select(bill => new BillLink(
            string.Create(CultureInfo.InvariantCulture, $"{path}/{bill.Number}"), TitleOf(bill), Words.Day(SelfBillDay.Of(bill.IssuedDay)),
            Words.Of(bill.IsCorrection ? -bill.Gross : bill.Gross))),
    ];

    private static async Task<IResult> ShowAsync(
        Frame frame, Store store, string? ambassadorId, string number, SelfBills bills, BillParties parties, CancellationToken cancel)
    {
        // A payee sees their own, and of others not even that they exist.
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted)
            || await bills.FindAsync(store, wanted, cancel) is not { } bill
            || (ambassadorId is not null && bill.AmbassadorId != ambassadorId))
        {
            return TypedResults.NotFound();
        }

        var sign = bill.IsCorrection ? -1 : 1;
        return Page.Of<SelfBillPage>(new SelfBillModel(
            frame,
            ambassadorId is null ? $"/dashboard/ambassadors/{Uri.EscapeDataString(bill.AmbassadorId)}/statements" : "/portal/statements",
            TitleOf(bill),
            bill.ShownNumber,
            bill.ShownCorrected,
            Words.Day(SelfBillDay.Of(bill.IssuedDay)),
            SideOf(await parties.OpenAsync(store.Id, bill.MerchantId, cancel)),
            SideOf(await parties.OpenAsync(store.Id, bill.PayeeId, cancel)),
            WhatOf(bill),
            Words.Of(sign * bill.NetMinor, bill.Currency),
            bill.VatCase == VatCase.Domestic ? RateOf(bill.VatRateBp) : null,
            Words.Of(sign * bill.VatMinor, bill.Currency),
            Words.Of(sign * bill.Gross.Minor, bill.Currency),
            VatCase.NoteOf(bill.VatCase),
            bill.PayoutId,
            !store.IsLive));
    }

    private static string TitleOf(SelfBill bill) => $"{(bill.IsCorrection ? "Correction" : "Self-billing invoice")} {bill.ShownNumber}";

    private static string WhatOf(SelfBill bill) => bill.Cause switch
    {
        SelfBillCause.Payout => "Commission for referring customers, as approved up to this payout.",
        SelfBillCause.Reversal => "Money of the payout came back: so much of the commission counts as not paid.",
        _ => "Commission that was taken back, since an order in the payout was refunded or corrected.",
    };

    private static BillSide SideOf(BillParty party) => new(party.Name, party.Address.Split('\n'), Stripe.Route.NameOf(party.Country), party.VatId, party.TaxNumber);

    /// <summary><c>19 %</c>.</summary>
    public static string RateOf(long basisPoints) => string.Create(CultureInfo.InvariantCulture, $"{basisPoints / 100m:0.##} %");
}
