// Every question to Shopify is held to Shopify's own schema: documents, variables as they are sent, and the access that they need.
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Billing;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed partial class DocumentTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 11, 0, 0, TimeSpan.FromHours(1));

    private static readonly DiscountRequest Plain = new("eff_1", "ANN10", "StorePlugin", 1250, At);

    private static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src", "StorePlugin", "Stores", "Shopify", "Documents")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    // What the code sends in all its forms, as it is written on the wire.
    private static IEnumerable<TestCaseData> Sent()
    {
        yield return Case("a percentage", ShopifyOperations.CreateDiscount, new CreateDiscountVariables(DiscountInput.Of(Plain)));
        yield return Case("the smallest percentage, once for each customer", ShopifyOperations.CreateDiscount, new CreateDiscountVariables(
            DiscountInput.Of(Plain with { PercentBp = 1, OncePerCustomer = true })));
        yield return Case("an amount within limits", ShopifyOperations.CreateDiscount, new CreateDiscountVariables(DiscountInput.Of(Plain with
        {
            PercentBp = 0,
            AmountOff = new Money(500, Currency.Parse("EUR")),
            Minimum = new Money(2000, Currency.Parse("EUR")),
            EndsAt = At.AddDays(180),
            UsageLimit = 1,
        })));
        yield return Case("an amount without decimals", ShopifyOperations.CreateDiscount, new CreateDiscountVariables(
            DiscountInput.Of(Plain with { PercentBp = 0, AmountOff = new Money(500, Currency.Parse("JPY")) })));
        yield return Case("a code", ShopifyOperations.FindDiscount, new FindDiscountVariables("ANN10"));
        yield return Case("an id", ShopifyOperations.EndDiscount, new EndDiscountVariables("gid://shopify/DiscountCodeNode/7"));
        yield return Case("an id", ShopifyOperations.ResumeDiscount, new EndDiscountVariables("gid://shopify/DiscountCodeNode/7"));
        yield return Case("another size", ShopifyDiscountChange.Operation, new ChangeDiscountVariables(
            "gid://shopify/DiscountCodeNode/7", DiscountChangeInput.Of(new DiscountChange(1250, null))));
        yield return Case("once for each customer", ShopifyDiscountChange.Operation, new ChangeDiscountVariables(
            "gid://shopify/DiscountCodeNode/7", DiscountChangeInput.Of(new DiscountChange(null, true))));
        yield return Case("a first page", ShopifyOperations.OrdersChanged, new OrdersChangedVariables("updated_at:>='2026-03-01T10:00:00Z'", null));
        yield return Case("a further page", ShopifyOperations.OrdersChanged, new OrdersChangedVariables("updated_at:>='2026-03-01T10:00:00Z'", "cursor"));
        yield return Case("an id", ShopifyOperations.OrderVersion, new OrderVersionVariables("gid://shopify/Order/7", WithCustomer: true));
        yield return Case("a further page", ShopifyOperations.OrderLines, new OrderLinesVariables("gid://shopify/Order/7", "cursor"));
        yield return Case("an id", ShopifyOperations.OrderRefund, new OrderRefundVariables("gid://shopify/Refund/7"));
        yield return Case("a query", ShopifyOperations.StartBulk, new StartBulkVariables(ShopifyOperations.ReadDocument("PastOrders")));
        yield return Case("an id", ShopifyOperations.LookAtBulk, new BulkVariables("gid://shopify/BulkOperation/7"));
        yield return Case("an id", ShopifyCustomers.Read, new CustomerVariables("gid://shopify/Customer/7"));
        yield return Case("two codes", ShopifyDiscountCodes.Add, new AddCodesVariables("gid://shopify/DiscountCodeNode/7", [new CodeInput("ANN10-BCDFGHJK"), new CodeInput("ANN10-KJHGFDCB")]));
        yield return Case("an id", ShopifyDiscountCodes.LookAtAdded, new AddedCodesVariables("gid://shopify/DiscountRedeemCodeBulkCreation/7"));
        yield return Case("a first page", ShopifyDiscountCodes.LookAt, new DiscountCodesVariables("gid://shopify/DiscountCodeNode/7", 250, null));
        yield return Case("a further page", ShopifyDiscountCodes.LookAt, new DiscountCodesVariables("gid://shopify/DiscountCodeNode/7", 250, "cursor"));
        yield return Case("a first page", ReportedSubscriptions.List, new SubscriptionsVariables(null));
        yield return Case("a further page", ReportedSubscriptions.List, new SubscriptionsVariables("cursor"));
        yield return Case("nothing", ShopifyOperations.ReadShop, new NoVariables());
        yield return Case("nothing", ShopifyScopeQuestions.Current, new NoVariables());
        yield return Case("settings", WebPixelQuestions.Create, new CreatePixelVariables(new WebPixelInput("""{"endpoint":"https://plugin.example/shopify/pixel/sto_1"}""")));
        yield return Case("settings", WebPixelQuestions.Change, new ChangePixelVariables("gid://shopify/WebPixel/7", new WebPixelInput("{}")));
        yield return Case("nothing", WebPixelQuestions.Find, new NoVariables());
        yield return Case("nothing", BillingQuestions.Look, new NoVariables());
        yield return Case("a monthly price", BillingQuestions.Create, new CreateSubscriptionVariables(
            "StorePlugin", "https://lux.myshopify.com/admin/apps/id/dashboard/plan", 14, Test: true,
            [new SubscriptionLine(new SubscriptionPlan(new RecurringPrice(new PriceInput("9.00", "USD"), RecurringPrice.Monthly)))]));
        foreach (var sent in SentAboutValue())
        {
            yield return sent;
        }
    }

    private static IEnumerable<TestCaseData> SentAboutValue()
    {
        var (amount, yen, id) = (new Money(1050, Currency.Parse("EUR")), new Money(500, Currency.Parse("JPY")), new CustomerIdentifier(null, "gid://shopify/Customer/7"));
        yield return Case("without an end", ShopifyValueOperations.CreateCard, new CreateCardVariables(CardInput.Of(new GiftCardRequest("rwd_1", "22222222BBBBBBBB", amount, null))));
        yield return Case("with an end", ShopifyValueOperations.CreateCard, new CreateCardVariables(
            CardInput.Of(new GiftCardRequest("rwd_1", "22222222BBBBBBBB", yen, new DateOnly(2026, 8, 28)))));
        yield return Case("a code", ShopifyValueOperations.FindCards, new FindCardsVariables("22222222BBBBBBBB"));
        yield return Case("an id", ShopifyValueOperations.LookAtCard, new CardVariables("gid://shopify/GiftCard/7"));
        yield return Case("an id", ShopifyValueOperations.EndCard, new CardVariables("gid://shopify/GiftCard/7"));
        yield return Case("an address", ShopifyValueOperations.FindCustomer, new FindCustomerVariables(new CustomerIdentifier("ann@example.com", null)));
        yield return Case("an id", ShopifyValueOperations.ReadCredit, new ReadCreditVariables(id, "currency_code:EUR"));
        yield return Case("without an end", ShopifyValueOperations.Credit, new CreditVariables("gid://shopify/Customer/7", new CreditInput(ShopifyMoney.Of(amount), null)));
        yield return Case("with an end", ShopifyValueOperations.Credit, new CreditVariables("gid://shopify/Customer/7", new CreditInput(ShopifyMoney.Of(yen), At.AddDays(180))));
        yield return Case("an amount", ShopifyValueOperations.Debit, new DebitVariables("gid://shopify/Customer/7", new DebitInput(ShopifyMoney.Of(amount))));
    }

    private static TestCaseData Case<TVariables, TData>(string what, ShopifyOperation<TVariables, TData> operation, TVariables variables) =>
        new TestCaseData(operation.Name, JsonSerializer.Serialize(new GraphQlRequest<TVariables>(operation.Document, variables), operation.Request))
            .SetArgDisplayNames(operation.Name, what);

    [SetUp]
    public Task SetUp() => AdminSchema.RequireAsync();

    [TestCaseSource(nameof(Names))]
    public async Task A_document_is_one_valid_operation_that_is_called_as_its_file(string file)
    {
        var verdict = await AdminSchema.JudgeAsync(ShopifyOperations.ReadDocument(Path.GetFileNameWithoutExtension(file)));

        Assert.That(verdict.Errors, Is.Empty);
        Assert.That(verdict.Name + ".graphql", Is.EqualTo(file));
    }

    [TestCaseSource(nameof(Sent))]
    public async Task What_is_sent_is_what_the_document_declares(string name, string body)
    {
        var request = JsonNode.Parse(body)!;

        var verdict = await AdminSchema.JudgeAsync(request["query"]!.GetValue<string>(), request["variables"]!);

        Assert.That(verdict.Name, Is.EqualTo(name));
        Assert.That(verdict.Errors, Is.Empty);
    }

    [Test]
    public void Every_document_is_sent_in_some_form() =>
        Assert.That(Sent().Select(sent => sent.Arguments[0] + ".graphql").Distinct(), Is.EquivalentTo(Names().Except(["PastOrders.graphql"])), "that one is sent as a text within another");

    // Scopes that a merchant grants only where the programme gives gift cards or store credit, and the questions that need them.
    private const string ValueScopes = "write_gift_cards,write_store_credit_account_transactions,read_store_credit_accounts,read_customers";

    private static readonly string[] ValueNames =
        ["GiftCard", "GiftCardCreate", "GiftCardDeactivate", "GiftCards", "CustomerByIdentifier", "CustomerStoreCredit", "StoreCreditAccountCredit", "StoreCreditAccountDebit"];

    [Test]
    public async Task What_is_asked_about_gift_cards_and_store_credit_needs_their_scopes_and_no_others()
    {
        foreach (var name in ValueNames)
        {
            var access = (await AdminSchema.JudgeAsync(ShopifyOperations.ReadDocument(name))).Access;

            Assert.That(access.Where(one => !IsGranted(one.Needs, ValueScopes)), Is.Empty, name);
        }
    }

    [Test]
    public async Task Nothing_is_asked_for_that_needs_a_scope_which_the_app_does_not_ask_for()
    {
        var registration = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "infra", "shopify.app.toml"));
        var optional = OptionalScopes().Match(registration).Groups["scope"].Captures.Select(scope => scope.Value);
        var asked = string.Join(',', optional.Append(AskedScopes().Match(registration).Groups["scopes"].Value));
        var needed = new List<SchemaAccess>();
        foreach (var name in Names())
        {
            needed.AddRange((await AdminSchema.JudgeAsync(ShopifyOperations.ReadDocument(Path.GetFileNameWithoutExtension(name)))).Access);
        }

        Assert.That(needed, Is.Not.Empty);
        Assert.That(needed.Where(access => !IsGranted(access.Needs, asked)).Distinct(), Is.Empty);
        Assert.That(needed.Where(access => !IsGranted(access.Needs, "read_orders")), Is.Not.Empty, "a scope that is not asked for is noticed");
    }

    [TestCase("Apps must have `read_discounts` access scope.", "write_discounts", true)]
    [TestCase("`read_files` access scope or `read_themes` access scope.", "read_themes", true)]
    [TestCase("`write_gift_cards` and `write_customers` access scopes.", "write_gift_cards", false)]
    [TestCase("`read_orders` access scope. Also: The user must have manage_orders permission.", "read_orders", false)]
    [TestCase("`write_pixels` access scope. Also: The app requires read_customer_events access scope and user access permission.", "write_pixels", false)]
    [TestCase("`write_pixels` access scope. Also: The app requires read_customer_events access scope and user access permission.", "write_pixels,read_customer_events", true)]
    [TestCase("The shop must have access to bundles.", "read_orders", false)]
    public void What_the_schema_says_of_access_is_read_strictly(string needs, string granted, bool isGranted) =>
        Assert.That(IsGranted(needs, granted), Is.EqualTo(isGranted));

    private const string Create = "mutation A($d: DiscountCodeBasicInput!) { discountCodeBasicCreate(basicCodeDiscount: $d) { codeDiscountNode { id } } }";

    [TestCase("query A { shop { name nickname } }", "{}", "Cannot query field \"nickname\"")]
    [TestCase("query A { shop { name } } query B { shop { id } }", "{}", "There must be one operation, not 2.")]
    [TestCase("query A { codeDiscountNodeByCode { id } }", "{}", "argument \"code\" of type \"String!\" is required")]
    [TestCase("query A { codeDiscountNodes(first: 1) { nodes { id } } }", "{}", "codeDiscountNodes is deprecated")]
    [TestCase("query A($code: String!) { codeDiscountNodeByCode(code: $code) { id } }", "{}", "\"$code\" of required type \"String!\" was not provided")]
    [TestCase("query A($code: String!) { codeDiscountNodeByCode(code: $code) { id } }", """{"code":"a","more":1}""", "\"$more\" is not declared")]
    [TestCase(Create, """{"d":{"context":{"all":"ALL","customers":{"add":[]}}}}""", "Exactly one key must be specified")]
    [TestCase(Create, """{"d":{"foo":1}}""", "Field \"foo\" is not defined")]
    [TestCase(Create, """{"d":{"customerGets":{"value":{"percentage":"0.1"}}}}""", "Float cannot represent non numeric value")]
    [TestCase(Create, """{"d":{"customerGets":{"value":{"discountAmount":{"amount":5}}}}}""", "Decimal cannot represent 5")]
    [TestCase(Create, """{"d":{"usageLimit":1.5}}""", "Int cannot represent non-integer value")]
    [TestCase(Create, """{"d":{"startsAt":"2026-03-01"}}""", "DateTime cannot represent")]
    [TestCase(Create, """{"d":{"customerSelection":{"all":true}}}""", "customerSelection is deprecated")]
    public async Task A_mistake_in_a_question_is_noticed(string document, string variables, string words)
    {
        var verdict = await AdminSchema.JudgeAsync(document, JsonNode.Parse(variables));

        Assert.That(verdict.Errors, Has.Some.Contains(words));
    }

    [TestCase("""{}""", "data.codeDiscountNodeByCode is missing")]
    [TestCase("""{"codeDiscountNodeByCode":null,"shop":null}""", "data.shop was not asked for")]
    [TestCase("""{"codeDiscountNodeByCode":[]}""", "must be an object")]
    [TestCase("""{"codeDiscountNodeByCode":{"id":"7","codeDiscount":{"__typename":"DiscountCodeApp","title":"a","status":"ACTIVE"}}}""", "no global id")]
    [TestCase("""{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/7","codeDiscount":null}}""", "codeDiscount must not be null")]
    [TestCase("""{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/7","codeDiscount":{"__typename":"Shop"}}}""", "\"Shop\" is no DiscountCode")]
    [TestCase("""{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/7","codeDiscount":{"__typename":"DiscountCodeApp","title":"a","status":"ON"}}}""", "no DiscountStatus")]
    [TestCase("""{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/7","codeDiscount":{"__typename":"DiscountCodeBasic","title":"a","tags":"b","endsAt":null}}}""", "tags must be a list")]
    [TestCase("""{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/7","codeDiscount":{"__typename":"DiscountCodeBasic","title":"a","tags":["b"],"endsAt":"never"}}}""", "DateTime cannot")]
    public async Task A_mistake_in_an_answer_is_noticed(string data, string words)
    {
        const string Document =
            """
            query A($code: String!) { codeDiscountNodeByCode(code: $code) { id codeDiscount {
              __typename ... on DiscountCodeBasic { title tags endsAt } ... on DiscountCodeApp { title status }
            } } }
            """;

        var verdict = await AdminSchema.JudgeAsync(Document, data: JsonNode.Parse(data));

        Assert.That(verdict.Errors, Has.Some.Contains(words));
    }

    /// <summary>Whether these scopes are all that a field demands. What is not said in scopes, a user's permission or a plan, is never granted.</summary>
    private static bool IsGranted(string needs, string granted)
    {
        // Offline tokens of stores are such.
        if (needs.StartsWith("Only accessible by supported access tokens", StringComparison.Ordinal))
        {
            return true;
        }

        // The person is the merchant's: they have opened the app, or installed it.
        if (needs.EndsWith(" and user access permission.", StringComparison.Ordinal) && ScopesAndPerson().Match(needs) is { Success: true } two)
        {
            return two.Groups["scope"].Captures.All(scope => ShopifyScopes.Missing(granted, scope.Value).Count == 0);
        }

        if (ScopesOnly().Match(needs) is not { Success: true } match)
        {
            return false;
        }

        var missing = match.Groups["scope"].Captures.Select(scope => ShopifyScopes.Missing(granted, scope.Value).Count > 0).ToList();
        return needs.Contains(" and ", StringComparison.Ordinal) ? missing.TrueForAll(one => !one) : missing.Exists(one => !one);
    }

    [GeneratedRegex("""^scopes = "(?<scopes>[^"]*)"$""", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex AskedScopes();

    [GeneratedRegex("^optional_scopes = \\[(\\s*\"(?<scope>\\w+)\",?)+\\s*\\]", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex OptionalScopes();

    [GeneratedRegex(@"^`(?<scope>\w+)` access scope\. Also: The app requires (?<scope>\w+) access scope and user access permission\.$", RegexOptions.ExplicitCapture)]
    private static partial Regex ScopesAndPerson();

    [GeneratedRegex(@"^(Apps must have |Requires )?`(?<scope>\w+)`( access scopes?)?((,| or| and) `(?<scope>\w+)`( access scopes?)?)*\.?$", RegexOptions.ExplicitCapture)]
    private static partial Regex ScopesOnly();
}
