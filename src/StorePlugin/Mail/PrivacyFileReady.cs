// The mail that tells a store's people where to fetch what is held about a customer who has asked. It names the request and nobody.
using StorePlugin.Privacy;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class PrivacyFileReady(PrivacyRequests requests, StoreContact contact, PublicAddress address)
{
    public async Task<Writing> WriteAsync(Store store, string requestId, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        // The customer may have been erased meanwhile.
        if (await requests.GetAsync(store, requestId, cancel) is not { State: "ready" } request)
        {
            return new Writing.Unneeded("The file is there no more.");
        }

        return await contact.FindAsync(store.Id, cancel) is { } email
            ? new Writing.Written(Compose(store, email, request))
            : new Writing.Unneeded("The store has no address.");
    }

    private Letter Compose(Store store, string email, PrivacyRequestRow request)
    {
        var shop = OneLine.Of(store.DisplayName);
        var number = OneLine.Of(request.RequestId ?? request.Id);
        var parts = new List<LetterPart>
        {
            new LetterPart.Sentence("Hello,"),
            new LetterPart.Sentence(
                "a customer of your store has asked what is held about them, and your store's platform passes that on to this program. " +
                "What it holds is in a file for you. Please look through it and pass it on to the customer."),
            new LetterPart.Facts(
            [
                ("Request", number),
                ("Number of the file", request.Id),
                ("Kept until", new Pages.StoreTime(store).Day(request.FileUntil!.Value)),
            ]),
            new LetterPart.Link("Fetch the file", address.Of("/dashboard/privacy-requests")),
            new LetterPart.Sentence($"A program of yours fetches it by GET /api/v1/privacy-requests/{request.Id}/file. Each fetch is noted."),
        };
        return new Letter(
            shop,
            email,
            $"A customer asks for their data: request {number}",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "A customer asks what is held about them",
                parts,
                $"You get this mail because this is the address that {shop} has here for its own people. A program sent it. " +
                "To change or clear the address: PUT /api/v1/store/contact."));
    }
}
