// The five rehearsals that can be picked, each as a plan: who takes part, who buys when and how, what comes back. Values in, values out.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Rehearsals;

/// <summary>What a plan is made from. The same ground gives the same plan, to the minor unit and the second.</summary>
/// <param name="TypicalMinor">The store's typical order, in minor units of <paramref name="Currency"/>.</param>
/// <param name="BegunAt">The real instant at which the rehearsal was begun; UTC.</param>
internal sealed record ScenarioGround(Currency Currency, Terms Terms, long TypicalMinor, DateTimeOffset BegunAt);

/// <param name="Key">What rows and the API call it.</param>
/// <param name="Shows">What happens in it, as a sentence.</param>
/// <param name="LookFor">What to look for, as a sentence.</param>
internal sealed record Scenario(string Key, string Name, string Shows, string LookFor, Func<ScenarioGround, ScenarioPlan> Plan)
{
    public static readonly ImmutableArray<Scenario> All =
    [
        new(
            "typical_month", "A typical month",
            "Shoppers buy by codes and links, one buys whom nobody sent, one sends a part back; the holds end and everybody is paid.",
            "Look whether each order goes to whom you would have given it, and whether the amounts are what you want to pay.", TypicalMonth),
        new(
            "refund_wave", "A wave of refunds",
            "Most of what is bought comes back, some of it before the commission is released and some after it was paid out.",
            "Look whose balance falls below zero: later earnings settle it first, and nobody pays money back.", RefundWave),
        new(
            "leaked_code", "A leaked code",
            "A code that came by clicks suddenly comes without any, far more often than before, as when a coupon site has published it.",
            "Look what the rules of abuse say of it (F4, F5): a notice stops nothing, so that it is for you to act.", LeakedCode),
        new(
            "self_referral", "Buying with one's own code",
            "An ambassador buys with their own code, once under their address and once under a variant of it.",
            "Look whether they earn on their own purchases: your terms decide it (F1).", SelfReferral),
        new(
            "one_account", "Two people, one account",
            "Two ambassadors are paid to the same account, and a third one earns nearly everything.",
            "Look what waits for review because of the shared account (F2), and of whom the payout run warns.", OneAccount),
    ];

    public static Scenario? Find(string? key) => All.FirstOrDefault(scenario => scenario.Key == key);

    private const int Mara = 0;
    private const int Jonas = 1;
    private const int Aylin = 2;
    private const int Pavel = 3;
    private const int Ines = 4;
    private const int Kofi = 5;
    private const int Rika = 6;

    private static ScenarioPlan TypicalMonth(ScenarioGround ground)
    {
        var draft = new PlanDraft(ground, 5);
        draft.Visits(1, "People follow the links and look around. Nobody buys yet.", [9, 6, 5, 3, 2]);
        draft.Buy(2, Mara, Way.Code, 2);
        draft.Buy(3, Jonas, Way.Link, 2);
        draft.Buy(5, Mara, Way.Link, 3);
        draft.Buy(7, Aylin, Way.LinkWithoutCode, 1);
        draft.Buy(8, null, Way.Nobody, 1);
        draft.Buy(10, Jonas, Way.Code, 3);
        draft.Buy(11, Pavel, Way.Code, 1);
        var part = draft.Buy(13, Mara, Way.Code, 2);
        draft.Buy(15, Ines, Way.Code, 1);
        draft.Return(17, "A shopper of Mara's sends a part back.", (part, 1));
        draft.Buy(18, Aylin, Way.Code, 2);
        draft.Buy(20, Mara, Way.Link, 1);
        draft.Buy(22, Jonas, Way.Link, 2);
        draft.Buy(24, Pavel, Way.Link, 2);
        draft.Buy(26, Mara, Way.Code, 2);
        draft.HoldsEnd();
        draft.PayOut();
        return draft.Plan;
    }

