// The API's calls about store credit that the programme gave customers, which the platform does not tell from other credit.
using System.ComponentModel;
using System.Data.Common;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

internal sealed record CreditCustomerRequest(
    [property: Description("The platform's id of the customer.")] string? Id = null,
    string? Email = null,
    [property: Description("As the platform has it.")] string? Phone = null);

internal sealed record ProgrammeCreditRequest(
    [property: Description("Whose credit it is, by one of these or several; kept as keyed hashes only.")] CreditCustomerRequest Customer,
    [property: Description("How much, in the store's currency.")] Amount Amount,
    [property: Description("What for, 1 to 200 characters; name no person.")] string Reason,
    [property: Description("given (when absent), or taken_back, which takes no more than what is left.")] string? Kind = null,
    [property: Description("When it was given or taken back; now when absent.")] DateTimeOffset? At = null)
{
    private const int IdLengthMax = 60;
    private const int EmailLengthMax = 254;
    private const int PhoneLengthMax = 40;
    private const int ReasonLengthMax = 200;
    private const long AmountMax = 1_000_000_000_000;

    /// <summary>Reads a credit and notes on the fields what is wrong. The shopper is clear text that lives in memory only.</summary>
    public static (ProgrammeCredit Credit, Shopper Customer) Read(Fields fields, string id, Store store, string actor, DateTimeOffset now)
    {
        fields.RefuseOthersThan("customer", "amount", "reason", "kind", "at");
        if (id.Length > IdLengthMax)
        {
            fields.Refuse("id", $"must be of {IdLengthMax} characters at most");
        }

        if (!fields.Has("amount"))
        {
            fields.Refuse("amount", "is missing");
        }

        var minor = fields.OptionalAmount("amount", store.Currency, AmountMax) ?? 1;
        var isBack = fields.OptionalChoice("kind", "given", "taken_back") is "taken_back";
        var reason = fields.Text("reason", 1, ReasonLengthMax);
        var at = ReadAt(fields, now);
        var currency = Currency.TryParse(store.Currency, out var known) ? known : default;
        return (new ProgrammeCredit(id, new Money(isBack ? -minor : minor, currency), at, reason, actor), ReadCustomer(fields.Object("customer")));
    }

    private static DateTimeOffset ReadAt(Fields fields, DateTimeOffset now)
    {
        if (fields.OptionalText("at", 1, 40) is not { } text)
        {
            return now;
        }

        var at = DateOrInstant.Instant(text);
        if (at is null || at > now)
        {
            fields.Refuse("at", at is null ? "must be an ISO 8601 instant, such as 2026-12-31T18:00:00Z" : "must not lie ahead");
        }

        return Instants.Kept(at ?? now);
    }

    private static Shopper ReadCustomer(Fields? customer)
    {
        if (customer is null)
        {
            return Shopper.Unknown;
        }

        customer.RefuseOthersThan("id", "email", "phone");
        var (id, email, phone) = (customer.OptionalText("id", 1, IdLengthMax), customer.OptionalText("email", 1, EmailLengthMax), customer.OptionalText("phone", 1, PhoneLengthMax));
        if (email is not null && !AmbassadorRequest.IsEmail(email))
        {
            customer.Refuse("email", "must be an e-mail address, such as ann@example.com");
        }

        if (!customer.Has("id") && !customer.Has("email") && !customer.Has("phone"))
        {
            customer.Refuse("id", "is missing, and so are email and phone: one of them must name the customer");
        }

        return new Shopper(id, email, phone);
    }
}

internal sealed record ProgrammeCreditView(
    string Id,
    [property: Description("given or taken_back.")] string Kind,
    Amount Amount,
    DateTimeOffset At,
    string Reason,
    string Actor);

internal static class ProgrammeCreditEndpoints
{
    private const string Columns = "SELECT id, amount_minor, currency, at, reason, actor FROM programme_credits WHERE store_id = @storeId";

    private const string ReadOne = Columns + " AND id = @id";

    private const string ReadAfter = Columns + " AND id > @after ORDER BY id ";

    public static void MapProgrammeCredits(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/programme-credits").WithTags("Orders");
        group.MapGet("", List).WithName("listProgrammeCredits").WithSummary("Store credit that customers were given by the programme, by id; the customers are known as hashes only.");
        group.MapPut("/{id}", Put).WithName("putProgrammeCredit").WithSummary("Notes store credit that a customer was given by the programme, or that was taken back.")
            .WithDescription(
                "The id is yours: the same call twice notes it once. Where a campaign's terms have storeCredit: programme_credit_deducted, what the customer pays with it "
                + "lowers what the order counts. Orders of theirs from that instant on are decided again, unless they are in a payout or paid.")
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<Listing<ProgrammeCreditView>>> List(ApiCaller caller, [AsParameters] Paging paging, Db db, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<Row>(ReadAfter + db.Page, new { storeId = caller.Store.Id, after = paging.After ?? "", take = paging.Take }, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, Show));
    }

    private static async Task<Results<Ok<ProgrammeCreditView>, ProblemHttpResult>> Put(
        ApiCaller caller, string id, ApiBody<ProgrammeCreditRequest> body, Db db, StoreKeys keys, TimeProvider clock, CancellationToken cancel)
    {
        var (store, now) = (caller.Store, clock.GetUtcNow());
        var (credit, customer) = ProgrammeCreditRequest.Read(body.Fields, id, store, caller.Name, now);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var hashes = Customers.KeysOf(ShopperHashes.Of(customer, store, keys));
        try
        {
            await db.InTransactionAsync(tx => ProgrammeCredits.AddAsync(tx, store, credit, hashes, now), cancel: cancel);
        }
        // The same call at the same moment was faster.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }

        var row = (await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }, cancel))!;
        return (row.AmountMinor, row.Currency) == (credit.Amount.Minor, credit.Amount.Currency.Code)
            ? TypedResults.Ok(Show(row))
            : Problems.Conflict("credit-known", "The id stands for another credit.", "A credit of this id is noted with another amount. What is noted does not change: give a further one another id.");
    }

    private static ProgrammeCreditView Show(Row row) => new(
        row.Id, row.AmountMinor > 0 ? "given" : "taken_back", new Amount(Math.Abs(row.AmountMinor), row.Currency), row.At, row.Reason, row.Actor);

    private sealed record Row(string Id, long AmountMinor, string Currency, DateTimeOffset At, string Reason, string Actor);
}
