// What a payout run holds: its lines as they were shown, what approval made of them, and what it needs.
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>One line of a preview, as it is kept with the run. Names are read when it is shown, so that they can be erased.</summary>
/// <param name="Minor">What will be paid, with VAT; else the balance.</param>
/// <param name="Reason">Why not, what stays behind, or why less than the minimum is paid.</param>
/// <param name="Provider">One of <see cref="PayoutProvider"/>; null in runs from before there were several, which are Stripe's.</param>
/// <param name="Warning">What a person should look at before they approve (ability 13).</param>
/// <param name="VatMinor">The part of it that is VAT.</param>
internal sealed record RunLine(
    string AmbassadorId, long Minor, string Currency, bool WillPay, string? Reason, string? Destination, string? Provider = null, string? Warning = null,
    long VatMinor = 0)
{
    [JsonIgnore]
    public Money Amount => new(Minor, Webhooks.Currency.Parse(Currency));

    /// <summary>What of the balance will be paid.</summary>
    [JsonIgnore]
    public Money Net => Amount with { Minor = Minor - VatMinor };

    /// <summary>Where it goes, where it will be paid.</summary>
    [JsonIgnore]
    public PayoutDestination? To => Destination is null ? null : new PayoutDestination(Provider ?? PayoutProvider.Stripe, Destination);

    public static RunLine Of(Payee payee, PayoutDecision decision) => decision switch
    {
        PayoutDecision.Pay pay => new RunLine(
            payee.AmbassadorId, pay.Amount.Minor, pay.Amount.Currency.Code, true, pay.Note, pay.Destination.Id, pay.Destination.Provider, VatMinor: pay.VatMinor),
        PayoutDecision.Hold hold => new RunLine(payee.AmbassadorId, payee.Balance.Minor, payee.Balance.Currency.Code, false, hold.Why, null),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>What approval made of a line that was to be paid, where that differs from the preview.</summary>
internal sealed record RunNote(string AmbassadorId, string Currency, string Note);

/// <summary>The payout that a line became.</summary>
internal sealed record RunPayout(string Id, string AmbassadorId, string Currency, long AmountMinor, string State);

/// <summary>What a run needs of a currency in the store's Stripe account, and what was there.</summary>
/// <param name="AvailableMinor">Null: Stripe did not tell.</param>
internal sealed record RunFunding(string Currency, long NeedMinor, long? AvailableMinor)
{
    [JsonIgnore]
    public bool IsShort => AvailableMinor < NeedMinor;

    /// <summary>The shortfall in words; null where there is none.</summary>
    [JsonIgnore]
    public string? Words => AvailableMinor is { } available && IsShort && Webhooks.Currency.TryParse(Currency, out var currency)
        ? $"The run needs {new Money(NeedMinor, currency)} and {new Money(available, currency)} are available at Stripe: {new Money(NeedMinor - available, currency)} are missing."
        : null;
}

/// <summary>The states in which a run is shown.</summary>
internal static class RunState
{
    /// <summary>Nothing is reserved; a person is to look at it.</summary>
    public const string Preview = "preview";

    /// <summary>One of two people has approved it (rule H5).</summary>
    public const string HalfApproved = "half_approved";

    /// <summary>Its money is reserved, and is sent.</summary>
    public const string Approved = "approved";

    /// <summary>Approved, and what is not sent yet waits.</summary>
    public const string Stopped = "stopped";

    /// <summary>Nobody wants it any more; what was not sent is payable again.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>What a row of <c>payout_runs</c> is shown as.</summary>
    public static string Of(string state, string? firstApprovedBy, DateTimeOffset? stoppedAt, DateTimeOffset? cancelledAt) =>
        cancelledAt is not null ? Cancelled
        : state != Preview ? (stoppedAt is null ? Approved : Stopped)
        : firstApprovedBy is null ? Preview
        : HalfApproved;
}

/// <summary>For what a stopped run waits.</summary>
internal static class StopCause
{
    /// <summary>Money in the store's Stripe account; it goes on by itself once that is there.</summary>
    public const string Balance = "balance";

    /// <summary>A person, who has stopped it.</summary>
    public const string Person = "person";
}

/// <summary>A run with all that is shown of it.</summary>
/// <param name="State">One of <see cref="RunState"/>.</param>
/// <param name="Names">By ambassador.</param>
/// <param name="FirstApprovedBy">Who has approved it as the first of two.</param>
/// <param name="Stop">Why it waits, in words.</param>
internal sealed record PayoutRun(
    string Id,
    string State,
    DateTimeOffset CreatedAt,
    IReadOnlyList<RunLine> Lines,
    IReadOnlyList<RunPayout> Payouts,
    IReadOnlyList<RunNote> Notes,
    IReadOnlyList<RunFunding> Funding,
    IReadOnlyDictionary<string, string> Names,
    string? FirstApprovedBy = null,
    string? Stop = null,
    string? WaitsFor = null,
    DateTimeOffset? FirstApprovedAt = null);

/// <summary>What a run pays, and what is odd about it: values in, value out.</summary>
internal static class RunSums
{
    /// <summary>With fewer payees one of them naturally gets most.</summary>
    public const int PayeesMin = 5;

    /// <summary>What the lines pay, by currency; never one sum over two.</summary>
    public static ImmutableArray<Money> Totals(IEnumerable<RunLine> lines) =>
    [
        .. lines.Where(line => line.WillPay).GroupBy(line => line.Currency, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Aggregate(Money.Zero(Currency.Parse(group.Key)), (sum, line) => sum + line.Amount)),
    ];

    /// <summary>Who gets more than half of what a run of five payees or more pays in a currency, be it acknowledged or not.</summary>
    public static IReadOnlySet<(string AmbassadorId, string Currency)> GettingMost(IEnumerable<RunLine> lines) =>
        lines.Where(line => line.WillPay).GroupBy(line => line.Currency, StringComparer.Ordinal)
            .Select(group => (Lines: group.ToList(), Minor: group.Sum(line => line.Minor)))
            .Where(group => group.Lines.Count >= PayeesMin)
            .SelectMany(group => group.Lines.Where(line => line.Minor > group.Minor - line.Minor))
            .Select(line => (line.AmbassadorId, line.Currency)).ToHashSet();

    /// <summary>
    /// Marks whoever gets more than half of what a run of five payees or more pays in a currency, and the store's own people, unless it was
    /// acknowledged (the funnel, ability 13).
    /// </summary>
    public static List<RunLine> Warned(List<RunLine> lines, FunnelKnown known)
    {
        var most = GettingMost(lines);
        return [.. lines.Select(line => line.WillPay && WarningOf(line) is { } warning ? line with { Warning = warning } : line)];

        string? WarningOf(RunLine line)
        {
            string[] warnings =
            [
                .. most.Contains((line.AmbassadorId, line.Currency)) && !known.Acknowledged.Contains((line.AmbassadorId, FunnelWarnings.Share))
                    ? [$"More than half of what this run pays in {line.Currency} goes to this payee."] : Array.Empty<string>(),
                .. known.OwnPeople.Contains(line.AmbassadorId) && !known.Acknowledged.Contains((line.AmbassadorId, FunnelWarnings.Team))
                    ? ["This payee has the address of the store's own people."] : Array.Empty<string>(),
            ];
            return warnings.Length == 0 ? null : string.Join(' ', warnings);
        }
    }
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(List<RunLine>))]
[JsonSerializable(typeof(List<RunNote>))]
[JsonSerializable(typeof(List<RunFunding>))]
internal sealed partial class RunJson : JsonSerializerContext;
