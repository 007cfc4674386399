// Stripe's counterpart for rehearsals: transfers over HTTP by Stripe's rules, without money.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>Everything under <c>/rehearsal/stripe/{storeId}/v1/transfers</c>.</summary>
internal static class RehearsalStripeEndpoints
{
    private const int BodyBytesMax = 64 * 1024;
    private const int KeyLengthMax = 255;
    private const int ListLimitDefault = 10;
    private const int ListLimitMax = 100;
    private const long SecondsMax = 253_402_300_799;
    private const int MetadataKeysMax = 50;
    private const int MetadataKeyLengthMax = 40;
    private const int MetadataValueLengthMax = 500;
    private const int DestinationLengthMax = 100;
    private const int TransferGroupLengthMax = 255;
    private const int DescriptionLengthMax = 1000;
    private const string MetadataPrefix = "metadata[";

    // Stripe refuses what it does not know; expand changes nothing here, since nothing is left out.
    private static readonly string[] Known = ["amount", "currency", "destination", "transfer_group", "description", "source_type"];

    // By Stripe's table these have two and three decimals on the wire, but not all of them can be used.
    private static readonly string[] WholeHundreds = ["isk", "ugx"];
    private static readonly string[] WholeTens = ["bhd", "jod", "kwd", "omr", "tnd"];

    public static void MapRehearsalStripe(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/rehearsal/stripe/{storeId}/v1/transfers").AllowAnonymous().ExcludeFromDescription();
        group.MapPost("/", CreateAsync);
        group.MapGet("/", ListAsync);
        group.MapGet("/{id}", FindAsync);
    }

    private static async Task CreateAsync(
        string storeId, HttpContext context, RehearsalShopDb shops, RehearsalStripeAccount account, RehearsalStripeEvents events, CancellationToken cancel)
    {
        if (await RefuseKeyAsync(storeId, context, shops, account, cancel) is { } refusal)
        {
            await AnswerAsync(context, refusal);
            return;
        }

        if (!TryReadKey(context, out var key))
        {
            var error = StripeError.Of(null, $"There is at most one idempotency key, of at most {KeyLengthMax} characters of ASCII.");
            await AnswerAsync(context, account.Refusal(400, error));
            return;
        }

        if (await ReadBodyAsync(context.Request, cancel) is not { } body)
        {
            await AnswerAsync(context, account.Refusal(400, StripeError.Of(null, "The body is a form of at most 64 KiB.")));
            return;
        }

        // Parameters that cannot be meant are refused before the request begins to execute, so a key does not keep them.
        if (!TryParse(body, out var request, out var problem))
        {
            await AnswerAsync(context, account.Refusal(400, problem));
            return;
        }

        var answer = await account.CreateAsync(storeId, request, key, HashOf(context.Request, body), cancel);
        if (answer is { Status: StatusCodes.Status200OK, OriginalRequestId: null })
        {
            await events.TellCreatedAsync(storeId, answer, key, cancel);
        }

        await AnswerAsync(context, answer);
    }

    private static async Task ListAsync(
        string storeId,
        string? transfer_group,
        [FromQuery(Name = "created[gte]")] string? createdSince,
        string? starting_after,
        string? limit,
        HttpContext context,
        RehearsalShopDb shops,
        RehearsalStripeAccount account,
        CancellationToken cancel)
    {
        if (await RefuseKeyAsync(storeId, context, shops, account, cancel) is { } refusal)
        {
            await AnswerAsync(context, refusal);
            return;
        }

        var count = ListLimitDefault;
        if (limit is not null
            && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > ListLimitMax))
        {
            var error = StripeError.Of("parameter_invalid_integer", $"limit is a whole number from 1 to {ListLimitMax}.", "limit");
            await AnswerAsync(context, account.Refusal(400, error));
            return;
        }

        var since = 0L;
        if (createdSince is not null && (!long.TryParse(createdSince, NumberStyles.None, CultureInfo.InvariantCulture, out since) || since > SecondsMax))
        {
            await AnswerAsync(context, account.Refusal(400, StripeError.Of("parameter_invalid_integer", "created[gte] is an instant in seconds.", "created[gte]")));
            return;
        }