    private static ScenarioPlan RefundWave(ScenarioGround ground)
    {
        var draft = new PlanDraft(ground, 5);
        var first = draft.Wave(4, "The first week: nine orders.",
            [(Mara, Way.Code, 2), (Mara, Way.Link, 2), (Jonas, Way.Code, 3), (Jonas, Way.Link, 2), (Aylin, Way.Code, 3), (Pavel, Way.Code, 2), (Ines, Way.Link, 2), (Mara, Way.Code, 1),
                (Jonas, Way.Code, 2)]);
        var second = draft.Wave(12, "The second week: eight orders.",
            [(Mara, Way.Code, 2), (Jonas, Way.Code, 3), (Aylin, Way.Link, 4), (Pavel, Way.Code, 2), (Ines, Way.Code, 2), (Mara, Way.Code, 2), (Jonas, Way.Link, 2), (Aylin, Way.Code, 2)]);
        var third = draft.Wave(22, "The third week: seven orders.",
            [(Mara, Way.Code, 2), (Mara, Way.Code, 1), (Mara, Way.Link, 2), (Jonas, Way.Code, 2), (Aylin, Way.Code, 2), (Pavel, Way.Code, 3), (Ines, Way.Code, 2)]);
        draft.Return(23, "Six orders of the third week come back, before their commission is released.",
            (third[0], 0), (third[1], 0), (third[2], 0), (third[4], 0), (third[5], 0), (third[6], 1));
        draft.HoldsEnd();
        draft.PayOut();
        draft.Return(draft.LateDay, "Ten orders come back after the payout.",
            (first[2], 0), (first[3], 0), (first[8], 0), (second[1], 0), (second[6], 0), (third[3], 0), (first[4], 0), (second[2], 0), (first[5], 0), (second[4], 0));
        return draft.Plan;
    }

    private static ScenarioPlan LeakedCode(ScenarioGround ground)
    {
        var draft = new PlanDraft(ground, 5);
        draft.Visits(1, "People follow the links and look around. Nobody buys yet.", [12, 6, 5, 3, 2]);
        draft.Wave(6, "The first days: shoppers come by links, as ever.",
            [(Mara, Way.Link, 1), (Mara, Way.Link, 2), (Jonas, Way.Code, 2), (Aylin, Way.Link, 2), (Pavel, Way.Link, 1), (Mara, Way.Link, 1)]);
        draft.Wave(14, "A quiet week: shoppers come by links, as ever.",
            [(Mara, Way.Link, 1), (Jonas, Way.Link, 2), (Ines, Way.Code, 2), (Mara, Way.Link, 2), (Mara, Way.Code, 1), (Aylin, Way.Code, 1)]);
        draft.Wave(21, "Within one day 26 shoppers type Mara's code, and none of them has followed her link.", [.. Enumerable.Repeat((Mara, Way.Code, 1), 26)]);
        draft.Wave(24, "The days after: it is quiet again.", [(Jonas, Way.Link, 2), (Pavel, Way.Code, 2), (Ines, Way.Link, 1)]);
        draft.HoldsEnd();
        draft.PayOut();
        return draft.Plan;
    }

    private static ScenarioPlan SelfReferral(ScenarioGround ground)
    {
        var draft = new PlanDraft(ground, 5);
        draft.Buy(3, Mara, Way.Code, 4);
        draft.Buy(5, Jonas, Way.Link, 4);
        draft.BuyForThemselves(8, Mara, 2, "Mara buys with her own code, under her own address.", "");
        draft.BuyForThemselves(10, Mara, 2, "Mara buys with her own code again, under a variant of her address.", "+shop");
        draft.Buy(12, Aylin, Way.Code, 3);
        draft.Buy(15, Mara, Way.Link, 4);
        draft.Buy(18, Pavel, Way.Link, 2);
        draft.Buy(21, Ines, Way.Code, 2);
        draft.HoldsEnd();
        draft.PayOut();
        return draft.Plan;
    }

    private static ScenarioPlan OneAccount(ScenarioGround ground)
    {
        var draft = new PlanDraft(ground, 7, (Rika, Kofi));
        draft.Wave(5, "The first week: Mara sells far more than everybody else.",
            [(Mara, Way.Code, 24), (Mara, Way.Link, 20), (Jonas, Way.Code, 8), (Aylin, Way.Link, 8), (Kofi, Way.Code, 6), (Rika, Way.Code, 6)]);
        draft.Wave(12, "The second week: Mara again.", [(Mara, Way.Code, 22), (Mara, Way.Code, 26), (Pavel, Way.Code, 8), (Ines, Way.Code, 8), (Kofi, Way.Link, 5)]);
        draft.Wave(19, "The third week: Mara again.", [(Mara, Way.Link, 24), (Mara, Way.Code, 28), (Rika, Way.Link, 5)]);
        draft.HoldsEnd();
        draft.PayOut();
        return draft.Plan;
    }
}

