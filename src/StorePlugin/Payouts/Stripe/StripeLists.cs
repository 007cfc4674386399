// What is read of Stripe's lists, page by page, and how a transfer is taken back.
using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace StorePlugin.Payouts.Stripe;

/// <summary>What came of a question: its answer, or what stood in the place of one.</summary>
internal abstract record StripeRead<T>
{
    internal sealed record Found(T Value) : StripeRead<T>;

    internal sealed record Failed(StripeAnswer Answer) : StripeRead<T>;
}

/// <summary>A transfer of the account's whole list.</summary>
/// <param name="Group">Whatever its maker wrote there; null where nothing.</param>
internal sealed record ListedTransfer(StripeTransfer Transfer, string? Group, DateTimeOffset CreatedAt)
{
    private const long SecondsMax = 253_402_300_799;

    /// <summary>Reads a transfer of the list; null where what identifies it is missing.</summary>
    public static ListedTransfer? Read(JsonElement element) =>
        StripeTransfer.Read(element) is { } transfer && StripeTransfer.Whole(element, "created") is { } created and > 0 and <= SecondsMax
            ? new ListedTransfer(transfer, StripeTransfer.Text(element, "transfer_group"), DateTimeOffset.FromUnixTimeSeconds(created))
            : null;
}

/// <summary>A page of the list, newest first.</summary>
internal sealed record TransferPage(ImmutableArray<ListedTransfer> Transfers, bool HasMore);

/// <summary>A reversal of a transfer, as Stripe tells of it.</summary>
/// <param name="Amount">In Stripe's units.</param>
/// <param name="PayoutId">From the metadata, as is <paramref name="Number"/>: ours alone carry both.</param>
internal sealed record StripeReversal(string Id, long Amount, string? PayoutId, string? Number)
{
    public static StripeReversal? Read(JsonElement reversal)
    {
        if (reversal.ValueKind != JsonValueKind.Object || StripeTransfer.Text(reversal, "object") is not (null or "transfer_reversal")
            || StripeTransfer.Text(reversal, "id") is not { Length: > 0 } id || StripeTransfer.Whole(reversal, "amount") is not { } amount)
        {
            return null;
        }

        var metadata = reversal.TryGetProperty("metadata", out var found) ? found : default;
        return new StripeReversal(id, amount, StripeTransfer.Text(metadata, "payout_id"), StripeTransfer.Text(metadata, "reversal"));
    }
}

internal sealed partial class StripeClient
{
    /// <summary>The most that Stripe gives at once.</summary>
    public const int PageSize = 100;

    /// <summary>A page of the account's transfers made since an instant, newest first.</summary>
    /// <param name="after">The last transfer of the page before; null for the first page.</param>
    public async Task<StripeRead<TransferPage>> TransfersAsync(
        string storeId, string secretKey, DateTimeOffset since, string? after, CancellationToken cancel)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{TransfersPath}?created%5Bgte%5D={since.ToUnixTimeSeconds()}&limit={PageSize}")
            + (after is null ? "" : $"&starting_after={Uri.EscapeDataString(after)}");
        using var request = Request(HttpMethod.Get, storeId, secretKey, path, ApiVersion);
        return await AskAsync(
            storeId, request, "list of transfers", json => ReadData(json, ListedTransfer.Read) is (var transfers, var more) ? new TransferPage(transfers, more) : null, cancel);
    }

    /// <summary>One transfer as it is now.</summary>
    public async Task<StripeRead<StripeTransfer>> TransferAsync(string storeId, string secretKey, string transferId, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Get, storeId, secretKey, $"{TransfersPath}/{Uri.EscapeDataString(transferId)}", ApiVersion);
        return await AskAsync(storeId, request, "transfer", StripeTransfer.Read, cancel);
    }

    /// <summary>Everything that was taken back of a transfer, by whomever.</summary>
    public async Task<StripeRead<IReadOnlyList<StripeReversal>>> ReversalsAsync(string storeId, string secretKey, string transferId, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Get, storeId, secretKey, $"{PayoutReversal.PathOf(transferId)}?limit={PageSize}", ApiVersion);
        return await AskAsync<IReadOnlyList<StripeReversal>>(
            storeId, request, "complete list of reversals", json => ReadData(json, StripeReversal.Read) is (var reversals, false) ? reversals : null, cancel);
    }

    /// <summary>Sends a frozen reversal, byte for byte.</summary>
    public async Task<StripeRead<StripeReversal>> ReverseAsync(string storeId, string secretKey, PayoutReversal reversal, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Post, storeId, secretKey, reversal.Path, reversal.ApiVersion);
        request.Headers.Add("Idempotency-Key", reversal.IdempotencyKey);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(reversal.Body));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(StripeForm.ContentType);
        return await AskAsync(storeId, request, "reversal", StripeReversal.Read, cancel);
    }

    private async Task<StripeRead<T>> AskAsync<T>(
        string storeId, HttpRequestMessage request, string what, Func<JsonElement, T?> read, CancellationToken cancel)
        where T : class
    {
        var (answer, status, headers, body) = await ExchangeAsync(storeId, request, cancel);
        if (answer is not null || status is < 200 or >= 300)
        {
            return new StripeRead<T>.Failed(answer ?? StripeAnswer.Classify(status, headers, body));
        }

        return StripeAnswer.Parse(body) is { } json && read(json) is { } value
            ? new StripeRead<T>.Found(value)
            : new StripeRead<T>.Failed(new StripeAnswer.Unknown($"Stripe's answer is no {what}", status, headers));
    }

    private static (ImmutableArray<T> Items, bool HasMore)? ReadData<T>(JsonElement list, Func<JsonElement, T?> read)
        where T : class
    {
        if (list.ValueKind != JsonValueKind.Object || !list.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var items = ImmutableArray.CreateBuilder<T>(data.GetArrayLength());
        foreach (var element in data.EnumerateArray())
        {
            if (read(element) is not { } item)
            {
                return null;
            }

            items.Add(item);
        }

        return (items.DrainToImmutable(), list.TryGetProperty("has_more", out var more) && more.ValueKind == JsonValueKind.True);
    }
}
