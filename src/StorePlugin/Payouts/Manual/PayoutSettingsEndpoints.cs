// The API's calls about how a store pays.
using System.Collections.Immutable;
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Manual;

internal sealed record DebtorRequest(
    [property: Description("Whose account it is, 1 to 70 Latin letters as the bank writes it.")] string Name,
    [property: Description("An account in the Single Euro Payments Area.")] string Iban,
    string? Bic = null);

internal sealed record PayoutSettingsRequest(
    [property: Description(
        "What ambassadors may choose besides Stripe: any of store_credit, discount_code, paypal, iban and other; the first two only where the program can give them.")]
    IReadOnlyList<string> Methods,
    [property: Description("weekly, monthly, or null: a person makes each run.")] string? Schedule = null,
    [property: Description("1 (Monday) to 7 for weekly, 1 to 28 for monthly; absent without a schedule.")] long? ScheduleDay = null,
    [property: Description("From this sum on two people must approve a run; null: one is enough.")] Amount? TwoPeopleFrom = null,
    [property: Description("Up to this sum a run of the schedule needs no approval; null: each needs it. Less than twoPeopleFrom.")] Amount? ApproveAloneUpTo = null,
    [property: Description("The account from which a bank pays, for sepa-xml. Absent leaves it as it is, and null takes it away.")] DebtorRequest? Debtor = null)
{
    private const string DebtorName = "debtor";

    // A sum beyond it is a slip of the pen: minor units.
    private const long SumMinorMax = 1_000_000_000_000;

    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static (SettledPayouts Settled, bool SetsDebtor, Debtor? Debtor) Read(Fields fields, Store store, Platforms platforms)
    {
        fields.RefuseOthersThan("methods", "schedule", "scheduleDay", "twoPeopleFrom", "approveAloneUpTo", DebtorName);
        fields.DemandMember("methods", "an empty list allows none");
        var methods = fields.OptionalTexts("methods");
        if (methods.Any(kind => kind is null || !PayoutKind.All.Contains(kind)))
        {
            fields.Refuse("methods", $"may hold {string.Join(", ", PayoutKind.All)} only");
        }

        if (platforms.Find(store) is null && methods.FirstOrDefault(kind => kind is not null && PayoutProvider.IsInStore(kind)) is { } inStore)
        {
            fields.Refuse("methods", $"may not hold {inStore}: the program cannot give it in a store of {store.Platform}");
        }

        var schedule = fields.OptionalChoice("schedule", SettledPayouts.Weekly, SettledPayouts.Monthly);
        var dayMax = schedule == SettledPayouts.Weekly ? SettledPayouts.WeekDayMax : SettledPayouts.MonthDayMax;
        var day = schedule is null ? (long?)null : fields.Whole("scheduleDay", 1, dayMax);
        if (schedule is null && fields.Has("scheduleDay"))
        {
            fields.Refuse("scheduleDay", "means nothing without a schedule");
        }

        var twoPeopleFrom = fields.OptionalAmount("twoPeopleFrom", store.Currency, SumMinorMax);
        var approveAloneTo = fields.OptionalAmount("approveAloneUpTo", store.Currency, SumMinorMax);
        if (approveAloneTo >= twoPeopleFrom)
        {
            fields.Refuse("approveAloneUpTo", "must be less than twoPeopleFrom");
        }

        return (
            new SettledPayouts([.. PayoutKind.All.Where(methods.Contains)], schedule, day, twoPeopleFrom, approveAloneTo, DebtorMasked: null),
            fields.HasMember(DebtorName),
            fields.OptionalObject(DebtorName) is { } debtor ? ReadDebtor(debtor) : null);
    }

    private static Debtor ReadDebtor(Fields fields)
    {
        fields.RefuseOthersThan("name", "iban", "bic");
        var debtor = new Debtor(
            PayoutDetails.OneLine(fields.Text("name", 1, PayoutDetails.HolderLengthMax)) ?? "",
            Iban.Normal(fields.Text("iban", 1, PayoutDetails.IbanLengthMax)),
            PayoutDetails.BicOf(fields.OptionalText("bic", 1, 20)));
        if (debtor.Name.Length > 0 && PayoutDetails.RefusalOfHolder(debtor.Name) is { } ofName)
        {
            fields.Refuse("name", ofName);
        }

        if (debtor.Iban.Length > 0 && (Iban.Refusal(debtor.Iban) ?? (Iban.IsInSepa(debtor.Iban) ? null : "is of no country of the Single Euro Payments Area")) is { } why)
        {
            fields.Refuse("iban", why);
        }

        if (debtor.Bic is not null && !PayoutDetails.IsBic(debtor.Bic))
        {
            fields.Refuse("bic", "must have 8 or 11 letters and digits, such as COBADEFFXXX");
        }

        return debtor;
    }

    /// <summary>Says nothing, so that no log line can hold an account.</summary>
    public override string ToString() => nameof(PayoutSettingsRequest);
}

internal sealed record PayoutSettingsView(
    [property: Description("What ambassadors may name besides Stripe.")] ImmutableArray<string> Methods,
    [property: Description("weekly, monthly, or null: a person makes each run.")] string? Schedule,
    [property: Description("1 (Monday) to 7, or 1 to 28 of the month.")] long? ScheduleDay,
    Amount? TwoPeopleFrom,
    Amount? ApproveAloneUpTo,
    [property: Description("The account from which a bank pays, masked; null while none was named.")] string? DebtorIban)
{
    // No sum is settled before the store's currency is known.
    public static PayoutSettingsView Of(SettledPayouts settled, Store store) => new(
        settled.Methods,
        settled.Schedule,
        settled.ScheduleDay,
        settled.TwoPeopleFromMinor is { } twoPeople ? new Amount(twoPeople, store.Currency!) : null,
        settled.ApproveAloneToMinor is { } alone ? new Amount(alone, store.Currency!) : null,
        settled.DebtorMasked);
}

internal static class PayoutSettingsEndpoints
{
    public static void MapPayoutSettings(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/payout-settings").WithTags("Payouts");
        group.MapGet("", Get).WithName("getPayoutSettings").WithSummary("How the store pays: methods, schedule, approval.");
        group.MapPut("", Set).WithName("putPayoutSettings").WithSummary("Settles how the store pays.")
            .WithDescription("What is absent is not settled, but for the account that pays: it is kept encrypted, shown masked, and stays until it is replaced or null.");
    }

    private static async Task<Ok<PayoutSettingsView>> Get(ApiCaller caller, PayoutSettings settings, CancellationToken cancel) =>
        TypedResults.Ok(PayoutSettingsView.Of(await settings.FindAsync(caller.Store, cancel), caller.Store));

    private static async Task<Results<Ok<PayoutSettingsView>, ProblemHttpResult>> Set(
        ApiCaller caller, ApiBody<PayoutSettingsRequest> body, PayoutSettings settings, Platforms platforms, CancellationToken cancel)
    {
        var (settled, setsDebtor, debtor) = PayoutSettingsRequest.Read(body.Fields, caller.Store, platforms);
        return body.Fields.Refusal is { } refusal
            ? refusal
            : TypedResults.Ok(PayoutSettingsView.Of(await settings.SetAsync(caller.Store, settled, setsDebtor, debtor, caller.Name, cancel), caller.Store));
    }
}
