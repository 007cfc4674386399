// The stand-in's discounts with many codes: they are added in bulk, over some questions, and each is somebody's once.
using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private const int CodesAtOnceMax = 250;

    private readonly ConcurrentDictionary<string, Bulk> _bulksOfCodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, List<string>> _codesOfDiscount = new(StringComparer.Ordinal);

    /// <summary>How many questions, of whatever kind, a bulk creation of codes takes to run.</summary>
    public int BulkSteps { get; set; } = 3;

    /// <summary>How many bulk creations of codes were begun.</summary>
    public int BulkCount => _bulksOfCodes.Count;

    /// <summary>Which codes a bulk creation cannot make, since somebody else has them.</summary>
    public Func<string, bool> IsTakenCode { get; set; } = _ => false;

    /// <summary>The codes of a discount as they are there now.</summary>
    public IReadOnlyList<string> CodesOf(string shop, string discountId) => [.. Discounts.Where(one => one.Key.Shop == shop && one.Value.Id == discountId).Select(one => one.Key.Code)];

    /// <summary>Every discount of a shop, each once.</summary>
    public IReadOnlyList<Discount> DiscountsOf(string shop) => [.. Discounts.Where(one => one.Key.Shop == shop).Select(one => one.Value).DistinctBy(one => one.Id)];

    private JsonObject? PerformOnCodes(string shop, string document, JsonNode variables)
    {
        lock (_bulksOfCodes)
        {
            // Shopify works while nobody asks, and one request may be answered before another is through.
            foreach (var bulk in _bulksOfCodes.Values.Where(bulk => bulk.Shop == shop && !bulk.IsDone))
            {
                Step(bulk);
            }

            return document.Contains("discountRedeemCodeBulkAdd", StringComparison.Ordinal) ? new JsonObject { ["discountRedeemCodeBulkAdd"] = AddCodes(shop, variables) }
                : document.Contains("discountRedeemCodeBulkCreation", StringComparison.Ordinal) ? new JsonObject { ["discountRedeemCodeBulkCreation"] = ShownBulk(variables["id"]!.GetValue<string>()) }
                : document.Contains("query DiscountCodes(", StringComparison.Ordinal) ? new JsonObject { ["node"] = ShownCodes(shop, variables) }
                : null;
        }
    }

    private JsonObject AddCodes(string shop, JsonNode variables)
    {
        var (discountId, codes) = (variables["discountId"]!.GetValue<string>(), variables["codes"]!.AsArray().Select(code => code!["code"]!.GetValue<string>()).ToList());
        var discount = DiscountsOf(shop).FirstOrDefault(one => one.Id == discountId);
        if (discount is null || codes.Count is 0 or > CodesAtOnceMax)
        {
            return new JsonObject
            {
                ["bulkCreation"] = null,
                ["userErrors"] = new JsonArray(new JsonObject
                {
                    ["field"] = new JsonArray(discount is null ? "discountId" : "codes"),
                    ["code"] = discount is null ? "INVALID" : "EXCEEDED_MAX",
                    ["message"] = discount is null ? "Code discount does not exist." : "The number of codes exceeds the maximum.",
                }),
            };
        }

        var bulk = new Bulk($"gid://shopify/DiscountRedeemCodeBulkCreation/{Interlocked.Increment(ref _number)}", shop, discount, codes, BulkSteps);
        _bulksOfCodes[bulk.Id] = bulk;
        return new JsonObject { ["bulkCreation"] = new JsonObject { ["id"] = bulk.Id }, ["userErrors"] = new JsonArray() };
    }

    private void Step(Bulk bulk)
    {
        bulk.StepsDone++;
        var until = bulk.Codes.Count * bulk.StepsDone / bulk.Steps;
        for (; bulk.Position < until; bulk.Position++)
        {
            var code = bulk.Codes[bulk.Position];
            if (IsTakenCode(code) || !Discounts.TryAdd((bulk.Shop, code.ToUpperInvariant()), bulk.Discount))
            {
                bulk.Failed.Add(code);
            }
            else
            {
                _codesOfDiscount.GetOrAdd(bulk.Discount.Id, _ => []).Add(code);
            }
        }
    }

    private JsonObject? ShownBulk(string id) => !_bulksOfCodes.TryGetValue(id, out var bulk) ? null : new JsonObject
    {
        ["done"] = bulk.IsDone,
        ["importedCount"] = bulk.Position - bulk.Failed.Count,
        ["failedCount"] = bulk.Failed.Count,
        ["codes"] = new JsonObject
        {
            ["nodes"] = new JsonArray([.. bulk.Codes.Take(bulk.Position).Select(code => (JsonNode)new JsonObject
            {
                ["code"] = code,
                ["discountRedeemCode"] = bulk.Failed.Contains(code) ? null : new JsonObject { ["id"] = $"gid://shopify/DiscountRedeemCode/{code}" },
                ["errors"] = bulk.Failed.Contains(code)
                    ? new JsonArray(new JsonObject { ["field"] = new JsonArray("codes", "code"), ["code"] = "TAKEN", ["message"] = "Code must be unique. Please try a different code." })
                    : new JsonArray(),
            })]),
        },
    };

    private JsonObject? ShownCodes(string shop, JsonNode variables)
    {
        var id = variables["id"]!.GetValue<string>();
        var there = CodesOf(shop, id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (there.Count == 0)
        {
            return null;
        }

        // Newest first; the code that the discount was created with is the oldest.
        var bulk = _codesOfDiscount.GetValueOrDefault(id) ?? [];
        var ordered = bulk.Where(there.Contains).Reverse().Concat(there.Except(bulk, StringComparer.OrdinalIgnoreCase)).ToList();
        var (first, skip) = (variables["first"]!.GetValue<int>(), int.Parse(variables["after"]?.GetValue<string>() ?? "0", System.Globalization.CultureInfo.InvariantCulture));
        var discount = Shown(Discounts.First(one => one.Key.Shop == shop && one.Value.Id == id).Value)["codeDiscount"]!.AsObject();
        return new JsonObject
        {
            ["codeDiscount"] = new JsonObject
            {
                ["status"] = discount["status"]!.DeepClone(),
                ["endsAt"] = discount["endsAt"]?.DeepClone(),
                ["usageLimit"] = discount["usageLimit"]?.DeepClone(),
                ["codesCount"] = new JsonObject { ["count"] = ordered.Count },
                ["customerGets"] = discount["customerGets"]!.DeepClone(),
                ["codes"] = new JsonObject
                {
                    ["nodes"] = new JsonArray([.. ordered.Skip(skip).Take(first).Select(code => (JsonNode)new JsonObject { ["code"] = code })]),
                    ["pageInfo"] = new JsonObject
                    {
                        ["hasNextPage"] = skip + first < ordered.Count,
                        ["endCursor"] = (skip + first).ToString(System.Globalization.CultureInfo.InvariantCulture),
                    },
                },
            },
        };
    }

    private sealed class Bulk(string id, string shop, Discount discount, IReadOnlyList<string> codes, int steps)
    {
        public string Id => id;

        public string Shop => shop;

        public Discount Discount => discount;

        public IReadOnlyList<string> Codes => codes;

        public int Steps => steps;

        public int StepsDone { get; set; }

        public int Position { get; set; }

        public HashSet<string> Failed { get; } = new(StringComparer.Ordinal);

        public bool IsDone => StepsDone >= steps;
    }
}