/// <summary>How an order names its ambassador.</summary>
internal enum Way
{
    /// <summary>The shopper types the code.</summary>
    Code,

    /// <summary>The shopper follows the link, which applies the code.</summary>
    Link,

    /// <summary>The shopper follows the link and takes the code out of the cart.</summary>
    LinkWithoutCode,

    Nobody,
}

/// <summary>A made-up ambassador. The address is at a domain that nobody can have.</summary>
internal sealed record PlannedPerson(string Name, string Email, string Code, string Account)
{
    public string FirstName => Name[..Name.IndexOf(' ', StringComparison.Ordinal)];

    /// <summary>Says nothing: what is true of a person's data holds for an invented one too.</summary>
    public override string ToString() => nameof(PlannedPerson);
}

/// <param name="Number">1 for the first order of the journey, and so on.</param>
/// <param name="At">When it is placed; UTC.</param>
/// <param name="Person">The index of the ambassador whom it names; null for nobody.</param>
/// <param name="PriceMinor">Of one unit with tax, in minor units of the store's currency.</param>
/// <param name="OwnAddress">What stands behind the ambassador's own name in the address of the buyer, where they buy for themselves; else null.</param>
internal sealed record PlannedPurchase(int Number, DateTimeOffset At, int? Person, Way Way, int Quantity, long PriceMinor, string? OwnAddress);

/// <param name="Purchase">The number of the order.</param>
/// <param name="Units">How many units come back; 0 for all that are left.</param>
internal sealed record PlannedReturn(int Purchase, int Units);

internal enum StepKind
{
    /// <summary>The store, the campaign and the ambassadors are made.</summary>
    Begin,
    Visits,
    Orders,
    Returns,

    /// <summary>Every hold is over.</summary>
    HoldsEnd,
    PayOut,
}

/// <param name="At">The instant of the journey; UTC, in the past.</param>
/// <param name="Visits">For each ambassador: visits over the link that buy nothing.</param>
internal sealed record PlannedStep(
    StepKind Kind, DateTimeOffset At, string Title, ImmutableArray<int> Purchases, ImmutableArray<PlannedReturn> Returns, ImmutableArray<int> Visits);

/// <param name="Start">The journey's first instant; UTC.</param>
internal sealed record ScenarioPlan(
    DateTimeOffset Start, ImmutableArray<PlannedPerson> People, ImmutableArray<PlannedPurchase> Purchases, ImmutableArray<PlannedStep> Steps);

/// <summary>Writes a plan down day by day. The journey begins so long ago that every hold of its month has ended.</summary>
internal sealed class PlanDraft
{
    /// <summary>The days of the month, of the payout and of what follows it.</summary>
    private const int DaysBesideHold = 35;

    private const int LastSalesDay = 28;
    private const int OpeningMinutes = 9 * 60;
    private const int MinutesBetween = 23;

    // A store without orders yet has a typical one made up in major units: of a currency without minor ones that would buy nothing.
    private const long LeastMinor = 5000;

    // What a unit costs, in percent of the store's typical order.
    private static readonly ImmutableArray<int> Prices = [100, 90, 120, 80, 110, 100, 130, 95, 105, 85];

    private static readonly ImmutableArray<PlannedPerson> Everybody =
    [
        new("Mara Lindholm", "mara@people.example", "TRY-MARA", "acct_rehearsalMara"), new("Jonas Weber", "jonas@people.example", "TRY-JONAS", "acct_rehearsalJonas"),
        new("Aylin Demir", "aylin@people.example", "TRY-AYLIN", "acct_rehearsalAylin"), new("Pavel Novak", "pavel@people.example", "TRY-PAVEL", "acct_rehearsalPavel"),
        new("Inés Ortega", "ines@people.example", "TRY-INES", "acct_rehearsalInes"), new("Kofi Mensah", "kofi@people.example", "TRY-KOFI", "acct_rehearsalKofi"),
        new("Rika Sato", "rika@people.example", "TRY-RIKA", "acct_rehearsalRika"),
    ];

    private readonly ScenarioGround _ground;
    private readonly DateTimeOffset _start;
    private readonly ImmutableArray<PlannedPerson> _people;
    private readonly List<PlannedPurchase> _purchases = [];
    private readonly List<PlannedStep> _steps = [];

