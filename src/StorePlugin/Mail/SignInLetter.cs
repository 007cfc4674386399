// The mail with sign-in links for whoever has asked for one. It is the one mail that holds a secret.
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class SignInLetter(SignInRequests requests, SignIn signIn, StoreDirectory stores)
{
    /// <summary>The link is made now, so that its 15 minutes begin when the mail leaves, and no outbox holds it.</summary>
    public async Task<Writing> WriteAsync(Store store, string requestId, CancellationToken cancel)
    {
        if (await requests.FindAsync(store, requestId, cancel) is not { } request)
        {
            return new Writing.Unneeded("The request has had its time.");
        }

        var people = await requests.PeopleAsync(store, request, cancel);
        if (people.Count == 0)
        {
            return new Writing.Unneeded("Nobody takes part with the address.");
        }

        // Whoever typed an address sees all that it opens; whoever has signed in asked for this one room.
        var all = request.AmbassadorId is null ? await requests.EverywhereAsync(people[0].Email, store.Mode, cancel) : people;
        var isOneStore = all.All(person => person.StoreId == store.Id);
        var links = new List<LetterPart>();
        foreach (var person in all)
        {
            var there = await stores.GetAsync(person.StoreId, cancel);
            var link = person.IsOfTeam
                ? await signIn.NewLinkAsync(there, Role.Owner, null, cancel, memberId: person.Id)
                : await signIn.NewLinkAsync(there, Role.Ambassador, person.Id, cancel, request.ReturnPath);
            links.Add(new LetterPart.Link(all.Count == 1 ? "Sign in" : isOneStore ? LabelOf(person) : LabelOf(there, person), link));
        }

        return new Writing.Written(Compose(store, people[0], all, isOneStore, links));
    }

    private static string LabelOf(SignInPerson person) => person.Campaign is { } campaign ? $"Sign in to “{OneLine.Of(campaign)}”" : "Sign in to the team's pages";

    private static string LabelOf(Store store, SignInPerson person)
    {
        var shop = OneLine.Of(store.DisplayName);
        return person.Campaign is { } campaign ? $"{shop}, as an ambassador in “{OneLine.Of(campaign)}”" : $"{shop}, as its team";
    }

    private static Letter Compose(Store store, SignInPerson reader, IReadOnlyList<SignInPerson> all, bool isOneStore, IReadOnlyList<LetterPart> links)
    {
        var (shop, name) = (OneLine.Of(store.DisplayName), OneLine.Of(reader.Name));
        var minutes = $"within {SignIn.LinkLifetime.TotalMinutes:0} minutes";
        return new Letter(
            name,
            reader.Email,
            isOneStore ? $"Your sign-in link for {shop}" : "Your sign-in links",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "Sign in",
                [
                    new LetterPart.Sentence($"Hello {name},"),
                    new LetterPart.Sentence(
                        all is [{ IsOfTeam: true }] ? $"here you come to the programme of {shop}. The link works once, {minutes}."
                        : all is [_] ? $"here you come to your page as an ambassador of {shop}. The link works once, {minutes}."
                        : $"here you come in. Each link works once, {minutes}."),
                    .. links,
                    new LetterPart.Sentence("If you did not ask for it, you need not do anything: without this mail nobody comes in. Do not pass it on."),
                ],
                $"You get this mail because somebody has asked for it with this address, which takes part with {shop}. A program sent it."));
    }
}
