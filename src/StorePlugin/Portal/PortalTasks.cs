// What on an ambassador's first page asks for them: a message, a new privacy notice, and that they are old enough.
using StorePlugin.Ambassadors;
using StorePlugin.Privacy;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

internal sealed class PortalTasks(Messages messages, PrivacyNotices notices, Profiles profiles)
{
    public async Task<IReadOnlyList<PortalTask>> OfAsync(Visitor visitor, CancellationToken cancel)
    {
        var (store, id) = (visitor.Store, visitor.AmbassadorId!);
        var notice = await notices.CurrentAsync(store, cancel);
        PortalTask?[] tasks =
        [
            await messages.FindThreadAsync(store, id, cancel) is { UnreadSince: not null }
                ? new PortalTask("message-waits", $"{store.DisplayName} has written to you.", "Read it", MessagePages.Path)
                : null,
            await notices.SeenAtAsync(store, id, notice.Number, cancel) is null
                ? new PortalTask("privacy-notice", "What the store keeps of you, and your rights, stand in the privacy notice. You have not seen this version yet.", "Read it", PrivacyPages.Path)
                : null,
            await profiles.AdultAsync(store, id, cancel) is null
                ? new PortalTask("age-asked", $"Only who is {AgeConfirmation.Years} or older can take part. Please say that you are.", "Confirm it", ProfilePages.Path + "#age")
                : null,
        ];
        return [.. tasks.OfType<PortalTask>()];
    }
}
