// How pages say amounts, instants and states to people. Nothing here decides anything.
using System.Globalization;
using System.Text;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Pages;

internal static class Words
{
    private const char NoBreakSpace = '\u00A0';
    private const char Minus = '\u2212';

    /// <summary>
    /// An amount with its currency, the same in every culture: <c>€ 1,234.50</c>, <c>¥ 1,999</c>, <c>12.500 KWD</c>. Only
    /// signs that mean one currency stand for it.
    /// </summary>
    public static string Of(Money amount)
    {
        var plain = amount.ToDecimalString().TrimStart('-');
        var point = plain.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? plain : plain[..point];
        var text = new StringBuilder();
        for (var i = 0; i < whole.Length; i++)
        {
            if (i > 0 && (whole.Length - i) % 3 == 0)
            {
                text.Append(',');
            }

            text.Append(whole[i]);
        }

        if (point >= 0)
        {
            text.Append(plain, point, plain.Length - point);
        }

        if (SignOf(amount.Currency.Code) is { } sign)
        {
            text.Insert(0, NoBreakSpace).Insert(0, sign);
        }
        else
        {
            text.Append(NoBreakSpace).Append(amount.Currency.Code);
        }

        if (amount.Minor < 0)
        {
            text.Insert(0, Minus);
        }

        return text.ToString();
    }

    /// <summary>An amount of a row, whose currency the programme has written itself.</summary>
    public static string Of(long minor, string currency) => Of(new Money(minor, Currency.Parse(currency)));

    /// <summary>With a plus where it is above zero, for entries of the ledger.</summary>
    public static string Signed(long minor, string currency) => (minor > 0 ? "+" : "") + Of(minor, currency);

