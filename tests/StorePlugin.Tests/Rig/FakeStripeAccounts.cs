// Connect at the stand-in for Stripe: the platform's own account, payees' accounts, links into them, and their payouts to banks.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Tests.Rig;

/// <summary>A connected account as the stand-in holds it; a test changes what it likes.</summary>
internal sealed class FakePayee
{
    public string Id { get; init; } = "";

    public string Country { get; init; } = "DE";

    public string Transfers { get; set; } = "inactive";

    public bool PayoutsEnabled { get; set; }

    public bool DetailsSubmitted { get; set; }

    public List<string> CurrentlyDue { get; } = [];

    public List<string> PastDue { get; } = [];

    public string? DisabledReason { get; set; }

    public string Schedule { get; set; } = "daily";

    /// <summary>Name, last four digits, fingerprint.</summary>
    public List<(string Name, string Last4, string Fingerprint)> Banks { get; } = [];

    /// <summary>Closed, or no longer connected.</summary>
    public bool IsGone { get; set; }

    /// <summary>The form that it was made with.</summary>
    public IReadOnlyDictionary<string, string> Form { get; init; } = new Dictionary<string, string>();

    public FakePayee Ready()
    {
        (Transfers, PayoutsEnabled, DetailsSubmitted, DisabledReason) = ("active", true, true, null);
        CurrentlyDue.Clear();
        if (Banks.Count == 0)
        {
            Banks.Add(("Sparkasse", "1234", "fp_1"));
        }

        return this;
    }

    public JsonObject ToJson() => new()
    {
        ["id"] = Id,
        ["object"] = "account",
        ["capabilities"] = new JsonObject { ["transfers"] = Transfers },
        ["charges_enabled"] = false,
        ["country"] = Country,
        ["default_currency"] = "eur",
        ["details_submitted"] = DetailsSubmitted,
        ["external_accounts"] = new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. Banks.Select(bank => new JsonObject
            {
                ["object"] = "bank_account",
                ["bank_name"] = bank.Name,
                ["last4"] = bank.Last4,
                ["fingerprint"] = bank.Fingerprint,
                ["country"] = Country,
                ["currency"] = "eur",
            })]),
        },
        ["payouts_enabled"] = PayoutsEnabled,
        ["requirements"] = new JsonObject
        {
            ["currently_due"] = List(CurrentlyDue),
            ["past_due"] = List(PastDue),
            ["eventually_due"] = List(CurrentlyDue),
            ["pending_verification"] = new JsonArray(),
            ["disabled_reason"] = DisabledReason,
        },
        ["settings"] = new JsonObject { ["payouts"] = new JsonObject { ["schedule"] = new JsonObject { ["interval"] = Schedule } } },
    };

    private static JsonArray List(List<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}

