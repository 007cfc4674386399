// The API's calls about ambassadors.
using System.ComponentModel;
using System.Net.Mail;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record AmbassadorRequest(
    [property: Description("1 to 200 characters.")] string Name,
    string Email,
    string CampaignId,
    [property: Description("3 to 40 letters, digits, - and _ of any script; upper and lower case are one code.")] string Code,
    [property: Description("The connected Stripe account that payouts go to, acct_…")] string? StripeAccount = null)
{
    public const int NameLengthMax = 200;

    private const int EmailLengthMax = 254;
    private const int EmailLocalLengthMax = 64;

    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static NewAmbassador Read(Fields fields)
    {
        var name = fields.Text("name", 1, NameLengthMax);
        var email = fields.Text("email", 1, EmailLengthMax);
        if (email.Length > 0 && !IsEmail(email))
        {
            fields.Refuse("email", "must be an e-mail address, such as ann@example.com");
        }

        var campaignId = fields.Text("campaignId", 1, 40);
        var code = CodeRequest.Read(fields);
        return new NewAmbassador(name, email, campaignId, code, StripeAccountRequest.Read(fields));
    }

    public static bool IsEmail(string text) =>
        text.Length <= EmailLengthMax
        && MailAddress.TryCreate(text, out var address)
        && address.Address == text
        && address.User.Length <= EmailLocalLengthMax
        && !text.Any(char.IsWhiteSpace)
        && Uri.CheckHostName(address.Host) == UriHostNameType.Dns
        && address.Host.Contains('.', StringComparison.Ordinal)
        && !address.Host.EndsWith('.');
}

