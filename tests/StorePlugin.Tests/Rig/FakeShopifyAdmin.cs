// The stand-in's end of the Admin API.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private const double MutationCost = 10;
    private const double QueryCost = 4;
    private const int TagsMax = 5;

    private readonly ConcurrentDictionary<string, (double Available, DateTimeOffset At)> _buckets = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _breaches = new();

    /// <summary>How many points the bucket of each shop holds when full.</summary>
    public double BucketMaximum { get; set; } = 2000;

    /// <summary>How many points flow into a bucket in each second of <see cref="Clock"/>.</summary>
    public double BucketRestoreRate { get; set; } = 100;

    /// <summary>The version that answers say they are in.</summary>
    public string AnsweredVersion { get; set; } = "2026-10";

    /// <summary>What happens while the next question is under way.</summary>
    public Func<Task>? OnQuestion { get; set; }

    /// <summary>A token of a shop, without an installation.</summary>
    public string NewToken(string shop)
    {
        var token = $"shpat_marker_access_{Interlocked.Increment(ref _number)}";
        _shopOfToken.Add(token, shop, ClientSecret, end: null);
        return token;
    }

    /// <summary>Leaves so much in the bucket of a shop, as if others had asked.</summary>
    public void Drain(string shop, double left) => _buckets[shop] = (left, Clock.GetUtcNow());

    private async Task<IResult> Answer(string shop, HttpContext context)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!;
        var (document, variables) = (body["query"]!.GetValue<string>(), body["variables"]!);
        var token = context.Request.Headers["X-Shopify-Access-Token"].ToString();
        Questions.Enqueue((shop, document, token));
        if (!_shopOfToken.TryGetValue(token, out var owner) || owner != shop)
        {
            return Results.Json(new { errors = "[API] Invalid API key or access token (unrecognized login or wrong password)" }, statusCode: 401);
        }

        context.Response.Headers["X-Shopify-API-Version"] = AnsweredVersion;
        _faults.TryDequeue(out var fault);
        if (OnQuestion is { } happens)
        {
            OnQuestion = null;
            await happens();
        }

        switch (fault)
        {
            case Fault.Throttled throttled:
                return Throttled(CostOf(throttled.Requested, null, throttled.Available, throttled.RestoreRate));

            case Fault.Status status:
                if (status.RetryAfter is not null)
                {
                    context.Response.Headers.RetryAfter = status.RetryAfter;
                }

                return Results.Text(status.Body, "application/json", statusCode: status.Code);

            case Fault.Answer text:
                return Results.Text(text.Json, "application/json");
        }

        if (await BreachAsync(document, variables, null) is { } question)
        {
            return question;
        }

        var requested = document.StartsWith("mutation", StringComparison.Ordinal) ? MutationCost : QueryCost;
        if (!Pay(shop, requested, out var available))
        {
            return Throttled(CostOf(requested, null, available, BucketRestoreRate));
        }

        if (DenialOf(document) is { } denial)
        {
            return Results.Text(denial, "application/json");
        }

        var data = Perform(shop, document, variables);
        if (await BreachAsync(document, null, data) is { } answer)
        {
            return answer;
        }

        if (fault is Fault.LostAnswer)
        {
            context.Abort();
        }

        return Results.Text(
            new JsonObject { ["data"] = data, ["extensions"] = CostOf(requested, requested, available, BucketRestoreRate) }.ToJsonString(), "application/json");
    }

    /// <summary>What the schema forbids is answered with its words, and fails the test at its end.</summary>
    private async Task<IResult?> BreachAsync(string document, JsonNode? variables, JsonNode? data)
    {
        if (!await AdminSchema.IsAvailableAsync() || await AdminSchema.JudgeAsync(document, variables, data) is not { Errors: { Count: > 0 } errors })
        {
            return null;
        }

        var words = $"{(data is null ? "A question" : "The stand-in's answer")} breaks Shopify's schema: {string.Join("; ", errors)}";
        _breaches.Enqueue(words);
        return Results.Text(words, statusCode: 500);
    }

    private bool Pay(string shop, double cost, out double available)
    {
        lock (_buckets)
        {
            var now = Clock.GetUtcNow();
            var (left, at) = _buckets.GetValueOrDefault(shop, (BucketMaximum, now));
            available = Math.Min(BucketMaximum, left + ((now - at).TotalSeconds * BucketRestoreRate));
            var isPaid = available >= cost;
            available -= isPaid ? cost : 0;
            _buckets[shop] = (available, now);
            return isPaid;
        }
    }

    private static IResult Throttled(JsonObject cost) => Results.Text(
        new JsonObject
        {
            ["errors"] = new JsonArray(new JsonObject
            {
                ["message"] = "Throttled",
                ["extensions"] = new JsonObject { ["code"] = "THROTTLED", ["documentation"] = "https://shopify.dev/api/usage/rate-limits" },
            }),
            ["extensions"] = cost,
        }.ToJsonString(),
        "application/json");

    // Some numbers come with decimals, as Shopify writes them.
    private JsonObject CostOf(double requested, double? actual, double available, double restoreRate) => new()
    {
        ["cost"] = new JsonObject
        {
            ["requestedQueryCost"] = requested,
            ["actualQueryCost"] = actual,
            ["throttleStatus"] = new JsonObject
            {
                ["maximumAvailable"] = Number(BucketMaximum),
                ["currentlyAvailable"] = available,
                ["restoreRate"] = Number(restoreRate),
            },
        },
    };

    private JsonObject Perform(string shop, string document, JsonNode variables)
    {
        if ((PerformOnOrders(shop, document, variables)
            ?? PerformOnSubscriptions(shop, document, variables)
            ?? PerformOnBulks(shop, document, variables)
            ?? PerformOnApp(shop, document, variables)
            ?? PerformOnCustomers(shop, document, variables)
            ?? PerformOnChanges(shop, document, variables)
            ?? PerformOnCodes(shop, document, variables)
            ?? PerformOnValue(shop, document, variables)) is { } data)
        {
            return data;
        }

        if (document.Contains("discountCodeBasicCreate", StringComparison.Ordinal))
        {
            return new JsonObject { ["discountCodeBasicCreate"] = Create(shop, variables["discount"]!) };
        }

        if (document.Contains("discountCodeDeactivate", StringComparison.Ordinal))
        {
            return new JsonObject { ["discountCodeDeactivate"] = Deactivate(shop, variables["id"]!.GetValue<string>()) };
        }

        if (document.Contains("discountCodeActivate", StringComparison.Ordinal))
        {
            return new JsonObject { ["discountCodeActivate"] = Activate(shop, variables["id"]!.GetValue<string>()) };
        }

        if (document.Contains("codeDiscountNodeByCode", StringComparison.Ordinal))
        {
            return new JsonObject
            {
                ["codeDiscountNodeByCode"] = Discounts.TryGetValue((shop, variables["code"]!.GetValue<string>().ToUpperInvariant()), out var found) ? Shown(found) : null,
            };
        }

        return new JsonObject
        {
            ["shop"] = new JsonObject
            {
                ["id"] = "gid://shopify/Shop/" + IdOf(shop),
                ["name"] = ShopName,
                ["currencyCode"] = "EUR",
                ["ianaTimezone"] = "Europe/Berlin",
                ["contactEmail"] = ContactEmail,
                ["primaryDomain"] = new JsonObject { ["host"] = "www.lux.example" },
            },
        };
    }

    // A discount that a test has put there is one of 20 %.
    private JsonObject Shown(Discount discount)
    {
        var input = discount.Input as JsonObject ?? [];
        var value = input["customerGets"]?["value"];
        return new JsonObject
        {
            ["id"] = discount.Id,
            ["codeDiscount"] = new JsonObject
            {
                ["__typename"] = "DiscountCodeBasic",
                ["title"] = discount.Title,
                ["tags"] = input["tags"]?.DeepClone() ?? new JsonArray(),
                ["status"] = Off.ContainsKey(discount.Id) ? "EXPIRED" : "ACTIVE",
                ["endsAt"] = Off.TryGetValue(discount.Id, out var off) ? off.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : input["endsAt"]?.DeepClone(),
                ["usageLimit"] = input["usageLimit"]?.DeepClone(),
                ["appliesOncePerCustomer"] = input["appliesOncePerCustomer"]?.DeepClone() ?? false,
                ["asyncUsageCount"] = Uses.GetValueOrDefault(discount.Id),
                ["customerGets"] = new JsonObject
                {
                    ["value"] = value?["discountAmount"] is { } amount
                        ? new JsonObject
                        {
                            ["__typename"] = "DiscountAmount",
                            ["amount"] = new JsonObject { ["amount"] = amount["amount"]!.DeepClone(), ["currencyCode"] = "EUR" },
                        }
                        : new JsonObject { ["__typename"] = "DiscountPercentage", ["percentage"] = value?["percentage"]?.DeepClone() ?? 0.2 },
                },
            },
        };
    }

    // What Shopify checks beyond its schema, as far as we use it.
    private JsonObject Create(string shop, JsonNode input)
    {
        var value = input["customerGets"]!["value"]!.AsObject();
        if (value.Count != 1)
        {
            return Refusal("customerGets", "INVALID", "Discount value is invalid");
        }

        if (value["percentage"] is { } percentage && percentage.GetValue<decimal>() is <= 0 or > 1)
        {
            return Refusal("percentage", "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0");
        }

        if (input["tags"] is JsonArray { Count: > TagsMax })
        {
            return Refusal("tags", "TOO_MANY_TAGS", "There are too many tags");
        }

        if (input["context"]!.ToJsonString() != """{"all":"ALL"}""" || !DateTimeOffset.TryParse(input["startsAt"]!.GetValue<string>(), CultureInfo.InvariantCulture, out _))
        {
            return Refusal("context", "INVALID", "Context is invalid");
        }

        var code = input["code"]!.GetValue<string>();
        if (code.Length > 20)
        {
            return Refusal("code", "TOO_LONG", "Code is too long");
        }

        var made = new Discount($"gid://shopify/DiscountCodeNode/{Interlocked.Increment(ref _number)}", input["title"]!.GetValue<string>(), input);
        return Discounts.TryAdd((shop, code.ToUpperInvariant()), made)
            ? new JsonObject { ["codeDiscountNode"] = new JsonObject { ["id"] = made.Id }, ["userErrors"] = new JsonArray() }
            : Refusal("code", "TAKEN", "Code must be unique. Please try a different code.");
    }

    private JsonObject Deactivate(string shop, string id)
    {
        var discount = Discounts.FirstOrDefault(one => one.Key.Shop == shop && one.Value.Id == id).Value;
        if (discount is null)
        {
            return Refusal("id", "INVALID", "Code discount does not exist.");
        }

        Deactivated.Enqueue(id);
        Off[id] = Clock.GetUtcNow();
        return new JsonObject { ["codeDiscountNode"] = new JsonObject { ["id"] = id }, ["userErrors"] = new JsonArray() };
    }

    private JsonObject Activate(string shop, string id)
    {
        if (!Discounts.Any(one => one.Key.Shop == shop && one.Value.Id == id))
        {
            return Refusal("id", "INVALID", "Code discount does not exist.");
        }

        Off.TryRemove(id, out _);
        return new JsonObject { ["codeDiscountNode"] = new JsonObject { ["id"] = id }, ["userErrors"] = new JsonArray() };
    }

    private static JsonObject Refusal(string field, string code, string message) => new()
    {
        ["codeDiscountNode"] = null,
        ["userErrors"] = new JsonArray(new JsonObject
        {
            ["field"] = new JsonArray("basicCodeDiscount", field),
            ["code"] = code,
            ["message"] = message,
        }),
    };

    private static JsonNode Number(double number) => JsonNode.Parse(number.ToString("0.0", CultureInfo.InvariantCulture))!;
}
