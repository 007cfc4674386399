// How the store pays, as a room: which methods ambassadors may name, when runs are made, who approves them, and from which account a bank pays.
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Payouts;

/// <param name="CanChange">Whoever looks is an owner; others read <paramref name="Facts"/>.</param>
/// <param name="Parts">The form of an owner.</param>
/// <param name="Others">What is wrong with no field of the form, as sentences.</param>
/// <param name="HasProblems">Something of what was sent is wrong, and nothing was kept.</param>
public sealed record PayoutSettingsModel(
    Frame Frame, bool CanChange, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<FormPart> Parts, IReadOnlyList<string> Others, bool HasProblems)
{
    /// <summary>Says nothing, so that no log line can hold an account.</summary>
    public override string ToString() => nameof(PayoutSettingsModel);
}

internal static class PayoutSettingsPages
{
    public const string Path = "/dashboard/payouts/settings";

    private const string On = "on";
    private const string Weekday = "weekday";
    private const string MonthDay = "month-day";
    private const string TwoPeople = "twoPeopleFrom";
    private const string Alone = "approveAloneUpTo";
    private const string AccountName = "account-name";
    private const string AccountIban = "account-iban";
    private const string AccountBic = "account-bic";
    private const string AccountGone = "account-gone";

    private static readonly string[] Weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapPayoutSettingsRoom(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/payouts/settings", Show);
        rooms.MapPost("/payouts/settings", Keep).OwnersOnly().WithSummary("Settles how the store pays.");
    }

    private static async Task<IResult> Show(Visitor visitor, string? notice, PayoutSettings settings, Platforms platforms, CancellationToken cancel)
    {
        var settled = await settings.FindAsync(visitor.Store, cancel);
        return Page.Of<PayoutSettingsPage>(ModelOf(visitor, settled, TypedOf(settled, visitor.Store), null, platforms, notice));
    }

    private static async Task<IResult> Keep(Visitor visitor, HttpRequest request, PayoutSettings settings, Platforms platforms, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        var form = new FormReader(typed, NewCampaign.CurrencyOf(visitor.Store));
        var fields = Fields.Of(FormReader.ElementOf(Read(form, visitor.Store)));
        var (settled, setsDebtor, debtor) = PayoutSettingsRequest.Read(fields, visitor.Store, platforms);
        form.Judge(fields, path => FieldOf(path, form));
        if (form.Errors.Count > 0)
        {
            return Page.Of<PayoutSettingsPage>(
                ModelOf(visitor, await settings.FindAsync(visitor.Store, cancel), typed, form, platforms, null), StatusCodes.Status422UnprocessableEntity);
        }

        await settings.SetAsync(visitor.Store, settled, setsDebtor, debtor, visitor.Actor, cancel);
        return TypedResults.Redirect($"{Path}?notice=payout-settings-kept");
    }

    /// <summary>What is typed, as the API takes it. An account is named only where something of one is typed; else it stays.</summary>
    private static JsonObject Read(FormReader form, Store store)
    {
        var (twoPeople, alone) = (SumOf(form, TwoPeople), SumOf(form, Alone));
        if (alone >= twoPeople)
        {
            form.Refuse(Alone, "must be less than the sum from which two people approve");
        }

        var json = new JsonObject
        {
            ["methods"] = new JsonArray([.. PayoutKind.All.Where(kind => form[FieldOfMethod(kind)] == On).Select(kind => JsonValue.Create(kind))]),
            ["schedule"] = form.Has("schedule") ? form["schedule"] : null,
            ["scheduleDay"] = form["schedule"] switch
            {
                SettledPayouts.Weekly => form.Number(Weekday, isRequired: true),
                SettledPayouts.Monthly => form.Number(MonthDay, isRequired: true),
                _ => null,
            },
            [TwoPeople] = AmountOf(twoPeople, store),
            [Alone] = AmountOf(alone, store),
        };
        (string Field, string Member)[] account = [(AccountName, "name"), (AccountIban, "iban"), (AccountBic, "bic")];
        if (account.Any(part => form.Has(part.Field)))
        {
            if (form[AccountGone] == On)
            {
                form.Refuse(AccountGone, "means nothing where another account is named");
            }

            json["debtor"] = new JsonObject(
                account.Where(part => form.Has(part.Field)).Select(part => KeyValuePair.Create<string, JsonNode?>(part.Member, form[part.Field])));
        }
        else if (form[AccountGone] == On)
        {
            json["debtor"] = null;
        }

        return json;
    }

    // The API speaks of minor units, and people do not.
    private static long? SumOf(FormReader form, string name)
    {
        if (form.Minor(name) is not { } minor)
        {
            return null;
        }

        if (minor < 1)
        {
            form.Refuse(name, "must be more than 0");
        }

        return minor;
    }

    private static JsonObject? AmountOf(long? minor, Store store) => minor is { } known ? new JsonObject { ["minor"] = known, ["currency"] = store.Currency } : null;

    private static string FieldOf(string path, FormReader form) => path switch
    {
        "scheduleDay" => form["schedule"] == SettledPayouts.Weekly ? Weekday : MonthDay,
        "debtor.name" => AccountName,
        "debtor.iban" => AccountIban,
        "debtor.bic" => AccountBic,
        _ => path.Split('.')[0],
    };

    private static string FieldOfMethod(string kind) => "method-" + kind;