        await AnswerAsync(context, await account.ListAsync(storeId, transfer_group, DateTimeOffset.FromUnixTimeSeconds(since), starting_after, count, cancel));
    }

    private static async Task FindAsync(
        string storeId,
        string id,
        HttpContext context,
        RehearsalShopDb shops,
        RehearsalStripeAccount account,
        CancellationToken cancel) =>
        await AnswerAsync(
            context,
            await RefuseKeyAsync(storeId, context, shops, account, cancel) ?? await account.FindAsync(storeId, id, cancel));

    /// <summary>What a wrong key gets; null for the right one. A store that does not exist has no key, so its path tells nothing.</summary>
    internal static async Task<StripeAnswer?> RefuseKeyAsync(
        string storeId, HttpContext context, RehearsalShopDb shops, RehearsalStripeAccount account, CancellationToken cancel)
    {
        if (Bearer.Of(context.Request) is not { } key)
        {
            return account.Refusal(401, StripeError.Of(null, "No API key was given: send it as a bearer token."));
        }

        return await shops.IsStripeKeyAsync(storeId, key, cancel)
            ? null
            : account.Refusal(401, StripeError.Of(null, "The API key is not the one of this account."));
    }

    /// <summary>The idempotency key, which the answer repeats; null where there is none. False: it has no such form.</summary>
    internal static bool TryReadKey(HttpContext context, out string? key)
    {
        var keys = context.Request.Headers["Idempotency-Key"];
        key = keys is [{ Length: > 0 } value] ? value : null;
        if (keys.Count > 1 || key is { Length: > KeyLengthMax } || !Ascii.IsValid(key ?? ""))
        {
            return false;
        }

        if (key is not null)
        {
            context.Response.Headers["Idempotency-Key"] = key;
        }

        return true;
    }

    internal static async Task<string?> ReadBodyAsync(HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) is not true
            || request.ContentLength > BodyBytesMax)
        {
            return null;
        }

        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var buffer = new char[BodyBytesMax + 1];
        var length = await reader.ReadBlockAsync(buffer, cancel);
        return length > BodyBytesMax ? null : new string(buffer, 0, length);
    }

    internal static string HashOf(HttpRequest request, string body) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}\n{body}")));

    private static bool TryParse(
        string body, [NotNullWhen(true)] out TransferRequest? request, [NotNullWhen(false)] out StripeError? problem)
    {
        request = null;
        var form = QueryHelpers.ParseQuery(body);
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in form)
        {
            if (name.StartsWith("expand[", StringComparison.Ordinal))
            {
                continue;
            }

            if (values.Count > 1 || (!Known.Contains(name) && MetadataKey(name) is null))
            {
                problem = StripeError.Of("parameter_unknown", $"Received unknown parameter: {name}", name);
                return false;
            }

            if (MetadataKey(name) is { } key && values.ToString() is { Length: > 0 } value)
            {
                if (key.Length > MetadataKeyLengthMax || value.Length > MetadataValueLengthMax || metadata.Count == MetadataKeysMax)
                {
                    problem = StripeError.Of(
                        null,
                        $"Metadata has at most {MetadataKeysMax} keys of {MetadataKeyLengthMax} and values of {MetadataValueLengthMax} characters.",
                        name);
                    return false;
                }

                metadata[key] = value;
            }
        }

        var currency = Text(form, "currency");
        var destination = Text(form, "destination");
        var group = Text(form, "transfer_group");
        var description = Text(form, "description");
        problem = Missing("amount", Text(form, "amount")) ?? Missing("currency", currency) ?? Missing("destination", destination)
            ?? TooLong("destination", destination, DestinationLengthMax) ?? TooLong("transfer_group", group, TransferGroupLengthMax)
            ?? TooLong("description", description, DescriptionLengthMax) ?? WrongCurrency(currency!)
            ?? WrongAmount(Text(form, "amount")!, currency!, out _);
        if (problem is not null)
        {
            return false;
        }

        _ = WrongAmount(Text(form, "amount")!, currency!, out var amount);
        request = new TransferRequest(amount, currency!, destination!, group, description, metadata);
        return true;
    }

    private static string? MetadataKey(string name) =>
        name.StartsWith(MetadataPrefix, StringComparison.Ordinal) && name.EndsWith(']') && name.Length > MetadataPrefix.Length + 1
            ? name[MetadataPrefix.Length..^1]
            : null;

    private static string? Text(Dictionary<string, StringValues> form, string name) =>
        form.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } text ? text : null;

    private static StripeError? Missing(string name, string? value) =>
        value is null ? StripeError.Of("parameter_missing", $"Missing required param: {name}.", name) : null;

    private static StripeError? TooLong(string name, string? value, int lengthMax) =>
        value?.Length > lengthMax ? StripeError.Of(null, $"{name} has at most {lengthMax} characters.", name) : null;

    private static StripeError? WrongCurrency(string currency) =>
        currency.All(char.IsAsciiLetterLower) && Currency.TryParse(currency.ToUpperInvariant(), out _)
            ? null
            : StripeError.Of("parameter_invalid_string", $"Invalid currency: {currency}. It is a code of ISO 4217 in lower case.", "currency");

    private static StripeError? WrongAmount(string text, string currency, out long amount)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out amount) || amount < 1)
        {
            return StripeError.Of("parameter_invalid_integer", "amount is a whole number greater than zero.", "amount");
        }

        var step = WholeHundreds.Contains(currency) ? 100 : WholeTens.Contains(currency) ? 10 : 1;
        return amount % step == 0
            ? null
            : StripeError.Of("parameter_invalid_integer", $"amount in {currency} is a multiple of {step}.", "amount");
    }

    internal static Task AnswerAsync(HttpContext context, StripeAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = "application/json";
        response.Headers["Request-Id"] = answer.RequestId;
        if (context.Request.Headers["Stripe-Version"] is [{ Length: > 0 } version] && Ascii.IsValid(version))
        {
            response.Headers["Stripe-Version"] = version;
        }

        if (answer.OriginalRequestId is { } original)
        {
            response.Headers["Idempotent-Replayed"] = "true";
            response.Headers["Original-Request"] = original;
        }

        return response.WriteAsync(answer.Body, context.RequestAborted);
    }
}
