// What an ambassador was owed at the start of a month, what came and went, and what is owed at its end: values in, value out.
using System.Collections.Immutable;
using System.Globalization;
using StorePlugin.Ledger;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Statements;

/// <summary>A month of a calendar, in the store's time zone.</summary>
internal sealed record Month(int Year, int Number)
{
    /// <summary><c>2026-03</c>; null where the text is no month.</summary>
    public static Month? Parse(string? text) =>
        text?.Length == 7 && DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? new Month(day.Year, day.Month) : null;

    /// <summary>Of a number such as 202603.</summary>
    public static Month Of(long number) => new((int)(number / 100), (int)(number % 100));

    /// <summary>Days of booking as the ledger holds them, yyyymmdd: from the first on, and before the first of the next month.</summary>
    public (long From, long Before) Days => ((Year * 10_000L) + (Number * 100), (Year * 10_000L) + ((Number + 1) * 100));

    public string Text => new DateOnly(Year, Number, 1).ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Year:d4}-{Number:d2}");
}

/// <summary>One thing that changed what is owed.</summary>
/// <param name="Day">Of booking, in the store's time zone.</param>
/// <param name="Order">The order's reference; never the shopper (rule K6).</param>
/// <param name="PayoutId">The payout, where it was one.</param>
/// <param name="Amount">Above zero: more is owed. Without VAT.</param>
/// <param name="Balance">What is owed after it.</param>
/// <param name="Vat">What went with a payout, or came back with it, beside the amount and of the same sign; null where there is none.</param>
internal sealed record StatementLine(DateOnly Day, string What, string? Order, string? PayoutId, Money Amount, Money Balance, Money? Vat = null);

/// <summary>A month in one currency. Opening and lines sum to the closing, which is the ledger's.</summary>
internal sealed record StatementPart(Money Opening, ImmutableArray<StatementLine> Lines, Money Earned, Money PaidOut, Money Closing);

/// <summary>A statement: what is approved and what is in a payout, by currency. What is held or in review is not owed yet.</summary>
/// <param name="IsFinal">The month is over.</param>
internal sealed record Statement(string AmbassadorId, Month Month, bool IsFinal, ImmutableArray<StatementPart> Parts);

/// <summary>A movement of the ledger, as a statement reads it.</summary>
internal sealed record StatementMovement
{
    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    public string Id { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Source { get; init; } = "";

    /// <summary>Of booking, yyyymmdd.</summary>
    public long LocalDay { get; init; }

    public string Currency { get; init; } = "";

    public string? OrderId { get; init; }

    public string? Reference { get; init; }

    /// <summary>Without VAT.</summary>
    public long AmountMinor { get; init; }

    /// <summary>Of a step of a payout; above zero whichever way it went.</summary>
    public long VatMinor { get; init; }
}

internal static class StatementText
{
    /// <summary>Puts the movements of a month, in their order, between what was owed before and after.</summary>
    public static ImmutableArray<StatementPart> Parts(IEnumerable<CurrencySum> openings, IEnumerable<StatementMovement> movements)
    {
        var before = openings.ToDictionary(sum => sum.Currency, sum => sum.AmountMinor, StringComparer.Ordinal);
        var moved = movements.ToLookup(movement => movement.Currency, StringComparer.Ordinal);
        return [.. before.Where(pair => pair.Value != 0).Select(pair => pair.Key).Concat(moved.Select(group => group.Key)).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal).Select(code => Part(new Money(before.GetValueOrDefault(code), Currency.Parse(code)), moved[code]))];
    }

    private static StatementPart Part(Money opening, IEnumerable<StatementMovement> movements)
    {
        var (balance, earned, paid) = (opening, Money.Zero(opening.Currency), Money.Zero(opening.Currency));
        var lines = ImmutableArray.CreateBuilder<StatementLine>();
        foreach (var movement in movements)
        {
            var amount = new Money(movement.AmountMinor, opening.Currency);
            balance += amount;
            var payoutId = movement.Kind is LedgerKind.PayoutSent ? movement.Source
                : movement.Kind is LedgerKind.PayoutReversed ? movement.Source[..movement.Source.LastIndexOf("-r", StringComparison.Ordinal)]
                : null;
            if (payoutId is null)
            {
                earned += amount;
            }
            else
            {
                paid += amount;
            }

            lines.Add(new StatementLine(
                DateOnly.ParseExact(movement.LocalDay.ToString(CultureInfo.InvariantCulture), "yyyyMMdd", CultureInfo.InvariantCulture),
                What(movement.Kind, movement.AmountMinor), movement.Reference ?? movement.OrderId, payoutId, amount, balance,
                movement.VatMinor == 0 ? null : amount with { Minor = movement.Kind == LedgerKind.PayoutSent ? -movement.VatMinor : movement.VatMinor }));
        }

        return new StatementPart(opening, lines.DrainToImmutable(), earned, -paid, balance);
    }

    private static string What(string kind, long minor) => kind switch
    {
        LedgerKind.PayoutSent => "Payout",
        LedgerKind.PayoutReversed => "Payout that came back",
        LedgerKind.Opening => "Brought over from before",
        LedgerKind.WriteOff => "Written off by the store",
        LedgerKind.Revival => "Owed again after rejoining",
        LedgerKind.Bonus => minor < 0 ? "Milestone taken back" : "Milestone",
        LedgerKind.Review => minor < 0 ? "Looked at again by the store" : "Commission, cleared by the store",
        _ => minor < 0 ? "Commission taken back: refunded or corrected" : "Commission",
    };
}
