// Whether one payee gets most of a rehearsed month, and for whom among the store's own ambassadors they stand: values in, value out.
using StorePlugin.Payouts;
using StorePlugin.Rehearsals;

namespace StorePlugin.Campaigns.Launch;

/// <param name="Month">A typical month that was rehearsed with the terms.</param>
/// <param name="AmbassadorId">Whose share of their own the payee with most of it was given; null where the terms name nobody in their place.</param>
internal sealed record Concentration(RehearsalResult Month, string? AmbassadorId)
{
    // Of all commission, in basis points.
    private const long MostBp = 5_000;

    /// <summary>With fewer payees one of them naturally gets most.</summary>
    public bool IsTooMuch => Month.Payees >= RunSums.PayeesMin && Month.TopShareBp > MostBp;

    /// <summary>Null where no typical month was rehearsed to its end with the terms that the campaign has.</summary>
    public static Concentration? Of(IEnumerable<RehearsalResult> rehearsals, Campaign campaign) =>
        rehearsals.FirstOrDefault(one => one.Revision == campaign.Revision && one is { Scenario: "typical_month", State: "finished" }) is { } month
            ? new Concentration(month, month.TopPayee is { } name ? RehearsalStores.StandsFor(name, campaign.Terms) : null)
            : null;
}
