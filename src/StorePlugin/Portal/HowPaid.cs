// How an ambassador is paid: the state of their account at Stripe in words, and what they can do about it.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Portal;

/// <param name="State">In a sentence.</param>
/// <param name="Due">What Stripe waits for, in words.</param>
/// <param name="Bank">The bank accounts as people know them; null where Stripe has told none.</param>
/// <param name="Held">That payouts wait after a change, and until when; null where they do not.</param>
/// <param name="Countries">Asked for before an account is made; empty where there is one.</param>
/// <param name="Start">What the button says that leads to Stripe's questions; null: there is nothing to answer.</param>
/// <param name="CanOpen">Whether their own pages at Stripe can be opened.</param>
/// <param name="Problem">Why what was asked for did not happen.</param>
public sealed record HowPaidModel(
    string State, IReadOnlyList<string> Due, string? Bank, string? Held, IReadOnlyList<PayeeCountry> Countries, string? Start, bool CanOpen, string? Problem);

public sealed record PayeeCountry(string Code, string Name);

internal sealed class HowPaidReader(Db db, Credentials credentials, PayoutRoutes routes, TimeProvider clock)
{
    private const int DueShown = 8;

    private const string ReadPerson = "SELECT stripe_account, payouts_from, payouts_from_why FROM ambassadors WHERE store_id = @storeId AND id = @id";

    /// <summary>Null where the store has not connected Stripe, and the ambassador has no account there.</summary>
    /// <param name="problem">Why what was asked for did not happen.</param>
    public async Task<HowPaidModel?> ReadAsync(Visitor visitor, string? problem, CancellationToken cancel)
    {
        var store = visitor.Store;
        var person = await db.OneAsync<Person>(ReadPerson, new { storeId = store.Id, id = visitor.AmbassadorId }, cancel)
            ?? throw new InvalidOperationException("A session names an ambassador who does not exist.");
        var isConnected = await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not null;
        if (!isConnected && person.StripeAccount is null && problem is null)
        {
            return null;
        }

        var account = person.StripeAccount is { } id ? await PayeeBook.FindAsync(db, store, id, cancel) : null;
        var state = person.StripeAccount is null ? null : account?.State ?? PayeeAccountState.Created;
        var needsAccount = state is null or PayeeAccountState.Closed;
        return new HowPaidModel(
            StateWords(state, store.DisplayName) + (account?.Finding is { } finding ? " " + finding : ""),
            account?.Due is { } due && state is PayeeAccountState.Onboarding or PayeeAccountState.Restricted or PayeeAccountState.NoBank
                ? [.. account!.Due!.Split(',').Take(DueShown).Select(DueWords).Distinct(StringComparer.Ordinal)]
                : [],
            account?.Bank,
            person.PayoutsFrom > clock.GetUtcNow()
                ? $"{person.PayoutsFromWhy} To protect you, nothing is paid before {new StoreTime(store).Day(person.PayoutsFrom.Value)}. If it was not you, tell {store.DisplayName} at once."
                : null,
            isConnected && needsAccount ? [.. (await routes.CountriesAsync(store, cancel)).Select(country => new PayeeCountry(country.Code, country.Name))] : [],
            !isConnected ? null : StartWords(state),
            isConnected && state is PayeeAccountState.Pending or PayeeAccountState.Ready or PayeeAccountState.NoBank or PayeeAccountState.Restricted,
            problem);
    }

    private static string StateWords(string? state, string storeName) => state switch
    {
        null => $"{storeName} pays through Stripe. Set up your payouts there once: Stripe asks who you are and where your bank is, and {storeName} never sees it.",
        PayeeAccountState.Created => "Your account at Stripe is known here, and Stripe is asked soon whether it is ready. If you have not told Stripe everything yet, go on there.",
        PayeeAccountState.Onboarding => "Your account at Stripe is not finished: payouts wait until it is.",
        PayeeAccountState.Pending => "Stripe is checking what you told it. That takes from minutes to some days; you need do nothing.",
        PayeeAccountState.Ready => "Your payouts are set up: money goes to your account at Stripe, and from there to your bank by itself.",
        PayeeAccountState.NoBank => "Money can reach your account at Stripe, but not go on to your bank yet.",
        PayeeAccountState.Restricted => "Stripe needs something more from you before you can be paid.",
        PayeeAccountState.Rejected => $"Stripe does not pay you through this account. Ask Stripe why, and {storeName} about another way to be paid.",
        PayeeAccountState.Closed => "Your account at Stripe is closed. Set up a new one to be paid.",
        _ => state,
    };

    private static string? StartWords(string? state) => state switch
    {
        null or PayeeAccountState.Closed => "Set up payouts with Stripe",
        PayeeAccountState.Created or PayeeAccountState.Onboarding => "Continue at Stripe",
        PayeeAccountState.Restricted or PayeeAccountState.NoBank => "Answer Stripe's questions",
        _ => null,
    };

    // Stripe has hundreds of names for these; the commonest in words, the others as they are.
    private static string DueWords(string due) =>
        due.Contains("verification.document", StringComparison.Ordinal) ? "a photograph of an identity document"
        : due.StartsWith("external_account", StringComparison.Ordinal) ? "your bank account"
        : due.StartsWith("tos_acceptance", StringComparison.Ordinal) ? "that you accept Stripe's terms"
        : due.StartsWith("individual.dob", StringComparison.Ordinal) ? "your date of birth"
        : due.StartsWith("individual.address", StringComparison.Ordinal) ? "your address"
        : due.StartsWith("individual.id_number", StringComparison.Ordinal) || due.StartsWith("individual.ssn", StringComparison.Ordinal) ? "your tax or identity number"
        : due.StartsWith("business_profile", StringComparison.Ordinal) ? "what you do"
        : due.Replace("individual.", "", StringComparison.Ordinal).Replace('_', ' ').Replace('.', ' ');

    private sealed record Person(string? StripeAccount, DateTimeOffset? PayoutsFrom, string? PayoutsFromWhy);
}
