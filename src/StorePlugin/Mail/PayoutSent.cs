// The mail about money that is on its way. It is owed to a suspended ambassador too, and after the store has left (rule U1).
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class PayoutSent(Db db, PublicAddress address)
{
    private const string ReadSentAt =
        "SELECT booked_at FROM ledger_transactions WHERE store_id = @storeId AND kind = @kind AND source = @payoutId";

    private const string ReadOrders =
        """
        SELECT CAST(COUNT(*) AS bigint) AS number, COALESCE(MIN(at), 0) AS first_at, COALESCE(MAX(at), 0) AS last_at
        FROM orders WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND payout_id = @payoutId
        """;

    private const string ReadMethod = "SELECT masked FROM payout_methods WHERE store_id = @storeId AND id = @methodId";

    public async Task<Writing> WriteAsync(Store store, string payoutId, CancellationToken cancel)
    {
        if (await db.OneAsync<Payout>(Payout.ById, new { storeId = store.Id, payoutId }, cancel) is not { } payout)
        {
            return new Writing.Unneeded("There is no such payout.");
        }

        if (payout.ReversedMinor == payout.AmountMinor)
        {
            return new Writing.Unneeded("The transfer was taken back before the mail was sent.");
        }

        if (await Recipient.FindAsync(db, store.Id, payout.AmbassadorId, cancel) is not { } reader)
        {
            return new Writing.Unneeded("The ambassador is gone.");
        }

        var args = new { storeId = store.Id, payoutId, ambassadorId = payout.AmbassadorId, kind = LedgerKind.PayoutSent };
        var sentAt = await db.OneAsync<DateTimeOffset>(ReadSentAt, args, cancel);
        var orders = await db.OneAsync<Orders>(ReadOrders, args, cancel);
        var method = payout.Provider == PayoutProvider.Manual
            ? await db.OneAsync<string>(ReadMethod, new { storeId = store.Id, methodId = payout.Destination }, cancel)
            : null;
        return new Writing.Written(Compose(store, reader, payout, sentAt, orders!, method));
    }

    /// <param name="method">Where it went, masked; null: to Stripe.</param>
    private Letter Compose(Store store, Recipient reader, Payout payout, DateTimeOffset sentAt, Orders orders, string? method)
    {
        var shop = OneLine.Of(store.DisplayName);
        var (where, when) = method is null
            ? ($"{shop} has sent what you earned to your account at Stripe.",
                "Stripe passes it on to your bank and decides when it arrives: typically some business days from now, and longer for the first payout to a new account.")
            : ($"{shop} has sent what you earned to {(method.Length > 0 ? method : "where you asked for it")}.",
                "Your bank or PayPal decides when it arrives: typically within some business days. Where PayPal asks you to accept it, do so within 30 days.");
        var time = new StoreTime(store);
        var facts = new List<(string Label, string Value)> { ("From", $"{shop}, for “{reader.Campaign}”"), ("Sent on", time.Day(sentAt)) };
        if (orders.Number > 0)
        {
            var (first, last) = (time.Day(orders.First), time.Day(orders.Last));
            facts.Add(("For", $"{Words.Count(orders.Number, "order", "orders")} {(first == last ? $"of {first}" : $"from {first} to {last}")}"));
        }

        if (payout.ReversedMinor > 0)
        {
            facts.Add(("Taken back since", Words.Of(payout.ReversedMinor, payout.Currency)));
        }

        facts.Add(("Reference", payout.Id));
        return new Letter(
            reader.Name,
            reader.Email,
            $"{Words.Of(payout.Amount)} is on its way to you from {shop}",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "Your payout is on its way",
                [
                    new LetterPart.Sentence($"Hello {reader.Name},"),
                    new LetterPart.Sentence(where),
                    new LetterPart.Figure("Sent to you", Words.Of(payout.Amount)),
                    new LetterPart.Facts(facts),
                    new LetterPart.Sentence(when),
                    new LetterPart.Link("Which orders it is for", address.Of("/portal")),
                    new LetterPart.Sentence($"There is no password: ask {shop} for a sign-in link when you want to look."),
                ],
                $"You get this mail because {shop} paid you as an ambassador. A program sent it. No payout mail asks for a password or for your bank's data."));
    }

    // By properties, not by position: SQLite tells no type for a computed column.
    private sealed record Orders
    {
        public long Number { get; init; }

        public long FirstAt { get; init; }

        public long LastAt { get; init; }

        public DateTimeOffset First => DateTimeOffset.FromUnixTimeMilliseconds(FirstAt);

        public DateTimeOffset Last => DateTimeOffset.FromUnixTimeMilliseconds(LastAt);
    }
}
