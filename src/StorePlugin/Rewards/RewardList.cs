// An ambassador's rewards as pages show them, newest first.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <param name="For">What it was given for, in words.</param>
/// <param name="What">What it is worth, in words.</param>
/// <param name="Code">Null where there is none, where it does not work yet and so must not be passed on, and for merchants where it is a gift card's.</param>
public sealed record RewardRow(string For, string What, string? Code, string State, string Why);

internal static class RewardList
{
    private const long Shown = 25;

    private const string Read =
        """
        SELECT r.kind, r.cause, r.state, r.percent_bp, r.amount_minor, r.minimum_minor, r.currency, r.code, r.ends_at, r.problem, o.reference, r.order_id,
            r.id, r.form, r.returned_minor, r.returned_at, r.issued_at
        FROM rewards r
        LEFT JOIN orders o ON o.store_id = r.store_id AND o.order_id = r.order_id
        WHERE r.store_id = @storeId AND r.ambassador_id = @ambassadorId ORDER BY r.id DESC
        """;

    /// <param name="keys">Opens the codes of gift cards, for their ambassador.</param>
    /// <param name="isMerchant">Whether the platform's own words may be shown; an ambassador cannot do anything about them.</param>
    public static async Task<IReadOnlyList<RewardRow>> ReadAsync(
        Db db, StoreKeys keys, Store store, string ambassadorId, bool isMerchant, CancellationToken cancel)
    {
        var time = new StoreTime(store);
        var rows = await db.ManyAsync<Row>($"{Read} {db.Page}", new { storeId = store.Id, ambassadorId, take = Shown }, cancel);
        return
        [
            .. rows.Select(row => new RewardRow(
                row.Kind == RewardKind.Milestone ? MilestoneOf(row.Cause, row.Currency) : $"Order {row.Reference ?? row.OrderId}",
                WhatOf(row),
                CodeOf(row, keys, store, isMerchant),
                row.State,
                WhyOf(row, time, isMerchant))),
        ];
    }

    private static string? CodeOf(Row row, StoreKeys keys, Store store, bool isMerchant) => row.Form switch
    {
        null => isMerchant || row.State != RewardState.PendingCode ? row.Code : null,
        ValueForm.GiftCard when row.State == RewardState.Issued && !isMerchant => GiftCardCode.Shown(keys, store, row.Id),
        _ => null,
    };

    /// <summary>What a gift card or store credit is worth.</summary>
    public static string ValueOf(string form, long amountMinor, string currency) =>
        form == ValueForm.GiftCard ? $"A gift card of {Words.Of(amountMinor, currency)}" : $"{Words.Of(amountMinor, currency)} of store credit";

    /// <summary>What it is worth.</summary>
    public static string WhatOf(long? percentBp, long? amountMinor, long? minimumMinor, string? currency, bool isCode) => (percentBp, amountMinor) switch
    {
        ({ } percent, _) => $"{Words.Percent(percent)} off one order{Least(minimumMinor, currency)}",
        (_, { } amount) when isCode => $"{Words.Of(amount, currency!)} off one order{Least(minimumMinor, currency)}",
        (_, { } amount) => Words.Of(amount, currency!),
        _ => "",
    };

    private static string WhatOf(Row row) => row is { Form: { } form, AmountMinor: { } amount, Currency: { } currency }
        ? ValueOf(form, amount, currency)
        : WhatOf(row.PercentBp, row.AmountMinor, row.MinimumMinor, row.Currency, isCode: row.EndsAt is not null || row.State == RewardState.Refused);

    private static string Least(long? minimumMinor, string? currency) => minimumMinor is { } minimum ? $" of {Words.Of(minimum, currency!)} or more" : "";

    // The cause is campaign, metric and threshold.
    private static string MilestoneOf(string cause, string? currency)
    {
        if (cause.Split(':') is not [_, var metric, var threshold]
            || !long.TryParse(threshold, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return cause;
        }

        return metric switch
        {
            "net_sales" => currency is null ? "Net sales" : $"{Words.Of(count, currency)} of net sales",
            "orders" => Words.Count(count, "order", "orders"),
            _ => Words.Count(count, "new customer", "new customers"),
        };
    }

    private static string WhyOf(Row row, StoreTime time, bool isMerchant) => row.Form is not null ? WhyOfValue(row, time, isMerchant) : row.State switch
    {
        RewardState.PendingCode => isMerchant ? row.Problem ?? "The code is being made in the store." : "The code is being made in the store.",
        RewardState.Issued when row.EndsAt is { } end => $"The code works until {time.Day(end)}.",
        RewardState.Issued => "It goes out with the next payout.",
        RewardState.Used => "The code has been used.",
        RewardState.Revoked => "The order was sent back before the code was used: it does not work any more.",
        RewardState.Cost => "The code had been used when the order was sent back: it stays.",
        _ => row.Problem ?? "",
    };

    private static string WhyOfValue(Row row, StoreTime time, bool isMerchant) => row.State switch
    {
        RewardState.PendingCode when isMerchant && row.Problem is { } problem => problem,
        RewardState.PendingCode when row.Form == ValueForm.StoreCredit =>
            "It is given to the store's customer who has " + (isMerchant ? "the ambassador's" : "your") + " e-mail address, once there is one.",
        RewardState.PendingCode => "The gift card is being made in the store.",
        RewardState.Issued => $"{(row.Form == ValueForm.GiftCard ? "It pays for any order." : "It is on the customer account.")} " +
            (row.EndsAt is { } end ? $"It can be used until {time.Day(end)}." : "It does not expire."),
        RewardState.Revoked when row.ReturnedAt is null => isMerchant && row.Problem is { } problem
            ? problem
            : "The order was sent back: what was not used of it is being taken back.",
        RewardState.Revoked => row.IssuedAt is null ? "The order was sent back before it was given." : "The order was sent back: it was taken back, and nothing of it had been used.",
        RewardState.Cost => $"The order was sent back: {Words.Of(row.ReturnedMinor ?? 0, row.Currency!)} of it was taken back, and what had been used stays.",
        _ => row.Problem ?? "",
    };

    private sealed record Row(
        string Kind, string Cause, string State, long? PercentBp, long? AmountMinor, long? MinimumMinor, string? Currency, string? Code, DateTimeOffset? EndsAt,
        string? Problem, string? Reference, string OrderId, string Id, string? Form, long? ReturnedMinor, DateTimeOffset? ReturnedAt, DateTimeOffset? IssuedAt);
}