internal sealed partial class FakeStripe
{
    private readonly Dictionary<string, FakePayee> _payees = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Status, string Body)> _refusals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> _bankPayouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _contents = new(StringComparer.Ordinal);
    private int _links;

    /// <summary>The platform's own account.</summary>
    public JsonObject Own { get; } = new()
    {
        ["id"] = MainAccount,
        ["object"] = "account",
        ["country"] = "DE",
        ["details_submitted"] = true,
        ["default_currency"] = "eur",
    };

    /// <summary>How often the platform's own balance goes to its bank.</summary>
    public string OwnSchedule { get; set; } = "manual";

    /// <summary>What of it stays, in the smallest unit of the euro.</summary>
    public long? OwnMinimum { get; set; }

    public IReadOnlyList<FakePayee> Payees
    {
        get
        {
            lock (_lock)
            {
                return [.. _payees.Values];
            }
        }
    }

    /// <summary>An account that somebody made before.</summary>
    public FakePayee AddPayee(string id, string country = "DE")
    {
        lock (_lock)
        {
            return _payees[id] = new FakePayee { Id = id, Country = country };
        }
    }

    /// <summary>From now on a call is answered like this, as <c>GET /v1/balance</c>; without a status it is answered again.</summary>
    public void Refuse(string call, int? status = null, string? code = null, string message = "No.")
    {
        lock (_lock)
        {
            if (status is { } given)
            {
                _refusals[call] = (given, given >= 500 ? "oops" : Error("invalid_request_error", code, message));
            }
            else
            {
                _refusals.Remove(call);
            }
        }
    }

    /// <summary>A payout of a payee's account to their bank; again with the same id changes it.</summary>
    /// <param name="contents">The transfers that it carries; null where it is not reconciled.</param>
    public void BankPayout(string id, string status, DateTimeOffset created, IEnumerable<string>? contents = null, string? failure = null, string currency = "eur")
    {
        lock (_lock)
        {
            _bankPayouts[id] = new JsonObject
            {
                ["id"] = id,
                ["object"] = "payout",
                ["amount"] = 5000,
                ["arrival_date"] = created.AddDays(2).ToUnixTimeSeconds(),
                ["automatic"] = true,
                ["created"] = created.ToUnixTimeSeconds(),
                ["currency"] = currency,
                ["failure_code"] = failure is null ? null : "account_closed",
                ["failure_message"] = failure,
                ["reconciliation_status"] = contents is null ? "in_progress" : "completed",
                ["status"] = status,
            };
            if (contents is not null)
            {
                _contents[id] = [.. contents];
            }
        }
    }

    private (int Status, string Body) AnswerConnect(string account, HttpRequest request, string body)
    {
        lock (_lock)
        {
            var call = $"{request.Method} {request.Path}";
            if (_refusals.TryGetValue(call, out var refusal))
            {
                return refusal;
            }

            var form = QueryHelpers.ParseQuery(body).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
            return call switch
            {
                "GET /v1/account" => (200, Own.ToJsonString()),
                "GET /v1/balance" when TellsBalance => (200, Balance(account)),
                "GET /v1/balance_settings" => (200, Settings()),
                "POST /v1/accounts" => Once(account, request, body, () => MakePayee(form)),
                "POST /v1/account_links" => Link(form),
                _ when request.Path.StartsWithSegments("/v1/accounts", StringComparison.Ordinal, out var rest) => OfPayee(request.Method, rest.Value!.Trim('/')),
                _ when request.Path.StartsWithSegments("/v1/payouts", StringComparison.Ordinal, out var id) => OfBank(request, id.Value!.Trim('/')),
                "GET /v1/balance_transactions" => Contents(request.Query["payout"].ToString()),
                _ => (404, Error("invalid_request_error", "resource_missing", $"Unrecognized request URL ({call})")),
            };
        }
    }

    private (int Status, string Body) MakePayee(Dictionary<string, string> form)
    {
        if (StripeContract.Refusal("POST /v1/accounts", form) is { } parameter)
        {
            return (400, Error("invalid_request_error", "parameter_unknown", $"Received unknown parameter: {parameter}"));
        }

        var country = form.GetValueOrDefault("country", "DE");
        if (country == "US" && !form.ContainsKey("capabilities[card_payments][requested]"))
        {
            return (400, Error("invalid_request_error", null, "You cannot request the `transfers` capability without the `card_payments` capability for accounts in US."));
        }

        var id = $"acct_made{_payees.Count + 1}";
        var payee = new FakePayee { Id = id, Country = country, Form = form };
        payee.CurrentlyDue.AddRange(["external_account", "individual.dob.day", "tos_acceptance.date"]);
        payee.DisabledReason = "requirements.past_due";
        _payees[id] = payee;
        return (200, payee.ToJson().ToJsonString());
    }

    private (int Status, string Body) Once(string account, HttpRequest request, string body, Func<(int Status, string Body)> make)
    {
        var place = (account, request.Path.Value!, request.Headers["Idempotency-Key"].ToString());
        if (_stored.TryGetValue(place, out var before) && _now() - before.At < KeysKept)
        {
            return before.BodyHash == body ? (before.Status, before.Body) : (400, Error("idempotency_error", null, "Keys for idempotent requests can only be used with the same parameters they were first used with."));
        }

        var (status, answer) = make();
        _stored[place] = new Stored(status, answer, body, _now());
        return (status, answer);
    }

    private (int Status, string Body) Link(Dictionary<string, string> form)
    {
        if (StripeContract.Refusal("POST /v1/account_links", form) is { } parameter)
        {
            return (400, Error("invalid_request_error", "parameter_unknown", $"Received unknown parameter: {parameter}"));
        }

        if (!_payees.TryGetValue(form["account"], out var payee) || payee.IsGone)
        {
            return Gone(form["account"]);
        }

        var url = string.Create(CultureInfo.InvariantCulture, $"https://connect.stripe.com/setup/e/{form["account"]}/once{++_links}");
        return (200, JsonSerializer.Serialize(new { @object = "account_link", created = _now().ToUnixTimeSeconds(), expires_at = _now().AddMinutes(5).ToUnixTimeSeconds(), url }));
    }

    private (int Status, string Body) OfPayee(string method, string rest)
    {
        var (id, deed) = rest.Split('/') is [var first, var second] ? (first, second) : (rest, "");
        if (!_payees.TryGetValue(id, out var payee) || payee.IsGone)
        {
            return Gone(id);
        }

        return (method, deed) switch
        {
            ("GET", "") => (200, payee.ToJson().ToJsonString()),
            ("POST", "login_links") when payee.DetailsSubmitted => (200, JsonSerializer.Serialize(
                new { @object = "login_link", created = _now().ToUnixTimeSeconds(), url = $"https://connect.stripe.com/express/{id}/once{++_links}" })),
            _ => (400, Error("invalid_request_error", null, "Cannot create a login link for an account that has not completed onboarding.")),
        };
    }

    private (int Status, string Body) OfBank(HttpRequest request, string id) =>
        request.Headers["Stripe-Account"].ToString() is { Length: > 0 } && _bankPayouts.TryGetValue(id, out var payout)
            ? (200, payout.ToJsonString())
            : (404, Error("invalid_request_error", "resource_missing", $"No such payout: '{id}'"));

    private (int Status, string Body) Contents(string id)
    {
        var data = _contents.GetValueOrDefault(id, []).Select(transfer => (JsonNode)new JsonObject
        {
            ["id"] = "txn_" + transfer,
            ["type"] = "payment",
            ["source"] = new JsonObject { ["id"] = "py_" + transfer, ["object"] = "charge", ["source_transfer"] = transfer },
        });
        return (200, new JsonObject { ["object"] = "list", ["data"] = new JsonArray([.. data]), ["has_more"] = false }.ToJsonString());
    }

    private string Balance(string account)
    {
        var available = _available.Where(sum => sum.Key.Account == account)
            .Select(sum => (JsonNode)new JsonObject { ["amount"] = sum.Value, ["currency"] = sum.Key.Currency });
        return new JsonObject { ["object"] = "balance", ["available"] = new JsonArray([.. available]), ["livemode"] = false, ["pending"] = new JsonArray() }.ToJsonString();
    }

    private string Settings() => new JsonObject
    {
        ["object"] = "balance_settings",
        ["payments"] = new JsonObject
        {
            ["payouts"] = new JsonObject
            {
                ["minimum_balance_by_currency"] = OwnMinimum is { } least ? new JsonObject { ["eur"] = least } : null,
                ["schedule"] = new JsonObject { ["interval"] = OwnSchedule },
            },
        },
    }.ToJsonString();

    private static (int Status, string Body) Gone(string id) => (403, Error(
        "invalid_request_error", "account_invalid",
        $"The provided key 'sk_test_****' does not have access to account '{id}' (or that account does not exist). Application access may have been revoked."));
}

