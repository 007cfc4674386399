// The stand-in's bulk operations: they gather a shop's orders into a file, one a line.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private readonly ConcurrentDictionary<string, (string Shop, string Query)> _bulks = new(StringComparer.Ordinal);

    /// <summary>How an operation stands when it is looked at; the first of them first, and <c>COMPLETED</c> when there is none.</summary>
    public ConcurrentQueue<string> BulkStates { get; } = new();

    /// <summary>The files that are given out are cut off after so many characters; the next one after as many as come then.</summary>
    public ConcurrentQueue<int> BulkCuts { get; } = new();

    /// <summary>Files that begin, say so, and then stand still, first to last.</summary>
    public ConcurrentQueue<TaskCompletionSource> BulkHangs { get; } = new();

    /// <summary>Where the files are said to be; null: here.</summary>
    public string? BulkHost { get; set; }

    /// <summary>The queries that were begun.</summary>
    public IEnumerable<string> BulkQueries => _bulks.Values.Select(bulk => bulk.Query);

    private JsonObject? PerformOnBulks(string shop, string document, JsonNode variables)
    {
        if (document.StartsWith("mutation BulkOperationRunQuery", StringComparison.Ordinal))
        {
            var id = $"gid://shopify/BulkOperation/{Interlocked.Increment(ref _number)}";
            _bulks[id] = (shop, variables["query"]!.GetValue<string>());
            return new JsonObject
            {
                ["bulkOperationRunQuery"] = new JsonObject { ["bulkOperation"] = new JsonObject { ["id"] = id }, ["userErrors"] = new JsonArray() },
            };
        }

        if (!document.StartsWith("query BulkOperation(", StringComparison.Ordinal))
        {
            return null;
        }

        var operation = variables["id"]!.GetValue<string>();
        if (!_bulks.TryGetValue(operation, out var bulk) || bulk.Shop != shop)
        {
            return new JsonObject { ["bulkOperation"] = null };
        }

        var status = BulkStates.TryDequeue(out var state) ? state : "COMPLETED";
        var count = PastOf(bulk.Shop, bulk.Query).Count();
        return new JsonObject
        {
            ["bulkOperation"] = new JsonObject
            {
                ["id"] = operation,
                ["status"] = status,
                ["errorCode"] = status == "FAILED" ? "TIMEOUT" : null,
                ["objectCount"] = count.ToString(CultureInfo.InvariantCulture),
                ["url"] = status == "COMPLETED" && count > 0 ? $"{BulkHost ?? Listening}/files/{operation.Split('/')[^1]}" : null,
            },
        };
    }

    private async Task<IResult> BulkFile(string id, HttpContext context)
    {
        var bulk = _bulks[$"gid://shopify/BulkOperation/{id}"];
        var lines = string.Concat(PastOf(bulk.Shop, bulk.Query).Select(order => Past(order).ToJsonString() + "\n"));
        if (BulkHangs.TryDequeue(out var began))
        {
            await context.Response.WriteAsync(lines[..10], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            began.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return Results.Empty;
        }

        return Results.Text(BulkCuts.TryDequeue(out var length) ? lines[..length] : lines, "application/jsonl", Encoding.UTF8);
    }

    private IEnumerable<JsonNode> PastOf(string shop, string query)
    {
        var since = At(Since().Match(query).Groups["since"].Value);
        return Orders.Where(one => one.Key.Shop == shop && At(one.Value["created_at"]!.GetValue<string>()) >= since).OrderBy(one => one.Key.Id).Select(one => one.Value);
    }

    private JsonObject Past(JsonNode order)
    {
        var version = Version(order, withCustomer: true);
        return new JsonObject(
            new[] { "id", "createdAt", "processedAt", "test", "displayFinancialStatus", "email", "phone", "customer" }
                .Select(name => KeyValuePair.Create(name, version[name]?.DeepClone())));
    }

    [GeneratedRegex("created_at:>='(?<since>[^']+)'", RegexOptions.CultureInvariant)]
    private static partial Regex Since();
}
