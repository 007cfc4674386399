// Compares payouts with Stripe's transfers: which belong together, what differs, and the sums of each day. Values in, values out.
using System.Globalization;
using System.Text.Json.Serialization;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A transfer of Stripe's list, and the payout that its group names where the books hold it.</summary>
/// <param name="Day">The one it was made on as yyyymmdd, in the store's time zone.</param>
/// <param name="Amount">As <paramref name="AmountReversed"/> in Stripe's units of <paramref name="Currency"/>, which is in small letters.</param>
/// <param name="SentBy">Who decided that the payout is sent; a person where one took a transfer that is not what was asked for.</param>
internal sealed record ListedRow(
    string TransferId,
    string? PayoutGroup,
    long Amount,
    long AmountReversed,
    string Currency,
    string? Destination,
    long Day,
    string? PayoutId,
    string? State,
    string? PayoutCurrency,
    long? AmountMinor,
    long? ReversedMinor,
    string? PayoutDestination,
    string? PayoutTransferId,
    string? SentBy);

/// <summary>A payout that is sent by a transfer which Stripe's list does not hold.</summary>
internal sealed record UnlistedRow(string PayoutId, string TransferId, string Currency, long AmountMinor, long ReversedMinor, long Day);

/// <summary>A payout of which for long nobody can tell whether its transfer exists.</summary>
internal sealed record UnknownRow(string PayoutId, string Currency, long AmountMinor, DateTimeOffset SentAt);

/// <summary>Payouts of a day of which the bank's word is missing. By properties, since a sum that has no row has no type on SQLite.</summary>
internal sealed record SilentRow
{
    public long Day { get; init; }

    public string Currency { get; init; } = "";

    public long Payouts { get; init; }

    public long AmountMinor { get; init; }
}

/// <summary>The sums of a day and a currency; nothing is ever summed over two.</summary>
/// <param name="OursMinor">What payouts sent, less what came back, in minor units.</param>
/// <param name="TheirsMinor">The same of Stripe's transfers of these payouts.</param>
/// <param name="Outside">How many transfers were made outside this store's payouts; they are in no sum.</param>
internal sealed record DaySum(long Day, string Currency, long OursMinor, long TheirsMinor, long Payouts, long Transfers, long Outside);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(List<DaySum>))]
internal sealed partial class DaySumJson : JsonSerializerContext;

/// <summary>
/// Takes rows and adds them up. A payout and its transfer belong to the day on which Stripe made the transfer, whenever the books heard of
/// it; what has not been settled yet is in no sum (rule P5).
/// </summary>
internal sealed class TransferComparison
{
    /// <summary>How many differences are named; beyond them their number is told.</summary>
    public const int NamedMax = 1000;

    private readonly SortedDictionary<(long Day, string Currency), Sums> _sums = [];
    private readonly List<FoundDifference> _found = [];

    /// <summary>How many differences were found beyond those named.</summary>
    public long Unnamed { get; private set; }

    /// <summary>A transfer of the list.</summary>
    /// <param name="isOfAnotherStore">Whether another store of this host made it; asked only where the books of this one do not know it.</param>
    public void Add(ListedRow row, bool isOfAnotherStore)
    {
        if (row.PayoutGroup is null || (row.PayoutId is null && isOfAnotherStore))
        {
            Of(row.Day, row.Currency.ToUpperInvariant()).Outside++;
        }
        else if (row.PayoutId is null)
        {
            Theirs(row, DifferenceKind.MissingHere, $"Stripe holds transfer {row.TransferId} of {Told(row)} for payout {row.PayoutGroup}, and the books hold no such payout.");
        }
        else if (row.PayoutTransferId == row.TransferId)
        {
            Pair(row);
        }
        else if (row.AmountReversed < row.Amount)
        {
            Other(row);
        }
    }

    /// <summary>A payout whose transfer is not in the list.</summary>
    public void Add(UnlistedRow row)
    {
        var left = row.AmountMinor - row.ReversedMinor;
        var sums = Of(row.Day, row.Currency);
        sums.Ours += left;
        sums.NamedOurs += left;
        sums.Payouts++;
        Name(new FoundDifference(
            DifferenceKind.MissingAtStripe, row.PayoutId, row.Day, row.Currency, left, 0,
            $"Payout {row.PayoutId} of {Told(row.AmountMinor, row.Currency)} is sent by transfer {row.TransferId}, and Stripe's list does not hold it. "
            + "Look for it in the account that it was sent from; the key may have been replaced by that of another account."));
    }

