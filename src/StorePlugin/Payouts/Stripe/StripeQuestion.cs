// A question to Stripe that moves no money, and what came of it.
using System.Text.Json;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A read, or a write that moves no money. It is asked once; whoever asks decides about another time.</summary>
/// <param name="Form">The parameters of a POST; null for a GET.</param>
/// <param name="Key">The idempotency key; null where asking twice does no harm.</param>
/// <param name="Account">The connected account whose object it is; null for the store's own.</param>
internal sealed record StripeQuestion(string Path, IReadOnlyList<(string Key, string Value)>? Form = null, string? Key = null, string? Account = null)
{
    public static readonly StripeQuestion OwnAccount = new("/v1/account");
    public static readonly StripeQuestion OwnBalance = new("/v1/balance");
    public static readonly StripeQuestion OwnBalanceSettings = new("/v1/balance_settings");

    public static StripeQuestion AccountOf(string accountId) => new($"/v1/accounts/{Uri.EscapeDataString(accountId)}");

    public static StripeQuestion LoginLink(string accountId) => new($"/v1/accounts/{Uri.EscapeDataString(accountId)}/login_links", []);

    public static StripeQuestion BankPayoutOf(string accountId, string payoutId) => new($"/v1/payouts/{Uri.EscapeDataString(payoutId)}", Account: accountId);

    /// <summary>What a bank payout carries, with the payments that the transfers have become there.</summary>
    public static StripeQuestion ContentsOf(string accountId, string payoutId) =>
        new($"/v1/balance_transactions?payout={Uri.EscapeDataString(payoutId)}&type=payment&limit=100&expand[0]=data.source", Account: accountId);
}

/// <summary>What came of a question: a closed set.</summary>
internal abstract record StripeReply
{
    private const string ApiError = "api_error";
    private const int MessageLengthMax = 500;

    /// <summary>The object that was asked for, or made.</summary>
    internal sealed record Found(JsonElement Json) : StripeReply;

    /// <param name="Code">Stripe's code, else its type of error.</param>
    internal sealed record Refused(string Code, string Message, int Status) : StripeReply
    {
        /// <summary>The key may not do this; an account that is none of this platform's is told by the same status.</summary>
        public bool LacksPermission => Status == 403 && !IsGone;

        /// <summary>The account that was named is closed, or is no longer connected to this one.</summary>
        public bool IsGone => Code is "account_invalid" or "account_closed"
            || Message.Contains("No such account", StringComparison.OrdinalIgnoreCase)
            || Message.Contains("No such destination", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The secret key is wrong, expired or revoked.</summary>
    internal sealed record KeyRejected : StripeReply;

    /// <summary>Nobody can tell; the end of a sentence says why.</summary>
    internal sealed record Unavailable(string Why) : StripeReply;

    /// <summary>What an answer means.</summary>
    /// <param name="secretKey">Stripe's words are kept and shown, so that the key must not stand in them.</param>
    public static StripeReply Of(int status, ReadOnlyMemory<byte> body, string secretKey)
    {
        var json = StripeAnswer.Parse(body) is { ValueKind: JsonValueKind.Object } answer ? answer : (JsonElement?)null;
        switch (status)
        {
            case >= 200 and < 300:
                return json is { } found ? new Found(found) : new Unavailable($"Stripe answered {status} with what is no object");

            case 401:
                return new KeyRejected();

            case 400 or 402 or 403 or 404 when json?.ObjectOrNull("error") is { } error && error.TextOrNull("type") != ApiError
                && error.TextOrNull("code") is not ("rate_limit" or "lock_timeout" or "idempotency_key_in_use"):
                var message = (error.TextOrNull("message") ?? "Stripe gave no reason.").Replace(secretKey, "(key)", StringComparison.Ordinal);
                return new Refused(
                    error.TextOrNull("code") ?? error.TextOrNull("type") ?? $"http_{status}", message[..Math.Min(message.Length, MessageLengthMax)], status);

            default:
                return new Unavailable($"Stripe answered {status}");
        }
    }
}

/// <summary>Reads Stripe's objects leniently: what is absent or of another kind is null.</summary>
internal static class StripeObject
{
    public static JsonElement? ObjectOrNull(this JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    public static string? TextOrNull(this JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text : null;

    public static long? WholeOrNull(this JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>Whether it is true; false where it is absent.</summary>
    public static bool IsTrue(this JsonElement element, string name) => Member(element, name) is { ValueKind: JsonValueKind.True };

    /// <summary>The texts of a list.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement element, string name) =>
        [.. Items(element, name).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)];

    /// <summary>The elements of a list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;
}
