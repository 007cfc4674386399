// How the pages of payout runs say states, ways and people.
using StorePlugin.Audit;
using StorePlugin.Payouts;

namespace StorePlugin.Dashboard.Payouts;

/// <summary>A state as a coloured word.</summary>
/// <param name="Kind">The class of the badge.</param>
public sealed record Badge(string Kind, string Text);

internal static class RunWords
{
    /// <summary>So many of the last letters of a key's id tell it from others.</summary>
    public const int KeyShown = 6;

    private const string Key = "API key key_";
    private const string Schedule = "schedule";
    private const string Member = "team ";
    private const string Session = Stores.Visitor.SessionActor;
    private const int SessionLength = 32;
    private const int SessionShown = 6;

    /// <param name="state">One of <see cref="RunState"/>.</param>
    /// <param name="isDone">Whether nothing of it is under way any more.</param>
    /// <param name="paysNobody">Whether it would pay nobody, so that there is nothing to approve.</param>
    public static Badge OfRun(string state, bool isDone, bool paysNobody) => (state, isDone) switch
    {
        (RunState.Preview, _) when paysNobody => new Badge("none", "Pays nobody"),
        (RunState.Preview, _) => new Badge("review", "Waits for approval"),
        (RunState.HalfApproved, _) => new Badge("review", "Waits for a second person"),
        (RunState.Approved, true) => new Badge("paid", "Done"),
        (RunState.Approved, false) => new Badge("in_payout", "Being paid"),
        (RunState.Stopped, _) => new Badge("reversed", "Stopped"),
        (RunState.Cancelled, _) => new Badge("none", "Cancelled"),
        _ => new Badge("none", state),
    };

    /// <param name="state">As <see cref="Payout.ShownState"/> says it.</param>
    public static Badge OfPayout(string state, string provider) => (state, provider) switch
    {
        (PayoutState.Approved, PayoutProvider.Manual) => new Badge("held", "Waits for a file"),
        (PayoutState.Approved, _) => new Badge("held", "Waits to be sent"),
        (PayoutState.Sending or PayoutState.Unknown, PayoutProvider.Manual) => new Badge("in_payout", "In a file, result open"),
        (PayoutState.Sending, _) => new Badge("in_payout", "Being sent"),
        (PayoutState.Unknown, _) => new Badge("review", "Not known yet"),
        (PayoutState.Sent, PayoutProvider.Manual) => new Badge("paid", "Paid"),
        (PayoutState.Sent, PayoutProvider.StoreCredit or PayoutProvider.DiscountCode) => new Badge("paid", "Given"),
        (PayoutState.Sent, _) => new Badge("paid", "Sent"),
        (BankState.InTransit, _) => new Badge("paid", "On the way to the bank"),
        (BankState.Paid, _) => new Badge("paid", "At the bank"),
        ("bank_failed", _) => new Badge("reversed", "Sent back by the bank"),
        (PayoutState.Refused, _) => new Badge("reversed", "Refused"),
        (PayoutState.Reversed, _) => new Badge("reversed", "Taken back"),
        (PayoutState.Cancelled, _) => new Badge("none", "Cancelled"),
        _ => new Badge("none", state),
    };

    /// <param name="provider">One of <see cref="PayoutProvider"/>.</param>
    public static string Way(string provider) => provider switch
    {
        PayoutProvider.Stripe => "Stripe",
        PayoutProvider.Manual => "By file",
        PayoutProvider.StoreCredit => "Store credit",
        PayoutProvider.DiscountCode => "Discount code",
        _ => provider,
    };

    /// <summary>Whoever did something. Of a session only a few letters are shown, which tell it from others.</summary>
    /// <param name="actor">As the books have it.</param>
    public static string Who(string actor, RunReader reader) =>
        actor == reader.Actor ? "you"
        : actor.StartsWith(Member, StringComparison.Ordinal) && reader.Team.TryGetValue(actor[Member.Length..], out var name) ? name
        : actor == Schedule ? "the schedule"
        : actor == AuditLog.Host ? "whoever runs this program"
        : actor.StartsWith(Key, StringComparison.Ordinal) ? $"a program, with the API key that ends in {actor[^Math.Min(KeyShown, actor.Length - Key.Length)..]}"
        : actor.StartsWith(Session, StringComparison.Ordinal) && actor.Length > Session.Length + SessionShown
            ? $"another session of the dashboard ({actor.AsSpan(Session.Length, SessionShown)})"
        : actor;

    /// <summary>A sentence of the books, in which a session is called as <see cref="Who"/> does.</summary>
    public static string Said(string text, RunReader reader)
    {
        var at = text.IndexOf(Session, StringComparison.Ordinal);
        if (at < 0 || text.Length < at + Session.Length + SessionLength)
        {
            return text;
        }

        var actor = text.Substring(at, Session.Length + SessionLength);
        var said = text.Replace(actor, Who(actor, reader), StringComparison.Ordinal);
        return string.Concat(char.ToUpperInvariant(said[0]).ToString(), said.AsSpan(1));
    }
}
