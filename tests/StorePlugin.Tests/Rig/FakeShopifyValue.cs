// The stand-in's end of gift cards, customers and store credit.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private readonly ConcurrentQueue<CreditStep> _credit = new();

    /// <summary>The gift cards of all shops, by shop and code in capitals.</summary>
    public ConcurrentDictionary<(string Shop, string Code), Card> Cards { get; } = new();

    /// <summary>The customers of all shops: their ids, by shop and address.</summary>
    public ConcurrentDictionary<(string Shop, string Email), string> Customers { get; } = new();

    /// <summary>Every movement of store credit, oldest first.</summary>
    public IReadOnlyList<CreditStep> Credit => [.. _credit];

    /// <summary>The permissions that the stand-in misses from now on.</summary>
    public ConcurrentDictionary<string, byte> Denied { get; } = new(StringComparer.Ordinal);

    /// <summary>What gift cards may be worth, and an account may hold, in the shop's currency.</summary>
    public decimal ValueMax { get; set; } = 2000;

    /// <summary>Whether the search knows no gift cards, as when they are new.</summary>
    public bool IsSearchBehind { get; set; }

    /// <summary>A gift card; its balance and whether it works may change.</summary>
    internal sealed record Card(string Id, string Note, string? ExpiresOn, decimal Initial)
    {
        public decimal Balance { get; set; } = Initial;

        public bool Enabled { get; set; } = true;
    }

    /// <param name="Amount">Below 0 where it was taken.</param>
    internal sealed record CreditStep(string Shop, string Customer, string Id, decimal Amount, string Currency, DateTimeOffset At, DateTimeOffset? ExpiresAt, string Event);

    public string NewCustomer(string shop, string email)
    {
        var id = $"gid://shopify/Customer/{Interlocked.Increment(ref _number)}";
        Customers[(shop, email)] = id;
        return id;
    }

    /// <summary>What the store's people or its orders do to a customer's credit.</summary>
    public string Move(string shop, string customer, decimal amount, DateTimeOffset? expiresAt = null, string @event = "ADJUSTMENT")
    {
        var kind = amount > 0 ? "StoreCreditAccountCreditTransaction" : "StoreCreditAccountDebitTransaction";
        var id = $"gid://shopify/{kind}/{Interlocked.Increment(ref _number)}";
        _credit.Enqueue(new CreditStep(shop, customer, id, amount, "EUR", SecondOf(Clock.GetUtcNow()), expiresAt, @event));
        return id;
    }

    public decimal BalanceOf(string shop, string customer) => _credit.Where(move => (move.Shop, move.Customer) == (shop, customer)).Sum(move => move.Amount);

    /// <summary>What Shopify answers where a permission is missing; null: none is.</summary>
    private string? DenialOf(string document)
    {
        var (field, scope) = document switch
        {
            _ when document.Contains("giftCardCreate", StringComparison.Ordinal) => ("giftCardCreate", "write_gift_cards"),
            _ when document.Contains("giftCardDeactivate", StringComparison.Ordinal) => ("giftCardDeactivate", "write_gift_cards"),
            _ when document.Contains("giftCards(", StringComparison.Ordinal) => ("", "read_gift_cards"),
            _ when document.Contains("giftCard(", StringComparison.Ordinal) => ("giftCard", "read_gift_cards"),
            _ when document.Contains("storeCreditAccountCredit", StringComparison.Ordinal) => ("storeCreditAccountCredit", "write_store_credit_account_transactions"),
            _ when document.Contains("storeCreditAccountDebit", StringComparison.Ordinal) => ("storeCreditAccountDebit", "write_store_credit_account_transactions"),
            _ when document.Contains("storeCreditAccounts", StringComparison.Ordinal) && Denied.ContainsKey("read_store_credit_accounts") => ("customerByIdentifier", "read_store_credit_accounts"),
            _ when document.Contains("customerByIdentifier", StringComparison.Ordinal) => ("customerByIdentifier", "read_customers"),
            _ => ("", ""),
        };
        if (!Denied.ContainsKey(scope))
        {
            return null;
        }

        // A field that may be null is null; one that may not takes all data with it.
        return new JsonObject
        {
            ["data"] = field.Length > 0 ? new JsonObject { [field] = null } : null,
            ["errors"] = new JsonArray(new JsonObject
            {
                ["message"] = "Access denied.",
                ["extensions"] = new JsonObject { ["code"] = "ACCESS_DENIED", ["requiredAccess"] = $"`{scope}` access scope." },
            }),
        }.ToJsonString();
    }

    private JsonObject? PerformOnValue(string shop, string document, JsonNode variables) => document.Split('(')[0] switch
    {
        "mutation GiftCardCreate" => new JsonObject { ["giftCardCreate"] = MakeCard(shop, variables["input"]!) },
        "mutation GiftCardDeactivate" => new JsonObject { ["giftCardDeactivate"] = EndCard(shop, variables["id"]!.GetValue<string>()) },
        "query GiftCards" => new JsonObject { ["giftCards"] = new JsonObject { ["nodes"] = Search(shop, variables["query"]!.GetValue<string>()) } },
        "query GiftCard" => new JsonObject { ["giftCard"] = FindCard(shop, variables["id"]!.GetValue<string>()) is { } card ? Shown(card, withNote: false) : null },
        "query CustomerByIdentifier" => new JsonObject
        {
            ["customerByIdentifier"] = FindCustomer(shop, variables["identifier"]!) is { } customer ? new JsonObject { ["id"] = customer } : null,
        },
        "query CustomerStoreCredit" => new JsonObject
        {
            ["customerByIdentifier"] = FindCustomer(shop, variables["identifier"]!) is { } customer
                ? new JsonObject { ["id"] = customer, ["storeCreditAccounts"] = new JsonObject { ["nodes"] = CreditAccounts(shop, customer) } }
                : null,
        },
        "mutation StoreCreditAccountCredit" => new JsonObject
        {
            ["storeCreditAccountCredit"] = ChangeCredit(shop, variables["id"]!.GetValue<string>(), variables["credit"]!["creditAmount"]!, variables["credit"]!["expiresAt"], 1),
        },
        "mutation StoreCreditAccountDebit" => new JsonObject
        {
            ["storeCreditAccountDebit"] = ChangeCredit(shop, variables["id"]!.GetValue<string>(), variables["debit"]!["debitAmount"]!, null, -1),
        },
        _ => null,
    };

    private JsonObject MakeCard(string shop, JsonNode input)
    {
        var (code, amount) = (input["code"]!.GetValue<string>(), Decimal(input["initialAmount"]!["amount"]!));
        if (code.Length is < 8 or > 20 || !code.All(char.IsAsciiLetterOrDigit))
        {
            return CardRefusal("code", "INVALID", "Code is invalid");
        }

        if (amount > ValueMax)
        {
            return CardRefusal("initialAmount", "GIFT_CARD_LIMIT_EXCEEDED", "Initial value exceeds the limit");
        }

        var card = new Card($"gid://shopify/GiftCard/{Interlocked.Increment(ref _number)}", input["note"]!.GetValue<string>(), input["expiresOn"]?.GetValue<string>(), amount);
        return Cards.TryAdd((shop, code.ToUpperInvariant()), card)
            ? new JsonObject { ["giftCard"] = Shown(card, withNote: false), ["userErrors"] = new JsonArray() }
            : CardRefusal("code", "TAKEN", "Code has already been taken");
    }

    private JsonObject EndCard(string shop, string id)
    {
        if (FindCard(shop, id) is not { } card)
        {
            return CardRefusal("id", "GIFT_CARD_NOT_FOUND", "The gift card could not be found.");
        }

        card.Enabled = false;
        return new JsonObject { ["giftCard"] = Shown(card, withNote: false), ["userErrors"] = new JsonArray() };
    }

    private JsonArray Search(string shop, string query) => IsSearchBehind || !Cards.TryGetValue((shop, query.ToUpperInvariant()), out var found)
        ? []
        : new JsonArray(Shown(found, withNote: true));

    private Card? FindCard(string shop, string id) => Cards.FirstOrDefault(one => one.Key.Shop == shop && one.Value.Id == id).Value;

    private static JsonObject Shown(Card card, bool withNote)
    {
        var shown = new JsonObject { ["id"] = card.Id, ["enabled"] = card.Enabled, ["balance"] = Money(card.Balance) };
        if (withNote)
        {
            shown["note"] = card.Note;
        }

        return shown;
    }

    private static JsonObject CardRefusal(string field, string code, string message) => new()
    {
        ["giftCard"] = null,
        ["userErrors"] = new JsonArray(new JsonObject { ["field"] = new JsonArray("input", field), ["code"] = code, ["message"] = message }),
    };

    private string? FindCustomer(string shop, JsonNode identifier) => identifier["emailAddress"]?.GetValue<string>() is { } email
        ? Customers.GetValueOrDefault((shop, email))
        : Customers.Any(one => one.Key.Shop == shop && one.Value == identifier["id"]!.GetValue<string>()) ? identifier["id"]!.GetValue<string>() : null;

    private JsonArray CreditAccounts(string shop, string customer)
    {
        var moves = _credit.Where(move => (move.Shop, move.Customer) == (shop, customer)).ToList();
        return moves.Count == 0
            ? []
            : new JsonArray(new JsonObject
            {
                ["id"] = $"gid://shopify/StoreCreditAccount/{customer.Split('/')[^1]}",
                ["balance"] = Money(moves.Sum(move => move.Amount)),
                ["transactions"] = new JsonObject
                {
                    ["nodes"] = new JsonArray([.. Enumerable.Reverse(moves).Take(100).Select(Shown)]),
                    ["pageInfo"] = new JsonObject { ["hasNextPage"] = moves.Count > 100 },
                },
            });
    }

    private static JsonObject Shown(CreditStep move)
    {
        var shown = new JsonObject
        {
            ["__typename"] = move.Amount > 0 ? "StoreCreditAccountCreditTransaction" : "StoreCreditAccountDebitTransaction",
            ["amount"] = Money(move.Amount),
            ["createdAt"] = Text(move.At),
            ["event"] = move.Event,
            ["id"] = move.Id,
        };
        if (move.Amount > 0)
        {
            shown["expiresAt"] = move.ExpiresAt is { } end ? Text(end) : null;
        }

        return shown;
    }

    private JsonObject ChangeCredit(string shop, string customer, JsonNode money, JsonNode? expiresAt, int sign)
    {
        var amount = Decimal(money["amount"]!);
        lock (_credit)
        {
            var balance = BalanceOf(shop, customer);
            var end = expiresAt is null ? (DateTimeOffset?)null : DateTimeOffset.Parse(expiresAt.GetValue<string>(), CultureInfo.InvariantCulture);
            var (code, message) = money["currencyCode"]!.GetValue<string>() != "EUR" ? ("UNSUPPORTED_CURRENCY", "Currency is not supported")
                : !Customers.Any(one => one.Key.Shop == shop && one.Value == customer) ? (sign > 0 ? "OWNER_NOT_FOUND" : "ACCOUNT_NOT_FOUND", "Owner does not exist")
                : sign > 0 && balance + amount > ValueMax ? ("CREDIT_LIMIT_EXCEEDED", "The operation would cause the account's credit limit to be exceeded")
                : sign < 0 && amount > balance ? ("INSUFFICIENT_FUNDS", "The store credit account does not have sufficient funds")
                : end <= Clock.GetUtcNow() ? ("EXPIRES_AT_IN_PAST", "The expiry date must be in the future")
                : (null, null);
            return code is null
                ? new JsonObject
                {
                    ["storeCreditAccountTransaction"] = new JsonObject { ["id"] = Move(shop, customer, sign * amount, end) },
                    ["userErrors"] = new JsonArray(),
                }
                : new JsonObject
                {
                    ["storeCreditAccountTransaction"] = null,
                    ["userErrors"] = new JsonArray(new JsonObject { ["field"] = new JsonArray("id"), ["code"] = code, ["message"] = message }),
                };
        }
    }

    private static decimal Decimal(JsonNode amount) => decimal.Parse(amount.GetValue<string>(), CultureInfo.InvariantCulture);

    private static JsonObject Money(decimal amount) => new() { ["amount"] = amount.ToString("0.0#", CultureInfo.InvariantCulture), ["currencyCode"] = "EUR" };

    private static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset SecondOf(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());
}