    public void Add(UnknownRow row) => Name(new FoundDifference(
        DifferenceKind.Unknown, row.PayoutId, null, row.Currency, row.AmountMinor, null,
        string.Create(
            CultureInfo.InvariantCulture,
            $"Payout {row.PayoutId} of {Told(row.AmountMinor, row.Currency)} was first sent at {row.SentAt:yyyy-MM-dd HH:mm} UTC, and nobody can tell whether its transfer exists.")));

    public void Add(SilentRow row) => Name(new FoundDifference(
        DifferenceKind.NoBankPayout, SubjectOf(row.Day, row.Currency), row.Day, row.Currency, row.AmountMinor, null,
        $"{row.Payouts} payouts of {DayOf(row.Day)}, {Told(row.AmountMinor, row.Currency)} in all, were sent more than a week ago, and nothing was heard of their way to the bank."));

    /// <summary>The sums by day and currency, and everything that differs.</summary>
    public (List<DaySum> Days, IReadOnlyList<FoundDifference> Differences) Finish()
    {
        var days = new List<DaySum>(_sums.Count);
        foreach (var ((day, currency), sums) in _sums)
        {
            if (sums.Outside > 0)
            {
                Name(new FoundDifference(
                    DifferenceKind.Outside, SubjectOf(day, currency), day, currency, null, null,
                    $"{sums.Outside} transfers of {DayOf(day)} in {currency} were made outside this store's payouts, by people or another program."));
            }

            if (sums.Ours - sums.NamedOurs != sums.Theirs - sums.NamedTheirs)
            {
                Name(new FoundDifference(
                    DifferenceKind.Clearing, SubjectOf(day, currency), day, currency, sums.Ours - sums.NamedOurs, sums.Theirs - sums.NamedTheirs,
                    $"Of the payouts of {DayOf(day)}, {Told(sums.Ours - sums.NamedOurs, currency)} stay paid by the books and "
                    + $"{Told(sums.Theirs - sums.NamedTheirs, currency)} at Stripe: what was reversed is not the same."));
            }

            days.Add(new DaySum(day, currency, sums.Ours, sums.Theirs, sums.Payouts, sums.Transfers, sums.Outside));
        }

        return (days, _found);
    }

    /// <summary>Whether a payout and its own transfer agree but for what was reversed; then one of the two has to be looked at anew.</summary>
    public static ReversalLag LagOf(ListedRow row)
    {
        if (row.PayoutTransferId != row.TransferId || Wrong(row) is not null || NetOf(row) is not { } theirs)
        {
            return ReversalLag.None;
        }

        var ours = row.AmountMinor!.Value - row.ReversedMinor!.Value;
        return theirs.Minor < ours ? ReversalLag.OfBooks : theirs.Minor > ours ? ReversalLag.OfList : ReversalLag.None;
    }

    private void Pair(ListedRow row)
    {
        var ours = row.AmountMinor!.Value - row.ReversedMinor!.Value;
        var wrong = Wrong(row);
        var sums = Of(row.Day, row.PayoutCurrency!);
        sums.Ours += ours;
        sums.Payouts++;
        if (wrong is null)
        {
            sums.Theirs += NetOf(row)!.Value.Minor;
            sums.Transfers++;
            return;
        }

        sums.NamedOurs += ours;
        Theirs(row, DifferenceKind.Differs, wrong, ours);
    }

    // A transfer that is not the payout's own, and of which something stays with the payee.
    private void Other(ListedRow row)
    {
        var asked = Told(row.AmountMinor!.Value, row.PayoutCurrency!);
        switch (row.State)
        {
            case PayoutState.Approved or PayoutState.Sending or PayoutState.Unknown when Wrong(row) is { } wrong:
                Theirs(row, DifferenceKind.Differs, wrong);
                break;

            case PayoutState.Approved or PayoutState.Sending or PayoutState.Unknown:
                // It has been made and not been settled yet; the look-up does that, or it is unknown for too long.
                break;

            case PayoutState.Sent or PayoutState.Reversed:
                Theirs(row, DifferenceKind.Differs, $"Stripe holds transfer {row.TransferId} of {Told(row)} for payout {row.PayoutId} of {asked} beside {row.PayoutTransferId}.");
                break;

            default:
                Theirs(
                    row, DifferenceKind.MissingHere,
                    $"Stripe holds transfer {row.TransferId} of {Told(row)} for payout {row.PayoutId} of {asked}, which is {row.State} and payable again.");
                break;
        }
    }