/// <summary>What Stripe's own library declares of its API; see <c>Data/NOTICE.md</c>.</summary>
internal static class StripeContract
{
    public static readonly JsonNode All =
        JsonNode.Parse(File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "stripe-contract.json")))!;

    /// <summary>The first parameter of a form that the request does not take, or not with this value, or that is missing; null where all is well.</summary>
    public static string? Refusal(string request, IReadOnlyDictionary<string, string> form)
    {
        var schema = All["requests"]![request]!;
        var missing = schema["required"]?.AsArray().Select(name => (string)name!).FirstOrDefault(name => !form.ContainsKey(name));
        return missing ?? form.FirstOrDefault(pair => !Takes(schema, pair.Key.Replace("]", "", StringComparison.Ordinal).Split('['), pair.Value)).Key;
    }

    private static bool Takes(JsonNode schema, ReadOnlySpan<string> path, string value)
    {
        // A map takes any name; a choice, what one of its ways takes.
        if (schema["anyOf"] is JsonArray choices)
        {
            foreach (var choice in choices)
            {
                if (Takes(choice!, path, value))
                {
                    return true;
                }
            }

            return false;
        }

        return (string?)schema["type"] switch
        {
            "object" => path.Length > 0 && schema["properties"]![path[0]] is { } inner && Takes(inner, path[1..], value),
            "map" => path.Length == 1,
            "boolean" => path.Length == 0 && value is "true" or "false",
            "string" => path.Length == 0 && (schema["enum"] is not JsonArray words || words.Any(word => (string?)word == value)),
            _ => false,
        };
    }
}
