// The mail that tells an ambassador what became of an order that they missed. It is an answer about their money, and owed like those.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class ClaimDecided(Db db, OrderClaims claims, PublicAddress address)
{
    public async Task<Writing> WriteAsync(Store store, string ambassadorId, string claimId, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await claims.FindAsync(store, claimId, cancel) is not { } claim || claim.State == OrderClaim.Open)
        {
            return new Writing.Unneeded("The claim is not decided, or not there any more.");
        }

        return await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is { Email.Length: > 0 } reader
            ? new Writing.Written(Compose(store, reader, claim))
            : new Writing.Unneeded("The ambassador is gone.");
    }

    private Letter Compose(Store store, Recipient reader, OrderClaim claim)
    {
        var (shop, number, isCredited) = (OneLine.Of(store.DisplayName), OneLine.Of(claim.Reference), claim.State == OrderClaim.Credited);
        return new Letter(
            reader.Name,
            reader.Email,
            isCredited ? $"Order {number} counts for you" : $"Order {number} does not count for you",
            new LetterContent(
                shop,
                store.IsRehearsal,
                isCredited ? "The order counts for you" : "The order does not count for you",
                [
                    new LetterPart.Sentence($"Hello {reader.Name},"),
                    new LetterPart.Sentence(
                        isCredited
                            ? $"you have told {shop} that order {number} is missing among yours. Somebody there has looked at it, and it counts for you now. What it earns stands on your page."
                            : $"you have told {shop} that order {number} is missing among yours. Somebody there has looked at it, and it does not count for you."),
                    new LetterPart.Facts([("Order", number), ("Why", OneLine.Of(claim.Reason ?? ""))]),
                    .. address.To(store, "See it on your page"),
                ],
                $"You get this mail because you take part in the programme of {shop} and have asked about an order. A program sent it."));
    }
}
