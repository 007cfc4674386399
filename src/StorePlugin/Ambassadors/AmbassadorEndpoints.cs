// The API's calls about ambassadors.
using System.ComponentModel;
using System.Globalization;
using System.Net.Mail;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Audit;
using StorePlugin.Campaigns;
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
    public const int EmailLengthMax = 254;

    private const int EmailLocalLengthMax = 64;

    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    /// <param name="codeMayLack">Whether a code is made of the name where none is given.</param>
    public static NewAmbassador Read(Fields fields, bool codeMayLack = false)
    {
        var name = fields.Text("name", 1, NameLengthMax);
        var email = fields.Text("email", 1, EmailLengthMax);
        if (email.Length > 0 && !IsEmail(email))
        {
            fields.Refuse("email", "must be an e-mail address, such as ann@example.com");
        }

        var campaignId = fields.Text("campaignId", 1, 40);
        var code = codeMayLack && !fields.Has("code") ? "" : CodeRequest.Read(fields);
        return new NewAmbassador(name, email, campaignId, code, StripeAccountRequest.Read(fields));
    }

    /// <summary>
    /// Whether mail can go there, and the key that people are compared by fits its column: one letter may stand for eighteen
    /// in it. Signs that nobody sees would make two addresses look like one.
    /// </summary>
    public static bool IsEmail(string text) =>
        text.Length <= EmailLengthMax
        && !text.EnumerateRunes().Any(rune => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format)
        && PersonKey.OfEmail(text).Length <= EmailLengthMax
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

internal sealed record ReasonRequest(
    [property: Description("Why, in up to 200 characters; kept with the state.")] string? Reason = null)
{
    private const string Name = "reason";

    /// <summary>Reads a reason that may be absent, and notes on the field what is wrong.</summary>
    public static string? ReadAlone(Fields fields)
    {
        fields.RefuseOthersThan(Name);
        return Read(fields);
    }

    public static string? Read(Fields fields) => fields.OptionalText(Name, 1, AmbassadorLife.ReasonLengthMax);
}

/// <param name="State">approved, suspended or ended.</param>
/// <param name="Link">The absolute address to share.</param>
internal sealed record AmbassadorView(
    string Id,
    string Name,
    string Email,
    string CampaignId,
    [property: Description("approved, suspended or ended.")] string State,
    [property: Description("The group that they are in now; null outside of all.")] string? Group,
    string Code,
    DiscountView Discount,
    string Slug,
    string Link,
    string? StripeAccount,
    DateTimeOffset ApprovedAt,
    DateTimeOffset? SuspendedAt,
    [property: Description("Since when they have left; null while they have not.")] DateTimeOffset? EndedAt,
    DateTimeOffset CreatedAt,
    [property: Description("Those of the last 13 months, and older ones that led to an order.")] long Clicks,
    [property: Description(
        "Those of them that were the first of their day by the same visitor. Nothing of a visitor is kept: a restart of the program, or a second one " +
        "beside it, counts the same visitor anew.")] long UniqueClicks,
    [property: Description("Orders that were credited, with those reversed since.")] long Orders,
    [property: Description("One for each account and currency; amounts of two currencies are never added.")] IReadOnlyList<BalanceView> Balances,
    [property: Description(
        "What of balances below zero was written off and is not owed again, one amount for each currency; empty when nothing was. The ledger's entries of " +
        "the kinds write_off and revival tell when and why.")] IReadOnlyList<Amount> WrittenOff);

