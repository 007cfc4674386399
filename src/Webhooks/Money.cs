// An exact amount of one currency. Decimal text becomes minor units here and nowhere else.
using System.Globalization;

namespace StorePlugin.Webhooks;

/// <summary>Whole minor units of one currency (rule M1). Adding two currencies throws.</summary>
public readonly record struct Money(long Minor, Currency Currency) : IComparable<Money>
{
    // 15 digits before the point leave room for any sum that a store can reach in 64 bits.
    private const int WholeDigitsMax = 15;

    public static Money Zero(Currency currency) => new(0, currency);

    public static Money operator +(Money left, Money right) => new(checked(left.Minor + right.Same(left)), left.Currency);

    public static Money operator -(Money left, Money right) => new(checked(left.Minor - right.Same(left)), left.Currency);

    public static Money operator -(Money amount) => new(checked(-amount.Minor), amount.Currency);

    public static bool operator <(Money left, Money right) => left.CompareTo(right) < 0;

    public static bool operator >(Money left, Money right) => left.CompareTo(right) > 0;

    public static bool operator <=(Money left, Money right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Money left, Money right) => left.CompareTo(right) >= 0;

    /// <summary>
    /// Reads a plain decimal such as <c>12.50</c>, <c>-3</c> or <c>4.2</c>. Decimals beyond the currency's are accepted
    /// when they are zeros (a yen amount may come as <c>1999.00</c>); group separators, exponents, signs other than a
    /// leading minus, and blanks are not.
    /// </summary>
    /// <exception cref="FormatException">The text is no such amount; the message quotes it.</exception>
    public static Money Parse(string? text, Currency currency)
    {
        if (!TryParse(text, currency, out var amount))
        {
            throw new FormatException($"'{text}' is not an amount of {currency.Code} (expected plain digits with up to {currency.Exponent} decimals, as in {Zero(currency)}).");
        }

        return amount;
    }

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse(string? text, Currency currency, out Money amount)
    {
        amount = default;
        var digits = text.AsSpan();
        var negative = digits is ['-', ..];
        if (negative)
        {
            digits = digits[1..];
        }

        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var decimals = point < 0 ? default : digits[(point + 1)..];
        if (whole.Length is 0 or > WholeDigitsMax || (point >= 0 && decimals.Length is 0 or > WholeDigitsMax)
            || whole.ContainsAnyExceptInRange('0', '9') || decimals.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (decimals.Length > currency.Exponent)
        {
            if (decimals[currency.Exponent..].ContainsAnyExcept('0'))
            {
                return false;
            }

            decimals = decimals[..currency.Exponent];
        }

        var minor = long.Parse(whole, NumberStyles.None, CultureInfo.InvariantCulture) * currency.MinorPerMajor;
        for (var (i, unit) = (0, currency.MinorPerMajor / 10); i < decimals.Length; i++, unit /= 10)
        {
            minor += (decimals[i] - '0') * unit;
        }

        amount = new Money(negative ? -minor : minor, currency);
        return true;
    }

    /// <summary>
    /// Reads a plain decimal with any number of decimals, rounded half away from zero. Only for figures that a platform
    /// computes without rounding and that are compared, never booked.
    /// </summary>
    internal static bool TryParseRounded(string? text, Currency currency, out Money amount)
    {
        var point = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (point < 0 || text!.Length - point - 1 <= currency.Exponent)
        {
            return TryParse(text, currency, out amount);
        }

        var kept = currency.Exponent == 0 ? text[..point] : text[..(point + 1 + currency.Exponent)];
        var rest = text.AsSpan(point + 1 + currency.Exponent);
        if (rest.ContainsAnyExceptInRange('0', '9') || !TryParse(kept, currency, out amount))
        {
            amount = default;
            return false;
        }

        var step = rest[0] < '5' ? 0 : text[0] == '-' ? -1 : 1;
        amount = new Money(amount.Minor + step, currency);
        return true;
    }

    /// <summary>
    /// A part of a sum: <paramref name="sum"/> × <paramref name="part"/> / <paramref name="whole"/>, rounded once, half
    /// away from zero (rule M2); 0 where there is no whole. Of two parts that make up the whole the first one rounded and
    /// the rest of the sum are the split of rule M3. All in minor units of one currency.
    /// </summary>
    public static long Share(long sum, long part, long whole) =>
        part <= 0 || whole <= 0 ? 0 : (long)((((Int128)sum * part * 2) + whole) / ((Int128)whole * 2));

    public int CompareTo(Money other) => Minor.CompareTo(other.Same(this));

    /// <summary>The decimal text with exactly the currency's decimals, without its code: <c>12.50</c>, <c>1999</c>.</summary>
    public string ToDecimalString()
    {
        var unit = Currency.MinorPerMajor;
        var (whole, rest) = Math.DivRem(Minor < 0 ? (ulong)-(Int128)Minor : (ulong)Minor, (ulong)unit);
        var sign = Minor < 0 ? "-" : "";
        return unit == 1
            ? string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}")
            : string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}.{rest.ToString(CultureInfo.InvariantCulture).PadLeft(Currency.Exponent, '0')}");
    }

    public override string ToString() => $"{ToDecimalString()} {Currency.Code}";

    private long Same(Money other) => Currency == other.Currency
        ? Minor
        : throw new InvalidOperationException($"An amount of {other.Currency} met an amount of {Currency}; two currencies are never added or compared.");
}
