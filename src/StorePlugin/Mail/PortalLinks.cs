// How a mail leads an ambassador to their page.
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal static class PortalLinks
{
    /// <summary>
    /// The page itself, for whoever is signed in, and where the others have a link sent to them. Neither is a secret: who finds the mail
    /// gets no further with it.
    /// </summary>
    /// <param name="label">What the reader finds on the page.</param>
    public static LetterPart[] To(this PublicAddress address, Store store, string label) =>
    [
        new LetterPart.Link(label, address.Of("/portal")),
        new LetterPart.Link(
            "Not signed in? There is no password: have a link sent to this address", address.Of($"/portal/sign-in?store={Uri.EscapeDataString(store.Id)}")),
    ];
}
