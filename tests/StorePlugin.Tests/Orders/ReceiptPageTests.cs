// The reference page of receipts is true: it names every property in its form, and its example is the engine's own.
using System.Text.Encodings.Web;
using System.Text.Json;
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class ReceiptPageTests
{
    private const string ExampleBegins = "```json\n";
    private const string ExampleEnds = "\n```\n";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static string Page => Path.Combine(SourceTree.Root, "docs", "receipt.md");

    [Test]
    public void The_page_names_every_property_in_its_form_and_no_other()
    {
        var told = new List<string>();
        var shape = "";
        foreach (var line in File.ReadAllLines(Page))
        {
            shape = line.StartsWith("## ", StringComparison.Ordinal) ? line[3..].Trim('`') : shape;
            if (line.StartsWith("| `", StringComparison.Ordinal))
            {
                var cells = line.Split('|', StringSplitOptions.TrimEntries);
                Assert.That(cells[3], Is.Not.Empty, line);
                told.Add($"{shape}.{cells[1].Trim('`')}: {cells[2]}");
            }
        }

        Assert.That(told, Is.EqualTo(ReceiptShape.All.SelectMany(each => each.Value.Select(field => $"{each.Key}.{field.Key}: {InWords(field.Value)}"))));
    }

    /// <summary>With <c>UPDATE_GOLDEN</c> at 1 the example is written anew.</summary>
    [Test]
    public void The_example_is_what_the_engine_writes_and_the_checker_agrees()
    {
        var receipt = ReceiptView.Of(Example().ToJson());
        var text = receipt.ToJsonString(Format);
        var page = File.ReadAllText(Page);
        var begin = page.IndexOf(ExampleBegins, StringComparison.Ordinal) + ExampleBegins.Length;
        var end = page.IndexOf(ExampleEnds, begin, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            page = $"{page[..begin]}{text}{page[end..]}";
            File.WriteAllText(Page, page);
            end = begin + text.Length;
        }

        Assert.That(page[begin..end], Is.EqualTo(text));
        Assert.That(ReceiptChecker.Check(text), Is.Empty);
    }

    private static string InWords(string form)
    {
        var core = form.TrimEnd('?', '~').Trim('[', ']');
        var words = core.Replace("|", ", ", StringComparison.Ordinal);
        var kind = form[0] == '[' ? "list of " : core.Contains('|', StringComparison.Ordinal) ? "one of " : char.IsAsciiDigit(core[0]) ? "always " : "";
        return kind + words + (form[^1] == '?' ? " or null" : form[^1] == '~' ? " or absent" : "");
    }

    /// <summary>A code beside a click, a share of a product's own, a gift card, included tax, and a part that came back.</summary>
    private static Receipt Example()
    {
        var at = new DateTimeOffset(2026, 3, 2, 9, 30, 0, TimeSpan.Zero);
        var joined = new DateTimeOffset(2026, 1, 10, 8, 0, 0, TimeSpan.Zero);
        var euro = Currency.Parse("EUR");
        var order = new Order
        {
            Id = "5512",
            Reference = "#1042",
            At = at,
            UpdatedAt = at.AddDays(3),
            Currency = euro,
            Paid = true,
            PaidAt = at.AddMinutes(1),
            CheckoutStartedAt = at.AddMinutes(-4),
            Lines =
            [
                new OrderLine("11", "jacket", LineKind.Product, 1, 11_900, 1_190, 1_710), new OrderLine("12", "mug", LineKind.Product, 3, 3_570, 357, 513),
                new OrderLine("13", null, LineKind.GiftCard, 1, 2_500, 0, 0),
            ],
            Codes = [new OrderCode("ANN10", 1_547)],
            Refunds = [new Refund("77", "5512", at.AddDays(3), euro, [new RefundLine("12", 1, 900)], 500)],
        };
        var terms = new Terms(1_000, 1_000, 30, 30) { Rates = [new RateRule("mug", null, 500)], MaximumCommissionMinor = 5_000, Currency = euro };
        var code = new Touch(TouchKind.Code, "ANN10", at, 1_547, 0, "amb_ann", "cmp_spring", joined, null, joined, null) { IsOwn = false };
        var click = code with
        {
            Kind = TouchKind.Click,
            Evidence = "clk_7f3a",
            At = at.AddDays(-2),
            DiscountMinor = 0,
            AmbassadorId = "amb_bob",
            AssignedAt = at.AddDays(-2),
        };
        var campaign = new CampaignAt("cmp_spring", 2, joined, null) { Terms = terms };
        return Decision.Of(new OrderFacts(new RecordedOrder(order, ShopperHashes.Unknown), "9b1c", order.PaidAt, []), new Evidence([code, click], [campaign]));
    }
}
