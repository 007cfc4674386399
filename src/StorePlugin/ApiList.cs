// How the API shows lists and amounts: pages by key, money as minor units beside its currency.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Webhooks;

namespace StorePlugin;

/// <summary>Which part of a list is asked for. The values come as text, so that a wrong one is answered in words.</summary>
internal sealed record Paging : IApiArgument
{
    public const int LimitDefault = 50;
    public const int LimitMax = 200;

    private const int AfterLengthMax = 200;

    [FromQuery(Name = "after"), Description("The value of next of the page before; absent for the first page.")]
    public string? After { get; init; }

    [FromQuery(Name = "limit"), Description("How many items at most: 1 to 200, 50 when absent.")]
    public string? Limit { get; init; }

    public ProblemHttpResult? Refusal =>
        Limit is not null && Number is not (>= 1 and <= LimitMax) ? Problems.Field("limit", $"must be a whole number from 1 to {LimitMax}")
        : After is { Length: 0 or > AfterLengthMax } ? BadAfter
        : null;

    /// <summary>What to answer when <see cref="After"/> is not of the list's form.</summary>
    public static ProblemHttpResult BadAfter => Problems.Field("after", "must be the value of next of the page before");

    /// <summary>One row more than is shown: it tells whether there is a next page.</summary>
    public long Take => (Number ?? LimitDefault) + 1L;

    /// <summary>For lists in the order of their ids: what the id must be greater than; null when it is no such id.</summary>
    public string? AfterId(string prefix)
    {
        if (After is null)
        {
            return "";
        }

        return After.StartsWith(prefix + "_", StringComparison.Ordinal) && After.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? After : null;
    }

    /// <summary>For lists in the order of a number and a text, as in <c>1772359200000.5001</c>; null when it is not of that form.</summary>
    public (long Number, string Text)? AfterNumber()
    {
        if (After is null)
        {
            return (long.MinValue, "");
        }

        var dot = After.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && long.TryParse(After.AsSpan(0, dot), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? (number, After[(dot + 1)..])
            : null;
    }

    /// <summary>For lists in the order of numbers from 1 on: what the number must be greater than; null when it is none.</summary>
    public long? AfterCount() =>
        After is null ? 0 : long.TryParse(After, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public Listing<TShown> Show<TRow, TShown>(IReadOnlyList<TRow> rows, Func<TRow, string> after, Func<TRow, TShown> show) =>
        rows.Count < Take
            ? new Listing<TShown>([.. rows.Select(show)], null)
            : new Listing<TShown>([.. rows.Take((int)Take - 1).Select(show)], after(rows[(int)Take - 2]));

    private int? Number => int.TryParse(Limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>A page of a list.</summary>
/// <param name="Next">What to send as <c>after</c> for the next page; null on the last.</param>
internal sealed record Listing<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>An amount as the API shows it (rule M1).</summary>
/// <param name="Minor">Whole minor units of the currency: 900 is EUR 9.00, and JPY 900.</param>
/// <param name="Currency">ISO 4217.</param>
internal sealed record Amount(
    [property: Description("Whole minor units of the currency: 900 is EUR 9.00.")] long Minor,
    [property: Description("ISO 4217 code.")] string Currency)
{
    public static Amount Of(Money money) => new(money.Minor, money.Currency.Code);
}
