// Writes what the Stripe counterpart answers in Stripe's own shape.
using System.Text.Json.Nodes;
using StorePlugin.Payouts.Stripe;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>An error as Stripe tells it.</summary>
internal sealed record StripeError(string Type, string? Code, string Message, string? Parameter)
{
    public static StripeError Of(string? code, string message, string? parameter = null) =>
        new("invalid_request_error", code, message, parameter);

    /// <summary>The same key came with another request.</summary>
    public static StripeError OfKeyReused(string key) => new(
        "idempotency_error",
        null,
        $"The idempotency key '{key}' was first used with other parameters. Use a new key for another request.",
        null);

    /// <summary>The first request with this key has not been answered yet.</summary>
    public static StripeError OfKeyInUse() => new(
        "idempotency_error", "idempotency_key_in_use", "Another request with the same idempotency key is in progress.", null);
}

internal static class StripeJson
{
    public static string Of(Transfer transfer) => Node(transfer).ToJsonString();

    /// <summary>The event that tells of a new transfer.</summary>
    /// <param name="transfer">The transfer's own JSON.</param>
    /// <param name="key">The idempotency key of the request that made it; null where it had none.</param>
    public static string OfCreated(string eventId, string transfer, string requestId, string? key, DateTimeOffset now) =>
        Event(eventId, "transfer.created", transfer, requestId, key, now).ToJsonString();

    /// <summary>An event of a connected account.</summary>
    /// <param name="about">The JSON of the object that it is about.</param>
    public static string OfConnected(string eventId, string type, string account, string about, DateTimeOffset now)
    {
        var node = Event(eventId, type, about, null, null, now);
        node["account"] = account;
        return node.ToJsonString();
    }

    private static JsonObject Event(string eventId, string type, string about, string? requestId, string? key, DateTimeOffset now) => new()
    {
        ["id"] = eventId,
        ["object"] = "event",
        ["api_version"] = StripeClient.ApiVersion,
        ["created"] = now.ToUnixTimeSeconds(),
        ["data"] = new JsonObject { ["object"] = JsonNode.Parse(about) },
        ["livemode"] = false,
        ["pending_webhooks"] = 1,
        ["request"] = new JsonObject { ["id"] = requestId, ["idempotency_key"] = key },
        ["type"] = type,
    };

    public static string OfList(IReadOnlyList<Transfer> transfers, bool hasMore) => new JsonObject
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. transfers.Select(Node)]),
        ["has_more"] = hasMore,
        ["url"] = "/v1/transfers",
    }.ToJsonString();

    public static string Of(StripeError error)
    {
        var node = new JsonObject { ["type"] = error.Type, ["message"] = error.Message };
        if (error.Code is { } code)
        {
            node["code"] = code;
        }

        if (error.Parameter is { } parameter)
        {
            node["param"] = parameter;
        }

        return new JsonObject { ["error"] = node }.ToJsonString();
    }

    private static JsonObject Node(Transfer transfer)
    {
        // What Stripe names beside a transfer exists here in name only; its ids share the transfer's own part.
        var own = transfer.Id["tr_".Length..];
        return new JsonObject
        {
            ["id"] = transfer.Id,
            ["object"] = "transfer",
            ["amount"] = transfer.Amount,
            ["amount_reversed"] = 0,
            ["balance_transaction"] = "txn_" + own,
            ["created"] = transfer.CreatedAt.ToUnixTimeSeconds(),
            ["currency"] = transfer.Currency,
            ["description"] = transfer.Description,
            ["destination"] = transfer.Destination,
            ["destination_payment"] = "py_" + own,
            ["livemode"] = false,
            ["metadata"] = JsonNode.Parse(transfer.Metadata),
            ["reversals"] = new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray(),
                ["has_more"] = false,
                ["total_count"] = 0,
                ["url"] = $"/v1/transfers/{transfer.Id}/reversals",
            },
            ["reversed"] = false,
            ["source_transaction"] = null,
            ["source_type"] = "card",
            ["transfer_group"] = transfer.TransferGroup,
        };
    }
}
