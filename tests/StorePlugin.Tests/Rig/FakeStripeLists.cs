// What the stand-in for Stripe tells of its transfers as a whole, and how it takes them back.
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Tests.Rig;

/// <summary>A reversal that exists at the stand-in.</summary>
internal sealed record FakeReversal(string Id, string TransferId, long Amount, string? PayoutId, string? Number);

internal sealed partial class FakeStripe
{
    private readonly List<FakeReversal> _reversals = [];
    private readonly Queue<int> _listStatuses = new();
    private int _taken;

    /// <summary>How many transfers a page of the list holds at most.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>Whether what the payees had has gone to their banks.</summary>
    public bool PayeesAreEmpty { get; set; }

    public IReadOnlyList<FakeReversal> Reversals
    {
        get
        {
            lock (_lock)
            {
                return [.. _reversals];
            }
        }
    }

    /// <summary>The next pages of the list are answered with these; 200 is as always.</summary>
    public void NextLists(params int[] statuses)
    {
        lock (_lock)
        {
            foreach (var status in statuses)
            {
                _listStatuses.Enqueue(status);
            }
        }
    }

    /// <summary>Loses a transfer, as if it had never been.</summary>
    public void Lose(string transferId)
    {
        lock (_lock)
        {
            _transfers.RemoveAll(one => one.Id == transferId);
        }
    }

    private static bool IsReversals(string path) => Reversal().IsMatch(path);

    private async Task<bool> AnswerListsAsync(HttpContext context, string account)
    {
        var (request, path) = (context.Request, context.Request.Path.ToString());
        if (!HttpMethods.IsGet(request.Method) || !path.StartsWith("/v1/transfers", StringComparison.Ordinal) || request.Query.ContainsKey("transfer_group"))
        {
            return false;
        }

        var isOne = path.Length > "/v1/transfers/".Length;
        int status;
        lock (_lock)
        {
            status = !isOne && _listStatuses.TryDequeue(out var next) ? next : 200;
        }

        var answer = status != 200 ? (status, Error(status == 401 ? "invalid_request_error" : "api_error", null, "It did not work"))
            : isOne ? OneOrItsReversals(account, path)
            : (200, Page(account, request.Query));
        await WriteAsync(context, answer.Item1, answer.Item2);
        return true;
    }

    private string Page(string account, IQueryCollection query)
    {
        var since = long.Parse(query["created[gte]"].ToString(), CultureInfo.InvariantCulture);
        var after = query["starting_after"].ToString();
        var most = Math.Min(PageSize, int.Parse(query["limit"].ToString(), CultureInfo.InvariantCulture));
        lock (_lock)
        {
            var all = _transfers.Where(one => one.Account == account && one.CreatedAt.ToUnixTimeSeconds() >= since).Reverse().ToList();
            var rest = after.Length == 0 ? all : [.. all.SkipWhile(one => one.Id != after).Skip(1)];
            return $$"""{"object":"list","data":[{{string.Join(',', rest.Take(most).Select(Json))}}],"has_more":{{(rest.Count > most ? "true" : "false")}},"url":"/v1/transfers"}""";
        }
    }

    private (int Status, string Body) OneOrItsReversals(string account, string path)
    {
        lock (_lock)
        {
            if (_transfers.FirstOrDefault(one => one.Account == account && one.Id == path.Split('/')[3]) is not { } transfer)
            {
                return (404, Error("invalid_request_error", "resource_missing", "No such transfer"));
            }

            return !IsReversals(path)
                ? (200, Json(transfer))
                : (200, $$"""{"object":"list","data":[{{string.Join(',', _reversals.Where(one => one.TransferId == transfer.Id).Reverse().Select(Json))}}],"has_more":false}""");
        }
    }

    private (int Status, string Body) TakeBack(string account, string path, string body)
    {
        var form = QueryHelpers.ParseQuery(body);
        var amount = long.Parse(form["amount"].ToString(), CultureInfo.InvariantCulture);
        if (_transfers.FirstOrDefault(one => one.Account == account && one.Id == path.Split('/')[3]) is not { } transfer)
        {
            return (404, Error("invalid_request_error", "resource_missing", "No such transfer"));
        }

        if (PayeesAreEmpty)
        {
            return (400, Error("invalid_request_error", "balance_insufficient", "The destination's balance is too low."));
        }

        if (StripeTable.Refusal(transfer.Currency, amount) is { } refusal)
        {
            return (400, Error("invalid_request_error", "parameter_invalid_integer", refusal));
        }

        if (amount > transfer.Amount - transfer.Reversed)
        {
            return (400, Error("invalid_request_error", null, "Reversal amount is greater than unreversed amount on transfer."));
        }

        transfer.Reversed += amount;
        _available[(account, transfer.Currency)] = _available.GetValueOrDefault((account, transfer.Currency)) + amount;
        var reversal = new FakeReversal($"trr_{++_taken}", transfer.Id, amount, form["metadata[payout_id]"].ToString(), form["metadata[reversal]"].ToString());
        _reversals.Add(reversal);
        return (200, Json(reversal));
    }

    private static string Json(FakeReversal reversal) => JsonSerializer.Serialize(new
    {
        id = reversal.Id,
        @object = "transfer_reversal",
        amount = reversal.Amount,
        transfer = reversal.TransferId,
        metadata = new { payout_id = reversal.PayoutId, reversal = reversal.Number },
    });

    [GeneratedRegex(@"\A/v1/transfers/[^/]+/reversals\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Reversal();
}