    private void Theirs(ListedRow row, string kind, string words, long ours = 0)
    {
        var net = NetOf(row);
        var currency = row.Currency.ToUpperInvariant();
        var sums = Of(row.Day, currency);
        sums.Theirs += net?.Minor ?? 0;
        sums.NamedTheirs += net?.Minor ?? 0;
        sums.Transfers++;
        Name(new FoundDifference(kind, row.TransferId, row.Day, currency, row.PayoutCurrency is null || row.PayoutCurrency == currency ? ours : null, net?.Minor, words));
    }

    /// <summary>
    /// What a transfer has that its payout did not ask for, in words; null where nothing. Where a person took it for the payout, they also
    /// took its destination, and whatever it was where all of it was reversed.
    /// </summary>
    private static string? Wrong(ListedRow row)
    {
        var asked = new Money(row.AmountMinor!.Value, Currency.Parse(row.PayoutCurrency));
        var isTaken = row.SentBy is not (null or PayoutBook.Actor);
        var isAmount = row.Amount == StripeAmount.ToStripe(asked) && string.Equals(row.Currency, row.PayoutCurrency, StringComparison.OrdinalIgnoreCase);
        return (isAmount && NetOf(row) is not null && (isTaken || row.Destination == row.PayoutDestination)) || (isTaken && row.AmountReversed >= row.Amount)
            ? null
            : $"Stripe's transfer {row.TransferId} is {Told(row)} to {row.Destination}, and payout {row.PayoutId} {asked} to {row.PayoutDestination}.";
    }

    /// <summary>What is left of a transfer, in our minor units; null where it is no whole number of them, or no currency that we know.</summary>
    private static Money? NetOf(ListedRow row) => row.AmountReversed >= row.Amount && row.PayoutCurrency is { } ours ? Money.Zero(Currency.Parse(ours))
        : Currency.TryParse(row.Currency.ToUpperInvariant(), out var currency) ? StripeAmount.FromStripe(row.Amount - row.AmountReversed, currency)
        : null;

    private static string Told(ListedRow row) =>
        Currency.TryParse(row.Currency.ToUpperInvariant(), out var currency) && StripeAmount.FromStripe(row.Amount, currency) is { } amount
            ? amount.ToString()
            : string.Create(CultureInfo.InvariantCulture, $"{row.Amount} {row.Currency} in Stripe's units");

    private void Name(FoundDifference difference)
    {
        if (_found.Count < NamedMax)
        {
            _found.Add(difference);
        }
        else
        {
            Unnamed++;
        }
    }

    private Sums Of(long day, string currency) => _sums.TryGetValue((day, currency), out var sums) ? sums : _sums[(day, currency)] = new Sums();

    private static string Told(long minor, string currency) => Currency.TryParse(currency, out var known) ? new Money(minor, known).ToString() : $"{minor} {currency}";

    private static string SubjectOf(long day, string currency) => string.Create(CultureInfo.InvariantCulture, $"{day}-{currency}");

    private static string DayOf(long day) => string.Create(CultureInfo.InvariantCulture, $"{day / 10_000:d4}-{day / 100 % 100:d2}-{day % 100:d2}");

    // Named: what a difference of its own tells of already.
    private sealed class Sums
    {
        public long Ours { get; set; }

        public long Theirs { get; set; }

        public long NamedOurs { get; set; }

        public long NamedTheirs { get; set; }

        public long Payouts { get; set; }

        public long Transfers { get; set; }

        public long Outside { get; set; }
    }
}

/// <summary>Who has to look again, where only what was reversed differs.</summary>
internal enum ReversalLag
{
    None,

    /// <summary>Stripe has taken back more than the books know.</summary>
    OfBooks,

    /// <summary>The books know of more than the list said when it was read.</summary>
    OfList,
}
