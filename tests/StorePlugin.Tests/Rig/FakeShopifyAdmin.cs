// The stand-in's end of the Admin API.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
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

        _faults.TryDequeue(out var fault);
        switch (fault)
        {
            case Fault.Throttled throttled:
                return Results.Text(
                    $$$"""
                    {"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{
                    "requestedQueryCost":{{{Number(throttled.Requested)}}},"actualQueryCost":null,"throttleStatus":{
                    "maximumAvailable":2000.0,"currentlyAvailable":{{{Number(throttled.Available)}}},
                    "restoreRate":{{{Number(throttled.RestoreRate)}}} } } } }
                    """,
                    "application/json");

            case Fault.Status status:
                if (status.RetryAfter is not null)
                {
                    context.Response.Headers.RetryAfter = status.RetryAfter;
                }

                return Results.Text(status.Body, "application/json", statusCode: status.Code);

            case Fault.Answer text:
                return Results.Text(text.Json, "application/json");
        }

        var data = Perform(shop, document, variables);
        if (fault is Fault.LostAnswer)
        {
            context.Abort();
        }

        return Results.Text(new JsonObject { ["data"] = data }.ToJsonString(), "application/json");
    }

    private JsonObject Perform(string shop, string document, JsonNode variables)
    {
        if ((PerformOnOrders(shop, document, variables) ?? PerformOnBulks(shop, document, variables)) is { } data)
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

        if (document.Contains("DiscountNow", StringComparison.Ordinal))
        {
            return new JsonObject { ["codeDiscountNodeByCode"] = Now(shop, variables["code"]!.GetValue<string>()) };
        }

        if (document.Contains("codeDiscountNodeByCode", StringComparison.Ordinal))
        {
            var found = Discounts.GetValueOrDefault((shop, variables["code"]!.GetValue<string>().ToUpperInvariant()));
            return new JsonObject
            {
                ["codeDiscountNodeByCode"] = found is null ? null : new JsonObject
                {
                    ["id"] = found.Id,
                    ["codeDiscount"] = new JsonObject { ["__typename"] = "DiscountCodeBasic", ["title"] = found.Title },
                },
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

    // What the schema demands of the input, as far as we use it.
    private JsonObject Create(string shop, JsonNode input)
    {
        var value = input["customerGets"]!["value"]!.AsObject();
        if (value["discountAmount"] is { } amount && (value.Count > 1 || amount["amount"]!.GetValueKind() != JsonValueKind.String))
        {
            return Refusal("discountAmount", "INVALID", "Discount amount is invalid");
        }

        if (value["discountAmount"] is null
            && (value["percentage"]!.GetValueKind() != JsonValueKind.Number || value["percentage"]!.GetValue<decimal>() is <= 0 or > 1))
        {
            return Refusal("percentage", "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0");
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

    private JsonObject? Now(string shop, string code)
    {
        if (Discounts.GetValueOrDefault((shop, code.ToUpperInvariant())) is not { } discount)
        {
            return null;
        }

        var value = discount.Input["customerGets"]!["value"]!;
        var off = Off.TryGetValue(discount.Id, out var at);
        return new JsonObject
        {
            ["id"] = discount.Id,
            ["codeDiscount"] = new JsonObject
            {
                ["__typename"] = "DiscountCodeBasic",
                ["status"] = off ? "EXPIRED" : "ACTIVE",
                ["endsAt"] = off ? at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : discount.Input["endsAt"]?.DeepClone(),
                ["usageLimit"] = discount.Input["usageLimit"]?.DeepClone(),
                ["customerGets"] = new JsonObject
                {
                    ["value"] = value["percentage"] is { } share
                        ? new JsonObject { ["__typename"] = "DiscountPercentage", ["percentage"] = share.DeepClone() }
                        : new JsonObject { ["__typename"] = "DiscountAmount" },
                },
            },
        };
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

    private static string Number(double number) => number.ToString("0.0", CultureInfo.InvariantCulture);
}
