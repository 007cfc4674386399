// The mail with a sign-in link for an ambassador who has asked for one. It is the one mail that holds a secret.
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class SignInLetter(SignInRequests requests, SignIn signIn)
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

        var links = new List<LetterPart>();
        foreach (var person in people)
        {
            var label = people.Count == 1 ? "Sign in" : $"Sign in to “{OneLine.Of(person.Campaign)}”";
            links.Add(new LetterPart.Link(label, await signIn.NewLinkAsync(store, Role.Ambassador, person.Id, cancel, request.ReturnPath)));
        }

        return new Writing.Written(Compose(store, people[0], links));
    }

    private static Letter Compose(Store store, SignInPerson reader, IReadOnlyList<LetterPart> links)
    {
        var (shop, name) = (OneLine.Of(store.DisplayName), OneLine.Of(reader.Name));
        return new Letter(
            name,
            reader.Email,
            $"Your sign-in link for {shop}",
            new LetterContent(
                shop,
                store.IsRehearsal,
                "Sign in",
                [
                    new LetterPart.Sentence($"Hello {name},"),
                    new LetterPart.Sentence($"here you come to your page as an ambassador of {shop}. The link works once, within {SignIn.LinkLifetime.TotalMinutes:0} minutes."),
                    .. links,
                    new LetterPart.Sentence("If you did not ask for it, you need not do anything: without this mail nobody comes in. Do not pass it on."),
                ],
                $"You get this mail because somebody has asked for it with this address, which takes part with {shop}. A program sent it."));
    }
}