    /// <param name="sharing">Of whom the first is paid to the account of the second.</param>
    public PlanDraft(ScenarioGround ground, int people, (int Who, int With)? sharing = null)
    {
        _ground = ground;
        _start = new DateTimeOffset(ground.BegunAt.UtcDateTime.Date, TimeSpan.Zero).AddDays(-(ground.Terms.HoldDays + DaysBesideHold)).AddMinutes(OpeningMinutes);
        var all = Everybody[..people];
        _people = sharing is var (who, with) ? all.SetItem(who, all[who] with { Account = all[with].Account }) : all;
        Step(StepKind.Begin, _start, "The campaign begins: codes, links and discounts are made, and the ambassadors are welcomed.");
    }

    /// <summary>The place of a made-up person in every plan; null where nobody is called so.</summary>
    public static int? IndexOf(string name) => Everybody.Select(person => person.Name).Index().Where(one => one.Item == name).Select(one => (int?)one.Index).FirstOrDefault();

    public ScenarioPlan Plan => new(_start, _people, [.. _purchases], [.. _steps]);

    private int PayoutDay => LastSalesDay + (int)_ground.Terms.HoldDays + 2;

    /// <summary>The day after the payout.</summary>
    public int LateDay => PayoutDay + 1;

    public void Visits(int day, string title, ImmutableArray<int> byPerson) => Step(StepKind.Visits, At(day, 0), title, visits: byPerson);

    /// <summary>One order. Returns its number.</summary>
    public int Buy(int day, int? person, Way way, int quantity)
    {
        var name = person is { } index ? _people[index].FirstName : "";
        var title = way switch
        {
            Way.Code => $"A shopper types {name}'s code and buys.",
            Way.Link => $"A shopper follows {name}'s link, which applies the code, and buys.",
            Way.LinkWithoutCode => $"A shopper follows {name}'s link, takes the code out of the cart, and buys.",
            _ => "A shopper buys whom nobody has sent.",
        };
        return Orders(day, title, [(person, way, quantity)], null)[0];
    }

    /// <summary>Orders of one day. Returns their numbers.</summary>
    public ImmutableArray<int> Wave(int day, string title, ImmutableArray<(int Person, Way Way, int Quantity)> orders) =>
        Orders(day, title, [.. orders.Select(order => ((int?)order.Person, order.Way, order.Quantity))], null);

    public void BuyForThemselves(int day, int person, int quantity, string title, string address) => Orders(day, title, [(person, Way.Code, quantity)], address);

    public void Return(int day, string title, params ImmutableArray<(int Purchase, int Units)> returns) =>
        Step(StepKind.Returns, At(day, 0), title, returns: [.. returns.Select(one => new PlannedReturn(one.Purchase, one.Units))]);

    public void HoldsEnd() => Step(StepKind.HoldsEnd, At(PayoutDay - 1, 0), "The last hold is over: what nobody has objected to is released.");

    public void PayOut() => Step(StepKind.PayOut, At(PayoutDay, 0), "A payout run is prepared and approved.");

    private ImmutableArray<int> Orders(int day, string title, ImmutableArray<(int? Person, Way Way, int Quantity)> orders, string? ownAddress)
    {
        var numbers = ImmutableArray.CreateBuilder<int>(orders.Length);
        foreach (var (person, way, quantity) in orders)
        {
            var number = _purchases.Count + 1;
            _purchases.Add(new PlannedPurchase(number, At(day, numbers.Count * MinutesBetween), person, way, quantity, PriceOf(number), ownAddress));
            numbers.Add(number);
        }

        Step(StepKind.Orders, At(day, 0), title, purchases: numbers.ToImmutable());
        return numbers.ToImmutable();
    }

    private long PriceOf(int number)
    {
        var typical = Math.Max(_ground.TypicalMinor, _ground.Currency.MinorPerMajor == 1 ? LeastMinor : 1);
        return Math.Max(1, typical * Prices[(number - 1) % Prices.Length] / 100);
    }

    private DateTimeOffset At(int day, int minutes) => _start.AddDays(day).AddMinutes(minutes);

    private void Step(
        StepKind kind, DateTimeOffset at, string title, ImmutableArray<int> purchases = default, ImmutableArray<PlannedReturn> returns = default, ImmutableArray<int> visits = default) =>
        _steps.Add(new PlannedStep(kind, at, title, purchases.IsDefault ? [] : purchases, returns.IsDefault ? [] : returns, visits.IsDefault ? [] : visits));
}
