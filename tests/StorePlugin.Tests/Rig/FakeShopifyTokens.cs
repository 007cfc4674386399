// The stand-in's end of Shopify's tokens: what is granted for a code.
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private async Task<IResult> GiveToken(string shop, HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!;
        TokenRequests.Enqueue(request);
        if (TokenAnswer is { } answer)
        {
            return Results.Text(answer.Body, "application/json", statusCode: answer.Status);
        }

        if (request["client_id"]?.GetValue<string>() != ClientId || request["client_secret"]?.GetValue<string>() != ClientSecret
            || !_shopOfCode.TryRemove(request["code"]?.GetValue<string>() ?? "", out var owner) || owner != shop)
        {
            return Results.Json(new { error = "invalid_request", error_description = "The code was not found or was already used." }, statusCode: 400);
        }

        var number = Interlocked.Increment(ref _number);
        var token = $"shpat_marker_access_{number}";
        _shopOfToken[token] = shop;
        Tokens.Enqueue(token);
        return Expiring
            ? Results.Json(new
            {
                access_token = token,
                scope = Granted,
                expires_in = 3600,
                refresh_token = $"shprt_marker_refresh_{number}",
                refresh_token_expires_in = 7776000,
            })
            : Results.Json(new { access_token = token, scope = Granted });
    }
}