    private static Typed TypedOf(SettledPayouts settled, Store store)
    {
        var values = settled.Methods.ToDictionary(FieldOfMethod, _ => On, StringComparer.Ordinal);
        values["schedule"] = settled.Schedule ?? "";
        values[settled.Schedule == SettledPayouts.Monthly ? MonthDay : Weekday] = settled.ScheduleDay?.ToString(CultureInfo.InvariantCulture) ?? "";
        values[TwoPeople] = Decimal(settled.TwoPeopleFromMinor);
        values[Alone] = Decimal(settled.ApproveAloneToMinor);
        return new Typed(values);

        string Decimal(long? minor) => minor is { } known && NewCampaign.CurrencyOf(store) is { } currency ? new Money(known, currency).ToDecimalString() : "";
    }

    private static PayoutSettingsModel ModelOf(Visitor visitor, SettledPayouts settled, Typed typed, FormReader? judged, Platforms platforms, string? notice)
    {
        // An account number that was typed is on no page, be it right or wrong.
        var shown = new Typed(typed.Values.Where(value => value.Key != AccountIban).ToDictionary(value => value.Key, value => value.Value, StringComparer.Ordinal));
        var layout = new FormLayout(shown, judged?.Errors ?? new Dictionary<string, List<string>>(StringComparer.Ordinal));
        var isOwner = visitor.Role == Role.Owner;
        var parts = isOwner ? PartsOf(layout, visitor.Store, settled, typed.Has(AccountIban), platforms.Find(visitor.Store) is not null) : [];
        return new PayoutSettingsModel(Frame.OfDashboard(visitor, notice), isOwner, FactsOf(settled, visitor.Store), parts, layout.Others, judged is not null);
    }

    private static IReadOnlyList<FormPart> PartsOf(FormLayout of, Store store, SettledPayouts settled, bool hasTypedIban, bool isInStorePossible)
    {
        var code = store.Currency ?? "your store's currency";
        var account = settled.DebtorMasked is { } masked ? $"Kept now: {masked}. Left empty, it stays." : "None is kept.";
        List<FormField> fields =
        [
            of.Text(AccountName, "Whose account it is", "As the bank writes it, in Latin letters."),
            of.Text(AccountIban, "IBAN", hasTypedIban ? "It is not shown again: type it once more." : $"{account} It is kept sealed, and shown shortened."),
            of.Text(AccountBic, "BIC", "If your bank asks for it."),
        ];
        if (settled.DebtorMasked is not null)
        {
            fields.Add(of.Check(AccountGone, "Forget the account that is kept"));
        }

        return
        [
            FormLayout.Part(
                "What ambassadors may choose, besides Stripe", isSet: true,
                [.. PayoutKind.All.Where(kind => isInStorePossible || !PayoutProvider.IsInStore(kind)).Select(kind => of.Check(FieldOfMethod(kind), NameOf(kind)))]),
            FormLayout.Part(
                "When a run is prepared", isSet: true,
                of.Choice("schedule", "Schedule", ("", "none: a person prepares each run"), (SettledPayouts.Weekly, "weekly"), (SettledPayouts.Monthly, "monthly")),
                of.Choice(Weekday, "Day, where it is weekly", [.. Weekdays.Select((day, i) => ((i + 1).ToString(CultureInfo.InvariantCulture), day))]),
                of.Decimal(MonthDay, "Day, where it is monthly", $"1 to {SettledPayouts.MonthDayMax}: every month has it.")),
            FormLayout.Part(
                "Who approves it", isSet: true,
                of.Decimal(TwoPeople, "Two people approve from", $"An amount in {code}; empty: one person is enough."),
                of.Decimal(Alone, "The schedule approves by itself up to", $"An amount in {code}; empty: a person approves each run.")),
            FormLayout.Part("The account from which your bank pays, for files", isSet: true, [.. fields]),
        ];
    }

    private static IReadOnlyList<(string Name, string Value)> FactsOf(SettledPayouts settled, Store store) =>
    [
        ("Ambassadors may choose, besides Stripe", settled.Methods.IsEmpty ? "Nothing" : string.Join(", ", settled.Methods.Select(NameOf))),
        ("A run is prepared", ScheduleOf(settled)),
        ("Two people approve", SumOf(settled.TwoPeopleFromMinor, store) is { } twoPeople ? $"from {twoPeople} on" : "never: one is enough"),
        ("The schedule approves by itself", SumOf(settled.ApproveAloneToMinor, store) is { } alone ? $"up to {alone}" : "never"),
        ("The account from which your bank pays", settled.DebtorMasked ?? "None was named"),
    ];

    /// <summary>When runs are prepared and who approves them, in a sentence without its full stop.</summary>
    public static string StateOf(SettledPayouts settled, Store store) => $"A run is prepared {ScheduleOf(settled)}, and approved by one person"
        + (SumOf(settled.TwoPeopleFromMinor, store) is { } twoPeople ? $", from {twoPeople} on by two" : "")
        + (SumOf(settled.ApproveAloneToMinor, store) is { } alone ? $", up to {alone} by nobody where the schedule made it" : "");

    private static string ScheduleOf(SettledPayouts settled) => (settled.Schedule, settled.ScheduleDay) switch
    {
        (SettledPayouts.Weekly, { } day) => $"each {Weekdays[day - 1]}",
        (SettledPayouts.Monthly, { } day) => $"on day {Words.Of(day)} of each month",
        _ => "by a person",
    };

    private static string? SumOf(long? minor, Store store) => minor is { } known && store.Currency is { } currency ? Words.Of(known, currency) : null;

    private static string NameOf(string kind) => kind switch
    {
        PayoutKind.StoreCredit => "Store credit",
        PayoutKind.DiscountCode => "A discount code",
        PayoutKind.PayPal => "PayPal",
        PayoutKind.Iban => "A bank account, by IBAN",
        _ => "Something else, in words",
    };
}