internal sealed partial record StripeAccountRequest(
    [property: Description("The connected Stripe account that payouts go to, acct_…; null takes it away, and payouts wait.")] string? StripeAccount)
{
    private const string Name = "stripeAccount";

    /// <summary>Reads the account where it may be absent, and notes on the field what is wrong.</summary>
    public static string? Read(Fields fields)
    {
        var account = fields.OptionalText(Name, 1, 100);
        if (account is not null && !IsAccount(account))
        {
            fields.Refuse(Name, "must be the id of a connected Stripe account, acct_…");
        }

        return account;
    }

    /// <summary>Reads a request that is about nothing else: a misspelt name must not take the account away.</summary>
    public static string? ReadAlone(Fields fields)
    {
        fields.RefuseOthersThan(Name);
        fields.DemandMember(Name, "null takes the account away");
        return Read(fields);
    }

    public static bool IsAccount(string text) => AccountForm().IsMatch(text);

    [GeneratedRegex(@"\Aacct_[A-Za-z0-9_]{1,90}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex AccountForm();
}

/// <param name="State">approved or suspended.</param>
/// <param name="Link">The absolute address to share.</param>
internal sealed record AmbassadorView(
    string Id,
    string Name,
    string Email,
    string CampaignId,
    string State,
    string Code,
    DiscountView Discount,
    string Slug,
    string Link,
    string? StripeAccount,
    DateTimeOffset ApprovedAt,
    DateTimeOffset? SuspendedAt,
    DateTimeOffset CreatedAt,
    [property: Description("Those of the last 13 months, and older ones that led to an order.")] long Clicks,
    [property: Description("Orders that were credited, with those reversed since.")] long Orders,
    [property: Description("One for each account and currency; amounts of two currencies are never added.")] IReadOnlyList<BalanceView> Balances);

/// <summary>Where the code stands in the store.</summary>
internal sealed record DiscountView(
    [property: Description("none, pending, created or refused.")] string State,
    [property: Description("Why the store's platform refused, in words.")] string? Problem);

internal sealed record BalanceView(
    [property: Description("held, review, approved, in_payout or paid.")] string Account, Amount Amount);

internal static class AmbassadorEndpoints
{
    public static void MapAmbassadors(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors").WithTags("Ambassadors");
        group.MapGet("", List).WithName("listAmbassadors").WithSummary("The store's ambassadors with balances, oldest first.");
        group.MapPost("", Add).WithName("addAmbassador").WithSummary("Adds an ambassador, approved at once, with code and link.")
            .WithDescription("The discount is created in the store soon after, or at the launch of a campaign that is still a draft.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("/{id}", Get).WithName("getAmbassador").WithSummary("One ambassador with balances.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPut("/{id}/stripe-account", SetStripeAccount).WithName("setStripeAccount")
            .WithSummary("Sets, changes or takes away the Stripe account that an ambassador is paid to.")
            .WithDescription(
                "It counts for payouts that are approved from now on. A preview that showed another account does not pay the ambassador; " +
                "a payout under way keeps the account that it was approved for.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{id}/suspension", Suspend).WithName("suspendAmbassador").WithSummary("Suspends an ambassador.")
            .WithDescription("Orders from this second on earn nothing; the link still leads to the store, without a click.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{id}/suspension", Reinstate).WithName("reinstateAmbassador").WithSummary("Ends a suspension.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>For every call that names an ambassador whom the store does not have.</summary>
    public static ProblemHttpResult Unknown =>
        Problems.NotFound("ambassador-unknown", "There is no such ambassador.", "The store has no ambassador with this id.");

    public static ProblemHttpResult CodeTaken(string code) =>
        Problems.Conflict("code-taken", "The code is taken.", $"Somebody in this store has the code {code}, or had it before; choose another.");

    private static async Task<Results<Ok<Listing<AmbassadorView>>, ProblemHttpResult>> List(
        ApiCaller caller, AmbassadorDb ambassadors, LedgerQueries ledger, PublicAddress address, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId("amb") is not { } after)
        {
            return Paging.BadAfter;
        }

        var page = paging.Show(await ambassadors.ListAsync(caller.Store, after, paging.Take, cancel), row => row.Id, row => row);
        return TypedResults.Ok(new Listing<AmbassadorView>(await ShowAsync(page.Items, caller.Store, ambassadors, ledger, address, cancel), page.Next));
    }

    private static async Task<Results<Created<AmbassadorView>, ProblemHttpResult>> Add(
        ApiCaller caller, ApiBody<AmbassadorRequest> body, AmbassadorDb ambassadors, LedgerQueries ledger, PublicAddress address, CancellationToken cancel)
    {
        var ambassador = AmbassadorRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        switch (await ambassadors.AddAsync(caller.Store, ambassador, cancel))
        {
            case AddResult.Added { Id: var id }:
                var added = await ambassadors.FindAsync(caller.Store, id, cancel);
                return TypedResults.Created(
                    $"/api/v1/ambassadors/{id}", (await ShowAsync([added!], caller.Store, ambassadors, ledger, address, cancel))[0]);
            case AddResult.CodeTaken:
                return CodeTaken(ambassador.Code);
            case AddResult.EmailTaken:
                return Problems.Conflict(
                    "ambassador-exists", "The ambassador exists.", "Somebody in this campaign has this e-mail address, or one that reaches the same mailbox.");
            case AddResult.CampaignUnknown:
                return CampaignEndpoints.Unknown;
            case AddResult.CampaignEnded:
                return Problems.Conflict("campaign-ended", "The campaign has ended.", "Add the ambassador to a campaign that goes on.");
            case var other:
                throw new System.Diagnostics.UnreachableException($"{other.GetType().Name} is no result.");
        }
    }

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Get(
        ApiCaller caller, string id, AmbassadorDb ambassadors, LedgerQueries ledger, PublicAddress address, CancellationToken cancel) =>
        await ambassadors.FindAsync(caller.Store, id, cancel) is { } ambassador
            ? TypedResults.Ok((await ShowAsync([ambassador], caller.Store, ambassadors, ledger, address, cancel))[0])
            : Unknown;

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> SetStripeAccount(
        ApiCaller caller,
        string id,
        ApiBody<StripeAccountRequest> body,
        AmbassadorDb ambassadors,
        LedgerQueries ledger,
        PublicAddress address,
        CancellationToken cancel)
    {
        var account = StripeAccountRequest.ReadAlone(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await ambassadors.SetStripeAccountAsync(caller.Store, id, account, caller.Name, cancel)
            ? await Get(caller, id, ambassadors, ledger, address, cancel)
            : Unknown;
    }

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Suspend(
        ApiCaller caller, string id, AmbassadorDb ambassadors, LedgerQueries ledger, PublicAddress address, CancellationToken cancel) =>
        await ambassadors.SuspendAsync(caller.Store, id, caller.Name, cancel) == SuspensionStep.AlreadySo
            ? Problems.Conflict("ambassador-suspended", "The ambassador is suspended.", "The suspension began earlier and goes on.")
            : await Get(caller, id, ambassadors, ledger, address, cancel);

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Reinstate(
        ApiCaller caller, string id, AmbassadorDb ambassadors, LedgerQueries ledger, PublicAddress address, CancellationToken cancel) =>
        await ambassadors.ReinstateAsync(caller.Store, id, caller.Name, cancel) == SuspensionStep.AlreadySo
            ? Problems.NotFound("suspension-unknown", "There is no suspension.", "The ambassador is not suspended.")
            : await Get(caller, id, ambassadors, ledger, address, cancel);

    private static async Task<IReadOnlyList<AmbassadorView>> ShowAsync(
        IReadOnlyList<Ambassador> ambassadors, Store store, AmbassadorDb db, LedgerQueries ledger, PublicAddress address, CancellationToken cancel)
    {
        if (ambassadors.Count == 0)
        {
            return [];
        }

        var ids = ambassadors.Select(ambassador => ambassador.Id).ToArray();
        var (clicks, orders) = await db.CountAsync(store, ids, cancel);
        var balances = (await ledger.BalancesOfAsync(store, ids, cancel)).ToLookup(balance => balance.AmbassadorId);
        return [.. ambassadors.Select(ambassador => new AmbassadorView(
            ambassador.Id,
            ambassador.Name,
            ambassador.Email,
            ambassador.CampaignId,
            ambassador.State,
            ambassador.Code,
            new DiscountView(ambassador.DiscountState, ambassador.DiscountProblem),
            ambassador.Slug,
            address.Of($"/r/{Uri.EscapeDataString(ambassador.Slug)}"),
            ambassador.StripeAccount,
            ambassador.ApprovedAt,
            ambassador.SuspendedAt,
            ambassador.CreatedAt,
            clicks.GetValueOrDefault(ambassador.Id),
            orders.GetValueOrDefault(ambassador.Id),
            Show(balances[ambassador.Id], store)))];
    }

    /// <summary>All five accounts in the store's currency and in every other that has a balance, so that nobody has to guess a zero.</summary>
    private static List<BalanceView> Show(IEnumerable<Balance> balances, Store store)
    {
        var known = balances.ToDictionary(balance => (balance.Currency, balance.Account), balance => balance.AmountMinor);
        var currencies = known.Keys.Select(key => key.Currency).Concat(store.Currency is { } own ? [own] : []).Distinct().Order(StringComparer.Ordinal);
        return [.. currencies.SelectMany(currency => Account.OfAmbassador.Select(account =>
            new BalanceView(account, new Amount(known.GetValueOrDefault((currency, account)), currency))))];
    }
}