internal sealed record AmbassadorStateView(
    long Number,
    [property: Description("applied, approved, suspended or ended.")] string State,
    [property: Description("From this second on it was so.")] DateTimeOffset At,
    string Actor,
    string? Reason)
{
    public static AmbassadorStateView Of(AmbassadorState row) => new(row.Number, row.State, row.At, row.Actor, row.Reason);
}

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
            .WithDescription(
                "The discount is created in the store soon after, or at the launch of a campaign that is still a draft. One who had left the campaign " +
                "comes back under the same id, with a new code. What was written off of a person's in the 24 months before is owed again.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("/{id}", Get).WithName("getAmbassador").WithSummary("One ambassador with balances.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPut("/{id}/stripe-account", SetStripeAccount).WithName("setStripeAccount")
            .WithSummary("Sets, changes or takes away the Stripe account that an ambassador is paid to.")
            .WithDescription(
                "It counts for payouts that are approved from now on. A preview that showed another account does not pay the ambassador; " +
                "a payout under way keeps the account that it was approved for.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/states", ListStates).WithName("listAmbassadorStates").WithSummary("What an ambassador was from when on, oldest first, with who decided it.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{id}/suspension", Suspend).WithName("suspendAmbassador").WithSummary("Suspends an ambassador.")
            .WithDescription("Orders from this second on earn nothing; the link still leads to the store, without a click.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{id}/suspension", Reinstate).WithName("reinstateAmbassador").WithSummary("Ends a suspension.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/ending", End).WithName("endAmbassador").WithSummary("Ends what an ambassador does for the campaign, for good.")
            .WithDescription(
                "Orders from this second on earn nothing, the codes end, and the link leads to the store without a click. What was earned before is held, " +
                "approved and paid as ever. A balance below zero is written off once nothing is held, in review or in a payout that could settle it; " +
                "one above zero is paid out whatever the minimum. To take the person back later is a new approval: POST /api/v1/ambassadors, with a new code.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    /// <summary>For every call that names an ambassador whom the store does not have.</summary>
    public static ProblemHttpResult Unknown =>
        Problems.NotFound("ambassador-unknown", "There is no such ambassador.", "The store has no ambassador with this id.");

    /// <summary>For every call that would change an ambassador who has left.</summary>
    public static ProblemHttpResult Ended =>
        Problems.Conflict("ambassador-ended", "The ambassador has left.", "To take the person back is a new approval: POST /api/v1/ambassadors, with a new code.");

    public static ProblemHttpResult CodeTaken(string code) =>
        Problems.Conflict("code-taken", "The code is taken.", $"Somebody in this store has the code {code}, or had it before; choose another.");

    private static async Task<Results<Ok<Listing<AmbassadorView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        [Description("Only those who are in this group now.")] string? group,
        AmbassadorDb ambassadors,
        AmbassadorViews views,
        [AsParameters] Paging paging,
        CancellationToken cancel)
    {
        if (paging.AfterId("amb") is not { } after)
        {
            return Paging.BadAfter;
        }

        if (group is not null && GroupRequest.Refusal(group) is { } why)
        {
            return Problems.Field("group", why);
        }

        var groupKey = group is null ? null : CodeKey.Of(group);
        var page = paging.Show(await ambassadors.ListAsync(caller.Store, groupKey, after, paging.Take, cancel), row => row.Id, row => row);
        return TypedResults.Ok(new Listing<AmbassadorView>(await views.ManyAsync(caller.Store, page.Items, cancel), page.Next));
    }

    private static async Task<Results<Created<AmbassadorView>, ProblemHttpResult>> Add(
        ApiCaller caller, AuditSubject about, ApiBody<AmbassadorRequest> body, AmbassadorDb ambassadors, AmbassadorViews views, CancellationToken cancel)
    {
        var ambassador = AmbassadorRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var result = await ambassadors.AddAsync(caller.Store, ambassador, new Approval(caller.Name), cancel);
        if (result is not AddResult.Added { Id: var id })
        {
            return RefusalOf(result, ambassador.Code);
        }

        about.Is("ambassadors", id);
        return TypedResults.Created($"/api/v1/ambassadors/{id}", await views.OneAsync(caller.Store, id, cancel));
    }

    /// <summary>What to answer when nobody was added.</summary>
    public static ProblemHttpResult RefusalOf(AddResult result, string code) => result switch
    {
        AddResult.CodeTaken => CodeTaken(code),
        AddResult.EmailTaken => Problems.Conflict(
            "ambassador-exists", "The ambassador exists.", "Somebody in this campaign has this e-mail address, or one that reaches the same mailbox."),
        AddResult.CampaignUnknown => CampaignEndpoints.Unknown,
        AddResult.CampaignEnded => Problems.Conflict("campaign-ended", "The campaign has ended.", "Add the ambassador to a campaign that goes on."),
        _ => throw new System.Diagnostics.UnreachableException($"{result.GetType().Name} is no refusal."),
    };

    public static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Get(ApiCaller caller, string id, AmbassadorViews views, CancellationToken cancel) =>
        await views.OneAsync(caller.Store, id, cancel) is { } ambassador ? TypedResults.Ok(ambassador) : Unknown;

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> SetStripeAccount(
        ApiCaller caller, string id, ApiBody<StripeAccountRequest> body, AmbassadorDb ambassadors, AmbassadorViews views, CancellationToken cancel)
    {
        var account = StripeAccountRequest.ReadAlone(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await ambassadors.SetStripeAccountAsync(caller.Store, id, account, caller.Name, cancel)
            ? await Get(caller, id, views, cancel)
            : Unknown;
    }

    private static async Task<Results<Ok<Listing<AmbassadorStateView>>, ProblemHttpResult>> ListStates(
        ApiCaller caller, string id, AmbassadorDb ambassadors, AmbassadorLife life, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterCount() is not { } after)
        {
            return Paging.BadAfter;
        }

        return await ambassadors.ExistsAsync(caller.Store, id, cancel)
            ? TypedResults.Ok(paging.Show(
                await life.ListAsync(caller.Store, id, after, paging.Take, cancel), row => row.Number.ToString(CultureInfo.InvariantCulture), AmbassadorStateView.Of))
            : Unknown;
    }

    private static Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Suspend(
        ApiCaller caller, string id, OptionalApiBody<ReasonRequest> body, AmbassadorLife life, AmbassadorViews views, CancellationToken cancel) =>
        StepAsync(life.SuspendAsync, caller, id, body, views, cancel);

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Reinstate(
        ApiCaller caller,
        string id,
        OptionalApiBody<ReasonRequest> body,
        [Description("As in the body, for callers of before; an address is logged on its way, so that a reason does not belong there.")] string? reason,
        AmbassadorLife life,
        AmbassadorViews views,
        CancellationToken cancel)
    {
        var old = reason?.Trim();
        if (old is { Length: 0 or > AmbassadorLife.ReasonLengthMax } || old?.Any(char.IsControl) == true)
        {
            return Problems.Field("reason", $"must have 1 to {AmbassadorLife.ReasonLengthMax} characters, on one line");
        }

        return await StepAsync(
            (store, ambassador, actor, why, token) => life.ReinstateAsync(store, ambassador, actor, why ?? old, token), caller, id, body, views, cancel);
    }

    private static Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> End(
        ApiCaller caller, string id, OptionalApiBody<ReasonRequest> body, AmbassadorLife life, AmbassadorViews views, CancellationToken cancel) =>
        StepAsync(life.EndAsync, caller, id, body, views, cancel);

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> StepAsync(
        Func<Store, string, string, string?, CancellationToken, Task<LifeStep>> step,
        ApiCaller caller,
        string id,
        OptionalApiBody<ReasonRequest> body,
        AmbassadorViews views,
        CancellationToken cancel)
    {
        var reason = ReasonRequest.ReadAlone(body.Fields);
        return body.Fields.Refusal is { } refusal
            ? refusal
            : RefusalOf(await step(caller.Store, id, caller.Name, reason, cancel)) ?? await Get(caller, id, views, cancel);
    }

    private static ProblemHttpResult? RefusalOf(LifeStep step) => step switch
    {
        LifeStep.Done => null,
        LifeStep.Unknown => Unknown,
        LifeStep.AlreadySuspended => Problems.Conflict("ambassador-suspended", "The ambassador is suspended.", "The suspension began earlier and goes on."),
        LifeStep.NotSuspended => Problems.NotFound("suspension-unknown", "There is no suspension.", "The ambassador is not suspended."),
        LifeStep.AlreadyEnded => Ended,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