    public static string Of(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A text that may have any length, cut where a page has no room for more.</summary>
    public static string Cut(string text, int lengthMax)
    {
        if (text.Length <= lengthMax)
        {
            return text;
        }

        // Half of a letter that takes two would be no text.
        var end = char.IsHighSurrogate(text[lengthMax - 1]) ? lengthMax - 1 : lengthMax;
        return $"{text.AsSpan(0, end)}… ({Of(text.Length - end)} more letters)";
    }

    /// <summary>A person's name in a list, where the page of that person tells the whole of a long one.</summary>
    public static string ShortName(string name) => Cut(name, 80);

    public static string Count(long count, string one, string many) => $"{Of(count)} {(count == 1 ? one : many)}";

    /// <summary><c>3 hours ago</c>, in whole units; a moment that lies ahead is just now.</summary>
    public static string Ago(TimeSpan past) => past switch
    {
        { TotalMinutes: < 1 } => "just now",
        { TotalHours: < 1 } => $"{Count((long)past.TotalMinutes, "minute", "minutes")} ago",
        { TotalDays: < 1 } => $"{Count((long)past.TotalHours, "hour", "hours")} ago",
        _ => $"{Count((long)past.TotalDays, "day", "days")} ago",
    };

    public static string Percent(long basisPoints) => (basisPoints / 100m).ToString("0.##", CultureInfo.InvariantCulture) + NoBreakSpace + "%";

    /// <summary><c>1 March 2026</c></summary>
    public static string Day(DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>The state of an order in a word or two.</summary>
    public static string OrderState(string state) => state switch
    {
        "parked" => "Waiting for the order",
        "uncredited" => "Not credited",
        "observed" => "Not paid yet",
        "held" => "Held",
        "review" => "In review",
        "approved" => "Approved",
        "in_payout" => "In payout",
        "paid" => "Paid out",
        "reversed" => "Reversed",
        "disputed" => "Disputed",
        _ => state,
    };

    /// <summary>What the state of an order means for its commission, as a sentence.</summary>
    /// <param name="netMinor">What is left of it to earn on.</param>
    /// <param name="holdUntil">The end of the hold in words, where there is one.</param>
    public static string OrderStateMeaning(string state, long netMinor, string? holdUntil) => state switch
    {
        "parked" => "Only a refund of it has arrived so far.",
        "uncredited" => "It earns no commission.",
        "observed" when netMinor == 0 => "It was called off before it was paid.",
        "observed" => "Its commission counts once the order is paid.",
        "held" when holdUntil is not null => $"Held until {holdUntil}, in case it is returned.",
        "held" => "Held until its money is settled.",
        "review" => "A person has to look at it first; it is not paid by itself.",
        "approved" => "It goes out with the next payout.",
        "in_payout" => "It is part of a payout that is under way.",
        "paid" => "It has been paid out.",
        "disputed" => "Nothing of it is paid before the shopper's bank has decided.",
        "reversed" => "Refunded or corrected: the commission was taken back.",
        _ => "",
    };

    /// <summary>An account of the ledger (rule H7).</summary>
    public static string AccountName(string account) => account switch
    {
        "held" => "Held",
        "review" => "In review",
        "approved" => "Approved",
        "in_payout" => "In payout",
        "paid" => "Paid out",
        "expense" => "Your expense",
        "written_off" => "Written off",
        "vat" => "VAT",
        _ => account,
    };

    /// <summary>What became of an ambassador from an instant on.</summary>
    public static string AmbassadorState(string state) => state switch
    {
        "applied" => "Applied",
        "approved" => "Active",
        "suspended" => "Suspended",
        "ended" => "Left",
        _ => state,
    };

    /// <summary>What became of an order that an ambassador told of.</summary>
    public static string ClaimState(string state) => state switch
    {
        "open" => "Being looked at",
        "credited" => "Credited",
        "declined" => "Declined",
        _ => state,
    };

    public static string DiscountState(string state) => state switch
    {
        "none" => "No discount with it",
        "pending" => "Being created in the store",
        "created" => "Active in the store",
        "refused" => "Refused by the store",
        "off" => "Switched off in the store",
        "adopted" => "The store's own discount",
        _ => state,
    };

    public static string Platform(string platform) => platform switch
    {
        "shopify" => "Shopify",
        "woocommerce" => "WooCommerce",
        "rehearsal" => "the rehearsal platform",
        _ => platform,
    };

    public static string RewardState(string state) => state switch
    {
        "pending_code" => "On its way",
        "issued" => "Given",
        "used" => "Used",
        "revoked" => "Taken back",
        "cost" => "Used, order refunded",
        "refused" => "Not given",
        _ => state,
    };

    public static string EffectKind(string kind) => kind switch
    {
        "create_discount" => "Create a discount code",
        "keep_discount" => "Bring a discount code up to date",
        "follow_terms" => "Bring a campaign's discounts to its terms",
        "make_code_series" => "Make a series of codes",
        "keep_code_series" => "Keep a series of codes",
        "create_reward" => "Create a reward's code",
        "revoke_reward" => "End a reward's code",
        "give_value" => "Give a gift card or store credit",
        "take_value_back" => "Take back a gift card or store credit",
        "send_transfer" => "Send a payout",
        "look_up_transfer" => "Look up a payout",
        "read_payee_account" => "Read a payee's account at Stripe",
        "read_bank_payout" => "Follow a payout to the payee's bank",
        "reverse_transfer" => "Take a payout back",
        "read_store" => "Read the store's settings",
        "mail" => "Send a mail",
        "announce_terms" => "Tell ambassadors of changed terms",
        "rehearse" => "Go on with a rehearsal",
        _ => kind.Replace('_', ' '),
    };

    private static string? SignOf(string currency) => currency switch
    {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "JPY" => "¥",
        _ => null,
    };
}

/// <summary>Instants in the time zone of one store.</summary>
internal sealed class StoreTime(Store store)
{
    private readonly TimeZoneInfo _zone = store.Zone;

    /// <summary>The zone's name; each page says it once.</summary>
    public string ZoneName => _zone.Id;

    /// <summary><c>1 Mar 2026, 11:00</c></summary>
    public Moment At(DateTimeOffset instant) => new(instant, Local(instant).ToString("d MMM yyyy, HH:mm", CultureInfo.InvariantCulture));

    public Moment? At(DateTimeOffset? instant) => instant is { } known ? At(known) : null;

    /// <summary><c>1 March 2026</c></summary>
    public string Day(DateTimeOffset instant) => Local(instant).ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    private DateTimeOffset Local(DateTimeOffset instant) => TimeZoneInfo.ConvertTime(instant, _zone);
}

/// <summary>An instant as a page shows it.</summary>
/// <param name="Text">In the store's time zone.</param>
public sealed record Moment(DateTimeOffset Instant, string Text)
{
    /// <summary>For machines: ISO 8601 UTC.</summary>
    public string Iso => Instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
