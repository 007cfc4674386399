// What an answer of Stripe means for a transfer: did money move, did it not, or can nobody tell.
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A transfer as Stripe tells of it. It has no state: that it exists means that it is done.</summary>
/// <param name="Amount">In Stripe's units; see <see cref="StripeAmount"/>.</param>
/// <param name="AmountReversed">In Stripe's units.</param>
/// <param name="Currency">In small letters.</param>
/// <param name="Attempt">Our number of the attempt, from the metadata.</param>
internal sealed record StripeTransfer(string Id, long Amount, long AmountReversed, string Currency, string Destination, long? Attempt)
{
    /// <summary>All of it came back.</summary>
    public bool IsReversed => AmountReversed >= Amount;

    /// <summary>Reads a transfer; null where what identifies it is missing.</summary>
    public static StripeTransfer? Read(JsonElement transfer)
    {
        if (transfer.ValueKind != JsonValueKind.Object || Text(transfer, "object") is not (null or "transfer")
            || Text(transfer, "id") is not { Length: > 0 } id || Whole(transfer, "amount") is not { } amount
            || Text(transfer, "currency") is not { } currency || DestinationOf(transfer) is not { } destination)
        {
            return null;
        }

        var attempt = transfer.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && long.TryParse(Text(metadata, "attempt"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
        return new StripeTransfer(id, amount, Whole(transfer, "amount_reversed") ?? 0, currency, destination, attempt);
    }

    internal static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static long? Whole(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    // An id, or the whole account where it was expanded.
    private static string? DestinationOf(JsonElement transfer) =>
        transfer.TryGetProperty("destination", out var destination) && destination.ValueKind == JsonValueKind.Object
            ? Text(destination, "id")
            : Text(transfer, "destination");
}

/// <summary>The headers of an answer that matter.</summary>
/// <param name="RequestId">Stripe's name of the request, kept with the attempt.</param>
/// <param name="Replayed">The answer was stored under the idempotency key by an earlier send.</param>
/// <param name="ShouldRetry">What <c>Stripe-Should-Retry</c> says; null where it is absent.</param>
internal sealed record StripeHeaders(string? RequestId = null, bool Replayed = false, bool? ShouldRetry = null);

/// <summary>
/// What came of a request. Only <see cref="Accepted"/> and <see cref="Refused"/> settle it; the rest leave the outcome of
/// this send, or of an earlier one under the same key, in the dark.
/// </summary>
/// <param name="Status">The HTTP status; null where no answer came.</param>
internal abstract record StripeAnswer(long? Status, StripeHeaders Headers)
{
    private const string IdempotencyError = "idempotency_error";
    private const string ApiError = "api_error";

    private static readonly FrozenSet<string> BusyCodes =
        FrozenSet.Create(StringComparer.Ordinal, "rate_limit", "lock_timeout", "idempotency_key_in_use");

    // Causes that go away without another payee account or another amount: money, permissions, a paused capability.
    private static readonly FrozenSet<string> CurableCodes = FrozenSet.Create(
        StringComparer.Ordinal,
        Refused.NoMoney, "capability_not_active", "livemode_mismatch", "payouts_limit_exceeded", "payouts_not_allowed",
        "platform_account_required", "transfer_source_balance_parameters_mismatch", "transfers_not_allowed");

    // Account problems often come without a code.
    private const string CapabilityMissing = "needs to have at least one of the following capabilities enabled";

    /// <summary>The transfer exists.</summary>
    internal sealed record Accepted(StripeTransfer Transfer, long? Status, StripeHeaders Headers) : StripeAnswer(Status, Headers);

    /// <summary>This request was refused for good; what it asked for did not happen.</summary>
    /// <param name="Code">Stripe's code, else its type of error.</param>
    /// <param name="Curable">Whether the cause can be removed and the same payee paid then.</param>
    internal sealed record Refused(string Code, string Message, bool Curable, long? Status, StripeHeaders Headers) : StripeAnswer(Status, Headers)
    {
        /// <summary>The code where the store's available balance does not cover the transfer.</summary>
        public const string NoMoney = "balance_insufficient";
    }

    /// <summary>Stripe knows the idempotency key with other parameters: a fault of ours, and the first request may have paid.</summary>
    internal sealed record Drifted(string Message, long? Status, StripeHeaders Headers) : StripeAnswer(Status, Headers);

    /// <summary>The secret key is wrong, expired or revoked; this request did not run.</summary>
    internal sealed record KeyRejected(long? Status, StripeHeaders Headers) : StripeAnswer(Status, Headers);

    /// <summary>This send did not run, or one under the same key is running. It says nothing about earlier sends.</summary>
    internal sealed record Busy(string Why, long? Status, StripeHeaders Headers) : StripeAnswer(Status, Headers);

    /// <summary>Nobody can tell whether it happened.</summary>
    internal sealed record Unknown(string Why, long? Status, StripeHeaders Headers) : StripeAnswer(Status, Headers)
    {
        /// <summary>The same bytes would only bring the same stored answer again, so a look-up should be asked.</summary>
        public bool IsStored => Headers.Replayed || Headers.ShouldRetry == false;
    }

    /// <summary>What an answer to <c>POST /v1/transfers</c> means.</summary>
    public static StripeAnswer Classify(int status, StripeHeaders headers, ReadOnlyMemory<byte> body) => status switch
    {
        >= 200 and < 300 => Parse(body) is { } json && StripeTransfer.Read(json) is { } transfer
            ? new Accepted(transfer, status, headers)
            : new Unknown($"Stripe answered {status} with a body that is no transfer", status, headers),
        401 => new KeyRejected(status, headers),
        409 => new Busy("a request with the same key is in progress at Stripe", status, headers),
        429 => new Busy("Stripe limits the rate of requests", status, headers),
        400 or 402 or 403 or 404 => ClassifyError(status, headers, Parse(body)),
        _ => new Unknown($"Stripe answered {status}", status, headers),
    };

    /// <summary>The transfers of an answer to <c>GET /v1/transfers</c>; null where it is no complete list of them.</summary>
    public static ImmutableArray<StripeTransfer>? ReadList(ReadOnlyMemory<byte> body)
    {
        if (Parse(body) is not { ValueKind: JsonValueKind.Object } list
            || !list.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array
            || (list.TryGetProperty("has_more", out var more) && more.ValueKind == JsonValueKind.True))
        {
            return null;
        }

        var transfers = ImmutableArray.CreateBuilder<StripeTransfer>();
        foreach (var element in data.EnumerateArray())
        {
            if (StripeTransfer.Read(element) is not { } transfer)
            {
                return null;
            }

            transfers.Add(transfer);
        }

        return transfers.DrainToImmutable();
    }

    /// <summary>What is available, by currency in small letters, of an answer to <c>GET /v1/balance</c>; null where it is none.</summary>
    public static IReadOnlyDictionary<string, long>? ReadAvailable(JsonElement balance)
    {
        if (balance.ValueKind != JsonValueKind.Object
            || !balance.TryGetProperty("available", out var available) || available.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var amounts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var element in available.EnumerateArray())
        {
            if (StripeTransfer.Text(element, "currency") is not { } currency || StripeTransfer.Whole(element, "amount") is not { } amount)
            {
                return null;
            }

            amounts[currency] = amounts.GetValueOrDefault(currency) + amount;
        }

        return amounts;
    }

    private static StripeAnswer ClassifyError(int status, StripeHeaders headers, JsonElement? json)
    {
        // A page of a proxy, say: it does not speak for Stripe.
        if (json is not { ValueKind: JsonValueKind.Object } answer
            || !answer.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
        {
            return new Unknown($"the answer {status} holds no error of Stripe's", status, headers);
        }

        var (type, code) = (StripeTransfer.Text(error, "type"), StripeTransfer.Text(error, "code"));
        var message = StripeTransfer.Text(error, "message") ?? "Stripe gave no reason.";
        if (type == IdempotencyError)
        {
            return new Drifted(message, status, headers);
        }

        if (code is not null && BusyCodes.Contains(code))
        {
            return new Busy($"Stripe asks to try again ({code})", status, headers);
        }

        // A fault of Stripe's own is no verdict on the request, whatever status it carries.
        if (type == ApiError)
        {
            return new Unknown($"Stripe answered {status} with a fault of its own", status, headers);
        }

        var curable = status == 403 || (code is not null && CurableCodes.Contains(code))
            || message.Contains(CapabilityMissing, StringComparison.OrdinalIgnoreCase);
        return new Refused(code ?? type ?? $"http_{status}", message, curable, status, headers);
    }

    /// <summary>The JSON of a body; null where it is none.</summary>
    public static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A broken body is an expected outcome: the caller says what it means.
            return null;
        }
    }
}
